"""The means of the ordinary lane, from the cheap to the dear: what they are let at, one example at a time.

Rule 1: the scenarios of the bug's own failure mode come first, then the tests that are named with it, then all other
scenarios, then histories by seed and, in turn with them, faults at every point of a scenario's last round. A bug of
Totango's or Marketo's profile meets the scenes of that profile instead, then its histories by seed.
Rule 2: the same bug meets the same examples in the same order on any machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from itertools import count
from pathlib import Path
from typing import Any

from crm_contracts.world import ops
from crm_contracts.world.histories import planhat_history
from crm_contracts.world.invariants.told import told
from crm_contracts.world.mutants.model import Mutant, Text
from crm_contracts.world.mutants.more import MORE, apart
from crm_contracts.world.mutants.pair_scenes import PAIR_SCENES
from crm_contracts.world.mutants.planting import planted
from crm_contracts.world.ops import SALESFORCE, TASK, Op
from crm_contracts.world.pairs.reference import reference_pair_sync
from crm_contracts.world.pairs.settings import PairSettings
from crm_contracts.world.pairs.simulate import random_history as pair_history
from crm_contracts.world.pairs.stage import PairStage
from crm_contracts.world.pairs.world import PairWorld
from crm_contracts.world.rounds import compare
from crm_contracts.world.scenarios import CATALOGUE
from crm_contracts.world.settings import Settings
from crm_contracts.world.stage import STAGED, Cast, Stage
from crm_contracts.world.sweep import sweep
from crm_contracts.world.violations import CrashLeftATrace, Invented, NotConverged, NotDeterministic
from crm_contracts.world.world import World

__all__ = ["Example", "History", "Lane", "Sweep", "Test", "TestFailed"]

STEPS = 12  # of a history by seed
HISTORIES_IN_TURN = 10
POINTS_MAX = 150  # of a scenario's last round, before the next scenario has its turn
_LOGGED = ("at", "vendor", "method", "path", "request", "status", "fault", "response")


# The judge is loaded by now: its asserts are no longer rewritten, and need not be.
_QUIETLY = ("-q", "-x", "--no-header", "--hypothesis-profile=ci", "-W", "ignore::pytest.PytestAssertRewriteWarning")


# An edit of what Salesforce finds no more, bin and all, waits for a person: whether it was deleted or is hidden nobody
# tells.
LEFT_ASIDE = frozenset({"F24 the deletion left the recycle bin before the sync asked"})


PLANHAT_WORDS = frozenset({None, "", "In-progress", "Blocked", "Done", "Ignored"})
# Where the oracle would let a sync do less: a status in letters that Salesforce does not know (F48).
SAYS: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "F48 a status in other letters than the vendor's": ((SALESFORCE, "Status", "in-PROGRESS"),),
}


# No bugs: Salesforce may hand out pages as small as it likes, and drops the cursor of a query when it pleases.
SMALL_PAGES = Mutant(
    "small pages",
    "F54",
    "Queries by stamp are answered in pages of three rows.",
    (
        Text(
            "fake_salesforce.operations.query.run",
            "rows = batch_rows(options)",
            'rows = 3 if "ORDER BY SystemModstamp" in text else batch_rows(options)',
        ),
    ),
)
SHORT_CURSORS = Mutant(
    "small pages, and no more than two of a query",
    "F54",
    "Queries by stamp are answered in pages of three rows, and their cursors run out after the second.",
    (
        *SMALL_PAGES.patches,
        Text(
            "fake_salesforce.operations.query.more",
            "return paging.page(",
            "cursor.ends = 0.0\n    return paging.page(",
        ),
    ),
)
SURROUNDINGS: Mapping[str, Mutant] = {
    "F54 a dozen records, and pages of three": SMALL_PAGES,
    "F54 a dozen records of one second, and the cursor of each query runs out": SHORT_CURSORS,
    "F54 a dozen records of different seconds, and the cursor of each query runs out": SHORT_CURSORS,
}


class TestFailed(Exception):
    """A test of the ordinary lane fails."""

    __test__ = False


@dataclass(frozen=True)
class History:
    """One history in one world. *twice*: two plays must make the same requests (I14). *nobody_aside*: everything in it
    can be synced, so that nothing may be put aside once it has come to rest (I1). *says*: what some record of a side
    must say in the end, where the oracle would let a sync do less. *surroundings*: what the vendors do besides.
    """

    means: str
    stage: Stage | PairStage
    history: Sequence[Op]
    settings: Settings | PairSettings = made_by(default_factory=Settings)
    twice: bool = False
    nobody_aside: bool = False
    says: Sequence[tuple[str, str, str]] = ()
    surroundings: Mutant | None = None

    def play(self) -> int:
        """How many examples that was. Raises what it finds."""
        first = self._log()
        if self.twice and first != self._log():
            raise NotDeterministic("two plays of this history made different requests")
        return 1

    def shows(self, kind: type[Exception]) -> bool:
        """Does this history raise *kind*? A trace that a fault leaves shows beside the history without the fault."""
        try:
            if kind is CrashLeftATrace:
                compare(self._outcome(self.history), self._outcome(_unharmed(self.history)))
            else:
                self.play()
        except Exception as found:  # noqa: BLE001 - whatever a wrong fake makes of a history
            return isinstance(found, kind)
        return False

    def _log(self) -> str:
        digest = hashlib.sha256()
        with self._surroundings(), self._world() as world:

            def log(exchanges: Iterable[Mapping[str, Any]]) -> None:
                digest.update(repr([[one[key] for key in _LOGGED] for one in exchanges]).encode())

            world.log = log
            world.apply_all(self.history)
            world.finish()
            if isinstance(world, World):
                if self.nobody_aside:
                    _nobody_aside(world)
                    _in_planhats_words(world)
                _say(world, self.says)
        return digest.hexdigest()

    def _world(self) -> World | PairWorld:
        if isinstance(self.stage, PairStage):
            assert isinstance(self.settings, PairSettings)
            return PairWorld(self.stage, sync=reference_pair_sync, settings=self.settings)
        assert isinstance(self.settings, Settings)
        return World(self.stage, settings=self.settings)

    def _surroundings(self) -> AbstractContextManager[None]:
        return planted(self.surroundings) if self.surroundings is not None else contextlib.nullcontext()

    def _outcome(self, history: Sequence[Op]) -> dict[str, object]:
        with self._surroundings(), self._world() as world:
            world.apply_all(history)
            world.finish()
            return world.summary()


def _nobody_aside(world: World) -> None:
    said = told(world.reports[-1])
    for section in said.sections.values() if said is not None else ():
        for record, reason in section.quarantined.items():
            raise NotConverged(f"at rest {record} is put aside for nothing: {reason}")


def _in_planhats_words(world: World) -> None:
    """Planhat stores any status: one that is nobody's word there was invented by the sync (I4)."""
    said = {op.fields.get("status") for op in world.history if isinstance(op, ops.Create | ops.Edit)}
    for row in world.look()[TASK].values():
        if row.get("status") not in {*PLANHAT_WORDS, *said}:
            raise Invented(f"a Planhat Task has the status {row['status']!r}: nobody says that there")


