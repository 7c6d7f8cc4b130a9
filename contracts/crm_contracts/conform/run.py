"""Run checks on targets: which can be asked, what each answered, what it cost.

Rule 1: a check that cannot be asked is "not run" with its reason; nothing else is.
Rule 2: a fake-only check finds the target as it was: a snapshot before, restored after.
Rule 3: a target that falls silent is asked no more: what it had answered, and what a check left there, is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

import requests

from crm_contracts.conform.check import Check
from crm_contracts.conform.drift import Drift, drift_of, patch_lines
from crm_contracts.conform.play import Differs, Play
from crm_contracts.conform.target import BudgetSpent, NoAnswer, Target
from crm_contracts.conform.telling import finding_of, left_behind
from crm_contracts.findings import Finding, Report, Result, State
from crm_contracts.findings.coverage import whole
from crm_contracts.openapi.routes import router
from fake_core.clock import Clock

__all__ = ["Run", "chosen", "conform", "planned"]

SILENT = (NoAnswer, requests.RequestException)  # of a call, of the control plane


@dataclass
class Run:
    """What one run found: results in the checks' order, and what an account answered otherwise than expected."""

    results: list[Result] = field(default_factory=list)
    drifts: list[Drift] = field(default_factory=list)
    coverage: dict[str, Counter[str]] = field(default_factory=dict)
    plays: dict[str, Play] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)  # vendors whose target answers no more, and what it said last

    def report(self, title: str, facts: Mapping[str, str]) -> Report:
        return Report(title=title, results=self.results, facts=facts, coverage=whole(self.coverage))


def chosen(found: Sequence[Check], only: Sequence[str]) -> list[Check]:
    """The checks whose names fit one of the patterns (with or without the vendor), all without patterns."""
    return [
        check
        for check in found
        if not only
        or any(fnmatchcase(check.name, one) or fnmatchcase(check.name.partition("/")[2], one) for one in only)
    ]


def conform(
    found: Sequence[Check],
    targets: Mapping[str, Target],
    *,
    word: str,
    clock: Clock,
    missing: Mapping[str, str] | None = None,
    done: Callable[[], None] = lambda: None,
) -> Run:
    """Play *found* on the vendors' *targets*; *missing* says why a vendor has none. *word* is the run's own word:
    no two runs on one account may share it. *clock* only measures.
    """
    run = Run()
    for check in found:
        target = targets.get(check.vendor)
        began = clock.now()
        if target is None:
            result = _not_run(check, (missing or {}).get(check.vendor, "no target"))
        elif check.vendor in run.silent:
            result = _not_run(check, run.silent[check.vendor])
        else:
            result = _one(check, target, word, run)
        seconds = (clock.now() - began).total_seconds()
        run.results.append(replace(result, seconds=seconds))
        done()
    return run


def _one(check: Check, target: Target, word: str, run: Run) -> Result:
    play = Play(check, target, word)
    try:
        why = _why_not(check, target, play)
        before = _photograph(target) if check.fake_only and not why else None
    except BudgetSpent:
        why = "budget"
    except SILENT as error:
        why = run.silent[check.vendor] = _silence(target, error)
    if why:
        return _not_run(check, why)
    run.plays[check.name] = play
    try:
        play.run()
        result = _result(check, "passed")
    except Differs as differs:
        drift = drift_of(play, differs)
        patch = patch_lines(drift) if target.kind == "account" else ()  # who is wrong is open, where it is a fake
        cause = drift.entry if patch and drift.file else ""
        result = _result(check, "failed", findings=[finding_of(play, differs, patch, cause)])
        run.drifts.append(drift)
    except BudgetSpent:
        result = _not_run(check, "budget")
    except SILENT as error:
        run.silent[check.vendor] = _silence(target, error)
        result = _not_run(check, run.silent[check.vendor])
    finally:
        left: list[str] = []
        if before is None:
            left = play.clean()
        elif check.vendor not in run.silent:
            _restore(target, before)
        run.coverage.setdefault(check.vendor, Counter()).update(_operations(check.vendor, play))
    return left_behind(result, check, left) if left else result


def _silence(target: Target, error: Exception) -> str:
    """Rule 3, in words: the control plane's client says none of its own."""
    return str(error) if isinstance(error, NoAnswer) else f"{target.vendor}: no answer from {target.url}"


def _operations(vendor: str, play: Play) -> Iterator[str]:
    """The operation of each call that the document has."""
    routes = router(vendor)
    for one in play.interactions:
        found = routes.find(one.method, urlsplit(one.url).path)
        if found is not None:
            yield found.operation.operation_id


def _photograph(target: Target) -> tuple[str, datetime]:
    assert target.control is not None
    return target.control.snapshot(), target.control.now()


def _restore(target: Target, before: tuple[str, datetime]) -> None:
    """Rule 2: rows, limits and faults; and the clock, where it stands still."""
    control = target.control
    assert control is not None
    control.clear_faults()
    control.restore(before[0])
    if target.stands_still:
        control.set_clock(before[1])


def _why_not(check: Check, target: Target, play: Play) -> str:
    if check.fake_only and target.control is None:
        return "needs the control plane"
    if any("advance" in step.get("control", ()) for step in check.steps) and not target.stands_still:
        return "this fake's clock cannot be moved: serve it with --clock frozen"
    if play.missing:
        return f"no credential {', '.join(sorted(play.missing))}"
    for need in check.needs:
        if need != "control" and (why := target.access.lacks(target, need)):
            return why
    if target.budget is not None and target.calls + check.calls > target.budget:
        return "budget"
    return ""


def _result(check: Check, state: State, *, findings: Sequence[Finding] = (), why: str = "") -> Result:
    return Result(
        name=check.name,
        state=state,
        title=check.title,
        vendor=check.vendor,
        operation=check.operations[0],
        grade=check.grade,
        findings=findings,
        why=why,
    )


def _not_run(check: Check, why: str) -> Result:
    return _result(check, "not run", why=why)


def planned(found: Sequence[Check]) -> Iterator[tuple[str, int, int]]:
    """(vendor, checks, calls) of what will be asked."""
    for vendor in dict.fromkeys(check.vendor for check in found):
        mine = [check for check in found if check.vendor == vendor]
        yield vendor, len(mine), sum(check.calls for check in mine)
