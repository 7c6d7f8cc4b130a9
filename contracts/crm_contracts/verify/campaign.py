"""The whole proof of one sync: the ladder, then histories by seed; each failing one is shrunk by playing it again.

Rule 1: a history and its settings decide the outcome, so nothing is played twice.
Rule 2: a finding is shrunk while it stays of its kind (the class of the violation), to where no block and no written
        field can be left out; a history that cannot beat the shortest known one of its kind is not shrunk, but counted.
        A run that hangs takes its whole time at each replay: HUNG_REPLAYS_MAX of them.
Rule 3: of a rung that holds without faults, each write of its last run is struck, once with each kind of STRIKES.
Rule 4: somebody who waits is told at each run of a history how far it is. When `enough` says so nothing more is begun
        but the first history; what is left is told by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from crm_contracts.verify.arena import Arena
from crm_contracts.verify.ladder import Block, Case, by_seed, chosen, ladder
from crm_contracts.verify.report import Report, Tried
from crm_contracts.verify.served import AnySettings, ServedStage
from crm_contracts.verify.trial import Finding, Hangs, Trial, play
from crm_contracts.world import ops

STRIKES = ("lost_response", "error_after", "unavailable")
WRITES_STRUCK_MAX = 3
SHORT_ENOUGH = 2  # blocks: nothing worth telling is shorter than something that happens, and a run
HUNG_REPLAYS_MAX = 3
Progress = Callable[[int, int, str, int], None]  # histories done, of how many, what is played, runs of the sync so far


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to try. *fixed*: the sync has one configuration, so no history changes it."""

    settings: AnySettings
    sets: tuple[str, ...] = ()  # the settings that are not the profile's default, as `NAME=VALUE`
    fixed: bool = False
    histories: int = 20
    seed: int = 1
    steps: int = 15
    only: tuple[str, ...] = ()
    replays_max: int = 60  # how often one finding is played again to shrink it


