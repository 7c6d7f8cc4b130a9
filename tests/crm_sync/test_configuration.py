"""What a configuration may say, and what happens when it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.crm_sync.both import BOTH, OFF, RECEIVE, SEND, Both

from crm_sync.config import Config
from crm_sync.errors import ConfigError

CONFIGS = Path(__file__).parents[2] / "fixtures" / "configs"


def config(*sections: dict[str, Any], **more: Any) -> Config:
    given = {
        "salesforce": {"base_url": "https://a.my.salesforce.com", "access_token": "t"},
        "planhat": {"token": "t"},
        "sections": list(sections),
        **more,
    }
    return Config.from_mapping(given, environment={"TOKEN": "s3cr3t"})


def section(planhat: str, salesforce: str, direction: str = SEND, **more: Any) -> dict[str, Any]:
    return {"planhat": planhat, "salesforce": salesforce, "direction": direction, **more}


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        pytest.param([section("Note", "Task", custom=True)], "sections[0].planhat", marks=pytest.mark.rule("P4")),
        pytest.param([section("Note", "Task")], "Note or ContentNote", marks=pytest.mark.rule("P5")),
        pytest.param([section("Note", "ContentNote")], "not supported yet"),
        pytest.param([section("Task", "Event")], "sections[0]", marks=pytest.mark.rule("P3")),
        pytest.param([section("Conversation", "Task", custom=False)], "custom", marks=pytest.mark.rule("P3")),
        pytest.param([section("Enduser", "Contact")], "not a model"),
        pytest.param([section("Conversation", "Case")], "sections[0].fields"),
        pytest.param([section("Task", "Task", "Sideways")], "sections[0].direction"),
        pytest.param([section("Task", "Task"), section("Task", "Task")], "sections[1]"),
        pytest.param([section("Task", "Task", colour="red")], "sections[0].colour"),
        pytest.param(
            [
                section(
                    "Task", "Task", fields=[{"planhat": name, "salesforce": "Subject"} for name in ("action", "status")]
                )
            ],
            "Subject has more than one row",
        ),
        pytest.param(
            [section("Task", "Task", notes_inherit_task_source_id=False)], "read-only", marks=pytest.mark.rule("P18")
        ),
    ],
)
def test_refused_with_the_path_of_the_key(sections: list[dict[str, Any]], words: str) -> None:
    """A refusal names the key and what to do."""
    with pytest.raises(ConfigError) as refused:
        config(*sections)

    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.rule("P2", "P5")
def test_accepted() -> None:
    """A Note section may stay unused, a Conversation may go to any object with a mapping."""
    fields = [{"planhat": "subject", "salesforce": "Subject", "lens": "text"}]
    known = config(
        section("Note", "ContentNote", OFF),
        section("Conversation", "Case", fields=fields),
        section("Task", "Task", BOTH, conflict="planhat"),
    )

    assert ["Conversation:Case", "Task:Task"] == [s.key for s in known.enabled()]


def test_secrets_come_from_the_environment() -> None:
    """`${NAME}` is read from the environment; a missing one is named; nothing prints a secret."""
    known = config(planhat={"token": "${TOKEN}"})

    assert "s3cr3t" == known.partner.token
    assert "s3cr3t" not in repr(known)
    with pytest.raises(ConfigError, match=r"planhat.token: the environment has no MISSING"):
        config(planhat={"token": "${MISSING}"})


def test_the_example_is_valid() -> None:
    """The configuration in fixtures/ can be loaded as it stands."""
    names = (
        "SALESFORCE_USERNAME",
        "SALESFORCE_PASSWORD",
        "SALESFORCE_SECURITY_TOKEN",
        "SALESFORCE_CLIENT_ID",
        "SALESFORCE_CLIENT_SECRET",
        "SALESFORCE_URL",
        "PLANHAT_URL",
        "PLANHAT_TOKEN",
    )
    known = Config.load(CONFIGS / "planhat.toml", environment=dict.fromkeys(names, "https://example.invalid"))

    assert ["Task:Task", "Conversation:Task"] == [s.key for s in known.enabled()]


# -- a change of configuration (rule P29) ---------------------------------------------------------


CHANGES = [
    pytest.param({"task": RECEIVE}, {"task": BOTH}, id="begins to send"),
    pytest.param({"task": SEND}, {"task": BOTH}, id="begins to receive"),
    pytest.param({"task": OFF}, {"task": BOTH}, id="switched on"),
    pytest.param({"conversation": OFF}, {"conversation": BOTH}, id="Conversations switched on"),
    pytest.param(
        {"conversation": SEND, "conversation_extra": {"types_excluded": ["QBR"]}},
        {"conversation": SEND},
        id="a type included again",
    ),
    pytest.param(
        {}, {"task_extra": {"fields": [{"planhat": "custom.Phase", "salesforce": "Stage__c"}]}}, id="a field mapped"
    ),
]


def lived_in(both: Both) -> None:
    """Records that exist on either side, linked and not, in agreement and not."""
    sf_id = both.sf_task(Subject="Linked", Stage__c="One")
    both.ph_task(action="Born in Planhat")
    both.ph_conversation(subject="Note")
    both.ph_conversation(subject="QBR", type="QBR")
    both.run()
    both.run()
    for task in both.ph_tasks():
        if task.get("sourceId") == sf_id:
            both.ph_edit("tasks", task["_id"], action="Edited in Planhat", custom={"Phase": "Two"})
    both.sf_edit(sf_id, Description="Edited in Salesforce")
    both.run()
    both.run()


@pytest.mark.rule("P29", "P6", "P21", "F36", "F37", "F38", "I7")
@pytest.mark.parametrize("saved", [True, False], ids=["saved at once", "found by the run"])
@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_a_change_of_configuration_writes_nothing(
    both: Both, before: dict[str, Any], after: dict[str, Any], saved: bool
) -> None:
    """What existed before stays as it is on both sides."""
    both.configure(**{"task": BOTH, "conversation": BOTH, **before})
    lived_in(both)

    both.config = Config.from_mapping(both.mapping(**{"task": BOTH, "conversation": BOTH, **after}))
    both.wire.arm(None)
    if saved:
        both.sync().save_configuration()
    reports = [both.run(), both.run()]

    assert [] == both.wire.writes, [list(r.lines()) for r in reports]


STAGE = {"name": "stage", "planhat": "custom.Phase", "salesforce": "Stage__c", "lens": "same"}


def mapped(**stage: str) -> dict[str, Any]:
    """The Task section with a custom field, mapped as *stage* says."""
    return {"task_extra": {"fields": [{**STAGE, **stage}]}}


REMAPPED = [
    pytest.param(mapped(), mapped(planhat="custom.Stage"), id="another field of the partner's"),
    pytest.param(mapped(direction=RECEIVE), mapped(), id="a field begins to send"),
    pytest.param(mapped(direction=SEND), mapped(), id="a field begins to receive"),
    pytest.param({}, {"status": {"to_planhat": {"Deferred": "On hold"}}}, id="a map says another word"),
]


@pytest.mark.rule("P29", "F37", "I4", "I7")
@pytest.mark.parametrize("overlap", [True, False], ids=["shown by a scan", "shown by an edit"])
@pytest.mark.parametrize(("before", "after"), REMAPPED)
def test_a_field_that_is_mapped_otherwise_starts_from_today(
    both: Both, before: dict[str, Any], after: dict[str, Any], overlap: bool
) -> None:
    """What nobody edited since is not written, neither at once nor with an edit of another field."""
    both.configure(task=BOTH, conversation=OFF, **before)
    sf_id = both.sf_task(Subject="Linked", Status="Deferred", Stage__c="One")
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    if "direction" in before.get("task_extra", {}).get("fields", [{}])[0]:
        sends = before["task_extra"]["fields"][0]["direction"] == SEND
        both.sf_edit(sf_id, Stage__c="Two") if sends else both.ph_edit("tasks", task, custom={"Phase": "Two"})
        both.run()
    if not overlap:
        both.clock.advance(3_600)
        both.sf_task(Subject="Newer than any overlap")
        both.settle()
        both.clock.advance(3_600)

    def said() -> list[Any]:
        row, record = both.sf_get(sf_id), both.ph_get("tasks", task)
        return [row["Status"], row["Stage__c"], record["status"], record.get("custom")]

    as_it_was = said()
    both.configure(task=BOTH, conversation=OFF, **after)
    both.settle()
    assert as_it_was == said()

    both.ph_edit("tasks", task, action="Edited")
    both.settle()
    both.sf_edit(sf_id, Description="Edited")
    both.settle()

    assert as_it_was == said()
    assert "Edited" == both.sf_get(sf_id)["Subject"]


@pytest.mark.rule("P29", "P26", "I5")
def test_an_edit_on_its_way_survives_a_new_map(both: Both) -> None:
    """A map is changed while a status waits for the next run: it goes over all the same."""
    both.configure(task=BOTH, conversation=OFF)
    sf_id = both.sf_task(Subject="Linked", Status="In Progress")
    both.settle()
    (task,) = [one["_id"] for one in both.ph_tasks()]
    both.ph_done(task)
    both.configure(task=BOTH, conversation=OFF, status={"to_planhat": {"In Progress": "Under way"}})
    both.settle()

    assert "Completed" == both.sf_get(sf_id)["Status"]


@pytest.mark.rule("P29", "F38")
def test_a_back_fill_fills_a_field_that_is_mapped_otherwise(both: Both) -> None:
    """The side that says something fills the other; an empty field empties nothing."""
    both.configure(task=BOTH, conversation=OFF, **mapped())
    sf_id = both.sf_task(Subject="Linked", Stage__c="One")
    both.settle()
    anew = mapped(planhat="custom.Stage")["task_extra"] | {"backfill": True}
    both.configure(task=BOTH, conversation=OFF, task_extra=anew)
    both.settle()

    assert "One" == both.sf_get(sf_id)["Stage__c"]
    assert {"Phase": "One", "Stage": "One"} == both.ph_tasks()[0]["custom"]


@pytest.mark.rule("P29", "P27", "I1")
@pytest.mark.parametrize("known", [True, False], ids=["made just before", "waits for its company"])
def test_a_section_that_is_switched_on_takes_nothing_from_another(both: Both, known: bool) -> None:
    """What the Task section is still to receive is no past of the Conversation section's."""
    both.configure(task=BOTH, conversation=OFF)
    both.run()
    account = both.account if known else both.sf_create("Account", Name="Not known yet")
    both.sf_task(Subject="New", WhatId=account)
    if not known:
        both.run()
        both.run()
    both.configure(task=BOTH, conversation=BOTH)
    if not known:
        both.run()
        both.ph_create("companies", name="Known now", sourceId=account)
    both.settle()

    assert ["New"] == [task["action"] for task in both.ph_tasks()]


