"""I10 over scenarios by seed: each fault, once and lasting, and each death, at every request and commit of a round.

The scenarios are spread over shards, so that several cores share them; a shard counts what it struck and what it
played: what nobody can tell apart is played once (`rounds`). The last round of each of two hundred scenarios is struck
at a hundred points, drawn by seed, as many at one request or commit as at another: twenty thousand points. By night it
is struck at all of its points, too, and so is every round of other scenarios, at a million.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.crm_contracts.sweeping import sweep_shard

from crm_contracts.world import Stage
from crm_contracts.world.points import CRASHES, KINDS

JUDGE = Path(__file__).parents[2] / "docs/judge.md"
SHARDS, SCENARIOS, POINTS = 40, 5, 500  # by day two hundred scenarios and twenty thousand points
NIGHTS, NIGHTLY_POINTS = 200, 5_000  # at least so many in each: a million


@pytest.fixture(scope="module")
def stages() -> Iterator[tuple[Stage, Stage]]:
    made = (Stage(), Stage(external_id=True))
    yield made
    for stage in made:
        stage.close()


def test_what_strikes_is_what_the_page_says() -> None:
    """The table of docs/judge.md has every kind of fault and both deaths, and nothing else."""
    _, table = JUDGE.read_text("utf-8").split("| kind | where | what happens |\n", 1)
    rows = [line.split("|")[1] for line in table.split("\n\n", 1)[0].splitlines()[1:]]

    assert sorted([*KINDS, *CRASHES]) == sorted(kind for row in rows for kind in re.findall(r"`(\w+)`", row))


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
