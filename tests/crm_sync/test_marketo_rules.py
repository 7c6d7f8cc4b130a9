"""The rules of reminders, M1 to M27, each played by people and the sync against both fakes."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.crm_sync.both import Killed
from tests.crm_sync.sia_both import SF, SIA, Sellers

from crm_sync.marketo.diagnostics import code_of_stop
from crm_sync.run import State

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def two_fakes() -> Sellers:
    """Made once; `sellers` begins again with them."""
    return Sellers()


@pytest.fixture
def off(two_fakes: Sellers) -> Sellers:
    """Both fakes as they were made: nobody has ticked the box."""
    return two_fakes.again()


@pytest.fixture
def on(off: Sellers) -> Sellers:
    """Ann's sync has been on for an hour, and has run."""
    off.enable()
    off.clock.advance(HOUR)
    off.run()
    return off


def patched(on: Sellers) -> list[dict[str, Any]]:
    """Bodies of what the sync changed in Salesforce since `wire.arm`, but the attributes of a batch."""
    bodies: list[dict[str, Any]] = []
    for call in on.sf_control.journal():
        if call["method"] == "PATCH":
            body = json.loads(call["request"])
            bodies += [{k: v for k, v in one.items() if k not in {"attributes", "Id"}}
                       for one in body.get("records", [body])]  # fmt: skip
    return bodies


# -- switching on ------------------------------------------------------------------------------------------------


@pytest.mark.rule("M1")
def test_nothing_moves_while_it_is_off(off: Sellers) -> None:
    """Until the box is ticked no request goes to Salesforce and nothing is written; nor after it is unticked."""
    off.task()
    off.remind()

    report = off.run()

    assert [("GET", f"{SIA}/_standin/sia/settings")] == off.wire.sent
    assert "switched off" in report.notes[0]
    off.enable()
    off.run()
    off.disable()
    off.wire.arm(None)
    off.task(Subject="later")
    off.remind(name="later")
    off.run()
    assert [] == off.wire.writes


@pytest.mark.rule("M14", "M15", "M16")
@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])  # a shrunk example costs minutes
@given(
    tasks=st.lists(
        st.fixed_dictionaries(
            {
                "Status": st.sampled_from(["Not Started", "In Progress", "Completed"]),
                "Priority": st.sampled_from(["High", "Normal", "Low"]),
            },
            optional={"Description": st.sampled_from(["a\nb", "x"]), "ActivityDate": st.just("2026-02-01")},
        ),
        max_size=3,
    ),
    reminders=st.lists(
        st.fixed_dictionaries(
            {"status": st.sampled_from(["open", "complete"]), "name": st.sampled_from(["Call", "x"])}
        ),
        max_size=3,
    ),
)
def test_the_first_sync_writes_nothing_to_salesforce(
    two_fakes: Sellers, tasks: list[dict[str, Any]], reminders: list[dict[str, Any]]
) -> None:
    """Whatever stands on both sides when the sync is switched on: it is imported, and nothing is sent."""
    off = two_fakes.again()
    made = [off.task(**fields) for fields in tasks]
    for keys in reminders:
        off.remind(**keys)
    before = off.tasks()
    off.enable()

    off.settle()

    assert before == off.tasks()
    assert [] == off.sf_writes()
    assert set(made) == {one["sf_task_id"] for one in off.reminders()} - {None}
    assert len(off.reminders()) == len(made) + len(reminders)


@pytest.mark.rule("M15")
@pytest.mark.parametrize(("after", "sent"), [(0, False), (1, True)])
def test_only_what_was_made_after_enabling_is_sent(off: Sellers, after: int, *, sent: bool) -> None:
    """A reminder of the very moment of enabling is not sent, one of a second later is."""
    off.enable()
    off.clock.advance(after * SECOND)
    made = off.remind()

    off.settle()

    assert sent == (off.get(made)["sf_task_id"] is not None)
    assert int(sent) == len(off.tasks())


@pytest.mark.rule("M15")
def test_an_old_reminder_is_never_sent_however_it_is_edited(off: Sellers) -> None:
    """An edit after enabling does not make a reminder new."""
    old = off.remind()
    off.clock.advance(DAY)
    off.enable()
    off.run()
    off.edit(old, name="edited", status="complete")

    report = off.run()

    assert [] == off.tasks()
    assert "before the sync was enabled" in off.reasons(report)


