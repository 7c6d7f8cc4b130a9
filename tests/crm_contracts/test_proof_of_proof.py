"""The judge is judged: a wrong sync fails with the invariant it breaks, an honest one passes.

Each is found by the ordinary lane: a list of operations played by `play`, nothing made for the occasion.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm_contracts.world import Connection, Settings, Stage, ops, play
from crm_contracts.world.fields import TEXT
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK, Op
from crm_contracts.world.settings import OFF, SEND
from crm_contracts.world.sweep import sweep
from crm_contracts.world.toys import BlindCreator, CopyEverything, Honest, Idle
from crm_contracts.world.violations import (
    BrokenFrame,
    CrashLeftATrace,
    DirectionIgnored,
    Duplicated,
    FalselyDeleted,
    InvariantViolated,
    LensBroken,
    Looping,
    LostUpdate,
    NotConverged,
    NotQuiet,
    Stumbled,
)


class Restless(Honest):
    """Writes every title again in every round."""

    def run(self) -> Any:
        super().run()
        for record_id, row in self.planhat.tasks().items():
            self.planhat.edit("tasks", record_id, {"action": row["action"]})


class Afterthought(Honest):
    """Writes every title once more when all has been quiet for a while."""

    rounds = 0

    def run(self) -> Any:
        super().run()
        self.rounds += 1
        for record_id, row in self.planhat.tasks().items() if self.rounds == 6 else ():
            self.planhat.edit("tasks", record_id, {"action": row["action"]})


class Tidy(Honest):
    """Puts a field in order that nobody mapped."""

    def run(self) -> Any:
        super().run()
        for record_id in self.salesforce.tasks():
            self.salesforce.edit(record_id, {"Priority": "Low"})


class Plain(Honest):
    """Writes every description as plain paragraphs."""

    def run(self) -> Any:
        super().run()
        for record_id, row in self.planhat.tasks().items():
            text = TEXT.read(TASK, row)
            self.planhat.edit("tasks", record_id, {"description": f"<p>{text}</p>"})


class Mirror(Honest):
    """Deletes in Planhat what is deleted in Salesforce."""

    def run(self) -> Any:
        super().run()
        there = self.salesforce.tasks()
        for record_id, row in self.planhat.tasks().items():
            if row.get("sourceId") and row["sourceId"] not in there:
                self.planhat.delete("tasks", record_id)


class Forgetful(Honest):
    """Keeps what was agreed in memory only, and writes to Planhat before it remembers anything."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        super().__init__(connection, settings)
        self._agreed = {}


class Clumsy(Honest):
    """Falls over a title it does not expect."""

    def run(self) -> Any:
        assert all(row["Subject"].isascii() for row in self.salesforce.tasks().values())
        super().run()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


BORN_IN_SALESFORCE: list[Op] = [
    ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call", "Description": "line"}),
    ops.Sync(),
]
BORN_IN_PLANHAT: list[Op] = [
    ops.Create(side=TASK, act="act-2", fields={"action": "Prepare", "description": "<p>x</p>"}),
    ops.Sync(),
]
EDITED_IN_PLANHAT: list[Op] = [
    *BORN_IN_SALESFORCE,
    ops.Tick(),
    ops.Edit(side=TASK, act="act-1", fields={"action": "Call again"}),
    ops.Sync(),
]
A_WHOLE_LIFE: list[Op] = [
    *EDITED_IN_PLANHAT,
    *BORN_IN_PLANHAT,
    ops.Create(side=CONVERSATION, act="act-3", fields={"subject": "QBR", "type": "qbr"}),
    ops.Create(side=CONVERSATION, act="act-4", fields={"subject": "Re: x", "type": "email"}),
    ops.Tick(),
    ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "A", "Description": "one\ntwo"}),
    ops.Tick(),
    ops.Edit(side=TASK, act="act-1", fields={"action": "B", "custom": {"Mood": "good"}}),
    ops.Sync(),
    ops.Tick(),
    ops.Complete(side=TASK, act="act-1"),
    ops.Complete(side=SALESFORCE, act="act-2"),
    ops.Sync(),
    ops.Edit(side=CONVERSATION, act="act-1", fields={"subject": "It went well"}),
    ops.Delete(side=SALESFORCE, act="act-3"),
    ops.Sync(),
]


def test_a_sync_that_does_nothing_does_not_converge(stage: Stage) -> None:
    """I1: the Salesforce Task never gets a partner."""
    with pytest.raises(NotConverged, match="act-1 has no Planhat Task"):
        play(BORN_IN_SALESFORCE, stage=stage, sync=Idle)


def test_a_sync_that_copies_everything_loses_an_edit(stage: Stage) -> None:
    """I5: the Planhat user's edit is overwritten with the old value, and the story says so."""
    with pytest.raises(LostUpdate) as found:
        play(EDITED_IN_PLANHAT, stage=stage, sync=CopyEverything)

    for part in ("act-1", "'Call again'", "last agreed 'Call'", "newest", "a user writes"):
        assert part in str(found.value)


