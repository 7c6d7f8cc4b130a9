"""The rules P1 to P29, each as a short history that the reference sync must live through.

Every history is also judged by the oracle and the monitors: `play` settles it and demands all invariants.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm_contracts.world import Settings, Stage, World, ops, play
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK, Op
from crm_contracts.world.settings import BOTH, OFF, RECEIVE, SEND
from crm_sync.config import Config
from crm_sync.errors import ConfigError


@pytest.fixture(scope="module", params=[False, True], ids=["plain org", "external-id field"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    made = Stage(external_id=request.param)
    yield made
    made.close()


IN_SALESFORCE = ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call", "Description": "line"})
IN_PLANHAT = ops.Create(side=TASK, act="act-1", fields={"action": "Call", "description": "<p>line</p>"})
NOTE = ops.Create(side=CONVERSATION, act="act-1", fields={"subject": "Met", "type": "note"})
DONE = ops.Complete(side=TASK, act="act-1")


def rows(world: World, side: str, act: str = "act-1") -> list[dict[str, Any]]:
    return [dict(one.row) for one in world.oracle.model.activities[act].live(side)]


def only(world: World, side: str, act: str = "act-1") -> dict[str, Any]:
    found = rows(world, side, act)
    assert 1 == len(found), f"{act} has {len(found)} records in {side}"
    return found[0]


def counts(world: World, act: str = "act-1") -> tuple[int, int, int]:
    activity = world.oracle.model.activities[act]
    return tuple(len(activity.live(side)) for side in (SALESFORCE, TASK, CONVERSATION))  # type: ignore[return-value]


@pytest.mark.rule("P1", "P10", "P15")
@pytest.mark.parametrize("born", [IN_SALESFORCE, IN_PLANHAT], ids=["salesforce", "planhat"])
@pytest.mark.parametrize(("task", "conversation"), [(BOTH, BOTH), (RECEIVE, SEND), (BOTH, SEND)])
def test_one_activity_is_one_salesforce_task(stage: Stage, born: Op, task: str, conversation: str) -> None:
    """A Planhat Task before, a Conversation after, one Salesforce Task throughout."""
    if born is IN_PLANHAT and task == RECEIVE:
        pytest.skip("a Task of Planhat is not sent in a section that only receives")
    settings = Settings(task=task, conversation=conversation)
    world = play([born, ops.Sync(), ops.Tick(), DONE, ops.Sync()], stage=stage, settings=settings)

    assert (1, 1, 1) == counts(world)
    salesforce = only(world, SALESFORCE)
    assert salesforce["Id"] == only(world, CONVERSATION)["externalId"] == only(world, TASK)["sourceId"]
    assert "Completed" == salesforce["Status"]


@pytest.mark.rule("P2")
@pytest.mark.parametrize(
    ("task", "born", "expected"),
    [
        (BOTH, IN_SALESFORCE, (1, 1, 0)),
        (BOTH, IN_PLANHAT, (1, 1, 0)),
        (SEND, IN_SALESFORCE, (1, 0, 0)),
        (SEND, IN_PLANHAT, (1, 1, 0)),
        (RECEIVE, IN_SALESFORCE, (1, 1, 0)),
        (RECEIVE, IN_PLANHAT, (0, 1, 0)),
        (OFF, IN_SALESFORCE, (1, 0, 0)),
        (OFF, IN_PLANHAT, (0, 1, 0)),
    ],
)
def test_a_direction_is_a_direction(stage: Stage, task: str, born: Op, expected: tuple[int, int, int]) -> None:
    """Send makes nothing in Planhat, Receive makes nothing in Salesforce, Not Syncing makes nothing at all."""
    settings = Settings(task=task, conversation=OFF)
    world = play([born, ops.Sync()], stage=stage, settings=settings)

    assert expected == counts(world)


@pytest.mark.rule("P2")
def test_not_syncing_asks_nothing(stage: Stage) -> None:
    """With both sections off, a round reads no Task and no Conversation."""
    with World(stage, settings=Settings(task=OFF, conversation=OFF)) as world:
        world.apply_all([IN_SALESFORCE, NOTE, ops.Sync()])

        asked = {str(one["object"]) for one in world.exchanges}
    assert not asked & {"Task", "Conversation"}


@pytest.mark.rule("P6")
@pytest.mark.parametrize(
    ("kind", "expected"),
    [("note", 1), ("qbr", 1), ("email", 0), ("chat", 0), ("ticket", 0), ("call", 0)],
)
def test_only_notes_and_custom_types_take_part(stage: Stage, kind: str, expected: int) -> None:
    """A free Conversation is sent when it is a note or of a custom type."""
    born = ops.Create(side=CONVERSATION, act="act-1", fields={"subject": "Met", "type": kind})
    world = play([born, ops.Sync()], stage=stage)

    assert (expected, 0, 1) == counts(world)


@pytest.mark.rule("P7", "P8")
def test_a_conversation_without_an_id_creates_and_remembers(stage: Stage) -> None:
    """The Salesforce Task is made once; its 18-character id stands in externalId; an edit updates it."""
    edit = ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "Met twice"})
    world = play([NOTE, ops.Sync(), ops.Tick(), edit, ops.Sync()], stage=stage)

    assert (1, 0, 1) == counts(world)
    assert only(world, SALESFORCE)["Id"] == only(world, CONVERSATION)["externalId"]
    assert ("Met twice", "Completed") == tuple(only(world, SALESFORCE)[k] for k in ("Subject", "Status"))


@pytest.mark.rule("P9")
@pytest.mark.parametrize("characters", [15, 18])
def test_a_typed_id_names_the_record(stage: Stage, characters: int) -> None:
    """A user uploads a Planhat Task with the Salesforce id: the two are one activity, nothing is made."""
    typed = ops.Create(side=TASK, act="act-1", fields={"action": "Call", "description": "line"}, link=characters)
    edit = ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "Call back"})
    world = play([IN_SALESFORCE, typed, ops.Sync(), ops.Tick(), edit, ops.Sync()], stage=stage)

    assert (1, 1, 0) == counts(world)
    assert "Call back" == only(world, TASK)["action"]


@pytest.mark.rule("P11", "P19")
def test_with_inheritance_off_a_second_task_appears(stage: Stage) -> None:
    """Staff switched it off: completing a synced Task makes exactly one further Salesforce Task."""
    world = play([IN_SALESFORCE, ops.Sync(), ops.StaffDisable(), DONE, ops.Sync()], stage=stage)

    assert (2, 1, 1) == counts(world)


@pytest.mark.rule("P20")
@pytest.mark.parametrize(
    ("saves", "expected"),
    [
        ([{"conflict": "planhat"}], 2),
        ([{"conversation": SEND}], 2),
        ([{"conversation": RECEIVE}, {"conversation": BOTH}], 1),
        ([{"task": OFF}, {"task": BOTH}], 1),
    ],
)
def test_only_an_edge_turns_inheritance_on_again(stage: Stage, saves: list[dict[str, str]], expected: int) -> None:
    """Saving what still meets the condition changes nothing; losing it and meeting it again does."""
    configure = [ops.Configure(settings=one) for one in saves]
    history = [IN_SALESFORCE, ops.Sync(), ops.StaffDisable(), *configure, DONE, ops.Sync()]
    world = play(history, stage=stage)

    assert expected == counts(world)[0]


@pytest.mark.rule("P17", "P20")
def test_conversations_to_another_object_leave_inheritance_off(stage: Stage) -> None:
    """Condition not met from the beginning: Tasks only sent, so the Conversation makes a second Task."""
    settings = Settings(task=SEND, conversation=SEND)
    world = play([IN_PLANHAT, ops.Sync(), DONE, ops.Sync()], stage=stage, settings=settings)

    assert (2, 1, 1) == counts(world)


@pytest.mark.rule("P21", "P29")
def test_turning_inheritance_on_does_not_reach_back(stage: Stage) -> None:
    """A Conversation logged while it was off keeps its own Salesforce Task; saving settings writes nothing."""
    on_again = [ops.Configure(settings={"conversation": one}) for one in (RECEIVE, BOTH)]
    history = [IN_SALESFORCE, ops.Sync(), ops.StaffDisable(), DONE, ops.Sync(), *on_again, ops.Sync()]
    world = play(history, stage=stage)

    assert 2 == counts(world)[0]
    assert only(world, CONVERSATION)["externalId"] != only(world, TASK)["sourceId"]


@pytest.mark.rule("P22")
def test_losing_the_condition_does_not_turn_inheritance_off(stage: Stage) -> None:
    """Conversations are received only for a while: a Task completed then still hands its id on."""
    lose = ops.Configure(settings={"conversation": RECEIVE})
    world = play([IN_SALESFORCE, ops.Sync(), lose, DONE, ops.Sync()], stage=stage)

    assert only(world, SALESFORCE)["Id"] == only(world, CONVERSATION)["externalId"]


@pytest.mark.rule("P12", "P14")
def test_ignored_archives_and_logs_nothing(stage: Stage) -> None:
    """The Planhat Task is archived, there is no Conversation, and the Salesforce Task stays."""
    world = play([IN_SALESFORCE, ops.Sync(), ops.Ignore(act="act-1"), ops.Sync()], stage=stage)

    assert (1, 1, 0) == counts(world)
    assert only(world, TASK)["isArchived"] is True


@pytest.mark.rule("P13", "P14")
def test_done_logs_once(stage: Stage) -> None:
    """Writing Done again, and syncing in between, makes no second Conversation and no second Task."""
    world = play([IN_SALESFORCE, ops.Sync(), DONE, ops.Sync(), DONE, ops.Sync()], stage=stage)

    assert (1, 1, 1) == counts(world)


@pytest.mark.rule("P10", "P15")
def test_done_before_the_first_sync_is_still_one_task(stage: Stage) -> None:
    """Nothing was there to inherit, and with inheritance on the activity still gets one Salesforce Task."""
    world = play([IN_PLANHAT, DONE, ops.Sync()], stage=stage)

    assert 1 == counts(world)[0]


@pytest.mark.rule("P16")
def test_completed_in_salesforce_completes_the_planhat_task(stage: Stage) -> None:
    """Status Completed arrives as Done, archived."""
    done = ops.Complete(side=SALESFORCE, act="act-1")
    world = play([IN_SALESFORCE, ops.Sync(), ops.Tick(), done, ops.Sync()], stage=stage)

    task = only(world, TASK)
    assert ("Done", True) == (task["status"], task["isArchived"])
    assert 1 == counts(world)[0]


@pytest.mark.rule("P23")
def test_a_change_at_the_second_of_a_poll_is_not_skipped(stage: Stage) -> None:
    """Stamps are whole seconds: an edit in the second of a round arrives in the next."""
    edits: list[Op] = []
    for n in range(3):
        edits += [ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": f"Call {n}"}), ops.Sync()]
    world = play([IN_SALESFORCE, ops.Sync(), *edits], stage=stage)

    assert "Call 2" == only(world, TASK)["action"]


@pytest.mark.rule("P24")
@pytest.mark.parametrize(
    ("conflict", "last", "expected"),
    [
        ("newest", TASK, "planhat"),
        ("newest", SALESFORCE, "salesforce"),
        ("newest", "", "salesforce"),
        ("salesforce", TASK, "salesforce"),
        ("planhat", SALESFORCE, "planhat"),
    ],
)
def test_a_conflict_is_settled_by_field(stage: Stage, conflict: str, last: str, expected: str) -> None:
    """One field was changed on both sides: the policy's value stands on both. "" is a tie."""
    edits = {
        SALESFORCE: ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "salesforce"}),
        TASK: ops.Edit(side=TASK, act="act-1", fields={"action": "planhat"}),
    }
    first = SALESFORCE if last in (TASK, "") else TASK
    between = [ops.Tick(seconds=5)] if last else []
    second = TASK if first == SALESFORCE else SALESFORCE
    history = [IN_SALESFORCE, ops.Sync(), ops.Tick(), edits[first], *between, edits[second], ops.Sync()]
    world = play(history, stage=stage, settings=Settings(conflict=conflict))

    assert (expected, expected) == (only(world, SALESFORCE)["Subject"], only(world, TASK)["action"])


