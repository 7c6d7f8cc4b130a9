"""Queries: bound, narrow, paged; and nothing is ever deleted."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.crm_sync.actions.desk import SF, Desk, items, part

import crm_sync.actions
from crm_sync.actions.queries import select
from crm_sync.actions.salesforce import Salesforce

PAGE = 200
TEXTS = st.text(alphabet=st.sampled_from("aAb'\\\"%_\n\r\t\b\f )(=-{}é"), max_size=6)


def salesforce(desk: Desk) -> Salesforce:
    return desk.runner()._salesforce


@pytest.mark.rule("A35")
@given(kept=TEXTS, asked=TEXTS)
@example(kept="a", asked="' OR Subject != '")
@example(kept="a", asked="a\\' OR Id != null --")
@example(kept="\\", asked="\\")
@part(2)
def test_a_value_is_never_a_part_of_the_query(made_desk: Desk, kept: str, asked: str) -> None:
    """Whatever the text, the rows are those whose field equals it, as Salesforce compares: without case."""
    desk = made_desk.again()
    people = [{"LastName": "x", "Title": kept or None}, {"LastName": "y", "Title": "other"}]
    made = desk.control.seed({"Contact": people})
    titles = {row["Id"]: row["Title"] or "" for row in desk.get("/query", q="SELECT Id, Title FROM Contact")["records"]}

    rows = list(salesforce(desk).rows(select("Contact", ["Id"], equal={"Title": asked})))

    same = {i for i in titles if titles[i].lower() == asked.lower()}
    assert {i for i in same if i in made["Contact"]} == {row["Id"] for row in rows} & set(made["Contact"])


@pytest.mark.rule("A35")
@given(TEXTS)
def test_no_value_adds_a_clause(value: str) -> None:
    """Outside the literal the query is letter for letter the same, and the literal ends where it should."""
    text = select("Task", equal={"Subject": value, "Status": "Open"})
    literal = text.removeprefix("SELECT Id FROM Task WHERE Subject = ").removesuffix(" AND Status = 'Open'")

    assert literal.startswith("'")
    assert literal.endswith("'")
    assert value == _read(literal[1:-1])


def _read(text: str) -> str:
    """What SOQL reads between the quotes; an unescaped quote is a mistake."""
    made, letters = [], iter(text)
    for letter in letters:
        assert letter not in "'\n\r"
        escapes = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
        made.append(escapes.get(following := next(letters), following) if letter == "\\" else letter)
    return "".join(made)


@pytest.mark.rule("A35")
@pytest.mark.parametrize("name", ["Task WHERE", "Name, Id", "a'b", "", "Näme", "Id--"])
def test_a_name_is_checked(name: str) -> None:
    """Names cannot be bound: what is none is refused."""
    with pytest.raises(ValueError, match="no name"):
        select("Task", [name])
    with pytest.raises(ValueError, match="no name"):
        select("Task", equal={name: 1})


@pytest.mark.rule("A35")
def test_values_that_are_no_text(desk: Desk) -> None:
    """Numbers, truth, nothing and moments are literals of their own."""
    desk.update({"Amount": 12.5})
    equal = {"Amount": 12.5, "IsClosed": False, "NextStep": None}
    soql = select("Opportunity", equal=equal, since={"CreatedDate": datetime(2020, 1, 1, tzinfo=UTC)})

    assert [{"Id": desk.opportunity}] == list(salesforce(desk).rows(soql))


@pytest.mark.rule("A36")
@pytest.mark.parametrize(("fields", "keys"), [([], {"Id"}), (["Name"], {"Name"}), (["Id", "Name"], {"Id", "Name"})])
def test_only_the_fields_asked_for_are_selected(desk: Desk, fields: list[str], keys: set[str]) -> None:
    """None means Id alone."""
    (row,) = salesforce(desk).rows(select("Opportunity", fields))

    assert keys == set(row)


@pytest.mark.rule("A37")
@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1])
def test_pages_are_one_list(desk: Desk, count: int) -> None:
    """Paged and unpaged are the same list, complete and without repeats, at every size around a page."""
    ids = desk.control.seed({"Lead": [{"LastName": f"L{n:03}", "Company": "C"} for n in range(count)]}).get("Lead", [])
    soql = select("Lead", ["Id"], order=["LastName"])

    paged = [row["Id"] for row in salesforce(desk).rows(soql, page_rows=PAGE)]
    pages = desk.calls

    assert ids == paged == [row["Id"] for row in salesforce(desk).rows(soql)]
    assert max(1, -(-count // PAGE)) == pages


@pytest.mark.rule("A38")
@given(st.lists(st.sampled_from(["create", "update", "again", "fault", "empty"]), max_size=6))
@part(3)
def test_no_history_deletes_or_imports(made_desk: Desk, history: list[str]) -> None:
    """Whatever happens, no record disappears, no DELETE is sent, and what people make is not read."""
    desk = made_desk.again()
    desk.control.seed({"Task": [{"Subject": "A person's own"}]})
    counts = [len(desk.tasks())]
    for what in history:
        if what == "fault":
            desk.fault("session_expired", verb="create")
        elif what == "update":
            desk.update({"NextStep": "x"})
        elif what == "empty":
            desk.tasks_of([])
        else:
            desk.tasks_of(items("One", "Two"))
        counts.append(len(desk.tasks()))

    assert sorted(counts) == counts
    assert "A person's own" in desk.subjects()
    assert {"GET", "POST", "PATCH"} >= {method for method, _, _ in desk.wire.sent}
    assert [] == [url for _, url, _ in desk.wire.sent if url.startswith(f"{SF}/services/data/v60.0/query")]


@pytest.mark.rule("A38")
def test_there_is_no_way_to_delete(desk: Desk) -> None:
    """The connection refuses the method, and no module says the word."""
    with pytest.raises(AssertionError, match="DELETE"):
        desk.runner().connection.send("DELETE", f"/services/data/v60.0/sobjects/Opportunity/{desk.opportunity}")

    folder = Path(crm_sync.actions.__file__).parent
    texts: list[Any] = [
        one.value for path in folder.glob("*.py") for one in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(one, ast.Constant)
    ]  # fmt: skip
    assert "DELETE" not in texts
    assert [] == desk.wire.sent