@pytest.mark.rule("M14", "M15")
def test_the_gap_is_not_sent_and_links_survive_it(on: Sellers) -> None:
    """What is made while the sync is off is not sent later; what was linked before still is one pair."""
    reminder, task = on.pushed(name="linked")
    on.disable()
    on.clock.advance(DAY)
    gap = on.remind(name="gap")
    on.edit(reminder, details="from the gap")
    on.clock.advance(DAY)
    on.enable()

    on.settle()

    assert on.get(gap)["sf_task_id"] is None
    assert ["linked"] == [one["Subject"] for one in on.tasks()]
    assert "from the gap" == on.sf_get(task)["Description"]


@pytest.mark.rule("M15")
def test_an_imported_task_is_linked_whatever_its_age(on: Sellers) -> None:
    """What came from Salesforce is older than nothing: its edits go back."""
    task, reminder = on.imported(Subject="From Salesforce")
    on.clock.advance(400 * DAY)
    on.edit(reminder, details="from here")

    on.settle()

    assert "from here" == on.sf_get(task)["Description"]


@pytest.mark.rule("M16")
@pytest.mark.parametrize(("before", "pulled"), [(24 * HOUR, True), (24 * HOUR + SECOND, False)])
def test_the_first_sync_pulls_a_day(off: Sellers, before: timedelta, *, pulled: bool) -> None:
    """A task changed 24 hours before enabling is imported, one of a second earlier is not until it changes."""
    task = off.task(Subject="Old", ActivityDate="2026-01-06")
    off.clock.advance(before)
    off.enable()

    report = off.run()

    assert pulled == (len(off.reminders()) == 1)
    assert int(pulled) == report.section("Reminder:Task").seen  # what is older is not even read
    off.sf_edit(task, Description="edited")
    off.settle()
    assert 1 == len(off.reminders())


@pytest.mark.rule("M16")
def test_the_first_sync_can_pull_everything_open(off: Sellers) -> None:
    """With initial_import = all_open the open tasks of any age come, and what was completed long ago does not."""
    off.options = {"initial_import": "all_open"}
    open_task, _ = off.task(Subject="open"), off.task(Subject="done", Status="Completed")
    off.clock.advance(300 * DAY)
    off.enable()

    off.settle()

    assert [open_task] == [one["sf_task_id"] for one in off.reminders()]


@pytest.mark.rule("M17")
def test_every_due_date_is_stored_and_two_days_are_shown(on: Sellers) -> None:
    """The due date decides what the Command Center shows, not what is imported."""
    days = ["2026-01-04", "2026-01-05", "2026-01-06", "2026-01-07", "2027-01-05", None]
    for day in days:
        on.task(Subject=str(day), ActivityDate=day)

    on.settle()

    assert sorted(map(str, days)) == sorted(str(one["due_date"]) for one in on.reminders())
    shown = [one["due_date"] for one in on.call("GET", "/command-center")["items"]]
    assert ["2026-01-05", "2026-01-06"] == shown


# -- fields --------------------------------------------------------------------------------------------------------


@pytest.mark.rule("M2", "M3", "M6", "M8", "M9", "M11")
def test_what_is_imported(on: Sellers) -> None:
    """The five fields of a new task arrive."""
    _, reminder = on.imported(
        Subject="Renew", Status="Completed", Priority="High", ActivityDate="2026-02-28", Description="a\nb"
    )

    made = on.get(reminder)
    assert ("Renew", "complete", "high", "2026-02-28", "a\nb") == tuple(
        made[name] for name in ("name", "status", "priority", "due_date", "details")
    )


@pytest.mark.rule("M2", "M3", "M6", "M8", "M9", "M10")
def test_what_is_sent(on: Sellers) -> None:
    """The five fields of a new reminder arrive, with the user as the owner."""
    _, task = on.pushed(name="Renew", status="complete", priority="high", due_date="2026-02-28", details="a\nb")

    made = on.sf_get(task)
    assert ("Renew", "Completed", "High", "2026-02-28", "a\nb", on.ann) == tuple(
        made[name] for name in ("Subject", "Status", "Priority", "ActivityDate", "Description", "OwnerId")
    )


@pytest.mark.rule("M2")
def test_other_fields_travel_nowhere(on: Sellers) -> None:
    """An edit of a field that is not one of the five changes nothing on the other side."""
    reminder, task = on.pushed()
    before = on.get(reminder)["updated_at"], on.sf_get(task)["LastModifiedDate"]
    on.edit(reminder, type="Call", call_outcome="No answer", call_reason="Renewal")
    edited = on.get(reminder)["updated_at"]
    on.sf_edit(task, CallDisposition="Busy", IsReminderSet=False)
    stamp = on.sf_get(task)["LastModifiedDate"]
    on.wire.arm(None)

    on.settle()

    assert [] == on.wire.writes
    assert (edited, stamp) == (on.get(reminder)["updated_at"], on.sf_get(task)["LastModifiedDate"])
    assert before < (edited, stamp)