@pytest.mark.rule("P6", "P29", "I5", "F36")
def test_a_type_that_is_included_again_leaves_the_others_alone(both: Both) -> None:
    """What was edited of that type meanwhile, on either side, is past; what waits of another type goes over."""
    without = {"conversation_extra": {"types_excluded": ["QBR"]}}
    both.configure(task=BOTH, conversation=BOTH)
    excluded, linked = both.ph_conversation(subject="QBR", type="QBR"), both.ph_conversation(subject="Note")
    both.settle()
    tasks = {row["Subject"]: row["Id"] for row in both.sf_tasks()}
    both.configure(task=BOTH, conversation=BOTH, **without)
    both.run()
    both.ph_edit("conversations", excluded, subject="QBR in Planhat")
    both.sf_edit(tasks["QBR"], Description="In Salesforce")
    both.run()
    both.ph_edit("conversations", linked, subject="Note, edited")
    both.ph_conversation(subject="New note")
    both.configure(task=BOTH, conversation=BOTH)
    both.settle()

    assert {"QBR", "Note, edited", "New note"} == {row["Subject"] for row in both.sf_tasks()}
    assert not both.ph_get("conversations", excluded).get("description")
    both.ph_edit("conversations", excluded, subject="QBR, edited now")
    both.settle()
    assert "QBR, edited now" == both.sf_get(tasks["QBR"])["Subject"]


