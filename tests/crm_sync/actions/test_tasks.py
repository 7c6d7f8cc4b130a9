"""Create task: what goes into it, what does not, and one for each item."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.crm_sync.actions.desk import TASK, Desk, items, part

from crm_sync.actions import report


@pytest.mark.rule("A1", "A2", "A4")
def test_a_task_has_what_the_inputs_say_and_is_a_call(desk: Desk) -> None:
    """All five inputs arrive under Salesforce's names, with TaskSubtype Call and nothing else."""
    made = desk.tasks_of(
        items("Send the quote", due="2026-01-09"),
        what_id=desk.opportunity,
        who_id=desk.contact,
        activity_date="{{ json.item.due }}",
    )

    body = {
        "WhatId": desk.opportunity,
        "WhoId": desk.contact,
        "Subject": "Send the quote",
        "Description": "About Send the quote",
        "ActivityDate": "2026-01-09",
        "TaskSubtype": "Call",
    }
    assert [("POST", body)] == desk.writes
    assert [body] == [{key: row[key] for key in body} for row in desk.tasks()]
    assert [report.CREATED] == [outcome.status for outcome in made.outcomes]


@pytest.mark.rule("A2")
def test_inputs_that_are_absent_or_blank_are_left_out(desk: Desk) -> None:
    """No key is sent as "" or null; Status, Priority and owner are Salesforce's own defaults."""
    desk.tasks_of(items("Call"), what_id="{{ json.item.nothing }}", who_id=" ", activity_date="")

    assert [{"Subject", "Description", "TaskSubtype"}] == [set(body) for _, body in desk.writes]
    (task,) = desk.tasks()
    assert ("Not Started", "Normal") == (task["Status"], task["Priority"])
    assert task["OwnerId"].startswith("005")


@pytest.mark.rule("A3")
@pytest.mark.parametrize("blank", ["subject", "description"])
@pytest.mark.parametrize("text", ["", "  ", "{{ json.item.nothing }}"])
def test_a_missing_required_input_fails_before_any_call(desk: Desk, blank: str, text: str) -> None:
    """What renders to nothing is missing: the item is refused and Salesforce hears nothing."""
    made = desk.tasks_of(items("Call"), None, **{**TASK, blank: text})

    assert [("refused", "MISSING_INPUT")] == [(o.status, o.code) for o in made.outcomes]
    assert [] == desk.wire.sent


@pytest.mark.rule("A5")
@pytest.mark.parametrize("what", ["account", "opportunity"])
def test_what_takes_a_business_record_and_who_a_person(desk: Desk, what: str) -> None:
    """WhatId may be an Account or an Opportunity, WhoId a Contact."""
    made = desk.tasks_of(items("Call"), what_id=getattr(desk, what), who_id=desk.contact)

    assert made.good
    assert [(getattr(desk, what), desk.contact)] == [(t["WhatId"], t["WhoId"]) for t in desk.tasks()]


@pytest.mark.rule("A5")
@pytest.mark.parametrize(("field", "other"), [("who_id", "account"), ("what_id", "contact")])
def test_an_id_of_the_wrong_object_is_salesforces_to_refuse(desk: Desk, field: str, other: str) -> None:
    """The action sends it; the item is refused in Salesforce's words."""
    made = desk.tasks_of(items("Call"), None, **{field: getattr(desk, other)})

    assert ["FIELD_INTEGRITY_EXCEPTION"] == [o.code for o in made.outcomes]
    assert 1 == len(desk.writes)
    assert [] == desk.tasks()


@pytest.mark.rule("A6")
@pytest.mark.parametrize("count", [0, 1, 4])
def test_each_item_is_one_create_call_in_order(desk: Desk, count: int) -> None:
    """k items are k calls in the list's order; none is none."""
    titles = [f"Item {n}" for n in range(count)]

    desk.tasks_of(items(*titles))

    assert [("POST", title) for title in titles] == [(method, body["Subject"]) for method, body in desk.writes]
    assert titles == desk.subjects()


@pytest.mark.rule("A6")
@given(st.lists(st.booleans(), max_size=4))
@part(3)
def test_a_failing_item_changes_nothing_for_the_others(made_desk: Desk, good: list[bool]) -> None:
    """The others' tasks are the same as without it, in the order of the list."""
    desk = made_desk.again()
    rows = [row for n, fine in enumerate(good) for row in items(f"Item {n}", due="" if fine else "soon")]

    made = desk.tasks_of(rows, activity_date="{{ json.item.due }}")

    assert [f"Item {n}" for n, fine in enumerate(good) if fine] == desk.subjects()
    assert ["created" if fine else "refused" for fine in good] == [o.status for o in made.outcomes]