def _say(world: World, wanted: Sequence[tuple[str, str, str]]) -> None:
    seen = world.look() if wanted else {}
    for side, field, value in wanted:
        if value not in {row.get(field) for row in seen[side].values()}:
            raise NotConverged(f"no record of {side} has {field} {value!r}")


def _unharmed(history: Sequence[Op]) -> list[Op]:
    """*history* as if nothing had gone wrong in it."""
    kept = [op for op in history if not isinstance(op, ops.InjectFault)]
    return [replace(op, crash_at=0, crash_at_commit=0) if isinstance(op, ops.Sync) else op for op in kept]


@dataclass(frozen=True)
class Sweep:
    """A scenario whose last round is struck at many points."""

    means: str
    scene: History

    def play(self) -> int:
        stage, settings = self.scene.stage, self.scene.settings
        assert isinstance(stage, Stage)
        assert isinstance(settings, Settings)
        return sweep(
            self.scene.history,
            stage=stage,
            settings=settings,
            rounds="last",
            points_max=POINTS_MAX,
        ).points


@dataclass(frozen=True)
class Test:
    """One test of the ordinary lane, by its pytest name."""

    __test__ = False

    means: str
    root: Path

    def play(self) -> int:
        import pytest

        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = pytest.main([str(self.root / self.means), f"--rootdir={self.root}", *_QUIETLY])
        if status == pytest.ExitCode.TESTS_FAILED:
            raise TestFailed(_last_line(said.getvalue()))
        if status != pytest.ExitCode.OK:
            raise RuntimeError(f"{self.means} cannot be run: {said.getvalue()[-400:]}")
        return 1


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.startswith(("FAILED", "E  ", "ERROR"))]
    return (lines or ["it failed"])[-1].strip()


