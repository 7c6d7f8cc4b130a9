"""I10 over scenarios by seed: each fault, once and lasting, and each death, at every request and commit of a round.

The scenarios are spread over shards, so that several cores share them; a shard counts what it struck and what it
played: what nobody can tell apart is played once (`rounds`). The last round of each of two hundred scenarios is struck
at a hundred points, drawn by seed, as many at one request or commit as at another: twenty thousand points. By night it
is struck at all of its points, too, and so is every round of other scenarios, at a million.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.crm_contracts.sweeping import sweep_shard

from crm_contracts.world import Stage
from crm_contracts.world.points import CRASHES, KINDS

SHARDS, SCENARIOS, POINTS = 40, 5, 500
NIGHTS, NIGHTLY_POINTS = 200, 5_000  # at least so many in each


@pytest.fixture(scope="module")
def stages() -> Iterator[tuple[Stage, Stage]]:
    made = (Stage(), Stage(external_id=True))
    yield made
    for stage in made:
        stage.close()


def test_the_shards_add_up() -> None:
    """Two hundred scenarios and twenty thousand points by day; a million by night; all kinds and both deaths."""
    assert SHARDS * SCENARIOS >= 200
    assert SHARDS * POINTS >= 20_000
    assert NIGHTS * NIGHTLY_POINTS >= 1_000_000
    assert NIGHTS >= 200
    assert len(KINDS) >= 12
    assert len(CRASHES) == 2


@pytest.mark.rule("P10")
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_fault_anywhere_leaves_the_same_world(stages: tuple[Stage, Stage], shard: int) -> None:
    """Struck at any point of the last round, every scenario of the shard comes to the world of nobody's fault."""
    tally = sweep_shard(
        shard,
        stages[shard % 2],
        points=POINTS,
        rounds="last",
        scenarios=SCENARIOS,
        kinds=tuple(KINDS),
        shared=True,
    )

    assert tally.rounds >= SCENARIOS  # the last one of each scenario
    assert tally.points == POINTS
    assert tally.points == sum(tally.by_kind.values())
    assert {*KINDS, *CRASHES} - set(tally.by_kind) <= {"row_locked", "late_success", "item_refused"}  # of writes alone
    assert tally.points > tally.played > tally.settled > 0


@pytest.mark.nightly
@pytest.mark.rule("P10")
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_fault_at_every_point_leaves_the_same_world(stages: tuple[Stage, Stage], shard: int) -> None:
    """The same for every point of the last round."""
    tally = sweep_shard(shard, stages[shard % 2], points=POINTS, rounds="last", scenarios=SCENARIOS, kinds=tuple(KINDS))

    assert tally.rounds >= SCENARIOS
    assert tally.points > POINTS


@pytest.mark.nightly
@pytest.mark.rule("P10")
@pytest.mark.parametrize("shard", range(NIGHTS))
def test_a_fault_at_every_point_of_every_round_leaves_the_same_world(stages: tuple[Stage, Stage], shard: int) -> None:
    """The same for every round."""
    tally = sweep_shard(SHARDS + shard, stages[shard % 2], points=NIGHTLY_POINTS, rounds="every")

    assert tally.points >= NIGHTLY_POINTS
