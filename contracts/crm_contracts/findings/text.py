"""A report as text for a terminal: a summary, then the findings by cause, then what did not run, then the verdict.

Rule 1: of each cause, what is wrong and what to do stand once; the places follow.
Rule 2: nothing is wider than WIDTH unless it is one word (an address).
Rule 3: what came over the wire cannot steer a terminal: control characters are shown, not sent.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence

import click

from crm_contracts.findings import Finding, Report
from crm_contracts.findings.characters import for_terminal
from crm_contracts.findings.grouping import Group, grouped, levels, not_run, number, words
from crm_contracts.findings.plots import by_operation
from crm_contracts.vendors import TITLES

__all__ = ["WIDTH", "coloured", "plain", "render"]

Paint = Callable[[str, str], str]
WIDTH = 100
PLACES_MAX = 10  # of one cause; the other formats have them all
SHOWN_MAX = 400  # characters of one line that proves something
NAMES_MAX = 6
REASONS_MAX = 3
_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
_LABEL = 12
_LABEL_MAX = 40


def plain(text: str, _colour: str) -> str:
    """No colour at all."""
    return text


def coloured(text: str, colour: str) -> str:
    """For a terminal."""
    return click.style(text, fg=colour, bold=True)


def render(report: Report, paint: Paint = plain) -> str:
    """The whole report, as lines with an end."""
    groups = grouped(report)
    lines = [*_summary(report, groups, paint)]
    for group in groups:
        lines += ["", *_group(group, paint)]
    lines += [*_skipped(report, paint), "", _verdict(report, groups, paint)]
    return "\n".join(lines) + "\n"


def _summary(report: Report, groups: Sequence[Group], paint: Paint) -> Iterator[str]:
    yield _line(report.title)
    wide = max([_LABEL, *(len(label) + 2 for label in report.facts if len(label) < _LABEL_MAX)])
    counts = report.counts
    states = [f"{number(counts['passed'])} passed"]
    if counts["failed"]:
        states.append(paint(f"{number(counts['failed'])} failed", "red"))
    if counts["not run"]:
        states.append(paint(f"{number(counts['not run'])} not run", "yellow"))
    yield f"{'checks':<{wide}}{words(len(report.results), 'check')}: {', '.join(states)}"
    reasons = not_run(report)
    for why, results in reasons[:REASONS_MAX]:
        yield from _wrapped("not run", f"{number(len(results))}: {why}", wide=wide)
    if len(reasons) > REASONS_MAX:
        yield f"{'':<{wide}}and for {words(len(reasons) - REASONS_MAX, 'more reason')}: see below"
    for label, said in report.facts.items():
        yield from _wrapped(label, said, wide=wide)
    for label, said in _covered(report):
        yield from _wrapped(label, said, wide=wide)
    if groups:
        by_level = ", ".join(paint(words(many, level), _COLOURS[level]) for level, many in levels(report))
        yield f"{'findings':<{wide}}{by_level}, of {words(len(groups), 'cause')}"
        for group in groups:
            yield f"{'':<{wide}}{len(group.found):>5}  {paint(_line(group.name), _COLOURS[group.level])}"


def _covered(report: Report) -> Iterator[tuple[str, str]]:
    """How many operations were called, of reports that name those that were not."""
    whole = [one for one in by_operation(report) if one.called < len(one.operations)]
    told = [f"{TITLES.get(one.vendor, one.vendor)} {one.called} of {len(one.operations)}" for one in whole]
    if told:
        yield "operations", f"called: {', '.join(told)}"


def _line(text: str) -> str:
    """A text that has one line."""
    return for_terminal(" ".join(text.split("\n")))


def _wrapped(label: str, text: str, *, wide: int = _LABEL) -> Iterator[str]:
    """*text* behind *label*; lines of its own stay lines."""
    first = f"{_line(label):<{wide - 1}} "
    for line in for_terminal(text).split("\n"):
        yield from textwrap.wrap(
            line,
            WIDTH,
            initial_indent=first,
            subsequent_indent=" " * wide,
            break_on_hyphens=False,
            break_long_words=False,
        ) or [first.rstrip()]
        first = " " * wide


def _group(group: Group, paint: Paint) -> Iterator[str]:
    title = f"{group.level}: {_line(group.name)} "
    yield paint(title, _COLOURS[group.level]) + "─" * max(3, WIDTH - len(title))
    for label, part in (("wrong", "why"), ("to do", "remedy"), ("held to", "held_to")):
        said = group.one(part)
        if said:
            yield from _wrapped(label, said)
    yield ""
    before = ""
    for place, (result, finding) in enumerate(group.found[:PLACES_MAX], start=1):
        where = finding.where or result.title or result.name
        yield from _place(place, where if where != before else "", finding, group)
        before = where
    more = len(group.found) - PLACES_MAX
    if more > 0:
        yield f"  and {words(more, 'more place')} (--format json has them all)"


def _place(place: int, where: str, finding: Finding, group: Group) -> Iterator[str]:
    """One finding; *where* is "" in the same place as the one before."""
    yield from _wrapped(f"  {place}.", where or finding.seen, wide=6)
    if where not in {finding.seen, ""}:
        yield from _wrapped("", finding.seen, wide=6)
    for label, part in (("wrong", "why"), ("to do", "remedy"), ("held to", "held_to")):
        said = getattr(finding, part)
        if said and group.one(part) is None:
            yield from _wrapped("", f"{label}: {said}", wide=6)
    if place == 1:  # one proof of a cause; the other formats have them all
        for line in finding.shown:
            cut = line if len(line) <= SHOWN_MAX else line[:SHOWN_MAX] + " …"
            yield from _proof(for_terminal(cut))


def _proof(text: str) -> Iterator[str]:
    """A line of a request or an answer, or a body with lines of its own; what stands before a first word stays."""
    rows = [
        part
        for line in text.splitlines() or [""]
        for part in textwrap.wrap(line, WIDTH - 8, replace_whitespace=False, break_on_hyphens=False) or [""]
    ]
    for place, row in enumerate(rows):
        yield f"      {' ' if place else '|'} {row}".rstrip()


def _skipped(report: Report, paint: Paint) -> Iterator[str]:
    skipped = not_run(report)
    if not skipped:
        return
    title = "not run "
    yield ""
    yield paint(title, "yellow") + "─" * (WIDTH - len(title))
    for why, results in skipped:
        names = ", ".join(one.name for one in results[:NAMES_MAX])
        more = f" and {len(results) - NAMES_MAX} more" if len(results) > NAMES_MAX else ""
        yield from _wrapped(f"{len(results):>5}", why, wide=7)
        yield from _wrapped("", names + more, wide=7)


def _verdict(report: Report, groups: Sequence[Group], paint: Paint) -> str:
    counts = report.counts
    ran = report.ran
    if not ran:
        return paint("Nothing was checked.", "yellow")
    if report.ok:
        found = sum(len(one.found) for one in groups)
        more = f", with {words(found, 'finding')} that fail{'s' if found == 1 else ''} no build" if found else ""
        return paint(f"Held: {words(ran, 'check')} passed{more}.", "green")
    told = ", ".join(words(many, level) for level, many in levels(report))
    return paint(f"Failed: {counts['failed']} of {words(ran, 'check')}: {told}.", "red")
