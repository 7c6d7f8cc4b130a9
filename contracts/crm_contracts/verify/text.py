"""A report as text: what was held to, what was violated, each with its shortest history in two columns."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

import click

from crm_contracts.vendors import TITLES
from crm_contracts.verify.arena import in_words
from crm_contracts.verify.report import Report, words_of
from crm_contracts.verify.story import Event, gathered
from crm_contracts.verify.trial import Finding

WIDTH = 110
TIME = 9  # "09:10:06 "
COLUMN = (WIDTH - TIME - 3) // 2
Paint = Callable[[str, str], str]
NAMES_MAX = 6


def plain(text: str, _colour: str) -> str:
    """No colour at all."""
    return text


def coloured(text: str, colour: str) -> str:
    """For a terminal."""
    return click.style(text, fg=colour, bold=True)


def render(report: Report, paint: Paint = plain) -> str:
    """The whole report, as lines with an end."""
    return (
        "\n".join([*_heading(report), *_verdicts(report, paint), *_findings(report, paint), *_closing(report)]) + "\n"
    )


def _heading(report: Report) -> Iterator[str]:
    yield f"The sync      {report.sync}"
    yield from _wrapped("Put to        ", f"profile {report.profile}: {in_words(report.settings)}")
    counts = f"{report.runs} runs of the sync, {report.requests} requests"
    yield f"Histories     {len(report.tried)} ({counts}), seed {report.seed}"
    if not report.can_die:
        yield "Not tried     death in the middle of a run: nothing was named that can kill it (--kill-command)"
    yield ""


def _verdicts(report: Report, paint: Paint) -> Iterator[str]:
    for kind, invariant, words in report.held_to:
        bad = kind in report.kinds
        verdict = paint("violated", "red") if bad else paint("held    ", "green")
        first, *rest = textwrap.wrap(words.rule, WIDTH - 16) or [""]
        yield f"{verdict}  {invariant:<4}  {first}"
        yield from (f"{'':<16}{line}" for line in rest)
    yield ""


def _findings(report: Report, paint: Paint) -> Iterator[str]:
    for name, says, finding in report.findings:
        words = words_of(finding.kind)
        title = f"{finding.invariant} {finding.kind}"
        yield paint(title, "red") + " " + "─" * (WIDTH - len(title) - 1)
        yield from _wrapped("", words.rule)
        yield ""
        yield from _wrapped("Found  ", finding.what)
        yield from _wrapped("In     ", f"{name}: {says}")
        yield ""
        yield from timeline(report.profile, finding)
        yield ""
        yield from _wrapped("For a customer  ", words.customer)
        yield from _wrapped("What to do      ", words.todo)
        others = report.also(finding.kind, name)
        if others:
            more = f" and {len(others) - NAMES_MAX} more" if len(others) > NAMES_MAX else ""
            yield from _wrapped("Also in         ", ", ".join(others[:NAMES_MAX]) + more)
        yield from _wrapped("Again           ", report.replay(name))
        yield ""


def timeline(profile: str, finding: Finding) -> Iterator[str]:
    """The shortest history, Salesforce on the left, the partner on the right."""
    yield f"{'':<{TIME}}{'Salesforce':<{COLUMN}} │ {TITLES[profile]}".rstrip()
    yield "─" * (TIME + COLUMN + 1) + "┼" + "─" * (COLUMN + 1)
    for event in gathered(finding.events):
        yield from _row(event)


def _row(event: Event) -> Iterator[str]:
    text = say(event)
    if event.column == "both":
        yield from textwrap.wrap(f"{event.at:%H:%M:%S} · {text}", WIDTH, subsequent_indent=" " * (TIME + 2))
        return
    for number, line in enumerate(textwrap.wrap(text, COLUMN, subsequent_indent="  ", break_long_words=True)):
        time = f"{event.at:%H:%M:%S} " if not number else " " * TIME
        left, right = (line, "") if event.column == "salesforce" else ("", line)
        yield f"{time}{left:<{COLUMN}} │ {right}".rstrip()


def say(event: Event) -> str:
    """Who does what, and how often."""
    who = {"user": "a user ", "sync": "the sync ", "world": ""}[event.who]
    text = event.text if event.column == "both" else f"{who}{event.text}"
    return f"{text}  (and {event.times - 1} more like this)" if event.times > 1 else text


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(f"{label}{text}", WIDTH, subsequent_indent=" " * len(label), break_on_hyphens=False)


def _closing(report: Report) -> Iterator[str]:
    if report.held:
        yield "Held: none of these histories made it lose, double or invent anything."
        return
    number = len(report.findings)
    failed = len([one for one in report.tried if one.found])
    yield f"Violated: {number} of {len(report.held_to)} claims, in {failed} of {len(report.tried)} histories."
