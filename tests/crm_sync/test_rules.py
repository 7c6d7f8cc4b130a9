"""Single rules of the sync, each played against both fakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.crm_sync.both import BOTH, OFF, RECEIVE, SEND, Both, Killed

from crm_sync.model import Activity, Record
from crm_sync.plan import plan_activity
from crm_sync.report import Outcome, Report


def the_task(both: Both) -> dict[str, Any]:
    (task,) = both.ph_tasks()
    return task


def one_pair(both: Both, **fields: Any) -> tuple[str, str]:
    """A Salesforce Task and its Planhat Task, in agreement."""
    sf_id = both.sf_task(**{"Subject": "Call", "Description": "Agreed", **fields})
    both.run()
    return sf_id, next(t["_id"] for t in both.ph_tasks() if t.get("sourceId") == sf_id)


# -- identity -------------------------------------------------------------------------------------


@pytest.mark.rule("P7", "P9", "F07", "F08")
@pytest.mark.parametrize("form", ["18", "15", "18 lower", "18 upper"])
def test_a_typed_id_links_the_records(both: Both, form: str) -> None:
    """An id that a user typed links, in whichever form it was pasted."""
    sf_id = both.sf_task(Subject="Typed")
    text = {"18": sf_id, "15": sf_id[:15], "18 lower": sf_id.lower(), "18 upper": sf_id.upper()}
    both.ph_task(action="Typed", sourceId=text[form])

    both.settle()

    assert 1 == len(both.ph_tasks()) == len(both.sf_tasks())
    assert text[form] == the_task(both)["sourceId"]


@pytest.mark.rule("I5", "P9", "P24")
@pytest.mark.parametrize("policy", ["newest", "salesforce", "planhat"])
def test_a_record_with_a_typed_id_takes_nothing_where_it_says_nothing(both: Both, policy: str) -> None:
    """Of two that were never in agreement, each fills what the other leaves empty; else the policy decides."""
    both.configure(task=BOTH, task_extra={"conflict": policy})
    sf_id = both.sf_task(Subject="Planned", Description="The agenda")
    both.clock.advance(60)
    task = both.ph_task(action="Typed", sourceId=sf_id, startTime="2026-03-09T00:00:00.000Z")

    both.settle()

    kept, held = both.sf_get(sf_id), both.ph_get("tasks", task)
    title = "Planned" if policy == "salesforce" else "Typed"
    assert (title, "The agenda", "2026-03-09") == (kept["Subject"], kept["Description"], kept["ActivityDate"])
    assert (title, "<p>The agenda</p>") == (held["action"], held["description"])


@pytest.mark.rule("I5", "P9", "F01")
@pytest.mark.parametrize("how", ["kill before", "kill after"])
def test_an_id_typed_after_a_death_at_the_creation(both: Both, how: str) -> None:
    """A run died before Planhat had the Task, and a user makes it himself: what he leaves empty is not taken from
    Salesforce. What the run made after all is no other one."""
    sf_id = both.sf_task(Subject="Planned", Description="The agenda")
    back = both.mark()
    both.wire.arm(None)
    both.run()
    at = next(n for n, (method, _) in enumerate(both.wire.sent) if method == "PUT")
    back()
    both.wire.arm(at, how)
    with pytest.raises(Killed):
        both.run()
    both.wire.arm(None)
    both.clock.advance(60)
    if how == "kill before":
        both.ph_task(action="Typed", sourceId=sf_id)
    else:
        both.ph_edit("tasks", the_task(both)["_id"], action="Typed")
    both.settle()

    kept, held = both.sf_get(sf_id), the_task(both)
    assert ("Typed", "The agenda") == (kept["Subject"], kept["Description"])
    assert ("Typed", "<p>The agenda</p>") == (held["action"], held["description"])


@pytest.mark.rule("P9", "F08")
def test_an_ambiguous_id_is_put_aside(both: Both) -> None:
    """A 15 that lost its case is quarantined, with what to do about it."""
    task = both.ph_task(sourceId="00t9h000000s01t")

    report = both.run()

    (reason,) = report.section("Task:Task").quarantined.values()
    assert "lost its case" in reason
    both.ph_edit("tasks", task, sourceId="")
    both.settle()
    assert 1 == len(both.sf_tasks())


@pytest.mark.rule("P9", "F11", "I3")
def test_two_records_with_one_id(both: Both) -> None:
    """The second Planhat Task that carries an id is put aside; the first keeps it."""
    sf_id, _ = one_pair(both)
    both.ph_task(action="Clone", sourceId=sf_id[:15])

    report = both.run()

    (reason,) = report.section("Task:Task").quarantined.values()
    assert "already belongs to" in reason
    assert 1 == len(both.sf_tasks())


@pytest.mark.rule("P8", "F06")
def test_an_id_of_nothing(both: Both) -> None:
    """A Conversation that names no Salesforce Task is put aside, and its own keys are not taken."""
    both.ph_conversation(subject="Nobody", externalId="00T000000000099AAA"[:15])
    both.ph_conversation(subject="Own key", externalId="crm-42")

    report = both.run()

    section = report.section("Conversation:Task")
    assert 1 == len(section.quarantined)
    assert 1 == sum(section.skipped.values())
    assert [] == both.sf_tasks()


@pytest.mark.rule("P8", "P10")
def test_a_conversation_that_carries_an_id_updates(both: Both) -> None:
    """It says what happened: the Task it names gets its words and is completed."""
    both.configure(task="Not Syncing", conversation=SEND)
    sf_id = both.sf_task(Subject="Planned")
    both.ph_conversation(subject="Held", externalId=sf_id)

    both.settle()

    assert ("Held", "Completed") == (both.sf_get(sf_id)["Subject"], both.sf_get(sf_id)["Status"])
    assert 1 == len(both.sf_tasks())


@pytest.mark.rule("F13", "I3", "I4")
def test_a_lost_state_is_rebuilt_from_the_keys(both: Both) -> None:
    """The keys live on the records: without its memory the sync links again and creates nothing."""
    one_pair(both)
    both.ph_task(action="Mine")
    both.ph_conversation()
    both.settle()
    before = both.sf_tasks(), both.ph_tasks()

    both.state = type(both.state)()
    both.settle()

    assert before == (both.sf_tasks(), both.ph_tasks())


# -- completion -----------------------------------------------------------------------------------


@pytest.mark.rule("P12", "P16")
@pytest.mark.parametrize("first", ["linked", "new"])
def test_a_completed_salesforce_task_completes_planhats(both: Both, first: str) -> None:
    """Done, with a capital D, and archived."""
    sf_id = both.sf_task()
    if first == "linked":
        both.run()
    both.sf_edit(sf_id, Status="Completed")

    both.settle()

    assert ("Done", True) == (the_task(both)["status"], the_task(both)["isArchived"])


@pytest.mark.rule("P13", "P16")
def test_the_option_logs_a_conversation(both: Both) -> None:
    """A Task that arrives completed leaves a Conversation, once, joined to the same activity."""
    both.options = {"log_conversation": True}
    both.configure(task=BOTH, conversation=BOTH)
    sf_id = both.sf_task(Subject="Held", Status="Completed")

    both.settle()

    assert [sf_id] == [c["externalId"] for c in both.ph_list("conversations")]
    assert 1 == len(both.sf_tasks())


@pytest.mark.rule("P12", "P14", "F27", "F31")
def test_done_in_planhat_completes_salesforces(both: Both) -> None:
    """The archived Task is fetched; its Salesforce Task is completed, not deleted."""
    both.configure(task=BOTH)
    sf_id, task = one_pair(both)
    both.ph_done(task)

    both.settle()

    assert "Completed" == both.sf_get(sf_id)["Status"]


@pytest.mark.rule("P26", "F31")
def test_a_status_of_the_same_meaning_is_not_rewritten(both: Both) -> None:
    """Not Started and In Progress are one to Planhat: neither becomes the other."""
    sf_id, task = one_pair(both)
    both.ph_edit("tasks", task, action="Edited")
    both.run()
    assert "Not Started" == both.sf_get(sf_id)["Status"]

    both.sf_edit(sf_id, Status="Deferred")
    both.settle()

    assert ("Deferred", "Blocked") == (both.sf_get(sf_id)["Status"], the_task(both)["status"])


# -- conflicts and fields ----------------------------------------------------------------------------


@pytest.mark.rule("P24", "F19", "I5")
@pytest.mark.parametrize("policy", ["newest", "salesforce", "planhat"])
@pytest.mark.parametrize("later", ["salesforce", "planhat"])
def test_a_conflict(both: Both, policy: str, later: str) -> None:
    """Both sides edit one field: the policy's winner stays, the loser's value is kept in the log."""
    both.configure(task=BOTH, task_extra={"conflict": policy})
    sf_id, task = one_pair(both)
    edits = [
        lambda: both.sf_edit(sf_id, Subject="Salesforce's"),
        lambda: both.ph_edit("tasks", task, action="Planhat's", description="<p>Mine alone</p>"),
    ]
    for edit in edits if later == "planhat" else reversed(edits):
        both.clock.advance(5)
        edit()

    report = both.run()
    both.settle()

    winner = later if policy == "newest" else policy
    expected = {"salesforce": "Salesforce's", "planhat": "Planhat's"}
    assert expected[winner] == both.sf_get(sf_id)["Subject"] == the_task(both)["action"]
    assert "Mine alone" == both.sf_get(sf_id)["Description"]
    loser = expected["planhat" if winner == "salesforce" else "salesforce"]
    assert [loser] == [c.losing_value for c in report.conflicts]
    assert [loser] == [c.losing_value for c in both.state.conflicts()]


@pytest.mark.rule("P24", "F56")
@pytest.mark.parametrize(
    ("ahead_seconds", "gap_seconds", "winner"),
    [
        (-60, 40, "Salesforce's"),  # the stamps are 20 s apart
        (-60, 140, "Planhat's"),
        (60, 40, "Planhat's"),
        (-20, 30, "Salesforce's"),
    ],
)
def test_within_what_the_clocks_are_apart_the_rule_for_ties_decides(
    both: Both, ahead_seconds: int, gap_seconds: int, winner: str
) -> None:
    """Planhat's edit came later; the stamps tell by more than the clocks are apart, or nobody knows."""
    sf_id, task = one_pair(both)
    both.planhat_clock.ahead = ahead_seconds
    both.sf_edit(sf_id, Subject="Salesforce's")
    both.clock.advance(gap_seconds)
    both.ph_edit("tasks", task, action="Planhat's")

    both.settle()

    assert winner == both.sf_get(sf_id)["Subject"] == the_task(both)["action"]


