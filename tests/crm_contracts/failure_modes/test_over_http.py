"""Failures that take a second program, a mapping of one's own, or an org of its own: F34, F38 to F40, F50 to F69."""

from __future__ import annotations

from functools import partial

import pytest
from tests.crm_contracts.failure_modes.conftest import Make, meanwhile
from tests.crm_sync.both import BOTH, ORG_FILE, Both

import crm_sync.sides.planhat
from crm_contracts.world.fields import text_of_html
from crm_sync.run import Sync

STAGE = {"name": "stage", "planhat": "custom.Stage", "salesforce": "Stage__c"}


def subjects(both: Both) -> list[str]:
    return sorted(str(one["Subject"]) for one in both.sf_tasks())


def actions(both: Both) -> list[str]:
    return sorted(str(one["action"]) for one in both.ph_tasks())


@pytest.mark.rule("F34", "I8", "I13")
def test_a_series_is_left_alone(both: Both) -> None:
    """Occurrences of a recurring Task arrive, the series does not, and neither is written to."""
    series = both.sf_task(
        Subject="Weekly",
        IsRecurrence=True,
        RecurrenceType="RecursWeekly",
        RecurrenceInterval=1,
        RecurrenceDayOfWeekMask=2,
        RecurrenceStartDateOnly="2026-02-02",
        RecurrenceEndDateOnly="2026-02-16",
    )
    other = both.sf_task(Subject="Once")

    both.run()
    report = both.run()

    assert ["Once", "Weekly", "Weekly", "Weekly"] == actions(both)
    assert series not in {one.get("sourceId") for one in both.ph_tasks()}
    assert other in {one.get("sourceId") for one in both.ph_tasks()}
    assert report.settled


@pytest.mark.rule("F38", "I4", "I11")
@pytest.mark.parametrize(
    "backfill",
    [
        False,
        True,
    ],
)
def test_a_field_is_mapped_later(both: Both, backfill: bool) -> None:
    """Mapping a field writes nothing by itself; a back-fill brings it over, an edit does so too."""
    both.configure(task=BOTH)
    ids = [both.sf_task(Subject=f"S{n}", Stage__c="One") for n in range(3)]
    both.run()

    both.configure(task=BOTH, task_extra={"fields": [STAGE], "backfill": backfill})
    first = both.run()
    both.sf_edit(ids[0], Stage__c="Two")
    both.run()

    assert (3 if backfill else 0) == first.writes["planhat"]
    expected = {ids[0]: "Two"} if not backfill else {ids[0]: "Two", ids[1]: "One", ids[2]: "One"}
    found = {one["sourceId"]: (one.get("custom") or {}).get("Stage") for one in both.ph_tasks()}
    assert expected == {key: value for key, value in found.items() if value}


@pytest.mark.rule("F39", "I2", "I8")
@pytest.mark.parametrize("name", ["AccountId", "CreatedById", "IsClosed", "SystemModstamp"])
def test_a_derived_field_is_mapped(both: Both, name: str) -> None:
    """It is never sent, the report says so, and the world falls quiet."""
    both.configure(
        task=BOTH, task_extra={"fields": [{"name": "derived", "planhat": "custom.Derived", "salesforce": name}]}
    )
    both.ph_task(custom={"Derived": "x"})
    both.sf_task()

    report = both.run()
    both.ph_edit("tasks", both.ph_tasks()[0]["_id"], custom={"Derived": "y"})
    both.settle()

    assert any("derived is not sent" in note for note in report.notes)


@pytest.mark.rule("F40", "I2", "I12")
def test_the_org_rewrites_what_is_written(org: Make) -> None:
    """What was read back counts as agreed: one write for one edit, and Planhat's own words stay."""
    both = org(
        updates=[{"object": "Task", "name": "Shout", "set": {"Subject": {"from": "Subject", "change": "upper"}}}]
    )
    task = both.ph_task(action="Call")
    both.run()
    both.ph_edit("tasks", task, action="Call again")

    report = both.run()
    quiet = both.run()

    assert ({"salesforce": 1, "planhat": 0}, True) == (dict(report.writes), quiet.settled)
    assert (["CALL AGAIN"], ["Call again"]) == (subjects(both), actions(both))


