"""Every case of the two tables, in the sync's words and in the oracle's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice, product
from typing import Any

from tests.properties.reference.decide_oracle import Said, record_level

from crm_sync import verdict as verdicts
from crm_sync.model import Direction, Policy
from crm_sync.tables import Row
from crm_sync.verdict import DIMENSIONS, Action, Case, Verdict, Verdicts

_WORDS = {
    Direction.SEND: "send",
    Direction.RECEIVE: "receive",
    Direction.BOTH: "both",
    Direction.OFF: "off",
    Policy.NEWEST: "newest",
    Policy.SALESFORCE: "salesforce",
}


def word(value: Any) -> Any:
    """The oracle's word for one of the sync's values."""
    if isinstance(value, bool):
        return value
    return "partner" if isinstance(value, Policy) and value not in _WORDS else _WORDS.get(value) or value.value


def said(verdict: Verdict) -> Said:
    """A verdict in the oracle's words."""
    return verdict.action.name.lower(), verdict.favours


def asked(case: Case) -> Said:
    """What the oracle says of a case."""
    return record_level(*(word(value) for value in case))


def all_cases(**only: Iterable[Any]) -> Iterator[Case]:
    """Every case there is; *only* narrows some of the dimensions."""
    for values in product(*(tuple(only.get(name, known)) for name, known in DIMENSIONS.items())):
        yield Case._make(values)


def cases_of(row: int) -> Iterator[Case]:
    """The cases that a row of the table decides."""
    table = verdicts.verdict.table
    return (case for case in all_cases(**table.rows[row].when) if table.first(case) == row)


@cache
def _examples() -> dict[int, Case]:
    """One case for each row: of those that agree with the same rows so far, one is carried on."""
    table = verdicts.verdict.table
    together: dict[int, tuple[Any, ...]] = {(1 << len(table.rows)) - 1: ()}
    for values in table.bits.values():
        together = {
            rows & agreeing: (*before, value) for rows, before in together.items() for value, agreeing in values.items()
        }
    return {(rows & -rows).bit_length() - 1: Case._make(values) for rows, values in together.items()}


def a_case_of(row: int) -> Case:
    """One case that a row decides."""
    case = _examples()[row]
    assert row == verdicts.verdict.table.first(case)
    return case


def disagreements(table: Verdicts, cases: Iterable[Case], *, most: int = 5) -> list[str]:
    """Where a table says something else than the oracle: the first few."""
    wrong = (case for case in cases if said(table(case)) != asked(case))
    return [f"{case}: {said(table(case))}, and the oracle says {asked(case)}" for case in islice(wrong, most)]


def with_another_action(row: Row) -> Row:
    """The row, saying something else."""
    actions = list(Action)
    return replace(row, then=actions[(actions.index(Action(row.then)) + 1) % len(actions)])
