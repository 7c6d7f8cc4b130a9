"""A report as text: what was held to, what was violated, each with its shortest history in two columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from crm_contracts.findings.text import Paint, plain
from crm_contracts.verify.arena import in_words
from crm_contracts.verify.report import Report, words_of
from crm_contracts.world.columns import WIDTH, two_columns

NAMES_MAX = 6


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
    if report.left:
        yield from _wrapped("Not tried     ", not_tried(report))
    yield ""


def not_tried(report: Report) -> str:
    """How many histories the time allowed left, and which; "" for none."""
    if not report.left:
        return ""
    more = f" and {len(report.left) - NAMES_MAX} more" if len(report.left) > NAMES_MAX else ""
    names = ", ".join(report.left[:NAMES_MAX])
    count = f"{len(report.left)} {'history' if len(report.left) == 1 else 'histories'}"
    return f"{count}, for --minutes were over: {names}{more}"


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
        yield from two_columns(report.profile, finding.events)
        yield ""
        yield from _wrapped("For a customer  ", words.customer)
        yield from _wrapped("What to do      ", words.todo)
        others = report.also(finding.kind, name)
        if others:
            more = f" and {len(others) - NAMES_MAX} more" if len(others) > NAMES_MAX else ""
            yield from _wrapped("Also in         ", ", ".join(others[:NAMES_MAX]) + more)
        yield from _wrapped("Again           ", report.replay(name))
        yield ""


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(f"{label}{text}", WIDTH, subsequent_indent=" " * len(label), break_on_hyphens=False)


def _closing(report: Report) -> Iterator[str]:
    if report.held:
        tried = "the histories that were tried" if report.left else "these histories"
        yield f"Held: none of {tried} made it lose, double or invent anything."
        return
    number = len(report.findings)
    failed = len([one for one in report.tried if one.found])
    yield f"Violated: {number} of {len(report.held_to)} claims, in {failed} of {len(report.tried)} histories."