@pytest.mark.rule("P24")
def test_a_field_may_have_its_own_policy(both: Both) -> None:
    """Per section and per field."""
    own = {"name": "subject", "planhat": "action", "salesforce": "Subject", "lens": "text", "conflict": "planhat"}
    both.configure(task=BOTH, task_extra={"conflict": "salesforce", "fields": [own]})
    sf_id, task = one_pair(both)
    both.ph_edit("tasks", task, action="P", description="<p>P</p>")
    both.sf_edit(sf_id, Subject="S", Description="S")

    both.settle()

    assert ("P", "S") == (both.sf_get(sf_id)["Subject"], both.sf_get(sf_id)["Description"])


@pytest.mark.rule("P2", "I7", "I8", "F20")
@pytest.mark.parametrize(("direction", "winner"), [(SEND, "P"), (RECEIVE, "S")])
def test_one_way_sections(both: Both, direction: str, winner: str) -> None:
    """A value travels one way only; what it overwrites is in the log."""
    both.configure(task=direction)
    if direction == SEND:
        both.ph_task(action="Call")
    else:
        both.sf_task(Subject="Call")
    both.run()
    sf_id, task = both.sf_tasks()[0]["Id"], the_task(both)["_id"]
    wrong: dict[str, Callable[[], Any]] = {
        SEND: lambda: both.sf_edit(sf_id, Subject="S"),
        RECEIVE: lambda: both.ph_edit("tasks", task, action="P"),
    }
    right: dict[str, Callable[[], Any]] = {
        SEND: lambda: both.ph_edit("tasks", task, action="P"),
        RECEIVE: lambda: both.sf_edit(sf_id, Subject="S"),
    }
    wrong[direction]()
    both.wire.arm(None)
    both.run()
    assert [] == both.wire.writes

    right[direction]()
    both.settle()

    assert winner == both.sf_get(sf_id)["Subject"] == the_task(both)["action"]
    assert [{"P": "S", "S": "P"}[winner]] == [c.losing_value for c in both.state.conflicts()]


