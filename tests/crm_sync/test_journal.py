"""A creation in doubt, and what people and settings did before it was resolved."""

from __future__ import annotations

import contextlib

import pytest
from tests.crm_sync.both import BOTH, KEY_FIELD, OFF, RECEIVE, SEND, Both, Killed

#: The connected app's own user: what people do in Salesforce is not done in its name.
OWN_USER = {"username": "", "password": "", "security_token": ""}
KEYS = pytest.mark.parametrize("key_field", ["", KEY_FIELD])


def dies_at_the_create(both: Both, how: str = "kill after") -> None:
    """A round dies at its creation in Salesforce: just before the record is made, or just after."""
    back = both.mark()
    both.wire.arm(None)
    both.run()
    at = next(n for n, sent in enumerate(both.wire.sent) if sent in both.wire.writes and "/sobjects/Task" in sent[1])
    back()
    both.wire.arm(at, how)
    with contextlib.suppress(Killed):
        both.run()
    both.wire.arm(None)


def own_user(both: Both, key_field: str = "") -> None:
    both.sf_options = {**OWN_USER, "external_id_field": key_field}


@KEYS
@pytest.mark.rule("I3", "I5", "F02")
def test_every_text_is_changed_before_the_recovery(both: Both, key_field: str) -> None:
    """A person rewrites the record that nobody knows of yet: one Task, and the edit arrives."""
    own_user(both, key_field)
    both.configure(task=BOTH)
    task = both.ph_task(action="Ours", description="<p>ours</p>")
    dies_at_the_create(both)
    (made,) = both.sf_tasks()
    both.sf_edit(made["Id"], Subject="Theirs", Description="theirs", ActivityDate="2026-03-01", Status="In Progress")

    both.settle()

    assert [made["Id"]] == [t["Id"] for t in both.sf_tasks()]
    kept = both.ph_get("tasks", task)
    assert ("Theirs", "2026-03-01", made["Id"]) == (kept["action"], kept["startTime"][:10], kept["sourceId"])


@KEYS
@pytest.mark.rule("I5", "P24")
def test_an_empty_field_was_agreed_to_be_empty(both: Both, key_field: str) -> None:
    """Filled on one side only: no conflict, whatever the policy says."""
    own_user(both, key_field)
    both.configure(task=BOTH, task_extra={"conflict": "planhat"})
    task = both.ph_task(action="Ours")
    dies_at_the_create(both)
    both.sf_edit(both.sf_tasks()[0]["Id"], Description="filled")

    both.settle()

    assert "<p>filled</p>" == both.ph_get("tasks", task)["description"]
    assert [] == both.state.conflicts()


@KEYS
@pytest.mark.rule("P25", "I6")
@pytest.mark.parametrize("direction", [BOTH, SEND])
def test_a_deleted_creation_stays_deleted(both: Both, key_field: str, direction: str) -> None:
    """A person deletes the record before the recovery: it is not made again, and the Planhat Task stays."""
    own_user(both, key_field)
    both.configure(task=direction)
    task = both.ph_task(action="Ours")
    dies_at_the_create(both)
    both.sf_delete(both.sf_tasks()[0]["Id"])

    both.settle()

    assert [] == both.sf_tasks()
    kept = both.ph_get("tasks", task)
    assert ("Ours", None) == (kept["action"], kept.get("sourceId"))


@pytest.mark.rule("I4", "F01")
def test_a_person_under_our_name(both: Both) -> None:
    """Nothing was made, and somebody logged in as the sync makes another Task: it is not taken for ours."""
    both.configure(task=SEND)
    both.ph_task(action="Ours")
    dies_at_the_create(both, "kill before")
    both.sf_task(Subject="Theirs")

    both.settle()

    assert ["Ours", "Theirs"] == sorted(t["Subject"] for t in both.sf_tasks())


@KEYS
@pytest.mark.rule("P2", "P29", "I3", "I7")
@pytest.mark.parametrize("how", ["kill before", "kill after"])
def test_a_creation_waits_for_its_section(both: Both, key_field: str, how: str) -> None:
    """Not Syncing: no request. Syncing again: what had been made is known and starts from its present values."""
    own_user(both, key_field)
    both.configure(task=BOTH)
    task = both.ph_task(action="Ours")
    dies_at_the_create(both, how)
    made = [t["Id"] for t in both.sf_tasks()]
    both.configure(task=OFF)
    both.wire.arm(None)
    both.run()
    assert [] == both.wire.sent
    for record in made:
        both.sf_edit(record, Subject="While it was off")

    both.configure(task=BOTH)
    both.settle()
    assert made == [t["Id"] for t in both.sf_tasks()]
    assert "Ours" == both.ph_get("tasks", task)["action"]
    both.ph_edit("tasks", task, action="Changed")
    both.settle()

    ids = [t["Id"] for t in both.sf_tasks()]
    assert (made or ids) == ids
    assert 1 == len(ids)
    assert ids[0] == both.ph_get("tasks", task)["sourceId"]
    assert [] == both.state.intents()
    assert [] == both.state.pending()


