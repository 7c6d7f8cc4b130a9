"""Reminders: which records are one, who wins, whose they are, and that nothing doubles (rules M19, M22-M26)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from tests.crm_sync.both import Killed
from tests.crm_sync.sia_both import HOUR, SECOND, SF, Sellers

from crm_sync.run import State

# -- pairs -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("M19")
def test_the_steady_state(on: Sellers) -> None:
    """What is made and edited on either side is seen on the other, and then nothing more is written."""
    reminder, task = on.pushed(name="from here")
    _, other = on.imported(Subject="from there")
    on.edit(other, priority="high")
    on.sf_edit(task, Description="edited there")

    on.settle()

    assert ("edited there", "High") == (on.get(reminder)["details"], on.tasks()[1]["Priority"])
    assert 2 == len(on.tasks()) == len(on.reminders())


@pytest.mark.rule("M22")
@pytest.mark.parametrize(("later", "winner"), [("sia", "from here"), ("sf", "from there"), ("tie", "from there")])
def test_the_last_update_of_a_field_wins(on: Sellers, later: str, winner: str) -> None:
    """Both changed one field: the later one is taken; within one second it is Salesforce's."""
    reminder, task = on.pushed(details="agreed")
    if later == "sf":
        on.edit(reminder, details="from here")
        on.clock.advance(SECOND)
    on.sf_edit(task, Description="from there")
    if later == "sia":
        on.clock.advance(SECOND)
    if later != "sf":
        on.edit(reminder, details="from here")

    on.settle()

    assert winner == on.get(reminder)["details"] == on.sf_get(task)["Description"]


@pytest.mark.rule("M22")
def test_edits_of_different_fields_both_survive(on: Sellers) -> None:
    """A conflict is about a field: what each side changed alone is kept."""
    reminder, task = on.pushed(details="agreed", due_date="2026-02-01")
    on.edit(reminder, details="from here", status="complete")
    on.sf_edit(task, ActivityDate="2026-03-01", Priority="High")

    on.settle()

    for one in (on.get(reminder),):
        assert ("from here", "complete", "2026-03-01", "high") == tuple(
            one[name] for name in ("details", "status", "due_date", "priority")
        )
    assert ("from here", "Completed", "2026-03-01", "High") == tuple(
        on.sf_get(task)[name] for name in ("Description", "Status", "ActivityDate", "Priority")
    )


@pytest.mark.rule("M23")
def test_nothing_is_matched_by_its_looks(on: Sellers) -> None:
    """The same words, person and day on both sides are two pairs, never one."""
    on.task(Subject="Call Pat", ActivityDate="2026-02-01", WhoId=on.contact)
    on.remind(name="Call Pat", due_date="2026-02-01", person=1)

    on.settle()

    assert 2 == len(on.tasks()) == len(on.reminders())
    assert 2 == len({one["sf_task_id"] for one in on.reminders()} - {None})


@pytest.mark.rule("M23", "F13")
def test_a_lost_state_is_found_again_by_the_links(on: Sellers) -> None:
    """Without its memory the sync links again by the ids on the reminders, and makes nothing."""
    reminder, task = on.pushed(name="sent", details="x")
    on.imported(Subject="imported", Status="In Progress", Priority="Low")
    on.sf_edit(task, Subject="Somebody's words")
    on.disable()
    on.enable()  # from now on both reminders are older than the sync
    before = on.tasks(), on.reminders()
    on.state.close()
    on.state = State()
    on.wire.arm(None)

    on.settle()

    assert before == (on.tasks(), on.reminders())
    assert [] == on.wire.writes
    on.edit(reminder, details="y")
    on.settle()
    assert "y" == on.sf_get(task)["Description"]


# -- whose -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("M24")
def test_only_ones_own_tasks_are_imported(on: Sellers) -> None:
    """A task of another owner is not imported until it is given to the user."""
    task = on.task(Subject="Bo's", OwnerId=on.bo)
    report = on.run()
    assert [] == on.reminders()
    assert "another user's" in on.reasons(report)

    on.sf_edit(task, OwnerId=on.ann)
    on.settle()

    assert ["Bo's"] == [one["name"] for one in on.reminders()]


@pytest.mark.rule("M24")
@pytest.mark.parametrize(("stored", "imported"), [("bo", "Bo's"), (None, "Ann's")])
def test_who_the_user_is_in_salesforce(on: Sellers, stored: str | None, imported: str) -> None:
    """The stored id says whose tasks are the user's; without one it is whoever the connection logs in as."""
    sf_user = {"sf_user_id": getattr(on, stored) if stored else None}
    on.seed(users=[{"id": 1, "name": "Ann", "email": "ann@acme.example", "token": "ann", **sf_user}])
    on.task(Subject="Bo's", OwnerId=on.bo)
    on.task(Subject="Ann's", OwnerId=on.ann)

    on.run()

    assert [imported] == [one["name"] for one in on.reminders()]