@pytest.mark.rule("M3", "M19", "M20")
def test_completing_and_opening_again(on: Sellers) -> None:
    """A change of status travels both ways, and back."""
    reminder, task = on.pushed()

    on.edit(reminder, status="complete")
    on.settle()
    assert "Completed" == on.sf_get(task)["Status"]
    on.sf_edit(task, Status="Not Started")
    on.settle()
    assert "open" == on.get(reminder)["status"]
    on.sf_edit(task, Status="Completed")
    on.settle()
    assert "complete" == on.get(reminder)["status"]
    assert [] == on.call("GET", "/command-center")["items"]
    on.call("PATCH", f"/reminders/{reminder}", {"status": "open"})
    on.settle()
    assert "Not Started" == on.sf_get(task)["Status"]


@pytest.mark.rule("M4", "M5", "F31")
@pytest.mark.parametrize("status", ["In Progress", "Waiting on someone else", "Deferred"])
def test_an_unmapped_status_is_not_carried(on: Sellers, status: str) -> None:
    """The reminder keeps its status, the rest of the edit arrives, and an edit here does not write the status back."""
    reminder, task = on.pushed()
    on.sf_edit(task, Status=status, Description="from Salesforce")
    on.settle()
    assert ("open", "from Salesforce") == (on.get(reminder)["status"], on.get(reminder)["details"])

    on.edit(reminder, details="from here", name="renamed")
    on.settle()

    assert (status, "from here") == (on.sf_get(task)["Status"], on.sf_get(task)["Description"])
    on.edit(reminder, status="complete")
    on.settle()
    assert "Completed" == on.sf_get(task)["Status"]


@pytest.mark.rule("M4", "M7", "M22")
def test_a_value_without_a_row_wins_no_conflict(on: Sellers) -> None:
    """A real change here beats a later change in Salesforce to a value that is not carried."""
    reminder, task = on.pushed(priority="normal")
    on.edit(reminder, status="complete", priority="high")
    on.clock.advance(SECOND)
    on.sf_edit(task, Status="In Progress", Priority="Low")

    on.settle()

    assert ("Completed", "High") == (on.sf_get(task)["Status"], on.sf_get(task)["Priority"])


@pytest.mark.rule("M4")
def test_unmapped_at_first_sight(on: Sellers) -> None:
    """A task of such a status is imported as open; with skip_record not before its status is one of the two."""
    _, reminder = on.imported(Status="Deferred")
    assert "open" == on.get(reminder)["status"]

    on.options = {"unmapped_status": "skip_record"}
    task = on.task(Subject="skipped", Status="In Progress")
    on.settle()
    assert 1 == len(on.reminders())
    on.sf_edit(task, Status="Completed")
    on.settle()
    assert "complete" == on.get(on.reminder_of(task))["status"]


@pytest.mark.rule("M4")
def test_a_record_can_be_skipped_for_its_status(on: Sellers) -> None:
    """With skip_record nothing of a linked task arrives while its status is no one of two; then all of it does."""
    on.options = {"unmapped_status": "skip_record"}
    reminder, task = on.pushed(details="agreed")
    on.sf_edit(task, Status="In Progress", Description="while in progress")
    on.settle()
    assert ("open", "agreed") == (on.get(reminder)["status"], on.get(reminder)["details"])

    on.sf_edit(task, Status="Completed")
    on.settle()

    assert ("complete", "while in progress") == (on.get(reminder)["status"], on.get(reminder)["details"])


@pytest.mark.rule("M7", "M5", "F32")
def test_low_priority_is_not_carried(on: Sellers) -> None:
    """Low is normal at first sight, is kept away later, and is never overwritten by what did not change here."""
    task, reminder = on.imported(Priority="Low")
    assert "normal" == on.get(reminder)["priority"]
    on.edit(reminder, details="x")
    on.settle()
    assert "Low" == on.sf_get(task)["Priority"]

    on.sf_edit(task, Priority="High")
    on.settle()
    assert "high" == on.get(reminder)["priority"]
    on.sf_edit(task, Priority="Low")
    on.settle()
    assert "high" == on.get(reminder)["priority"]
    on.edit(reminder, priority="normal")
    on.settle()
    assert "Normal" == on.sf_get(task)["Priority"]


