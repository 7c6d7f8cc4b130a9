"""WHERE, ORDER BY, LIMIT and counting against a second opinion: an evaluator in plain Python, written from the manual.

The evaluator knows nothing of SQL. Conditions are drawn as data; one function writes them as SOQL, another says whether
a row satisfies them. Rules it is written from: text compares without regard to case; null is equal to nothing but null
and neither less nor greater than anything; NOT turns true into false and false into true; LIKE matches whole values.
"""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_salesforce.record_ids import mint

TEXTS = ["a", "A", "ab", "AB", "aB%", "a_b", "é", "É", "zé", "ZÉ", "50%", "it's", "x\\y", " ", "b", "B"]
CONTACTS = [mint("003", n) for n in (10, 36, 37)]  # the first two differ in case only
DAYS = [f"2026-01-{day:02d}" for day in (3, 4, 5, 6, 10)]
TODAY = date(2026, 1, 5)  # what the clock says, in Los Angeles
FIELDS: dict[str, tuple[list[Any], str]] = {
    "Subject": (TEXTS, "text"), "Status": (["Open", "OPEN", "done", "Done"], "text"), "Score__c": ([-1.0, 0.0, 1.5, 2.0], "number"),
    "ActivityDate": (DAYS, "date"), "IsClosed": ([0, 1], "boolean"), "WhoId": (CONTACTS, "id"),
}  # fmt: skip
ORDERINGS = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}
RANGES = {
    "TODAY": (0, 1),
    "YESTERDAY": (-1, 0),
    "LAST_N_DAYS:2": (-2, 1),
    "NEXT_N_DAYS:1": (1, 2),
    "N_DAYS_AGO:1": (-1, 0),
    "THIS_WEEK": (-1, 6),
}

rows = st.lists(
    st.fixed_dictionaries(
        {
            name: st.sampled_from(values) if kind == "boolean" else st.none() | st.sampled_from(values)
            for name, (values, kind) in FIELDS.items()
        }
    ),
    max_size=12,
)


def leaves() -> Any:
    """One comparison: (field, operator, value)."""
    found = []
    for name, (values, kind) in FIELDS.items():
        operators = ["=", "!="] if kind == "boolean" else ["=", "!=", *ORDERINGS]
        value = st.sampled_from(values)
        found.append(st.tuples(st.just(name), st.sampled_from(operators), value))
        found.append(st.tuples(st.just(name), st.sampled_from(["=", "!="]), st.none()))
        found.append(
            st.tuples(
                st.just(name), st.sampled_from(["IN", "NOT IN"]), st.lists(st.none() | value, min_size=1, max_size=4)
            )
        )
    found.append(
        st.tuples(st.just("ActivityDate"), st.sampled_from(["=", "!=", *ORDERINGS]), st.sampled_from(sorted(RANGES)))
    )
    piece = st.sampled_from(["%", "_", "a", "B", "é", "\\%", "\\_", "\\\\", "'", "5"])
    found.append(st.tuples(st.just("Subject"), st.just("LIKE"), st.lists(piece, min_size=1, max_size=4)))
    return st.one_of(found)


conditions = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.tuples(st.just("NOT"), inner),
        st.tuples(st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=6,
)


# ---- Writing a condition as SOQL


def write(condition: Any) -> Any:
    match condition:
        case ("NOT", inner):
            return f"(NOT {write(inner)})"
        case ("AND" | "OR" as word, parts):
            return "(" + f" {word} ".join(write(part) for part in parts) + ")"
        case (name, "LIKE", pieces):
            return f"{name} LIKE '{''.join(pieces).replace(chr(39), chr(92) + chr(39))}'"
        case (name, "IN" | "NOT IN" as word, values):
            return f"{name} {word} ({', '.join(literal(name, value) for value in values)})"
        case (name, operator, value):
            return f"{name} {operator} {literal(name, value)}"


def literal(name: Any, value: Any) -> Any:
    kind = FIELDS[name][1]
    if value is None:
        return "null"
    if kind == "boolean":
        return "true" if value else "false"
    if kind in ("text", "id"):
        text = value[:15] if kind == "id" else value
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(value)


# ---- Saying whether a row satisfies a condition


