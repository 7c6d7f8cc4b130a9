"""Reminders: which fields travel, what they become, and the Subject that a template makes (rules M2-M13)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.crm_sync.sia_both import HOUR, SECOND, Sellers, patched

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


@pytest.mark.rule("M12", "F47")
def test_a_subject_is_cut_as_salesforce_counts(on: Sellers) -> None:
    """255 emoji are twice what a Subject holds: cut between two of them, and an edit of the rest still arrives."""
    reminder, task = on.pushed(name="\N{PARTY POPPER}" * 255)
    assert "\N{PARTY POPPER}" * 127 == on.sf_get(task)["Subject"]

    on.edit(reminder, name="-" + "\N{PARTY POPPER}" * 254)
    on.settle()
    assert "-" + "\N{PARTY POPPER}" * 127 == on.sf_get(task)["Subject"]


@pytest.mark.rule("M13", "I7")
@pytest.mark.parametrize("renamed", [False, True])
def test_a_template_that_changes_writes_nothing_by_itself(off: Sellers, renamed: bool) -> None:
    """It names the name from now on, whoever was renamed before: a Subject is written with the next edit of a name."""
    off.enable(template="Reminder")
    off.clock.advance(HOUR)
    reminder, task = off.pushed(name="one", type="Call")
    if renamed:
        off.edit(reminder, name="two")
        off.settle()
    off.salesforce.journal.clear()

    off.enable(template="{{activity_subject}}")
    off.settle()
    off.edit(reminder, details="x")
    off.settle()
    assert [{"Description": "x"}] == patched(off)

    off.edit(reminder, name="three")
    off.settle()
    assert "three" == off.sf_get(task)["Subject"]


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