@pytest.mark.rule("P24", "I5", "I7")
def test_a_field_may_go_one_way(both: Both) -> None:
    """An edit that goes nowhere is not forgotten: it is in the log when it is overwritten."""
    one_way = {
        "name": "subject",
        "planhat": "action",
        "salesforce": "Subject",
        "lens": "text",
        "direction": SEND,
    }
    both.configure(task=BOTH, task_extra={"fields": [one_way]})
    task = both.ph_task(action="Call")
    both.run()
    sf_id = both.sf_tasks()[0]["Id"]
    both.sf_edit(sf_id, Subject="S")
    both.settle()
    assert "Call" == both.ph_get("tasks", task)["action"]

    both.ph_edit("tasks", task, action="P")
    both.settle()

    assert "P" == both.sf_get(sf_id)["Subject"]
    assert ["S"] == [c.losing_value for c in both.state.conflicts()]


@pytest.mark.rule("P13", "P15", "I4")
def test_the_due_date_is_not_moved_by_logging(both: Both) -> None:
    """Planhat stamps today on the Conversation; the due date moves when somebody moves it."""
    sf_id, task = one_pair(both, ActivityDate="2026-03-01")
    both.ph_done(task)
    both.settle()
    assert ("2026-03-01", "Completed") == (
        both.sf_get(sf_id)["ActivityDate"],
        both.sf_get(sf_id)["Status"],
    )

    both.ph_edit("conversations", task, date="2026-02-20T10:00:00.000Z")
    both.settle()

    assert "2026-02-20" == both.sf_get(sf_id)["ActivityDate"]