@pytest.mark.rule("P24")
def test_edits_of_different_fields_are_no_conflict(stage: Stage) -> None:
    """Subject was changed in Salesforce, the description in Planhat: both arrive, whatever the policy."""
    edits = [
        ops.Edit(side=TASK, act="act-1", fields={"description": "<p>new</p>"}),
        ops.Tick(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "new"}),
    ]
    world = play([IN_SALESFORCE, ops.Sync(), ops.Tick(), *edits, ops.Sync()], stage=stage)

    assert ("new", "new") == (only(world, TASK)["action"], only(world, SALESFORCE)["Description"])


@pytest.mark.rule("P25")
@pytest.mark.parametrize("side", [SALESFORCE, TASK])
def test_the_survivor_of_a_deletion_stays_alone(stage: Stage, side: str) -> None:
    """A deleted record is not brought back, and its partner is neither deleted nor sent again."""
    other = TASK if side == SALESFORCE else SALESFORCE
    title = "action" if other == TASK else "Subject"
    edit = ops.Edit(side=other, act="act-1", fields={title: "alone"})
    delete = ops.Delete(side=side, act="act-1")
    world = play([IN_SALESFORCE, ops.Sync(), delete, ops.Sync(), ops.Tick(), edit, ops.Sync()], stage=stage)

    assert (0 if side == SALESFORCE else 1, 0 if side == TASK else 1, 0) == counts(world)