def test_a_sync_that_copies_everything_ignores_directions(stage: Stage) -> None:
    """I7: with a section that only sends, it writes to Planhat all the same."""
    with pytest.raises(DirectionIgnored):
        play(BORN_IN_SALESFORCE, stage=stage, sync=CopyEverything, settings=Settings(task=SEND))


def test_a_sync_that_creates_blindly_doubles_a_task(stage: Stage) -> None:
    """I3: the answer to a creation is lost, and the retry makes a second Salesforce Task."""
    fault = ops.InjectFault(fault="lost_response", vendor="salesforce", verb="create", object="Task")

    play(BORN_IN_PLANHAT, stage=stage, sync=BlindCreator)
    with pytest.raises(Duplicated, match="act-2"):
        play([BORN_IN_PLANHAT[0], fault, BORN_IN_PLANHAT[1]], stage=stage, sync=BlindCreator)


def test_the_sweep_finds_the_blind_creator_by_itself(stage: Stage) -> None:
    """I10: nobody has to guess the fault: every single one is tried."""
    with pytest.raises(Duplicated):
        sweep(BORN_IN_PLANHAT, stage=stage, sync=BlindCreator)


@pytest.mark.parametrize(
    ("sync", "found"),
    [
        (Restless, Looping),
        (Afterthought, NotQuiet),
        (Tidy, BrokenFrame),
        (Plain, LensBroken),
        (Mirror, FalselyDeleted),
        (Clumsy, Stumbled),
    ],
)
def test_each_further_invariant_has_a_sync_that_breaks_it(
    stage: Stage, sync: type[Honest], found: type[InvariantViolated]
) -> None:
    """I12, I2, I8, I16, I6 and I1: the same history, which the honest sync lives through."""
    history = [
        ops.Create(side=TASK, act="act-1", fields={"action": "Grüße", "description": "<p><b>x</b> y</p>"}),
        ops.Sync(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Priority": "High"}),
        ops.Sync(),
        ops.Delete(side=SALESFORCE, act="act-1"),
        ops.Sync(),
    ]

    play(history, stage=stage, sync=Honest)
    with pytest.raises(found):
        play(history, stage=stage, sync=sync)


def test_the_sweep_finds_a_memory_that_dies_with_its_process(stage: Stage) -> None:
    """I10: without a fault all is well; after a death the sync takes an old value for a new one."""
    history = [
        *BORN_IN_SALESFORCE,
        ops.Tick(),
        ops.Edit(side=TASK, act="act-1", fields={"action": "Call again"}),
        ops.Sync(),
    ]
    settings = Settings(conflict="salesforce")

    play(history, stage=stage, sync=Forgetful, settings=settings)
    with pytest.raises(LostUpdate):
        sweep(history, stage=stage, sync=Forgetful, settings=settings, kinds=[])


def test_the_sweep_compares_whole_worlds(stage: Stage) -> None:
    """I10: a sync that gives up after a death breaks no other claim of a section that nobody may read, but this."""
    history: list[Op] = [
        ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call"}),
        ops.Sync(),
        ops.Configure(settings={"conflict": "planhat"}),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "Call again"}),
        ops.Sync(),
        ops.Configure(settings={"task": OFF, "conversation": OFF}),
    ]

    sweep(history[:2], stage=stage, sync=Honest, kinds=[])
    with pytest.raises(CrashLeftATrace, match="act-1 without the fault"):
        sweep(history, stage=stage, sync=Honest, kinds=[])


@pytest.mark.parametrize("conflict", ["newest", "salesforce", "planhat"])
def test_an_honest_sync_passes(stage: Stage, conflict: str) -> None:
    """The claims can be met: edits, a conflict, completions on both sides, an e-mail, a deletion."""
    world = play(A_WHOLE_LIFE, stage=stage, sync=Honest, settings=Settings(conflict=conflict))

    counts = {
        handle: [len(activity.live(side)) for side in (SALESFORCE, TASK, CONVERSATION)]
        for handle, activity in world.oracle.model.activities.items()
    }
    assert {"act-1": [1, 1, 1], "act-2": [1, 1, 1], "act-3": [0, 0, 1], "act-4": [0, 0, 1]} == counts


def test_a_conflict_has_the_winner_that_the_policy_names(stage: Stage) -> None:
    """The honest sync's outcome is the one a person expects, not merely one that the oracle accepts."""
    titles = {}
    for conflict in ("newest", "salesforce", "planhat"):
        history = A_WHOLE_LIFE[:-6]
        world = play(history, stage=stage, sync=Honest, settings=Settings(conflict=conflict))
        activity = world.oracle.model.activities["act-1"]
        titles[conflict] = [activity.live(SALESFORCE)[0].row["Subject"], activity.live(TASK)[0].row["action"]]

    assert {"newest": ["B", "B"], "salesforce": ["A", "A"], "planhat": ["B", "B"]} == titles


def test_playing_twice_gives_the_same_requests(stage: Stage) -> None:
    """I14: one clock, seeded ids: the request log of two runs is the same, byte for byte."""
    logs = [[line for _, line in play(A_WHOLE_LIFE, stage=stage, sync=Honest).timeline] for _ in (1, 2)]

    assert logs[0] == logs[1]
