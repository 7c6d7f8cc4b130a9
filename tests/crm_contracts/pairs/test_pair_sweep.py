"""I10 for pairs: one fault, or one death, at every request and commit; afterwards the world is the one without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from crm_contracts.world import ops as world_ops
from crm_contracts.world.fields import Row
from crm_contracts.world.pairs import PairConnection, PairSettings, PairStage, PairSync, play
from crm_contracts.world.pairs.ops import PARTNER, SALESFORCE, Configure, Create, Delete, Edit, Op, Sync, Tick
from crm_contracts.world.pairs.reference import reference_pair_sync
from crm_contracts.world.pairs.settings import PROFILES, REMINDER, TASK
from crm_contracts.world.pairs.simulate import random_history
from crm_contracts.world.pairs.sweep import KINDS, sweep
from crm_contracts.world.pairs.toys import BlindCreator, Honest
from crm_contracts.world.points import CRASHES
from crm_contracts.world.violations import Duplicated, InvariantViolated

# What breaks a connection or refuses; the toy knows nothing of what is delivered twice, late or not shown yet.
BROKEN = ("lost_request", "lost_response", "error_after", "unavailable", "session_expired", "truncated", "row_locked")
SECTION = {"totango": TASK, "marketo": REMINDER}
TITLE = {"totango": "title", "marketo": "name"}
TEXT = {"totango": "description", "marketo": "details"}


def a_life(profile: str) -> list[Op]:
    """One activity from each side, an edit on each, a deletion on each."""
    section = SECTION[profile]
    return [
        Create(side=PARTNER, act="act-1", section=section, fields={TITLE[profile]: "Prepare act-1"}),
        Create(side=SALESFORCE, act="act-2", section=section, fields={"Subject": "Call act-2"}),
        Sync(sections=(section,)),
        Tick(),
        Edit(side=SALESFORCE, act="act-1", fields={"Status": "Completed"}),
        Edit(side=PARTNER, act="act-2", fields={TEXT[profile]: "x act-2"}),
        Sync(sections=(section,)),
        Delete(side=SALESFORCE, act="act-2"),
        Delete(side=PARTNER, act="act-1"),
        Sync(sections=(section,)),
    ]


@pytest.fixture(scope="module", params=sorted(PROFILES))
def stage(request: pytest.FixtureRequest) -> Iterator[PairStage]:
    made = PairStage(request.param)
    yield made
    made.close()


def test_the_honest_toy_survives_every_broken_connection(stage: PairStage) -> None:
    """Killed before or after any request or commit, or left without an answer: nothing is lost or doubled."""
    tally = sweep(a_life(stage.profile), stage=stage, sync=Honest, kinds=BROKEN[:2], lasting=(False,))

    assert tally.rounds == 3
    assert tally.points > 100
    assert {"crash_before", "crash_after", *BROKEN[:2]} == set(tally.by_kind)


@pytest.mark.nightly
def test_the_honest_toy_survives_every_kind_once_and_lasting(stage: PairStage) -> None:
    """All that breaks a connection, once and until somebody heals it."""
    tally = sweep(a_life(stage.profile), stage=stage, sync=Honest, kinds=BROKEN)

    assert {"crash_before", "crash_after", *BROKEN} == set(tally.by_kind)


def test_the_reference_leaves_the_same_world(stage: PairStage) -> None:
    """Every death, lost answers and lists that are behind, in the round that carries an edit of each side over."""
    kinds = ("lost_response", "slow_visibility")

    tally = sweep(a_life(stage.profile)[:7], stage=stage, sync=reference_pair_sync, kinds=kinds, rounds="last")

    assert tally.rounds == 1
    assert tally.points > 100
    assert {*kinds, *CRASHES} == set(tally.by_kind)


@pytest.mark.nightly
def test_the_reference_leaves_the_same_world_in_every_round(stage: PairStage) -> None:
    """The same of every kind, and of creations and deletions."""
    tally = sweep(a_life(stage.profile), stage=stage, sync=reference_pair_sync)

    assert tally.rounds == 3
    assert tally.points > 1_000
    assert {*KINDS, *CRASHES} - {"item_refused"} == set(tally.by_kind)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(50))
def test_the_reference_leaves_the_same_world_of_any_history(stage: PairStage, seed: int) -> None:
    """The same of the last round of histories by seed."""
    history = random_history(stage.profile, seed, 8, faults=False)
    rounds = [Sync() if isinstance(op, world_ops.Sync) else op for op in history]

    assert sweep([*rounds, Sync()], stage=stage, sync=reference_pair_sync, rounds="last").points > 20


def test_a_death_is_judged_by_the_moment_its_round_began() -> None:
    """What the filter lets through was made after the round before: it may come in, and the process may die of it."""
    high = {"Subject": "Call", "Priority": "High"}
    history = [
        Configure(settings={"task.in_filter": "Priority = 'High'"}),
        Sync(),
        Create(side=SALESFORCE, act="act-1", section=SECTION["totango"], fields=high),
        Sync(),
    ]
    with closing(PairStage("totango")) as stage:
        tally = sweep(history, stage=stage, sync=reference_pair_sync, kinds=(), rounds="last")

    assert {*CRASHES} == set(tally.by_kind)


def test_the_sweep_finds_the_blind_creator_by_itself(stage: PairStage) -> None:
    """Nobody has to guess the fault: every single one is tried, and the history that shows it is data."""
    history = [a_life(stage.profile)[0], Sync()]

    with pytest.raises(Duplicated) as found:
        sweep(history, stage=stage, sync=BlindCreator, kinds=BROKEN)
    assert isinstance(found.value.history[-1], Sync)


class Careless(Honest):
    """Keeps what is agreed before it has written it."""

    def _merge(self, section: str, way: str, link: dict[str, Any], row: Row, partner: Row) -> None:
        before = dict(link["base"])
        link["base"] = self._bases(section, row, partner)
        self._remember()
        link["base"] = before
        super()._merge(section, way, link, row, partner)


def played_from_the_beginning(connection: PairConnection, settings: PairSettings) -> PairSync:
    """The blind creator as a sync whose memory nobody can take out."""
    toy = BlindCreator(connection, settings)

    class Closed:
        save, run, close = toy.save, toy.run, toy.close

    return Closed()


def test_a_sync_that_cannot_be_put_back_is_swept_by_playing_again(stage: PairStage) -> None:
    """The port asks for three methods; the rest only makes a sweep fast."""
    history = [a_life(stage.profile)[0], Sync()]
    outward = PairSettings(profile=stage.profile).changed({f"{SECTION[stage.profile]}.direction": "out"})
    kinds, once = ("lost_response",), (False,)

    with pytest.raises(Duplicated):
        sweep(history, stage=stage, sync=played_from_the_beginning, settings=outward, kinds=kinds, lasting=once)


def test_a_sync_that_remembers_too_early_is_found(stage: PairStage) -> None:
    """Without a fault all is well; a death between the memory and the write leaves a value behind."""
    history = a_life(stage.profile)[:7]
    play(history, stage=stage, sync=Careless)
    with pytest.raises(InvariantViolated):
        sweep(history, stage=stage, sync=Careless, kinds=("lost_request",), lasting=(False,))
