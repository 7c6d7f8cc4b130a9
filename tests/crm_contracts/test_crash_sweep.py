"""I10: one fault, or one death, at every request and every commit; after recovery the world is the one without it.

Each scenario keeps its rounds small and looks at another kind of write: a Task carried over, a Task made in Salesforce,
a conflict, a completion whose Conversation continues the same Salesforce Task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from crm_contracts.world import Settings, Stage, World, ops, play
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK, Op
from crm_contracts.world.points import CRASHES, Commit, Point, Request, deaths, faults
from crm_contracts.world.recording import record
from crm_contracts.world.simulate import Chance
from crm_contracts.world.sweep import KINDS, drawn, points_of, single_faults, sweep, sweep_pairs
from crm_contracts.world.toys import BlindCreator
from crm_contracts.world.under_test import Portable
from crm_contracts.world.violations import Duplicated, InvariantViolated
from fake_core.faults import KINDS as FAULT_KINDS

IN_SALESFORCE = ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "Call", "Description": "line"})
IN_PLANHAT = ops.Create(side=TASK, act="act-1", fields={"action": "Call", "description": "<p>line</p>"})
PROMPT = tuple(kind for kind in KINDS if kind != "slow_visibility")

SCENARIOS: dict[str, list[Op]] = {
    "a Task arrives in Planhat": [IN_SALESFORCE, ops.Sync()],
    "a Task is made in Salesforce": [IN_PLANHAT, ops.Sync()],
    "a Conversation is made in Salesforce": [
        ops.Create(side=CONVERSATION, act="act-1", fields={"subject": "Met", "type": "note"}),
        ops.Sync(),
    ],
    "both sides were edited": [
        IN_SALESFORCE,
        ops.Sync(),
        ops.Tick(),
        ops.Edit(side=SALESFORCE, act="act-1", fields={"Subject": "A", "ActivityDate": "2026-02-03"}),
        ops.Tick(),
        ops.Edit(side=TASK, act="act-1", fields={"action": "B", "description": "<p>new</p>"}),
        ops.Sync(),
    ],
    "a Task is done in Planhat": [
        IN_SALESFORCE,
        ops.Sync(),
        ops.Tick(),
        ops.Complete(side=TASK, act="act-1"),
        ops.Sync(),
    ],
    "a Task is done before its first sync": [IN_PLANHAT, ops.Complete(side=TASK, act="act-1"), ops.Sync()],
}
MADE = SCENARIOS["a Task is made in Salesforce"]


@pytest.fixture(scope="module", params=[False, True], ids=["plain org", "external-id field"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    made = Stage(external_id=request.param)
    yield made
    made.close()


@pytest.mark.rule("P10")
@pytest.mark.parametrize("name", ["a Task is made in Salesforce", "a Task is done in Planhat"])
def test_a_fault_at_every_point_leaves_the_same_world(stage: Stage, name: str) -> None:
    """Every kind of fault, once and lasting, and every death, in the last round: nothing is lost, nothing doubled."""
    tally = sweep(SCENARIOS[name], stage=stage, kinds=PROMPT, rounds="last")

    assert set(tally.by_kind) >= {*PROMPT, *CRASHES} - {"item_refused"}
    assert tally.points == sum(tally.by_kind.values()) > 150


@pytest.mark.nightly
@pytest.mark.rule("P10")
@pytest.mark.parametrize("conflict", ["newest", "planhat"])
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_every_point_of_every_scenario_leaves_the_same_world(stage: Stage, scenario: list[Op], conflict: str) -> None:
    """The same for every round of every scenario, and nothing is taken for the same or for settled."""
    tally = sweep(scenario, stage=stage, settings=Settings(conflict=conflict), kinds=PROMPT, thorough=True)

    assert tally.points > 150 * tally.rounds


@pytest.mark.rule("P10")
def test_a_second_fault_leaves_the_same_world(stage: Stage) -> None:
    """A sample of pairs: the round that was struck is struck once more, or the one that recovers is."""
    tally = sweep_pairs(MADE, stage=stage, kinds=("lost_response", "error_after"), every=16)

    assert tally.points > 100


@pytest.mark.nightly
@pytest.mark.rule("P10")
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_every_pair_of_faults_leaves_the_same_world(stage: Stage, scenario: list[Op]) -> None:
    """All pairs in rounds of at most twelve requests."""
    sweep_pairs(scenario, stage=stage, kinds=PROMPT)


UNSEEN = {
    "what was not shown, and its record was written": "both sides were edited",
    "a Task that was not shown, and its Conversation was": "a Task is done before its first sync",
}


@pytest.mark.parametrize("name", UNSEEN.values(), ids=UNSEEN)
def test_older_rows_lose_nothing(stage: Stage, name: str) -> None:
    """A list that does not show yet what users wrote costs time, never an update."""
    sweep(SCENARIOS[name], stage=stage, kinds=["slow_visibility"], rounds="last")


def test_without_a_key_a_late_creation_doubles() -> None:
    """What no sync can know is left out by name: carried out behind its back, a creation without a key has no owner."""
    late = ops.InjectFault(fault="late_success", vendor="salesforce", verb="create", object="Task")
    with pytest.raises(Duplicated):
        play([IN_PLANHAT, late, ops.Sync()], stage=Stage())
    upsert = ops.InjectFault(fault="late_success", vendor="salesforce", verb="upsert", object="Task")
    play([IN_PLANHAT, upsert, ops.Sync()], stage=Stage(external_id=True))


# -- the sweep itself ---------------------------------------------------------------------------------------


def test_a_sweep_tries_every_kind_everywhere() -> None:
    """Each request gets two deaths and every kind of fault its vendor knows; row locks only where rows are written."""
    write = {
        "vendor": "salesforce",
        "verb": "update",
        "object": "Task",
        "method": "PATCH",
        "path": "/x",
        "request": "{}",
    }
    read = {"vendor": "planhat", "verb": "list", "object": "Task", "method": "GET", "path": "/x", "request": ""}
    variants = list(single_faults([ops.Sync()], [write, read, read]))

    faults = [one for variant in variants for one in variant if isinstance(one, ops.InjectFault)]
    crashes = [one for variant in variants for one in variant if isinstance(one, ops.Sync) and one.crash_at]
    assert [(n, acted) for n in (1, 2, 3) for acted in (False, True)] == [(d.crash_at, d.acted) for d in crashes]
    assert set(KINDS) - {"item_refused", "slow_visibility"} == {f.fault for f in faults if f.vendor == "salesforce"}
    assert {1, 2} == {one.nth for one in faults if one.vendor == "planhat"}
    assert {1, None} == {one.times for one in faults}
    assert set(KINDS) <= set(FAULT_KINDS)


def test_a_death_is_what_a_play_of_it_leaves(stage: Stage) -> None:
    """A death that a sweep reads off its record is, played as a history, the same death: it leaves the same memory."""
    with World(stage) as world:
        world.apply(IN_PLANHAT)
        kept = record(world, ops.Sync())
        dying = [one for one in points_of(kept) if one.kind in CRASHES]
        sync = world.sync
        assert isinstance(sync, Portable)
        told = []
        for death in dying[::5]:
            in_record = kept.before_commit if isinstance(death.at, Commit) else kept.before_request
            kept_then = death.kind == "crash_after" and isinstance(death.at, Commit)
            memory = kept.kept[death.at.n - 1] if kept_then else in_record[death.at.n - 1].memory
            sync.restore(memory, world.settings)
            told.append(sync.essence())
    played = []
    for death in dying[::5]:
        with World(stage) as world:
            world.apply_all([IN_PLANHAT, *death.ops(ops.Sync())])
            assert isinstance(world.sync, Portable)
            played.append(world.sync.essence())

    assert told == played
    assert len(dying) > 2 * len(kept.requests)


def test_what_is_shared_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every point played by itself and every world watched to its end, the same findings come, as many times."""
    monkeypatch.setattr("crm_sync.journal.Journal.recover", lambda *_args, **_options: None)
    stage = Stage()
    late = ["lost_response", "duplicate", "unavailable"]
    found: dict[bool, list[InvariantViolated]] = {False: [], True: []}
    tallies = {
        thorough: sweep(MADE, stage=stage, kinds=late, rounds="last", thorough=thorough, found=findings)
        for thorough, findings in found.items()
    }

    assert [(type(one), one.what) for one in found[True]] == [(type(one), one.what) for one in found[False]]
    assert found[True]
    assert tallies[True].points == tallies[False].points
    assert tallies[True].played > tallies[False].played