MEANWHILE = {
    # what is on its way -> what somebody writes in the middle of that run
    "an edit from Salesforce, and Planhat's text": ("sf", "ph text"),
    "an edit from Salesforce, and its text": ("sf", "sf text"),
    "an edit from Salesforce, and the same field": ("sf", "sf"),
    "an edit from Planhat, and Salesforce's text": ("ph", "sf text"),
    "an edit from Planhat, and its text": ("ph", "ph text"),
    "an edit from Planhat, and the same field": ("ph", "ph"),
    "a new Salesforce Task, and its title": ("new sf", "sf"),
    "a new Planhat Task, and its title": ("new ph", "ph"),
    "nothing, and both titles of two records": ("", "two"),
}


@pytest.mark.rule("F50", "I9", "I5")
@pytest.mark.parametrize(("under_way", "edit"), MEANWHILE.values(), ids=MEANWHILE)
def test_edits_while_the_sync_runs(both: Both, under_way: str, edit: str) -> None:
    """At whichever request of a run somebody edits, the next runs bring it over."""
    different = []
    for at in (1, 3, 4, 5, 7, 8, 10):
        both.again()
        sf_id, task = _begin(both, under_way)
        quiet, both.sync_session = both.sync_session, meanwhile(both, at, partial(_edit, both, edit, sf_id, task))
        both.run()
        both.sync_session = quiet
        both.settle()
        if _texts_in_salesforce(both) != _texts_in_planhat(both):
            different.append(at)

    assert [] == different


def _begin(both: Both, under_way: str) -> tuple[str, str]:
    """A linked pair, or half of one, with something to do for the run. Returns both ids, "" where there is none."""
    if under_way == "new ph":
        return "", both.ph_task(action="0")
    sf_id = both.sf_task(Subject="0", Description="0")
    if under_way == "new sf":
        return sf_id, ""
    both.run()
    task = str(both.ph_tasks()[0]["_id"])
    if under_way == "sf":
        both.sf_edit(sf_id, Subject="from Salesforce")
    elif under_way == "ph":
        both.ph_edit("tasks", task, action="from Planhat")
    else:
        both.sf_task(Subject="something else to do")
    return sf_id, task


def _edit(both: Both, what: str, sf_id: str, task: str) -> None:
    both.clock.advance(2)
    if what == "two":
        both.sf_task(Subject="new in Salesforce")
        both.ph_edit("tasks", task, action="in the middle")
    elif what.startswith("sf"):
        both.sf_edit(sf_id, **{"Description" if "text" in what else "Subject": "in the middle"})
    else:
        both.ph_edit("tasks", task, **{"description" if "text" in what else "action": "in the middle"})


def _texts_in_salesforce(both: Both) -> list[tuple[object, str]]:
    rows = [both.sf_get(one["Id"]) for one in both.sf_tasks()]
    return sorted((row["Subject"], row["Description"] or "") for row in rows)


def _texts_in_planhat(both: Both) -> list[tuple[object, str]]:
    rows = both.ph_tasks()
    return sorted((row["action"], text_of_html(row.get("description")) or "") for row in rows)