@pytest.mark.rule("M5")
def test_only_the_changed_field_is_written(on: Sellers) -> None:
    """A body to Salesforce has the edited field and no other."""
    reminder, _ = on.pushed(details="a", due_date="2026-02-01")
    edits: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"details": "b"}, {"Description": "b"}),
        ({"due_date": None}, {"ActivityDate": None}),
        ({"name": "renamed"}, {"Subject": "renamed"}),
        ({"status": "complete"}, {"Status": "Completed"}),
        ({"priority": "high"}, {"Priority": "High"}),
    ]
    for keys, body in edits:
        on.salesforce.journal.clear()
        on.edit(reminder, **keys)
        on.run()
        assert [body] == patched(on), keys


@pytest.mark.rule("M8", "F46")
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"])
def test_a_due_date_is_a_day(on: Sellers, zone: str) -> None:
    """It crosses unchanged whatever the user's zone is, and nothing crosses as nothing."""
    on.seed(users=[{"id": 1, "name": "Ann", "email": "ann@acme.example", "token": "ann", "time_zone": zone,
                    "sf_user_id": on.ann}])  # fmt: skip
    on.clock.set(on.clock.now().replace(hour=23, minute=50))
    reminder, task = on.pushed(due_date="2026-03-01")
    assert "2026-03-01" == on.sf_get(task)["ActivityDate"]

    on.sf_edit(task, ActivityDate="2026-12-31")
    on.settle()
    assert "2026-12-31" == on.get(reminder)["due_date"]
    on.sf_edit(task, ActivityDate=None)
    on.settle()
    assert on.get(reminder)["due_date"] is None
    on.edit(reminder, due_date="2028-02-29")
    on.settle()
    assert "2028-02-29" == on.sf_get(task)["ActivityDate"]
    on.edit(reminder, due_date=None)
    on.settle()
    assert on.sf_get(task)["ActivityDate"] is None


@pytest.mark.rule("M9")
def test_details_are_comments(on: Sellers) -> None:
    """Several lines are kept both ways, and a text taken away is taken away there, too."""
    reminder, task = on.pushed(details="one\n\ntwo")
    assert "one\n\ntwo" == on.sf_get(task)["Description"]

    on.sf_edit(task, Description="three\nfour {{activity_type}}")
    on.settle()
    assert "three\nfour {{activity_type}}" == on.get(reminder)["details"]
    on.edit(reminder, details="")
    on.settle()
    assert on.sf_get(task)["Description"] is None
    on.sf_edit(task, Description="again")
    on.settle()
    on.sf_edit(task, Description=None)
    on.settle()
    assert "" == on.get(reminder)["details"]


# -- subject -------------------------------------------------------------------------------------------------------


@pytest.mark.rule("M10", "M11")
def test_the_name_goes_out_and_never_comes_in(on: Sellers) -> None:
    """An edit of the name renders the Subject; an edit of the Subject changes no name, and the next overwrites it."""
    reminder, task = on.pushed(name="Call Pat")
    on.sf_edit(task, Subject="Somebody's words")
    on.settle()
    assert ("Call Pat", "Somebody's words") == (on.get(reminder)["name"], on.sf_get(task)["Subject"])

    on.edit(reminder, name="Call Quin")
    on.settle()

    assert ("Call Quin", "Call Quin") == (on.get(reminder)["name"], on.sf_get(task)["Subject"])


@pytest.mark.rule("M11")
def test_a_name_comes_once_from_salesforce(on: Sellers) -> None:
    """An imported task names its reminder once; a task without a Subject makes one without a subject."""
    task, reminder = on.imported(Subject="First words")
    assert "First words" == on.get(reminder)["name"]
    on.sf_edit(task, Subject="Second words", Description="x")
    on.settle()
    assert ("First words", "x") == (on.get(reminder)["name"], on.get(reminder)["details"])

    _, nameless = on.imported(Subject=None)
    assert "(no subject)" == on.get(nameless)["name"]


@pytest.mark.rule("M12")
def test_the_subject_is_what_the_template_makes(off: Sellers) -> None:
    """Campaign, type and outcome stand in the Subject as the partner itself shows it, in one line."""
    off.seed(campaign_steps=[{"id": 7, "campaign_name": "Spring", "day": 3, "step": 2}])
    off.enable(template="[{{Activity_Type}}] {{activity_subject}}\n/{{sales_campaign_name}}/{{call_outcome}}{{x}}")
    off.clock.advance(HOUR)

    reminder, task = off.pushed(name="Call Pat", type="Call", campaign_step=7)

    shown = off.call("GET", f"/reminders/{reminder}/activity-detail")["text"]
    assert "[Call] Call Pat/Spring/{{x}}" == shown == off.sf_get(task)["Subject"]