@pytest.mark.rule("P26", "F33", "F48")
def test_a_value_outside_a_restricted_picklist_is_held_back(both: Both) -> None:
    """The rest of the record is sent, and the report says what was not."""
    stage = {"name": "stage", "planhat": "custom.Stage", "salesforce": "Stage__c"}
    both.configure(task=BOTH, task_extra={"fields": [stage]})
    sf_id, task = one_pair(both, Stage__c="One")
    both.ph_edit("tasks", task, action="Edited", custom={"Stage": "Nine"})

    report = both.run()
    both.settle()

    assert ("Edited", "One") == (both.sf_get(sf_id)["Subject"], both.sf_get(sf_id)["Stage__c"])
    assert [("stage", "Nine")] == [(h.field, h.value) for h in report.held_back if h.field == "stage"]


@pytest.mark.rule("P28", "F43", "I8")
def test_markup_survives_what_does_not_change_the_text(both: Both) -> None:
    """Bold is not news; a change of words is, and only then is the HTML rewritten."""
    sf_id, task = one_pair(both)
    both.ph_edit("tasks", task, description="<p><b>Agreed</b></p>")
    both.wire.arm(None)
    both.run()
    assert [] == both.wire.writes
    both.sf_edit(sf_id, Subject="Other")
    both.run()
    assert "<p><b>Agreed</b></p>" == the_task(both)["description"]

    both.sf_edit(sf_id, Description="New & <better>\n\nWords")
    both.settle()

    assert "<p>New &amp; &lt;better&gt;</p><p>Words</p>" == the_task(both)["description"]


