"""`understudy simulate`: the same seed gives the same result anywhere, and what breaks is told short and kept."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crm_contracts.capsules import read_capsule, write_capsule
from crm_contracts.capsules.capsule import Engine
from crm_contracts.capsules.cli import run as run_capsule
from crm_contracts.capsules.found import of_finding
from crm_contracts.simulate_cli import simulate as command
from crm_contracts.world import ops, simulation
from crm_contracts.world.histories import planhat_history
from crm_contracts.world.ops import SALESFORCE, TASK, Op
from crm_contracts.world.points import KINDS
from crm_contracts.world.profiles import profile
from crm_contracts.world.shrink import shrink
from crm_contracts.world.simulation import Finding, Simulated, play_once, seed_of, simulate
from crm_contracts.world.violations import NotQuiet
from fake_core.errors import MisuseError

CLEAN = 2  # a seed whose first histories hold
FORGETS = "open intents are forgotten"


def run(*words: str) -> Any:
    return CliRunner().invoke(command, list(words))


def test_the_same_seed_gives_the_same_result() -> None:
    """Twice the same histories, the same requests: one hash, which another seed does not give."""
    first, second = (simulate("planhat", histories=2, seed=CLEAN, steps=10) for _ in range(2))

    assert first == second
    assert Simulated(2, first.sha256) == first
    assert first.sha256 != simulate("planhat", histories=2, seed=CLEAN + 1, steps=10).sha256


def test_jobs_share_the_work_and_change_nothing() -> None:
    """With two processes the hash over all histories is the one of a single process."""
    alone = simulate("planhat", histories=3, seed=CLEAN, steps=6)

    assert alone == simulate("planhat", histories=3, seed=CLEAN, steps=6, jobs=2)


@pytest.mark.parametrize(("name", "histories"), [("planhat", 2), ("totango", 2), ("marketo", 4)])
def test_what_worlds_share_changes_nothing(name: str, histories: int) -> None:
    """Worlds that follow one another share the fakes' answers; a history has the log that it has all by itself."""
    chosen, hashes = profile(name), hashlib.sha256()
    for number in range(histories):
        stage = seed_of(1, number) % len(chosen.stages)
        history = chosen.history(seed_of(1, number), 12, stage)
        hashes.update(play_once(chosen, stage, history).encode())

    assert Simulated(histories, hashes.hexdigest()) == simulate(name, histories=histories, seed=1, steps=12)


def test_a_history_that_a_vendor_refuses_is_no_shorter_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a finding is made short, a user's deed that lost a word it needs shows nothing, and ends nothing."""
    history: list[Op] = [ops.Create(side=TASK, act="act-1", fields={"action": "Call"}), ops.Sync()]

    def broken(_profile: object, _stage: int, played: list[Op]) -> NotQuiet:
        assert history == list(played), "a user's POST was refused"
        return NotQuiet("nothing had happened")

    monkeypatch.setattr(simulation, "_broken", broken)

    assert history == simulation._finding(profile("planhat"), CLEAN, 0, 0, history).history


def test_a_search_that_is_behind_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a finding is made short, what hides rows from searches does not come to swallow writes."""
    history: list[Op] = [
        ops.InjectFault(fault="slow_visibility", vendor="planhat", verb="list", object="*"),
        ops.InjectFault(fault="unavailable", vendor="planhat", verb="list", object="*"),
    ]
    monkeypatch.setattr(simulation, "_broken", lambda _profile, _stage, played: NotQuiet(f"{len(played)}"))

    for one, kept in zip(history, ("list", "*"), strict=True):
        (left,) = simulation._finding(profile("planhat"), CLEAN, 0, 0, [one]).history
        assert isinstance(left, ops.InjectFault)
        assert left.verb == kept


@pytest.mark.rule("P10")
@pytest.mark.parametrize("shard", [pytest.param(n, marks=[] if n < 4 else pytest.mark.nightly) for n in range(10)])
def test_histories_of_everything_settle(shard: int) -> None:
    """Twelve histories of users, settings, skewed clocks, late commits, faults and deaths end in a world at rest."""
    done = simulate("planhat", histories=12, seed=100 + shard, steps=12)

    assert done.finding is None, str(done.finding and done.finding.violation)
    assert 12 == done.histories


@pytest.mark.nightly
@pytest.mark.rule("P10")
@pytest.mark.parametrize("shard", range(100))
def test_many_long_histories_settle(shard: int) -> None:
    """The same, longer and by the hundred."""
    done = simulate("planhat", histories=100, seed=1_000 + shard, steps=24)

    assert done.finding is None, str(done.finding and done.finding.violation)


def test_a_history_leaves_nothing_out() -> None:
    """Over a few hundred seeds every operation and every kind of fault occurs, once and lasting."""
    told = [op for seed in range(400) for op in planhat_history(seed, 12, keyed=True)]
    faults = {(op.fault, op.times) for op in told if isinstance(op, ops.InjectFault)}

    assert {(kind, times) for kind in KINDS for times in (1, None)} == faults
    kinds = {op.kind for op in told}
    assert {"create", "edit", "complete", "configure", "delete", "undelete", "skew", "heal", "sync", "fault"} <= kinds
    assert any(isinstance(op, ops.Edit) and op.late for op in told)
    assert any(isinstance(op, ops.Sync) and op.crash_at_commit for op in told)


def test_what_is_found_must_have_a_place(tmp_path: Path) -> None:
    """A folder that is not there is told before anything is played."""
    answer = run("--histories", "1000000", "--capsule", str(tmp_path / "no" / "found.capsule.yaml"))

    assert isinstance(answer.exception, MisuseError)
    assert f"there is no folder {tmp_path / 'no'}; make it first" in str(answer.exception)


def test_a_broken_engine_is_found_shrunk_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The engine broken once: the command stops, tells the story of a few operations, and its file plays again.

    The file names the bug: with it the story ends as it was told, and without it every invariant holds.
    """
    monkeypatch.setattr("crm_contracts.world.histories._WEIGHTS", (("create", 5), ("crash", 6), ("sync", 1)))
    capsule = tmp_path / "found.capsule.yaml"
    words = ("--histories", "20", "--seed", "4", "--steps", "8", "--capsule", str(capsule))
    answer = run(*words, "--planted", FORGETS)

    assert 1 == answer.exit_code, answer.output
    assert "What happened:" in answer.output
    told = read_capsule(capsule)
    assert "planhat" == told.profile
    assert len(told.ops) <= 3
    assert Engine("planted", FORGETS) == told.engine
    again = CliRunner().invoke(run_capsule, [str(capsule), "--faulty"])
    assert 0 == again.exit_code, again.output
    assert told.title in again.output
    assert f"the bug shows, on the engine with the fault {FORGETS!r}" in again.output
    healed = CliRunner().invoke(run_capsule, [str(capsule)])
    assert 0 == healed.exit_code
    assert "held: every invariant" in healed.output