class Campaign:
    """Puts the sync of *stage* through *plan*."""

    def __init__(
        self,
        stage: ServedStage,
        plan: Plan,
        *,
        progress: Progress = lambda _done, _all, _name, _runs: None,
        enough: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stage = stage
        self._arena = Arena(stage.profile)
        self._plan = plan
        self._progress = progress
        self._enough = enough
        self._done = self._all = 0
        self._played: dict[str, Trial] = {}
        self._shortest: dict[str, tuple[Case, Finding]] = {}
        self._tried: list[Tried] = []
        self._left: list[str] = []
        self._can_die = stage.sockets.runner.can_die

    def run(self) -> Report:
        """Everything, in its order. Raises MisuseError when the sync cannot run."""
        plan, stage = self._plan, self._stage
        stage.begin(plan.settings)
        cases = self._cases()
        self._all = len(cases)
        for case in cases:
            if self._tried and self._enough():
                self._left.append(case.name)
                continue
            self._try(case)
            self._done += 1
        self._progress(self._done, self._all, "", stage.sockets.runs)
        return Report(
            sync=stage.sockets.runner.name,
            profile=stage.profile,
            settings=plan.settings,
            sets=plan.sets,
            fixed=plan.fixed,
            seed=plan.seed,
            steps=plan.steps,
            tried=tuple(self._tried),
            left=tuple(self._left),
            findings=tuple((case.name, case.says, finding) for case, finding in self._by_invariant()),
            runs=stage.sockets.runs,
            requests=stage.sockets.border.total,
            can_die=self._can_die,
            reports=stage.sockets.reported,
        )

    def _by_invariant(self) -> list[tuple[Case, Finding]]:
        return sorted(self._shortest.values(), key=lambda found: (int(found[1].invariant[1:]), found[1].kind))

    def _cases(self) -> list[Case]:
        plan = self._plan
        rungs = list(ladder(self._arena, plan.settings, fixed=plan.fixed))
        seeds = [
            by_seed(self._arena, seed, plan.steps, settings=plan.settings, fixed=plan.fixed, can_die=self._can_die)
            for seed in range(plan.seed, plan.seed + plan.histories)
        ]
        return chosen([*rungs, *seeds], plan.only)

    def _try(self, case: Case) -> None:
        trial = self._judge(case)
        if trial.finding is not None:
            return
        if case.struck:
            for struck, expected in self._struck(case, trial):
                self._judge_in_time(struck, expected)
        if case.then and self._can_die and trial.last.writes():
            dead = _dying(case, trial.last.writes()[0], acted=True)
            self._judge_in_time(replace(dead, name=f"{case.name}/killed", blocks=(*dead.blocks, *case.then)), None)

    def _judge_in_time(self, case: Case, expected: object) -> None:
        if self._enough():
            self._left.append(case.name)
        else:
            self._judge(case, expected=expected)

    def _judge(self, case: Case, *, expected: object = None) -> Trial:
        trial = self._play(case, expected)
        finding = trial.finding
        self._tried.append(Tried(case.name, case.says, case.modes, finding.kind if finding else ""))
        if finding is not None:
            known = self._shortest.get(finding.kind)
            best = len(known[0].blocks) if known else len(case.blocks) + 1
            if best > SHORT_ENOUGH or known is None:
                shrunk, finding = self._shrink(_until(case, finding), finding, expected)
                if len(shrunk.blocks) < best:
                    self._shortest[finding.kind] = (shrunk, finding)
        return trial

    def _play(self, case: Case, expected: object) -> Trial:
        key = json.dumps([[op.to_dict() for op in case.history], str(case.settings), case.page, str(expected)])
        if key not in self._played:
            self._progress(self._done, self._all, case.name, self._stage.sockets.runs)
            self._played[key] = play(
                case.history, stage=self._stage, settings=case.settings, page=case.page, expected=expected
            )
        return self._played[key]

    def _shrink(self, case: Case, finding: Finding, expected: object) -> tuple[Case, Finding]:
        most = self._plan.replays_max
        left = min(most, HUNG_REPLAYS_MAX) if finding.kind == Hangs.__name__ else most
        smaller = True
        while smaller:
            smaller = False
            for candidate in _smaller(case):
                if not left or self._enough():
                    return case, finding
                left -= 1
                try:
                    found = self._play(candidate, self._expected(candidate, expected)).finding
                except AssertionError:
                    continue  # without this field no user could have written the record
                if found is not None and found.kind == finding.kind:
                    case, finding, smaller = _until(candidate, found), found, True
                    break
        return case, finding

    def _expected(self, case: Case, expected: object) -> object:
        """What a shorter history must end in, where that is known: what it ends in without what goes wrong."""
        if expected is None:
            return None
        clean = tuple(block for block in map(_healthy, case.blocks) if block)
        trial = self._play(replace(case, blocks=clean), None)
        return trial.summary if trial.finding is None else None

    def _struck(self, case: Case, clean: Trial) -> Iterator[tuple[Case, object]]:
        for place, number in enumerate(clean.last.writes()[:WRITES_STRUCK_MAX], start=1):
            vendor, verb, name, nth = clean.last.address(number)
            for kind in STRIKES:
                fault = ops.InjectFault(fault=kind, vendor=vendor, verb=verb, object=name, nth=nth)
                yield _before_last_run(case, f"write {place}: {kind}", (fault,)), clean.summary
            if self._can_die:
                for acted in (False, True):
                    yield _dying(case, number, acted=acted, place=place), clean.summary


def _dying(case: Case, number: int, *, acted: bool, place: int = 1) -> Case:
    """*case* with the run of its last block killed at its request *number*."""
    name = f"{case.name}/write {place}: killed {'after' if acted else 'before'} it"
    return replace(case, name=name, blocks=(*case.blocks[:-1], (ops.Sync(crash_at=number, acted=acted),)), struck=False)


def _before_last_run(case: Case, what: str, block: Block) -> Case:
    return replace(case, name=f"{case.name}/{what}", blocks=(*case.blocks[:-1], block, case.blocks[-1]), struck=False)


def _healthy(block: Block) -> Block:
    """A block without what goes wrong in it."""
    kept = [op for op in block if not isinstance(op, ops.InjectFault)]
    return tuple(replace(op, crash_at=0, acted=False) if isinstance(op, ops.Sync) else op for op in kept)


def _smaller(case: Case) -> Iterator[Case]:
    """*case* without one of its blocks, the last first; then with one field less in what a user writes."""
    for place in reversed(range(len(case.blocks))):
        yield replace(case, blocks=case.blocks[:place] + case.blocks[place + 1 :])
    for place, block in enumerate(case.blocks):
        fields = getattr(block[0], "fields", {})
        if len(block) > 1:
            continue  # many alike
        for name in list(fields)[1:]:  # the first names the record
            kept = {key: value for key, value in fields.items() if key != name}
            written: Any = block[0]
            thinner = (replace(written, fields=kept),)
            yield replace(case, blocks=(*case.blocks[:place], thinner, *case.blocks[place + 1 :]))


def _until(case: Case, finding: Finding) -> Case:
    """*case* up to the block in which the finding showed."""
    left = len(finding.history)
    blocks: list[Block] = []
    for block in case.blocks:
        if left <= 0:
            break
        blocks.append(block)
        left -= len(block)
    return replace(case, blocks=tuple(blocks))