@pytest.mark.rule("P27")
def test_an_unmatched_customer_waits(stage: Stage) -> None:
    """A Task of an account Planhat does not know is skipped, and comes over once the Company is there."""
    born = ops.Create(side=SALESFORCE, act="act-1", at="nowhere", fields={"Subject": "Call"})
    with World(stage) as world:
        world.apply_all([born, ops.Sync(), ops.Tick(seconds=3600), ops.Sync()])
        before = counts(world)
        world.apply_all([ops.Introduce(customer="nowhere"), ops.Tick(), ops.Sync()])
        world.finish()

        assert ((1, 0, 0), (1, 1, 0)) == (before, counts(world))


@pytest.mark.rule("P28")
def test_markup_stays_while_the_text_stays(stage: Stage) -> None:
    """A rich description is read in Salesforce as text; another field's edit does not flatten it."""
    rich = "<p><b>Call</b> her &amp; him</p><ul><li>one</li></ul>"
    history = [
        ops.Create(side=TASK, act="act-1", fields={"action": "Call", "description": rich}),
        ops.Sync(),
        ops.Tick(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "Call back"}),
        ops.Sync(),
    ]
    world = play(history, stage=stage)

    assert rich == only(world, TASK)["description"]
    assert "Call her & him" in only(world, SALESFORCE)["Description"]