@pytest.mark.rule("M13", "M23")
def test_a_template_without_the_name(off: Sellers) -> None:
    """The Subject is rendered when the task is made, and no edit of the name changes it; equal ones stay two."""
    off.enable(template="Reminder ({{activity_type}})")
    off.clock.advance(HOUR)
    reminder, task = off.pushed(name="one", type="Call")
    off.remind(name="two", type="Call")
    off.settle()
    assert ["Reminder (Call)"] * 2 == [one["Subject"] for one in off.tasks()]

    off.salesforce.journal.clear()
    off.edit(reminder, name="renamed", details="x")
    off.settle()

    assert [{"Description": "x"}] == patched(off)
    assert ("Reminder (Call)", "x") == (off.sf_get(task)["Subject"], off.sf_get(task)["Description"])


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


# -- diagnostics -------------------------------------------------------------------------------------------------------

LOCKED = [
    {"errorCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record", "fields": []}
]
INVALID = [{"errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "A call needs an outcome", "fields": []}]


def diagnostics(on: Sellers) -> list[dict[str, Any]]:
    return list(on.call("GET", "/diagnostics")["items"])


@pytest.mark.rule("M27")
def test_a_failure_that_waits_for_a_person(on: Sellers) -> None:
    """It stands on the page once, with category and message; it is tried again when somebody has seen to it."""
    reminder = on.remind()
    on.wire.answer = ("POST", 400, INVALID)
    for _ in range(3):
        on.run()
        on.clock.advance(HOUR)

    (shown,) = diagnostics(on)
    assert (int(reminder), None, "create", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Access/Validation", False) == tuple(
        shown[name] for name in ("reminder", "sf_task_id", "operation", "code", "category", "retried")
    )
    assert "A call needs an outcome" in shown["message"]
    assert [] == on.tasks()
    on.call("POST", f"/diagnostics/{shown['id']}/acknowledge")
    on.settle()
    assert 1 == len(on.tasks()) == len(diagnostics(on))


@pytest.mark.rule("M27")
def test_a_failure_is_tried_again_when_its_record_changes(on: Sellers) -> None:
    """Who puts the data right need not acknowledge anything."""
    reminder, task = on.pushed()
    on.edit(reminder, details="refused")
    on.wire.answer = ("PATCH", 400, INVALID)
    on.run()
    on.clock.advance(HOUR)
    on.run()
    assert on.sf_get(task)["Description"] is None
    (shown,) = diagnostics(on)
    assert (task, "update") == (shown["sf_task_id"], shown["operation"])

    on.edit(reminder, details="accepted")
    on.settle()

    assert "accepted" == on.sf_get(task)["Description"]


@pytest.mark.rule("M27")
def test_an_intermittent_failure_is_tried_again_by_itself(on: Sellers) -> None:
    """It stands on the page as retried, and the next runs carry it out."""
    on.options = {"retry_attempts_max": 1}
    on.remind()
    on.wire.answer = ("POST", 400, LOCKED)
    on.run()
    assert [] == on.tasks()
    assert [("Intermittent", True)] == [(one["category"], one["retried"]) for one in diagnostics(on)]

    on.settle()

    assert 1 == len(on.tasks()) == len(diagnostics(on))


@pytest.mark.rule("M27")
def test_a_refused_connection(on: Sellers) -> None:
    """What stops a whole run stands on the page, too."""
    body = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    on.remind()
    on.wire.answer = ("POST", 403, body)

    report = on.run()

    assert report.stopped
    assert [("REQUEST_LIMIT_EXCEEDED", "Intermittent", None)] == [
        (one["code"], one["category"], one["reminder"]) for one in diagnostics(on)
    ]


@pytest.mark.rule("M27")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Salesforce refused the log-in at https://a.b/token: expired access/refresh token", "INVALID_GRANT"),
        ("Salesforce's daily limit of API calls is used up; the next run continues", "REQUEST_LIMIT_EXCEEDED"),
        ("salesforce did not answer GET /x after 5 attempts", "SERVER_UNAVAILABLE"),
        ("marketo did not answer GET /x after 5 attempts", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_code_of_a_run_that_ended(text: str, code: str) -> None:
    """Only what Salesforce did stands on the page."""
    assert code == code_of_stop(text)


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