def test_a_draw_of_points_leaves_no_place_out() -> None:
    """So many points as asked, the same for the same seed, and each request and each commit is struck as often."""
    calls = [Request(n, "GET", "planhat", "list", "Task", nth=n, batch=False) for n in range(1, 8)]
    points = [*deaths(calls, [Commit(1, 3)]), *faults(calls)]
    draws = [drawn(points, 40, Chance(seed)) for seed in (1, 1, 2)]

    assert draws[0] == draws[1] != draws[2]
    for draw in draws:
        assert 40 == len(draw) == len(set(draw))
        assert sorted(draw, key=points.index) == draw
        struck = Counter(point.at for point in draw)
        assert {2, 5, 6} == {struck.pop(Commit(1, 3)), *struck.values()}
        assert 7 == len(struck)
    assert points == drawn(points, 0, Chance(1)) == drawn(points, len(points), Chance(1))


def test_a_finding_carries_the_history_that_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Played as a history, what a sweep found shows again."""
    monkeypatch.setattr("crm_sync.journal.Journal.recover", lambda *_args, **_options: None)
    stage = Stage()
    found: list[InvariantViolated] = []
    sweep(MADE, stage=stage, kinds=["lost_response"], rounds="last", found=found)

    for one in found:
        with pytest.raises(type(one)):
            play(one.history, stage=stage)  # type: ignore[arg-type]
    assert found


def test_a_sync_that_forgets_what_it_began_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine broken once: nothing is recovered after a death, and a creation is made again."""
    monkeypatch.setattr("crm_sync.journal.Journal.recover", lambda *_args, **_options: None)

    with pytest.raises(InvariantViolated):
        sweep(MADE, stage=Stage(), kinds=["lost_response"], rounds="last")