@pytest.mark.rule("P28", "F46")
def test_a_day_keeps_its_time(both: Both) -> None:
    """A due date moved in Salesforce keeps Planhat's time of day."""
    task = both.ph_task(startTime="2026-02-01T23:30:00.000Z", noSpecificTime=False)
    both.run()
    sf_id = both.sf_tasks()[0]["Id"]
    assert "2026-02-01" == both.sf_get(sf_id)["ActivityDate"]

    both.sf_edit(sf_id, ActivityDate="2026-02-10")
    both.settle()

    assert "2026-02-10T23:30:00.000Z" == both.ph_get("tasks", task)["startTime"]


@pytest.mark.rule("F29", "I8")
def test_what_is_not_mapped_stays(both: Both) -> None:
    """WhatId, Priority and custom values are as people left them."""
    sf_id, task = one_pair(both, Priority="High")
    opportunity = both.sf_create(
        "Opportunity", Name="Deal", StageName="Prospecting", CloseDate="2026-06-01", AccountId=both.account
    )
    both.sf_edit(sf_id, WhatId=opportunity)
    both.ph_edit("tasks", task, custom={"Mood": "good"}, action="Edited")

    both.settle()

    assert (opportunity, "High") == (both.sf_get(sf_id)["WhatId"], both.sf_get(sf_id)["Priority"])
    assert {"Mood": "good"} == the_task(both)["custom"]


@pytest.mark.rule("F66")
def test_owners_follow_their_e_mail(both: Both) -> None:
    """A Salesforce user and a Planhat user with one address are one person."""
    mail = both.session.get(
        "https://acme.my.salesforce.com/services/data/v60.0/query",
        params={"q": "SELECT Id, Email FROM User WHERE Email != null ORDER BY Id"},
        headers={"Authorization": f"Bearer {both.credentials['access_token']}"},
    ).json()["records"]
    users = [
        both.ph_create("users", email=u["Email"].upper(), nickName=f"N{n}", firstName="F", lastName="L")
        for n, u in enumerate(mail)
    ]
    task = both.ph_task(ownerId=users[1]["_id"])
    both.run()
    sf_id = both.sf_tasks()[0]["Id"]
    assert mail[1]["Id"] == both.sf_get(sf_id)["OwnerId"]

    both.sf_edit(sf_id, OwnerId=mail[0]["Id"])
    both.settle()

    assert users[0]["_id"] == both.ph_get("tasks", task)["ownerId"]


@pytest.mark.rule("F66")
def test_an_unknown_owner(both: Both) -> None:
    """The caller owns it and the report says so; with a fallback the fallback does."""
    user = both.ph_create("users", email="x@y.example", nickName="X", firstName="X", lastName="Y")
    both.ph_task(ownerId=user["_id"])

    report = both.run()

    assert 1 == len(both.sf_tasks())
    assert any("the caller owns it" in note for note in report.notes)


# -- deletions, companies, quarantine ------------------------------------------------------------------


@pytest.mark.rule("P25", "F22", "F23", "I6")
def test_a_task_deleted_in_planhat(both: Both) -> None:
    """Salesforce's stays as it is, is not sent back, and its later edits go nowhere."""
    sf_id, task = one_pair(both)
    both.ph_delete("tasks", task)
    both.settle()
    both.sf_edit(sf_id, Subject="Still here")

    both.settle()

    assert [] == both.ph_tasks()
    assert "Still here" == both.sf_get(sf_id)["Subject"]
    assert [True] == [link.dead for link in both.state.links()]


@pytest.mark.rule("P27", "F59", "F67")
def test_a_record_waits_for_its_company(both: Both) -> None:
    """Skipped with a reason, and picked up when the company appears."""
    stranger = both.sf_create("Account", Name="Later")
    both.sf_task(Subject="Early", WhatId=stranger)
    both.sf_task(Subject="Nobody's", WhatId=None)
    report = both.run()
    assert 2 == sum(report.section("Task:Task").skipped.values())
    assert [] == both.ph_tasks()
    both.clock.advance(86_400)
    both.run()

    both.ph_create("companies", name="Later", sourceId=stranger[:15])
    both.settle()

    assert ["Early"] == [t["action"] for t in both.ph_tasks()]