@pytest.mark.rule("M24")
def test_a_reminder_for_somebody_else_is_theirs_to_send(on: Sellers) -> None:
    """What Ann makes for Bo is not sent by Ann's connection."""
    made = on.remind(assignee=2, person=1)

    report = on.run()

    assert on.get(made)["sf_task_id"] is None
    assert "somebody else" in on.reasons(report)


@pytest.mark.rule("M24")
def test_the_owner_follows_the_assignee(on: Sellers) -> None:
    """A linked reminder that is handed on takes its task along, and Bo's sync takes over the pair as it is."""
    reminder, task = on.pushed(person=1)
    on.edit(reminder, assignee=2)
    on.settle()
    assert on.bo == on.sf_get(task)["OwnerId"]

    on.enable(token="bo")
    mine, on.state = on.state, State()
    for _ in range(2):
        on.clock.advance(timedelta(seconds=60))
        assert not on.sync("bo").run().stopped

    assert [reminder] == [str(one["id"]) for one in on.reminders(token="bo")]
    assert 1 == len(on.tasks())
    on.state.close()
    on.state = mine


@pytest.mark.rule("M25")
def test_what_the_integration_logged_is_no_reminder(on: Sellers) -> None:
    """A logged e-mail that is a task of the user's is not imported, also when it is edited; others of its words are."""
    logged, other = on.task(Subject="Reply: Hello"), on.task(Subject="Reply: Hello")
    on.call("PUT", f"/logged-activities/{logged}")

    report = on.run()
    on.sf_edit(logged, Description="edited")
    on.settle()

    assert [other] == [one["sf_task_id"] for one in on.reminders()]
    assert "logged it" in on.reasons(report)


@pytest.mark.rule("M26")
@pytest.mark.parametrize(("person", "who"), [(1, "contact"), (2, "lead"), (3, ""), (None, "")])
def test_who_is_named_by_the_stored_id(on: Sellers, person: int | None, who: str) -> None:
    """A reminder's person is the contact or the lead whose id is stored: of two with one e-mail the right one."""
    _, task = on.pushed(person=person)

    assert (getattr(on, who) if who else None) == on.sf_get(task)["WhoId"]


@pytest.mark.rule("M26")
def test_a_person_is_found_by_the_stored_id(on: Sellers) -> None:
    """An imported task names the person who carries the id, and nobody when nobody does."""
    stranger = on.sf_create("Contact", LastName="Pat", Email="pat@acme.example")
    made = {}
    for who in (on.contact, on.lead, stranger, None):
        _, reminder = on.imported(Subject=str(who), WhoId=who)
        made[who] = on.get(reminder)["person"]

    assert {on.contact: 1, on.lead: 2, stranger: None, None: None} == made


# -- when it goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.rule("M23", "F01", "I3")
@pytest.mark.parametrize(
    ("how", "everywhere"),
    [
        ("lose response", False),
        ("kill before", False),
        ("kill after", False),
        *(
            pytest.param(how, True, marks=pytest.mark.nightly)
            for how in ("lose request", "lose response", "500 after", "kill before", "kill after")
        ),
    ],
)
def test_no_request_doubles_anything(on: Sellers, how: str, *, everywhere: bool) -> None:
    """Whichever request of a run has no answer, the next runs end with one task for each reminder."""
    mark = on.state.copy(), [(fake.store, fake.store.snapshot()) for fake in (on.salesforce, on.sia)], on.clock.now()

    def begin() -> None:
        on.state.close()
        on.state = mark[0].copy()
        for store, snapshot in mark[1]:
            store.restore(snapshot)
        on.clock.set(mark[2])
        on.remind(name="from here", person=1)
        on.task(Subject="from there", WhoId=on.lead)

    begin()
    on.wire.arm(None)
    on.run()
    places = [at for at, sent in enumerate(on.wire.sent) if everywhere or sent in on.wire.writes]
    assert len(places) > 2
    for at in places:
        begin()
        on.wire.arm(at, how)
        with suppress(Killed):
            on.run()
        on.wire.arm(None)
        on.clock.advance(HOUR)
        on.settle()
        assert 2 == len(on.tasks()) == len(on.reminders()), (at, how)
        assert {one["Id"] for one in on.tasks()} == {one["sf_task_id"] for one in on.reminders()}, (at, how)
    mark[0].close()


def test_salesforce_is_asked_for_what_changed(on: Sellers) -> None:
    """A run in which nothing happened makes the same few calls, however many pairs there are."""

    def calls() -> int:
        on.settle()
        on.clock.advance(HOUR)
        on.wire.arm(None)
        on.run()
        return len([url for _, url in on.wire.sent if not url.startswith(SF) or "/oauth2/" not in url])

    on.task()
    few = calls()
    for number in range(30):
        on.task(Subject=str(number))
    assert few == calls()