@pytest.mark.rule("P29")
@pytest.mark.parametrize("changes", [{"conflict": "planhat"}, {"task": SEND}, {"conversation": OFF}])
def test_saving_settings_writes_nothing(stage: Stage, changes: dict[str, str]) -> None:
    """Everything is quiet, somebody saves other settings and the old ones again: no write follows."""
    back = {name: getattr(Settings(), name) for name in changes}
    history = [IN_SALESFORCE, NOTE, ops.Sync(), ops.Sync()]
    with World(stage) as world:
        world.apply_all(history)
        written = []
        for settings in (changes, back):
            world.apply_all([ops.Configure(settings=settings), ops.Tick(), ops.Sync()])
            written += [one for one in world.exchanges if one["method"] in {"PUT", "PATCH"}]
        world.finish()

    assert [] == written


@pytest.mark.rule("P29")
def test_what_was_made_while_off_stays_until_it_is_touched(stage: Stage) -> None:
    """A Task made while nothing was syncing is not sent when the section is switched on."""
    world_settings = Settings(task=OFF)
    history = [IN_PLANHAT, ops.Sync(), ops.Configure(settings={"task": BOTH}), ops.Tick(), ops.Sync()]
    world = play(history, stage=stage, settings=world_settings)

    assert (0, 1, 0) == counts(world)


def section(planhat: str, salesforce: str, *, custom: bool | None = None) -> dict[str, Any]:
    """A configuration with one section, as somebody would save it."""
    one: dict[str, Any] = {"planhat": planhat, "salesforce": salesforce, "direction": BOTH}
    if custom is not None:
        one["custom"] = custom
    salesforce_login = {"base_url": "https://understudy.my.salesforce.com", "access_token": "x"}
    return {"salesforce": salesforce_login, "planhat": {"token": "x"}, "sections": [one]}


@pytest.mark.rule("P3", "P4", "P5")
@pytest.mark.parametrize(
    ("planhat", "salesforce", "custom", "message"),
    [
        ("Note", "Task", True, 'use "Conversation"'),
        ("Note", "Task", None, "Note or ContentNote"),
        ("Task", "Event", None, "meets Task only"),
        ("Conversation", "Task", False, "is a custom one"),
    ],
)
def test_a_section_that_is_not_offered_is_refused(
    planhat: str, salesforce: str, custom: bool | None, message: str
) -> None:
    """Note is no choice in a custom section, and Task none in the old Note section; the message says what to do."""
    with pytest.raises(ConfigError, match=message):
        Config.from_mapping(section(planhat, salesforce, custom=custom))


@pytest.mark.rule("P3", "P4")
def test_a_conversation_section_with_tasks_is_taken() -> None:
    """Conversation on the left, Task on the right: that is the section the article describes."""
    assert 1 == len(Config.from_mapping(section("Conversation", "Task")).enabled())


@pytest.mark.rule("P18")
def test_the_switch_cannot_be_saved() -> None:
    """An attempt to change the switch with the settings is refused in words."""
    with pytest.raises(ConfigError, match="read-only"):
        Config.from_mapping({**section("Task", "Task"), "notes_inherit_task_source_id": False})