def test_a_judge_that_takes_all_worlds_for_one_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge broken once: without its fingerprint the same engine passes, so it is the fingerprint that tells."""
    monkeypatch.setattr("crm_sync.journal.Journal.recover", lambda *_args, **_options: None)
    monkeypatch.setattr("crm_contracts.world.rounds.fingerprint", lambda _world: 0)

    sweep(MADE, stage=Stage(), kinds=["unavailable"], rounds="last", lasting=[False])


def test_a_sync_whose_memory_cannot_be_put_back_is_swept_from_the_beginning() -> None:
    """The toy that creates again when an answer is lost is found out by playing whole histories."""
    with pytest.raises(InvariantViolated):
        sweep(MADE, stage=Stage(), sync=BlindCreator, kinds=["lost_response"], lasting=[False])


def test_who_only_asks_cannot_tell_broken_connections_apart() -> None:
    """The kinds that count as one: only for reads, and only those that break the connection or say it twice."""
    read = Request(1, "GET", "planhat", "list", "Task", 1, batch=False)
    write = Request(1, "PUT", "planhat", "update", "Task", 1, batch=False)

    assert Point("lost_request", read) == Point("lost_response", read).as_good() == Point("truncated", read).as_good()
    assert Point("duplicate", read).as_good() is None
    assert all(Point(kind, write).as_good() == Point(kind, write) for kind in KINDS)
    assert Point("error_after", read).as_good() == Point("error_after", read)
