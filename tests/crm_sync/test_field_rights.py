"""Fields that the sync's Salesforce user may read and not write."""

from __future__ import annotations

import pytest
from tests.crm_sync.both import BOTH, OFF, ORG_FILE, SEND, Both

MEMO = {"name": "memo", "planhat": "custom.Memo", "salesforce": "Memo__c", "lens": "text"}
TASK_FIELDS = {**ORG_FILE["objects"]["Task"]["fields"], "Memo__c": {"type": "string(100)"}}


@pytest.fixture
def both() -> Both:
    """A custom field that goes both ways; the sync's user may write everything."""
    made = Both(extra={"objects": {"Task": {"fields": TASK_FIELDS}}})
    made.configure(task=BOTH, conversation=OFF, task_extra={"fields": [MEMO]})
    return made


def may(both: Both, right: str | None) -> None:
    """An administrator says what the sync's user may do with the field; None: all."""
    users = {both.credentials["username"]: {"profile": "Sync" if right else "System Administrator"}}
    profiles = {"Sync": {"like": "System Administrator", "fields": {"Task.Memo__c": right}}} if right else {}
    both.sf_control.seed({"settings": {"profiles": profiles, "users": users}})


def pair(both: Both) -> tuple[str, str]:
    sf_id = both.sf_task(Subject="Call", Memo__c="agreed")
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    return sf_id, task


def memos(both: Both, sf_id: str, task: str) -> tuple[str, str]:
    return both.sf_get(sf_id)["Memo__c"], both.ph_get("tasks", task)["custom"]["Memo"]


@pytest.mark.rule("P2", "I1", "I5", "F39")
@pytest.mark.parametrize("edited", [True, False])
def test_what_may_not_be_written_is_received(both: Both, edited: bool) -> None:
    """Salesforce's edit comes in; Planhat's, which may not go out, is in the log of conflicts."""
    sf_id, task = pair(both)
    may(both, "read")
    if edited:
        both.ph_edit("tasks", task, custom={"Memo": "Planhat's"})
        both.settle()
    may(both, None)
    both.sf_edit(sf_id, Memo__c="Salesforce's")
    may(both, "read")
    both.settle()

    assert ("Salesforce's", "Salesforce's") == memos(both, sf_id, task)
    assert ["Planhat's"] * edited == [one.losing_value for one in both.state.conflicts()]


@pytest.mark.rule("P2", "I1")
def test_a_field_that_is_worked_out_is_received(both: Both) -> None:
    """It is mapped both ways; a new record brings it along."""
    priority = {"name": "closed", "planhat": "custom.Priority", "salesforce": "IsHighPriority"}
    both.configure(task=BOTH, conversation=OFF, task_extra={"fields": [priority]})
    both.run()
    both.sf_task(Subject="Call", Priority="High")
    both.settle()

    assert [True] == [one["custom"]["Priority"] for one in both.ph_tasks()]


def record_calls(both: Both, model: str = "tasks") -> list[str]:
    """Records of the partner that were asked for by their ids."""
    return [url for how, url in both.wire.sent if how == "GET" and f"/{model}/" in url]


@pytest.mark.rule("P2", "I1", "P26")
@pytest.mark.parametrize("right", ["read", "none"])
@pytest.mark.parametrize("direction", [BOTH, SEND])
def test_what_was_held_back_goes_out_once_it_may(both: Both, right: str, direction: str) -> None:
    """In the next run after the right is there, without an edit; until then nobody asks for the record again."""
    memo = MEMO | {"direction": direction}
    both.configure(task=BOTH, conversation=OFF, task_extra={"fields": [memo]})
    sf_id = both.sf_task(Subject="Call")
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    both.ph_edit("tasks", task, custom={"Memo": "agreed"})
    both.settle()
    may(both, right)
    both.ph_edit("tasks", task, custom={"Memo": "Planhat's"})
    both.settle()
    both.ph_task(action="Newer than any overlap")
    both.clock.advance(3600)
    both.settle()
    both.ph_task(action="Newer than any overlap")
    both.settle()
    both.wire.arm(None)
    both.run()
    assert [] == [url for url in record_calls(both) if task in url]
    may(both, None)
    both.run()

    assert ("Planhat's", "Planhat's") == memos(both, sf_id, task)
    assert [] == both.state.pending()


@pytest.mark.rule("P2", "I1", "P26")
@pytest.mark.parametrize("right", ["read", "none"])
@pytest.mark.parametrize("direction", [BOTH, SEND])
def test_what_a_new_record_could_not_take_along_follows(both: Both, right: str, direction: str) -> None:
    """Made in Salesforce without the value, which goes out in the first run that may write it."""
    memo = MEMO | {"direction": direction}
    both.configure(task=BOTH, conversation=OFF, task_extra={"fields": [memo]})
    both.run()
    may(both, right)
    task = both.ph_task(custom={"Memo": "Planhat's"})
    both.settle()
    both.clock.advance(3600)
    both.ph_task(action="Newer than any overlap")
    both.settle()
    (sf_id,) = [one["Id"] for one in both.sf_tasks() if one["Id"] == both.ph_get("tasks", task)["sourceId"]]
    may(both, None)
    both.run()

    assert ("Planhat's", "Planhat's") == memos(both, sf_id, task)
    assert [] == both.state.pending()