@pytest.mark.rule("P29", "P1")
def test_what_no_section_was_to_receive_is_past(both: Both) -> None:
    """An open Salesforce Task from before the Task section: a Conversation section waits for its completion only."""
    both.configure(task=OFF, conversation=BOTH)
    both.run()
    both.sf_task(Subject="Open")
    both.configure(task=BOTH, conversation=BOTH)
    both.settle()

    assert [] == both.ph_tasks()


@pytest.mark.rule("P29", "P8")
def test_what_changes_after_the_configuration_travels(both: Both) -> None:
    """The baseline is no ban: an edit after the change is sent, and a new record, too."""
    both.configure(task=RECEIVE)
    both.ph_task(action="Old")
    both.run()
    both.configure(task=BOTH)
    old = both.ph_tasks()[0]["_id"]
    both.clock.advance(1)
    both.ph_task(action="New")
    both.run()
    assert ["New"] == [t["Subject"] for t in both.sf_tasks()]

    both.ph_edit("tasks", old, action="Old, edited")
    both.settle()

    assert {"New", "Old, edited"} == {t["Subject"] for t in both.sf_tasks()}


@pytest.mark.rule("P29", "F56")
@pytest.mark.parametrize("ahead_seconds", [0, -90, 90])
@pytest.mark.parametrize(("after_seconds", "sent"), [(-30, []), (30, ["Edited"])], ids=["before", "after"])
def test_a_stamp_of_another_clock_is_not_taken_for_one_of_ours(
    both: Both, ahead_seconds: int, after_seconds: int, sent: list[str]
) -> None:
    """A run finds a new configuration: what was edited after it travels, what was edited before does not."""
    both.configure(task=RECEIVE)
    task = both.ph_task(action="Old")
    both.run()
    both.planhat_clock.ahead = ahead_seconds
    both.config = Config.from_mapping(both.mapping(task=BOTH, conversation=BOTH))
    sync = both.sync() if after_seconds > 0 else None
    both.clock.advance(30)
    both.ph_edit("tasks", task, action="Edited")
    both.clock.advance(30)

    report = (sync or both.sync()).run()

    assert "" == report.stopped
    assert sent == [t["Subject"] for t in both.sf_tasks()]