Example = History | Sweep | Test


class Lane:
    """The stages, made once, and the examples for a bug. *root* is the repository, where there is one."""

    def __init__(self, root: Path | None = None) -> None:
        cast = Cast(task_fields=STAGED)
        self.stages = {"plain org": Stage(cast=cast), "org with a key": Stage(cast=cast, external_id=True)}
        self._pair_stages: dict[tuple[str, str], PairStage] = {}
        self._root = root

    def close(self) -> None:
        for stage in self.stages.values():
            stage.close()
        for pair_stage in self._pair_stages.values():
            pair_stage.close()

    def examples(self, mutant: Mutant) -> Iterator[Example]:
        """In the order of Rule 1, without an end."""
        if mutant.profile != "planhat":
            yield from self._of_pairs(mutant)
            return
        orgs = list(self.stages)
        first = [name for name in CATALOGUE if mutant.scenario and name.startswith(mutant.scenario)]
        own = [*first, *(name for name in _scenarios(mutant.failure) if name not in first)]
        for name in own:
            yield from (self.scene(name, org) for org in self.stages)
        yield from (self._apart(name, orgs[n % 2]) for n, name in enumerate(own))
        for test in mutant.tests:
            if self._root is not None and (self._root / test.partition("::")[0]).exists():
                yield Test(test, self._root)
        others = [name for name in (*MORE, *CATALOGUE) if name not in own]
        for n, name in enumerate(others):
            yield self.scene(name, orgs[n % 2])
            yield self._apart(name, orgs[(n + 1) % 2])
        yield from self._without_end([*own, *others])

    def _of_pairs(self, mutant: Mutant) -> Iterator[Example]:
        orgs, failure = list(self.stages), mutant.scenario or mutant.failure
        names = [name for name, one in PAIR_SCENES.items() if one.profile == mutant.profile]
        for name in sorted(names, key=lambda one: not one.startswith(failure)):
            scene = PAIR_SCENES[name]
            for org in orgs:
                stage = self._pair_stage(mutant.profile, org)
                yield History(f"scene {name} ({org})", stage, scene.history, scene.settings)
        for seed in count():
            org = orgs[seed % 2]
            history = pair_history(mutant.profile, seed, STEPS)
            settings, stage = PairSettings(profile=mutant.profile), self._pair_stage(mutant.profile, org)
            yield History(f"history of seed {seed} ({org})", stage, history, settings, twice=True)

    def _pair_stage(self, profile: str, org: str) -> PairStage:
        if (profile, org) not in self._pair_stages:
            self._pair_stages[profile, org] = PairStage(profile, external_id=org != next(iter(self.stages)))
        return self._pair_stages[profile, org]

    def scene(self, name: str, org: str) -> History:
        """The scenario *name* on the stage *org*."""
        settings, history = MORE.get(name) or CATALOGUE[name]
        return History(
            f"scenario {name} ({org})",
            self.stages[org],
            history,
            settings,
            nobody_aside=name not in LEFT_ASIDE,
            says=SAYS.get(name, ()),
            surroundings=SURROUNDINGS.get(name),
        )

    def _apart(self, name: str, org: str) -> History:
        scene = self.scene(name, org)
        # After so long a deletion may have left the recycle bin: then a person has to look.
        return replace(scene, means=f"{scene.means}, hours apart", history=apart(scene.history), nobody_aside=False)

    def _without_end(self, names: Sequence[str]) -> Iterator[Example]:
        seed, orgs = 0, list(self.stages)
        while True:
            for name in names:
                for _ in range(HISTORIES_IN_TURN):
                    org = orgs[seed % 2]
                    history = planhat_history(seed, STEPS, keyed=org != orgs[0])
                    yield History(f"history of seed {seed} ({org})", self.stages[org], history, twice=True)
                    seed += 1
                org = orgs[seed // HISTORIES_IN_TURN % 2]
                yield Sweep(f"faults in {name} ({org})", self.scene(name, org))


def _scenarios(failure: str) -> list[str]:
    return [name for name in (*MORE, *CATALOGUE) if name.startswith(f"{failure} ")]
