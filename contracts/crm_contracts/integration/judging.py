"""Runs of an integration in, a report out.

Rule 1: a check that had nothing to look at was not made: it is told as not run, with what was not there.
Rule 2: the same finding in several runs is told once, with the runs' names; two places of one cause are two findings.
Rule 3: nothing of a call is shown but what `crm_contracts.traffic.scrubbed` lets through.
Rule 4: what two checks see of one request is told by the one that knows the cause (`yields_to` of checks.toml).
Rule 5: an answer 501 NOT_FAKED says that nobody checked what was asked: it is told, and counts as not run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from crm_contracts.findings import Finding, Level, Report, Result
from crm_contracts.integration.checks import CHECKS
from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run
from crm_contracts.integration.showing import Showing
from crm_contracts.integration.table import Row, rows
from fake_core.errors import MisuseError

__all__ = ["check_names", "judge"]

NOT_CHECKED = "not-faked"
RUNS_NAMED_MAX = 3


def check_names() -> list[str]:
    """The names of all checks."""
    return list(CHECKS)


def judge(
    runs: Sequence[Run],
    *,
    title: str = "contract",
    allow: Collection[str] = (),
    strict: bool = False,
    facts: Mapping[str, str] | None = None,
    more: Iterable[Result] = (),
) -> Report:
    """Every check over every run. *allow* are checks whose findings are known and wanted; *strict* lets a warning fail.

    *more* are results that come before: of the command itself.
    """
    unknown = sorted(set(allow) - set(CHECKS))
    if unknown:
        raise MisuseError(f"no check {unknown[0]!r}: choose of {', '.join(CHECKS)}")
    results = [*more]
    looked = {name: [check(run) for run in runs] for name, check in CHECKS.items() if name not in allow}
    showing: dict[int, Showing] = {}  # of the runs that something is shown of
    for name in CHECKS:
        row = rows()[name]
        if name not in looked:
            results.append(
                Result(name=name, state="not run", title=row.title, why="its findings are allowed", grade=row.grade)
            )
            continue
        number = 0
        seen: dict[tuple[str, Level | None], list[tuple[Run, Seen]]] = {}
        for at, run in enumerate(runs):
            number += looked[name][at].number
            better = _told_by(row, {other: each[at] for other, each in looked.items()})
            for one in looked[name][at].seen:
                if one.calls[0].number in better:
                    continue
                seen.setdefault((one.about or one.what, one.level), []).append((run, one))
        if not number and not seen:
            results.append(Result(name=name, state="not run", title=row.title, why=row.nothing, grade=row.grade))
            continue
        for group in seen.values():
            if id(run := group[0][0]) not in showing:
                showing[id(run)] = Showing(run)
        told = [_finding(row, group, showing[id(group[0][0])], len(runs)) for group in seen.values()]
        wrong = any(finding.level == "error" or (strict and finding.level == "warning") for finding in told)
        results.append(
            Result(
                name=name,
                state="failed" if wrong else "passed",
                title=row.title,
                findings=told,
                grade=row.grade,
                vendor=_one(finding.vendor for finding in told),
            )
        )
    results += _not_checked(runs)
    return Report(title=title, results=results, facts=dict(facts or {}), coverage=coverage(runs))


def _told_by(row: Row, looked: Mapping[str, Looked]) -> set[int]:
    """The requests of which a check that knows the cause tells already, as an error."""
    return {
        one.calls[0].number
        for name in row.yields_to
        if name in looked
        for one in looked[name].seen
        if (one.level or rows()[name].level) == "error"
    }


def coverage(runs: Sequence[Run]) -> dict[str, dict[str, int]]:
    """How often each operation was called, by vendor."""
    counts: dict[str, Counter[str]] = {}
    for run in runs:
        for one in run.parsed:
            counts.setdefault(one.vendor, Counter())[one.operation or "unknown"] += 1
    return {vendor: dict(sorted(found.items())) for vendor, found in sorted(counts.items())}


def _finding(row: Row, group: list[tuple[Run, Seen]], showing: Showing, runs: int) -> Finding:
    run, seen = group[0]
    first = seen.calls[0]
    operation = first.found.operation if first.found else None
    names = list(dict.fromkeys(other.name for other, _ in group if other.name))
    lines = [line for one in seen.calls[:3] for line in showing.lines(one)]
    if len(group) > 1:
        lines.append(f"seen {len(group)} times{_in(names, runs)}")
    return Finding(
        check=row.name,
        seen=showing.clean(seen.what),
        why=seen.why or row.why,
        remedy=seen.remedy or row.remedy,
        level=seen.level or row.level,
        where=showing.clean(f"run {run.name}, {first}" if run.name else str(first)),
        shown=lines,
        vendor=first.vendor,
        operation=first.operation,
        grade=seen.grade or row.grade,
        source=seen.source or (_source(row, operation.source) if operation and "OpenAPI" in row.source else row.source),
    )


def _in(names: Sequence[str], runs: int) -> str:
    """In which of so many runs: few are named, of many the first ones."""
    if len(names) < 2:
        return ""
    if len(names) == runs:
        return f", in all {runs} runs"
    more = len(names) - RUNS_NAMED_MAX
    if more < 2:
        return f", in the runs {', '.join(names)}"
    return f", in the runs {', '.join(names[:RUNS_NAMED_MAX])} and {more} more of {runs}"


def _source(row: Row, of_operation: str) -> str:
    return f"{row.source}: {of_operation}"


def _not_checked(runs: Sequence[Run]) -> list[Result]:
    touched: dict[tuple[str, str], ParsedCall] = {}
    for run in runs:
        for one in run.parsed:
            if one.status == 501 and "NOT_FAKED" in one.answer_text[:500]:
                touched.setdefault((one.vendor, one.operation or one.path), one)
    return [
        Result(
            name=f"{NOT_CHECKED}: {vendor} {operation}",
            state="not run",
            title="what the fake does not play",
            why=f"{vendor} {operation} is not played: the fake answered 501 NOT_FAKED, and nothing of it was checked",
            vendor=vendor,
            operation=operation,
        )
        for vendor, operation in touched
    ]


def _one(vendors: Iterable[str]) -> str:
    found = set(vendors)
    return found.pop() if len(found) == 1 else ""
