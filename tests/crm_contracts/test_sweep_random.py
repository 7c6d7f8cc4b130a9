"""I10 over scenarios by seed: each fault, once and lasting, and each death, at every request and commit of a round.

The scenarios are spread over shards, so that several cores share them; a shard counts what it struck and what it
played: what nobody can tell apart is played once (`rounds`). The last round of each of two hundred scenarios is struck,
at twenty thousand points at least, some of the shards by day; by night every round, too, at a million.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.crm_contracts.sweeping import LATE, PROMPT, sweep_shard

from crm_contracts.world import Stage
from crm_contracts.world.points import CRASHES, KINDS

SHARDS, POINTS, SCENARIOS = 40, 500, 5  # at least so many in each shard
BY_DAY, LATE_BY_DAY = 6, 2  # shards: more would not leave `make check` its fifteen minutes
NIGHTS, NIGHTLY_POINTS = 200, 5_000


@pytest.fixture(scope="module")
def stages() -> Iterator[tuple[Stage, Stage]]:
    made = (Stage(), Stage(external_id=True))
    yield made
    for stage in made:
        stage.close()


def test_the_shards_add_up() -> None:
    """Two hundred scenarios and twenty thousand points, some of them by day; a million by night; kinds and deaths."""
    assert SHARDS * SCENARIOS >= 200
    assert SHARDS * POINTS >= 20_000
    assert BY_DAY * POINTS >= 3_000
    assert NIGHTS * NIGHTLY_POINTS >= 1_000_000
    assert NIGHTS >= 200
    assert len(KINDS) >= 12
    assert len(CRASHES) == 2


@pytest.mark.rule("P10")
@pytest.mark.parametrize(
    "shard", [pytest.param(n, marks=[] if n < BY_DAY else pytest.mark.nightly) for n in range(SHARDS)]
)
def test_a_fault_anywhere_leaves_the_same_world(stages: tuple[Stage, Stage], shard: int) -> None:
    """Struck at any point of the last round, every scenario of the shard comes to the world of nobody's fault."""
    tally = sweep_shard(shard, stages[shard % 2], points=POINTS, rounds="last", scenarios=SCENARIOS)

    assert tally.rounds >= SCENARIOS  # the last one of each scenario
    assert tally.points >= POINTS
    assert set(tally.by_kind) <= {*PROMPT, *CRASHES}
    assert tally.points == sum(tally.by_kind.values())
    assert tally.points > tally.played > tally.settled > 0


@pytest.mark.rule("P10")
@pytest.mark.parametrize(
    "shard", [pytest.param(n, marks=[] if n < LATE_BY_DAY else pytest.mark.nightly) for n in range(SHARDS)]
)
def test_older_rows_anywhere_leave_the_same_world(stages: tuple[Stage, Stage], shard: int) -> None:
    """What commits late, shown at any search of the last round, loses nothing that a user wrote."""
    tally = sweep_shard(shard, stages[shard % 2], points=1, rounds="last", scenarios=SCENARIOS, kinds=LATE)

    assert tally.rounds >= SCENARIOS
    assert tally.by_kind["slow_visibility"] > 0


@pytest.mark.nightly
@pytest.mark.rule("P10")
@pytest.mark.parametrize("shard", range(NIGHTS))
def test_a_fault_at_every_point_of_every_round_leaves_the_same_world(stages: tuple[Stage, Stage], shard: int) -> None:
    """The same for every point of every round."""
    tally = sweep_shard(SHARDS + shard, stages[shard % 2], points=NIGHTLY_POINTS, rounds="every")

    assert tally.points >= NIGHTLY_POINTS