@pytest.mark.rule("P29", "F38")
def test_a_back_fill_is_asked_for(both: Both) -> None:
    """`backfill = true` sends what existed before."""
    both.configure(task=RECEIVE)
    both.ph_task(action="Old")
    both.run()

    both.configure(task=BOTH, task_extra={"backfill": True})
    both.settle()

    assert ["Old"] == [t["Subject"] for t in both.sf_tasks()]


@pytest.mark.rule("P2")
def test_not_syncing_makes_no_request_at_all(both: Both) -> None:
    """A section that is off is not even read."""
    both.configure(task=OFF, conversation=OFF)
    both.sf_task()
    both.ph_task()
    both.ph_conversation()

    both.run()

    assert [] == both.wire.sent


@pytest.mark.rule("P18", "P20")
def test_the_switch_is_shown_once_on(both: Both) -> None:
    """The report shows it; saving the same configuration again changes nothing."""
    report = both.run()
    both.sync().save_configuration()

    assert any("Notes to inherit Task sourceId: on (read-only" in line for line in report.lines())
    assert [{"notesInheritTaskSourceId": True}] == both.told


@pytest.mark.rule("P6", "F36")
def test_a_type_that_returns_wakes_its_old_link(both: Both) -> None:
    """Excluded and included again: the same Salesforce Task, no second one."""
    conversation = both.ph_conversation(subject="QBR", type="QBR")
    both.run()
    both.ph_edit("conversations", conversation, type="call")
    both.run()
    both.ph_edit("conversations", conversation, subject="Edited meanwhile")
    both.run()
    assert ["QBR"] == [t["Subject"] for t in both.sf_tasks()]

    both.ph_edit("conversations", conversation, type="QBR")
    both.settle()

    assert ["Edited meanwhile"] == [t["Subject"] for t in both.sf_tasks()]


@pytest.mark.rule("P6", "P24", "F36")
@pytest.mark.parametrize("elsewhere", [{}, {"subject": "Edited in Planhat"}])
def test_what_salesforce_wrote_meanwhile_arrives_when_a_link_wakes(both: Both, elsewhere: dict[str, str]) -> None:
    """What was agreed before stays agreed while a link sleeps: Salesforce's edit is one, and a loser is logged."""
    conversation = both.ph_conversation(subject="QBR", type="QBR")
    both.run()
    both.ph_edit("conversations", conversation, type="call", **elsewhere)
    both.run()
    (task,) = both.sf_tasks()
    both.clock.advance(60)
    both.sf_edit(task["Id"], Subject="Edited in Salesforce")
    both.run()
    assert elsewhere.get("subject", "QBR") == both.ph_get("conversations", conversation)["subject"]

    both.clock.advance(3_600)
    both.sf_task(Subject="Newer than any overlap")
    both.run()
    both.ph_edit("conversations", conversation, type="QBR")
    report = both.run()

    won = elsewhere.get("subject", "Edited in Salesforce")  # Planhat's record was written last
    assert (won, won) == (both.ph_get("conversations", conversation)["subject"], both.sf_get(task["Id"])["Subject"])
    assert ["Edited in Salesforce"][: len(elsewhere)] == [one.losing_value for one in report.conflicts]


@pytest.mark.rule("P21", "P11")
def test_switching_on_never_reaches_back(both: Both) -> None:
    """A Conversation logged while the switch was off keeps its own Task; the report names it."""
    sf_id = both.sf_task()
    both.run()
    both.sync().staff_disable_inheritance()
    task = both.ph_tasks()[0]["_id"]
    both.clock.advance(1)
    both.ph_done(task)
    both.clock.advance(1)
    both.configure(task=BOTH, conversation=RECEIVE)
    both.configure(task=BOTH, conversation=BOTH)
    both.clock.advance(1)
    both.ph_edit("conversations", task, subject="Edited")

    report = both.run()
    both.settle()

    assert sf_id != both.ph_get("conversations", task)["externalId"]
    assert any(task in note and "P21" in note for note in report.notes)