@pytest.mark.rule("F65", "I13")
def test_a_poison_record_does_not_stop_the_others(both: Both) -> None:
    """Put aside with Salesforce's words, tried again ever later, and at once when it changes."""
    both.ph_control.add_fault(kind="item_refused", verb="bulk", times=None)
    both.sf_task(Subject="Refused")
    both.ph_task(action="Fine")

    report = both.run()

    assert 1 == len(report.section("Task:Task").quarantined)
    assert 1 == report.section("Task:Task").created
    for _ in range(4):
        both.run()
    both.wire.arm(None)
    both.run(tick=1)
    assert [] == both.wire.writes
    both.ph_control.clear_faults()
    both.clock.advance(86_400)
    both.settle()
    assert 2 == len(both.ph_tasks())


@pytest.mark.rule("F34")
def test_a_series_is_not_a_task(both: Both) -> None:
    """The master of a recurring series is skipped with its reason; the fake makes no series."""
    assert both.config is not None
    row = {"Id": "00T000000000001EAA", "IsRecurrence": True, "AccountId": both.account}
    series = Record("salesforce", "Task", str(row["Id"]), row, both.clock.now())
    engine = both.sync()._engine(Report(), both.state)

    plan = plan_activity(Activity("Task", salesforce=series), engine)

    ((outcome, reason),) = plan.verdicts.values()
    assert Outcome.SKIPPED is outcome
    assert "series" in reason


@pytest.mark.rule("P6", "P14", "I2")
def test_a_pair_that_sleeps_is_not_carried_by_its_archived_task(both: Both) -> None:
    """A Conversation becomes an e-mail: its Task is history, and an edit in Salesforce waits until it is a note."""
    both.configure(task=BOTH, conversation=BOTH)
    sf_id = both.sf_task(Subject="Agreed")
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    both.ph_done(task)
    both.settle()
    both.ph_edit("conversations", task, type="email")
    both.run()
    both.sf_edit(sf_id, Subject="Edited")
    both.settle()
    both.clock.advance(600)
    both.run()
    assert ("Agreed", "Agreed") == tuple(
        both.ph_get(name, task)[title] for name, title in (("tasks", "action"), ("conversations", "subject"))
    )

    both.ph_edit("conversations", task, type="note")
    both.settle()
    assert "Edited" == both.ph_get("conversations", task)["subject"]


@pytest.mark.rule("P7", "P9")
@pytest.mark.parametrize(
    ("collection", "key", "name"), [("tasks", "sourceId", "action"), ("conversations", "externalId", "subject")]
)
def test_what_is_typed_over_the_id_of_a_linked_record_is_said_once(
    both: Both, collection: str, key: str, name: str
) -> None:
    """The pair stays as it is, and so does the text: the report names both, in the run that reads it first."""
    tasks = collection == "tasks"
    both.configure(task=BOTH if tasks else OFF, conversation=OFF if tasks else BOTH)
    both.run()
    made = both.ph_task() if tasks else both.ph_conversation()
    both.settle()
    sf_id = both.ph_get(collection, made)[key]
    both.ph_edit(collection, made, **{key: "see the CRM", name: "Call again"})

    reports = [both.run(dry_run=True), *(both.run() for _ in range(3))]

    model = collection.title()[:-1]
    words = f"{key}: 'see the CRM' is not a Salesforce id; it stays with Task {sf_id}"
    told = [f"planhat {model} {made}: {words}"]
    assert [told, told, [], []] == [[note for note in one.notes if "see the CRM" in note] for one in reports]
    assert "Call again" == both.sf_get(sf_id)["Subject"]
    assert "see the CRM" == both.ph_get(collection, made)[key]
