"""Each of the sixteen invariants is broken once, by a sync that is wrong in one way, and raises its own class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import pytest

from crm_contracts.world import Connection, Settings, Stage, SyncUnderTest, World, ops, play, reference_sync
from crm_contracts.world.invariants import INVARIANTS, Budget, Log, check_deterministic, check_isolated
from crm_contracts.world.ops import SALESFORCE, TASK, Op
from crm_contracts.world.scenarios import SCENARIOS
from crm_contracts.world.scenarios.faulty import FAULTY
from crm_contracts.world.scenarios.faulty_toys import HeadOfLine
from crm_contracts.world.toys import CopyEverything, Honest, Idle
from crm_contracts.world.under_test import SyncFactory
from crm_contracts.world.violations import (
    CallsUnbounded,
    CrashLeftATrace,
    DirectionIgnored,
    InvariantViolated,
    NotConverged,
    NotDeterministic,
    NotIsolated,
    NotQuiet,
    Stumbled,
)

MADE = ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call"})
SYNC = ops.Sync()
# Broken elsewhere, and by name: test_proof_of_proof (a quiet round that writes, a death that shows, a sync that falls).
ELSEWHERE = {NotQuiet, CrashLeftATrace, Stumbled}
HERE = {NotConverged, DirectionIgnored, NotIsolated, NotDeterministic}


class Promising(Honest):
    """Promises less than it needs: it reads every record in every round."""

    budget = Budget(a=6, b=1)


class Moody(Honest):
    """Does the same, but not with the same requests."""

    lives: ClassVar[int] = 0

    def __init__(self, connection: Connection, settings: Settings) -> None:
        super().__init__(connection, settings)
        Moody.lives += 1

    def run(self) -> Any:
        super().run()
        if Moody.lives % 2:
            self.planhat.companies()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


def test_every_finding_is_shown_somewhere() -> None:
    """No invariant has a class that nothing ever raised."""
    found = {one.finding for one in FAULTY.values()} | ELSEWHERE | HERE

    assert {each for one in INVARIANTS.values() for each in one.raises} == found


def test_a_class_belongs_to_one_invariant() -> None:
    """Sixteen invariants in their order; a class says which it is."""
    assert [f"I{n}" for n in range(1, 17)] == list(INVARIANTS)
    for name, one in INVARIANTS.items():
        assert {name} == {each.invariant for each in one.raises}


@pytest.mark.parametrize(
    ("sync", "settings", "finding"),
    [(Idle, Settings(), NotConverged), (CopyEverything, Settings(task="Send to Salesforce"), DirectionIgnored)],
)
def test_i1_and_i7(stage: Stage, sync: SyncFactory, settings: Settings, finding: type[InvariantViolated]) -> None:
    """A sync that does nothing, and one that writes against the direction."""
    with pytest.raises(finding):
        play([MADE, SYNC], stage=stage, sync=sync, settings=settings)


def test_i11_a_promise_is_kept(stage: Stage) -> None:
    """Calls grow with what exists: a sync that promised otherwise is found, one that promised nothing is not."""
    many: list[Op] = [
        ops.Create(side=ops.CONVERSATION, act=f"act-{n}", fields={"subject": f"Met {n}", "type": "note"})
        for n in range(8)
    ]
    history = [*many, SYNC, SYNC, SYNC]

    play(history, stage=stage, sync=Honest)
    with pytest.raises(CallsUnbounded, match="are promised"):
        play(history, stage=stage, sync=Promising)


def test_i11_the_reference_keeps_its_promise(stage: Stage) -> None:
    """A quiet round asks as often among sixty records as among three."""
    asked = []
    for records in (3, 60):
        many = [ops.Create(side=TASK, act=f"act-{n}", fields={"action": f"Call {n}"}) for n in range(records)]
        with World(stage) as world:
            world.apply_all([*many, SYNC, ops.Tick(seconds=600), SYNC, ops.Tick(seconds=600), SYNC])
            asked.append(len(world.exchanges))

    assert asked[0] == asked[1] > 0


BAD = next(one for name, one in SCENARIOS.items() if name.startswith("F14 the account of a Planhat Task"))


def outcome_of(stage: Stage, sync: SyncFactory) -> Any:
    def outcome(history: Sequence[Op]) -> dict[str, object]:
        with World(stage, sync=sync) as world:
            world.apply_all([*history, ops.Settle()])
            return world.summary()

    return outcome


def test_i13_the_others_must_not_notice(stage: Stage) -> None:
    """A record that cannot be sent ends the round of one sync; in the reference nobody else notices."""
    check_isolated(BAD.history, outcome_of(stage, reference_sync), bad={"act-1"})
    with pytest.raises(NotIsolated, match="act-2 became"):
        check_isolated(BAD.history, outcome_of(stage, HeadOfLine), bad={"act-1"})


def log_of(stage: Stage, sync: SyncFactory) -> Any:
    def once() -> Log:
        log = Log()
        with World(stage, sync=sync) as world:
            for op in (MADE, SYNC, ops.Tick(), ops.Edit(side=TASK, act="act-1", fields={"action": "B"}), SYNC, SYNC):
                world.apply(op)
                if isinstance(op, ops.Sync):
                    log.add(world.exchanges)
        return log

    return once


def test_i14_the_same_requests_again(stage: Stage) -> None:
    """Played twice the reference asks the same to the byte; a sync with a mood does not."""
    assert 64 == len(check_deterministic(log_of(stage, reference_sync)))
    with pytest.raises(NotDeterministic, match="and then"):
        check_deterministic(log_of(stage, Moody))


def test_a_sync_that_reports_nothing_is_judged_by_what_it_does(stage: Stage) -> None:
    """A port without a report is fine: what it does not say is not held against it."""

    def mute(connection: Connection, settings: Settings) -> SyncUnderTest:
        sync = reference_sync(connection, settings)
        inner = sync.run
        sync.run = lambda: inner() and None  # type: ignore[method-assign]
        return sync

    play([MADE, SYNC], stage=stage, sync=mute)