def holds(condition: Any, row: Any) -> Any:
    match condition:
        case ("NOT", inner):
            return not holds(inner, row)
        case ("AND", parts):
            return all(holds(part, row) for part in parts)
        case ("OR", parts):
            return any(holds(part, row) for part in parts)
        case (name, operator, value):
            return compare(FIELDS[name][1], row[name], operator, value)


def compare(kind: Any, found: Any, operator: Any, value: Any) -> Any:
    if operator == "IN":
        return any(compare(kind, found, "=", each) for each in value)
    if operator == "NOT IN":
        return not compare(kind, found, "IN", value)
    if operator == "!=":
        return not compare(kind, found, "=", value)
    if operator == "LIKE":
        return found is not None and re.fullmatch(as_regex(value), found.casefold(), re.DOTALL) is not None
    if kind == "date" and value in RANGES:
        return within(found, operator, *RANGES[value])
    if found is None or value is None:
        return operator == "=" and found is None and value is None
    left, right = (found.casefold(), value.casefold()) if kind == "text" else (found, value)
    return left == right if operator == "=" else ORDERINGS[operator](left, right)


def within(found: Any, operator: Any, first: Any, after: Any) -> Any:
    if found is None:
        return False
    day = date.fromisoformat(found)
    start, end = TODAY + timedelta(days=first), TODAY + timedelta(days=after)
    return {"=": start <= day < end, "<": day < start, "<=": day < end, ">": day >= end, ">=": day >= start}[operator]


def as_regex(pieces: Any) -> Any:
    wild = {"%": ".*", "_": "."}
    return "".join(wild.get(piece) or re.escape(piece[-1].casefold()) for piece in pieces)


# ---- The test


@pytest.fixture(scope="module")
def shelf(make_desk: Any) -> Any:
    """An org whose tasks each example replaces."""
    return make_desk()


def stock(shelf: Any, found: Any) -> Any:
    """Put *found* in place of all tasks; answers them with their ids."""
    table = shelf.schema.sobject("Task").table
    with shelf.store.begin() as conn:
        conn.execute(table.delete())
    return [(shelf.put("Task", **row), row) for row in found]


@settings(max_examples=max(100, settings().max_examples // 4))
@given(found=rows, condition=conditions)
def test_where_agrees(shelf: Any, found: Any, condition: Any) -> None:
    """The rows a query finds are those the second opinion finds, in the order of their ids."""
    stocked = stock(shelf, found)
    where = write(condition)
    expected = [task for task, row in stocked if holds(condition, row)]

    assert expected == shelf.column(f"SELECT Id FROM Task WHERE {where}"), where
    assert len(expected) == shelf.query(f"SELECT COUNT() FROM Task WHERE {where}").total_size
    assert len(stocked) - len(expected) == shelf.query(f"SELECT COUNT() FROM Task WHERE (NOT {where})").total_size


@given(
    found=rows,
    terms=st.lists(
        st.tuples(st.sampled_from(sorted(FIELDS)), st.booleans(), st.sampled_from([None, False, True])),
        min_size=1,
        max_size=3,
    ),
    limit=st.integers(0, 6),
    offset=st.integers(0, 6),
)
def test_order_agrees(shelf: Any, found: Any, terms: Any, limit: Any, offset: Any) -> None:
    """ORDER BY sorts without regard to ASCII case, nulls first unless told, ties by id; LIMIT and OFFSET cut after it."""
    stocked = stock(shelf, found)
    words: list[str] = []
    for name, descending, nulls_last in reversed(terms):
        kind = FIELDS[name][1]

        def key(each: Any, name: Any = name, kind: Any = kind) -> Any:
            value = each[1][name]
            return ascii_lower(value) if kind == "text" else value

        nulls = [each for each in stocked if each[1][name] is None]
        # Equal rows keep their order, whichever the direction.
        others = sorted((each for each in stocked if each[1][name] is not None), key=key, reverse=descending)
        stocked = others + nulls if nulls_last else nulls + others
        direction = "DESC" if descending else "ASC"
        words.insert(0, f"{name} {direction}" + {None: "", True: " NULLS LAST", False: " NULLS FIRST"}[nulls_last])

    text = f"SELECT Id FROM Task ORDER BY {', '.join(words)} LIMIT {limit} OFFSET {offset}"
    assert [task for task, _ in stocked][offset : offset + limit] == shelf.column(text), text


def ascii_lower(text: Any) -> Any:
    return "".join(char.lower() if char.isascii() else char for char in text)
