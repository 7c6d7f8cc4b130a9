"""A story as text in two columns: Salesforce on the left, the partner on the right, what is nobody's across both."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from crm_contracts.vendors import TITLES
from crm_contracts.world.story import Event, gathered

__all__ = ["WIDTH", "lines_of", "say", "two_columns"]

WIDTH = 110
TIME = 9  # "09:10:06 "
COLUMN = (WIDTH - TIME - 3) // 2


def two_columns(profile: str, events: Sequence[Event]) -> Iterator[str]:
    """The lines, with a heading."""
    yield f"{'':<{TIME}}{'Salesforce':<{COLUMN}} │ {TITLES[profile]}".rstrip()
    yield "─" * (TIME + COLUMN + 1) + "┼" + "─" * (COLUMN + 1)
    yield from lines_of(events)


def lines_of(events: Sequence[Event]) -> Iterator[str]:
    """The lines of some events, without a heading."""
    for event in gathered(events):
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