@pytest.mark.rule("F53", "I9")
@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6])
def test_rows_move_while_pages_are_read(both: Both, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Pages of six rows, and while they are read somebody deletes the newest row and edits the oldest."""
    monkeypatch.setattr(crm_sync.sides.planhat, "PAGE_ROWS", {"Task": 6, "Conversation": 6})
    tasks = [both.ph_task(action=f"P{n:02}") for n in range(14)]
    both.run()
    for n, task in enumerate(tasks):
        both.ph_edit("tasks", task, action=f"Q{n:02}")

    def people() -> None:
        both.ph_edit("tasks", tasks[0], action="edited")
        both.ph_delete("tasks", tasks[-1])

    quiet, both.sync_session = both.sync_session, meanwhile(both, at, people)
    both.run()
    both.sync_session = quiet
    both.settle()

    expected = [*(f"Q{n:02}" for n in range(1, 13)), "edited"]
    assert expected == actions(both)
    assert expected == [name for name in subjects(both) if name not in {"P13", "Q13"}]


@pytest.mark.rule("F65", "I13", "I11")
def test_a_poisoned_record(org: Make) -> None:
    """A validation rule refuses one record for ever: the others go on, and it is not tried in every run."""
    rule = {"object": "Task", "name": "No", "when": {"field": "Subject", "is": "Poison"}, "message": "never"}
    both = org(**ORG_FILE, validation_rules=[rule])
    both.ph_task(action="Poison")
    both.ph_task(action="Bread")

    first = both.run()
    tried = [both.run().writes["salesforce"] for _ in range(12)]
    both.ph_task(action="Wine")
    both.run()

    assert ["Bread", "Wine"] == subjects(both)
    assert ["never" in reason for reason in first.section("Task:Task").quarantined.values()] == [True]
    assert sum(tried) < 6


@pytest.mark.rule("F66", "I13")
def test_an_owner_who_is_gone(both: Both) -> None:
    """The owner was deactivated in Salesforce: the activity travels, or is put aside alone with its reason."""
    owner = both.ph_create(
        "users", firstName="Ivo", lastName="I", nickName="ivo", email="integration@understudy.example"
    )
    both.sf_control.seed({"settings": {"users": {"integration@understudy.example": {"active": False}}}})
    both.ph_task(action="His", ownerId=owner["_id"])
    both.ph_task(action="Nobody's")

    report = both.run()

    assert "Nobody's" in subjects(both)
    assert ("His" in subjects(both)) != bool(report.section("Task:Task").quarantined)


@pytest.mark.rule("F68", "I3", "I14")
def test_two_instances_overlap(both: Both) -> None:
    """A second process over the same memory starts at any request of a run: one record for each activity."""
    found = set()
    for at in (2, 5, 7, 9):
        both.again()
        both.sf_task(Subject="S")
        both.ph_task(action="P")
        both.ph_conversation(subject="C")
        quiet, both.sync_session = both.sync_session, meanwhile(both, at, partial(_other_process, both))
        both.run()
        both.sync_session = quiet
        both.settle()
        found.add((*subjects(both), *actions(both)))

    assert {("C", "P", "S", "P", "S")} == found


def _other_process(both: Both) -> None:
    assert both.config is not None
    Sync(both.config, session=both.session, clock=both.clock, state=both.state, holder="another").run()


@pytest.mark.rule("F69", "I13")
def test_a_mapped_field_disappears(both: Both) -> None:
    """The field is gone from the describe: the others flow on, the report says so, and it comes back by itself."""
    both.configure(task=BOTH, task_extra={"fields": [STAGE]})
    sf_id = both.sf_task(Subject="S", Stage__c="One")
    both.run()
    less = {"Less": {"like": "System Administrator", "fields": {"Task.Stage__c": "none"}}}
    both.sf_control.seed({"settings": {"profiles": less, "users": {both.credentials["username"]: {"profile": "Less"}}}})
    both.ph_edit("tasks", both.ph_tasks()[0]["_id"], action="Edited", custom={"Stage": "Two"})

    report = both.run()
    both.run()

    assert any("Stage__c" in note for note in report.notes)
    both.sf_control.seed({"settings": {"users": {both.credentials["username"]: {"profile": "System Administrator"}}}})
    assert "Edited" == both.sf_get(sf_id)["Subject"]


@pytest.mark.rule("F70", "I1", "I12")
def test_accepted_and_not_written(both: Both) -> None:
    """A field whose writes are dropped without a word is not written again and again, and the report tells of it."""
    both.configure(task=BOTH, task_extra={"fields": [STAGE]})
    sf_id = both.sf_task(Subject="S", Stage__c="One")
    both.run()
    less = {"Less": {"like": "System Administrator", "fields": {"Task.Stage__c": "read, silent"}}}
    both.sf_control.seed({"settings": {"profiles": less, "users": {both.credentials["username"]: {"profile": "Less"}}}})
    both.ph_edit("tasks", both.ph_tasks()[0]["_id"], action="Edited", custom={"Stage": "Two"})

    report = both.run()
    writes = [both.run().writes["salesforce"] for _ in range(4)]

    both.sf_control.seed({"settings": {"users": {both.credentials["username"]: {"profile": "System Administrator"}}}})
    row = both.sf_get(sf_id)
    assert ("Edited", "One", [0, 0, 0, 0]) == (row["Subject"], row["Stage__c"], writes)
    assert any("stage" in line.lower() for line in report.lines() if "type is not" not in line)