@pytest.mark.rule("P2", "I7")
def test_a_creation_in_planhat_waits_for_its_section(both: Both) -> None:
    """The same the other way round, and edits made meanwhile on either side are the past (P29)."""
    both.configure(task=BOTH)
    both.sf_task(Subject="Theirs")
    both.run()
    both.sf_task(Subject="Second")
    at = 0
    back = both.mark()
    both.wire.arm(None)
    both.run()
    at = next(n for n, sent in enumerate(both.wire.sent) if sent in both.wire.writes)
    back()
    both.wire.arm(at, "kill after")
    with contextlib.suppress(Killed):
        both.run()
    both.configure(task=OFF)
    both.wire.arm(None)
    both.run()
    assert [] == both.wire.sent

    both.configure(task=BOTH)
    both.settle()

    assert 2 == len(both.sf_tasks()) == len(both.ph_tasks())
    assert [] == both.state.intents()


@pytest.mark.rule("F17", "I5", "I1")
@pytest.mark.parametrize("direction", [BOTH, SEND])
@pytest.mark.parametrize("how", ["kill before", "kill after"])
def test_a_change_sent_and_taken_back(both: Both, direction: str, how: str) -> None:
    """A round dies around its change in Salesforce, and the person takes the edit back: our write is no edit."""
    both.configure(task=direction)
    task = both.ph_task(action="First")
    both.settle()
    both.ph_edit("tasks", task, action="Second")
    dies_at_the_create(both, how)
    both.ph_edit("tasks", task, action="First")

    both.settle()

    assert ["First"] == [t["Subject"] for t in both.sf_tasks()]
    assert "First" == both.ph_get("tasks", task)["action"]
    assert [] == both.state.intents()


@pytest.mark.rule("F17", "I5")
def test_a_change_received_and_taken_back(both: Both) -> None:
    """The same the other way round."""
    both.configure(task=BOTH)
    record = both.sf_task(Subject="First")
    both.settle()
    both.sf_edit(record, Subject="Second")
    back = both.mark()
    both.wire.arm(None)
    both.run()
    at = next(n for n, sent in enumerate(both.wire.sent) if sent in both.wire.writes)
    back()
    both.wire.arm(at, "kill after")
    with contextlib.suppress(Killed):
        both.run()
    both.wire.arm(None)
    assert ["Second"] == [t["action"] for t in both.ph_tasks()]
    both.sf_edit(record, Subject="First")

    both.settle()

    assert "First" == both.sf_get(record)["Subject"]
    assert ["First"] == [t["action"] for t in both.ph_tasks()]


@pytest.mark.rule("P25", "I6")
@pytest.mark.parametrize("told", [True, False])
def test_a_deletion_before_the_read_back(both: Both, told: bool) -> None:
    """Planhat said that the Task is stored, and a person deletes it before we read it: it stays deleted.

    Nobody got Planhat's word: a Task that is not there was never made, for all one can know.
    """
    both.configure(task=BOTH)
    both.sf_task(Subject="Theirs")
    back = both.mark()
    both.wire.arm(None)
    both.run()
    at = next(n for n, sent in enumerate(both.wire.sent) if sent in both.wire.writes)
    back()
    both.wire.arm(at + told, "kill after")
    with contextlib.suppress(Killed):
        both.run()
    both.wire.arm(None)
    (task,) = both.ph_tasks()
    both.ph_delete("tasks", task["_id"])

    both.settle()

    assert (0 if told else 1) == len(both.ph_tasks())
    assert 1 == len(both.sf_tasks())


@pytest.mark.rule("P12", "I11")
def test_nothing_waits_for_what_is_not_made_any_more(both: Both) -> None:
    """Nothing had been made, and the Task was ignored since: it is looked at once more, and that is all."""
    both.configure(task=BOTH)
    task = both.ph_task(action="Ours")
    dies_at_the_create(both, "kill before")
    both.ph_done(task, "Ignored")

    both.settle()

    assert [] == both.sf_tasks()
    assert [] == both.state.pending()


@pytest.mark.rule("P7", "P8", "I7")
@pytest.mark.parametrize("how", ["kill before", "kill after"])
def test_a_section_that_only_receives_by_now(both: Both, how: str) -> None:
    """What was made gets its id written back; what was not made is not made any more, and nothing waits for it."""
    own_user(both)
    both.configure(task=BOTH)
    task = both.ph_task(action="Ours")
    dies_at_the_create(both, how)
    made = [t["Id"] for t in both.sf_tasks()]

    both.configure(task=RECEIVE)
    both.settle()

    assert made == [t["Id"] for t in both.sf_tasks()]
    assert (made[0] if made else None) == both.ph_get("tasks", task).get("sourceId")
    assert [] == both.state.intents()
    assert [] == both.state.pending()


@pytest.mark.rule("P2", "F37")
def test_a_section_that_turns_to_receiving_leaves_what_it_never_agreed_on(both: Both) -> None:
    """A Conversation edited on the side that no longer speaks: rounds go on, and nothing is sent."""
    record = both.sf_task(Subject="a", Description="b")
    both.run()
    both.sf_edit(record, Status="Completed")
    both.run()
    both.configure(task=BOTH, conversation=RECEIVE)
    (conversation,) = both.ph_list("conversations")
    both.ph_edit("conversations", conversation["_id"], subject="Call")

    both.settle()

    assert "a" == both.sf_get(record)["Subject"]