@pytest.mark.parametrize(
    ("words", "told"),
    [(["nonsense"], "no planted bug 'nonsense'"), ([FORGETS, "--jobs", "2"], "--planted goes with one job")],
)
def test_a_bug_that_cannot_be_planted_is_one_line(words: list[str], told: str) -> None:
    """An unknown name, or processes that would not have the bug: exit status 2, and nothing is played."""
    answer = run("--planted", *words)

    assert 2 == answer.exit_code
    assert told in answer.output


def test_an_engine_that_draws_lots_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine broken once: two plays of one history that ask different things are not the same (I14)."""
    turns = iter(range(1_000_000))
    monkeypatch.setattr("crm_sync.sides.salesforce.Salesforce._log_in", _counted(turns), raising=True)
    done = simulate("planhat", histories=1, seed=CLEAN, steps=4)

    assert done.finding is not None
    assert "NotDeterministic" == type(done.finding.violation).__name__


def _counted(turns: Any) -> Any:
    from crm_sync.sides.salesforce import Salesforce

    log_in = Salesforce._log_in

    def drawn(self: Salesforce) -> None:
        log_in(self)
        list(self.query(f"SELECT Id FROM Task LIMIT {1 + next(turns)}"))

    return drawn


def test_shrinking_is_deterministic_and_keeps_what_shows() -> None:
    """Of forty operations the two that matter are left, with nothing in them that does not matter."""
    history: list[Op] = [ops.Tick(seconds=n + 1) for n in range(40)]
    history[7] = ops.Create(side=SALESFORCE, act="act-1", at="globex", fields={"Subject": "a", "Description": "b"})
    history[31] = ops.Complete(side=TASK, act="act-1")

    def shows(candidate: Any) -> bool:
        made = [n for n, op in enumerate(candidate) if isinstance(op, ops.Create) and "Subject" in op.fields]
        done = [n for n, op in enumerate(candidate) if isinstance(op, ops.Complete)]
        return bool(made and done and made[0] < done[0])

    short = [ops.Create(side=SALESFORCE, act="act-1", fields={"Subject": "a"}), history[31]]
    assert short == shrink(history, shows)
    assert short == shrink(history, shows)


def test_a_capsule_holds_the_whole_history(tmp_path: Path) -> None:
    """What is written is read back as it was."""
    path = tmp_path / "one.capsule.yaml"
    history = planhat_history(seed_of(1, 5), 30, keyed=True)
    write_capsule(of_finding(Finding("planhat", 1, 5, 1, NotQuiet("x"), history, 30)), path)
    told = read_capsule(path)

    assert ("planhat", True, "NotQuiet") == (told.profile, told.external_id, told.breaks)
    assert history == list(told.ops)


def test_a_play_depends_on_nothing_but_its_history() -> None:
    """A history played after another has the hash that it has alone."""
    chosen = profile("planhat")
    one, other = (planhat_history(seed_of(CLEAN, number), 8, keyed=False) for number in (0, 2))
    alone = play_once(chosen, 0, one)
    play_once(chosen, 0, other)

    assert alone == play_once(chosen, 0, one)
