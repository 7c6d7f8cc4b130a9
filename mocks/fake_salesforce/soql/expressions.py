"""SQL expressions that need no query: text as it is compared, dates by their parts.

Rule 1: every value is a bound parameter; no text of a client becomes SQL text.
Source: SOQL and SOSL Reference, "Date Functions", "Comparison Operators".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement, Grouping

from fake_salesforce.soql import plan
from fake_salesforce.soql.operands import TEXTS

Expression = ColumnElement[Any]
Test = ColumnElement[bool]

FISCAL_START: Final = "fiscal_start_month"
FISCAL_SHIFT: Final = "fiscal_year_shift"  # from the calendar year a fiscal year begins in to its name
JOINED_MAX: Final = 200  # AND and OR of more terms are split: SQLite bounds the depth at 1,000
ESCAPE: Final = "\\"
_NOCASE: Final = "NOCASE"


# ---- Text


def is_folded(operand: plan.Operand) -> bool:
    """The operand is text that compares without regard to case."""
    return operand.field.type in TEXTS and not operand.field.case_sensitive


def comparable(expression: Expression, operand: plan.Operand) -> Expression:
    """*expression* as it is compared, sorted and grouped."""
    return sa.collate(expression, _NOCASE) if is_folded(operand) else expression


def holds(expression: Expression, value: str) -> Test:
    """A multi-select picklist holds *value*."""
    if "\0" in value:
        return sa.false()
    escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    wrapped = sa.literal(";") + expression + sa.literal(";")
    if not value.isascii():
        wrapped, escaped = sa.func.fold(wrapped), escaped.casefold()
    return wrapped.like(sa.literal(f"%;{escaped};%", sa.Text), escape=ESCAPE)


def as_glob(pattern: str) -> str:
    """A LIKE pattern as GLOB, which is case-sensitive."""
    glob: list[str] = []
    chars = iter(pattern)
    for char in chars:
        if char == ESCAPE:
            char = next(chars, ESCAPE)  # noqa: PLW2901 - the escaped one counts
        elif char in "%_":
            glob.append("*" if char == "%" else "?")
            continue
        glob.append(f"[{char}]" if char in "*?[" else char)
    return "".join(glob)


def joined(join: Callable[..., Any], tests: list[Test]) -> Test:
    """AND or OR over any number of tests, as a shallow tree."""
    if not tests:
        return sa.false() if join is sa.or_ else sa.true()
    while len(tests) > JOINED_MAX:
        # The coercion keeps SQLAlchemy from flattening the pieces into one list again.
        tests = [
            sa.type_coerce(Grouping(join(*tests[at : at + JOINED_MAX])), sa.Boolean)
            for at in range(0, len(tests), JOINED_MAX)
        ]
    return join(*tests)  # type: ignore[no-any-return]


# ---- Dates


def date_part(function: str, column: Expression) -> Expression:
    """A date function over a stored date or datetime (UTC), by the places of its text."""
    year = sa.cast(sa.func.substr(column, 1, 4), sa.Integer)
    month = sa.cast(sa.func.substr(column, 6, 2), sa.Integer)
    day = sa.cast(sa.func.substr(column, 9, 2), sa.Integer)
    only_day = sa.func.substr(column, 1, 10)
    day_in_year = sa.cast(sa.func.strftime("%j", only_day), sa.Integer)
    start = sa.bindparam(FISCAL_START, type_=sa.Integer)
    fiscal_month = (month - start + 12) % 12
    found: dict[str, Expression] = {
        "CALENDAR_YEAR": year,
        "CALENDAR_QUARTER": (month + 2) // 3,
        "CALENDAR_MONTH": month,
        "FISCAL_YEAR": year - sa.case((month < start, 1), else_=0) + sa.bindparam(FISCAL_SHIFT, type_=sa.Integer),
        "FISCAL_QUARTER": fiscal_month // 3 + 1,
        "FISCAL_MONTH": fiscal_month + 1,
        "DAY_ONLY": only_day,
        "DAY_IN_MONTH": day,
        "DAY_IN_WEEK": sa.cast(sa.func.strftime("%w", only_day), sa.Integer) + 1,
        "DAY_IN_YEAR": day_in_year,
        # Week 1 is the first seven days of the month or year.
        "WEEK_IN_MONTH": (day - 1) // 7 + 1,
        "WEEK_IN_YEAR": (day_in_year - 1) // 7 + 1,
        "HOUR_IN_DAY": sa.cast(sa.func.substr(column, 12, 2), sa.Integer),
    }
    return found[function]
