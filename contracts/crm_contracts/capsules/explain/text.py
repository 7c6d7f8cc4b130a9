"""A chart as plain text: what a ticket, a mail or a terminal takes, in a typeface of one width.

The lanes stand on the left, what happened in words on the right.
"""

from __future__ import annotations

from collections.abc import Iterator

from crm_contracts.capsules.explain.chart import (
    ANSWER_LOST,
    ARRIVES,
    LOST,
    PARTNER,
    REFUSED,
    SALESFORCE,
    SYNC,
    Chart,
    Step,
    wrapped,
)

__all__ = ["WIDTH", "as_text"]

WIDTH = 120
_NUMBER, _TIME = 4, 9
_APART = 12
_LANES = tuple(_NUMBER + _TIME + 3 + _APART * number for number in range(5))
_WORDS = _LANES[-1] + 6  # where the words begin
HEADS_EVERY = 40  # steps


def as_text(chart: Chart) -> str:
    """The whole chart, with a line end behind its last line."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(chart))


def _lines(chart: Chart) -> Iterator[str]:
    yield from wrapped(chart.title, WIDTH)
    for text in (*(f"{name}: {text}" for name, text in chart.heading), *_verdict(chart)):
        yield from (f"  {line}" for line in wrapped(text, WIDTH - 2, hanging=2))
    yield ""
    day = ""
    for number, step in enumerate(chart.steps):
        if number % HEADS_EVERY == 0:
            yield _heads(chart)
        if f"{step.at:%Y-%m-%d}" != day:
            day = f"{step.at:%Y-%m-%d}"
            yield _row(day, _rails())
        yield from _step(step)
    if chart.bad:
        yield _row("", _across("═"), "✗ here it shows:")
        for line in chart.verdict:
            yield from (_row("", _rails(), one) for one in wrapped(line, WIDTH - _WORDS, hanging=2))
    else:
        yield _row("", _rails())


def _verdict(chart: Chart) -> Iterator[str]:
    yield from (f"✗ {line}" if chart.bad else line for line in chart.verdict)


def _step(step: Step) -> Iterator[str]:
    if step.parts:
        yield _row("", _across("─"), f"▼ here the two sides part over {step.parts}")
    words = [line for text in step.words() for line in wrapped(text, WIDTH - _WORDS, hanging=2)]
    label = f"{step.number or '':>{_NUMBER - 1}} {step.at:%H:%M:%S}"
    first = True
    for line in words:
        yield _row(label if first else "", _drawn(step) if first else _rails(), line)
        first = False
    if step.until is not None:
        yield _row(f"{'':{_NUMBER}}{step.until:%H:%M:%S}", _rails())


def _drawn(step: Step) -> list[str]:
    rails = _rails()
    if step.arrow is None:
        if step.at_lane is None:
            return _across("·")
        mark = "✗" if step.mishap else ("▒" if step.at_lane == SYNC else "◆")
        rails[_LANES[step.at_lane]] = mark
        return rails
    origin, target = (_LANES[lane] for lane in step.arrow)
    way = 1 if target > origin else -1
    dash = "─" if step.fares in (ARRIVES, ANSWER_LOST) else "╌"
    for place in range(origin + way, target, way):
        rails[place] = dash
    rails[origin] = "●" if step.arrow[0] != SYNC else "├" if way > 0 else "┤"
    if step.fares == ARRIVES:
        rails[target - way] = "▶" if way > 0 else "◀"
    elif step.fares == LOST:
        rails[(origin + target) // 2] = "✗"
        for place in range((origin + target) // 2 + way, target, way):
            rails[place] = " "
    elif step.fares == REFUSED:
        rails[target - way] = "✗"
    else:  # it arrives, its answer does not
        rails[target - way] = "▶" if way > 0 else "◀"
        rails[origin + way] = "✗"
    return rails


def _rails() -> list[str]:
    """Lanes with nothing on them: those of people are empty."""
    row = [" "] * (_LANES[-1] + 1)
    for lane in (SALESFORCE, SYNC, PARTNER):
        row[_LANES[lane]] = "│"
    return row


def _across(sign: str) -> list[str]:
    row = _rails()
    for place in range(_LANES[SALESFORCE], _LANES[PARTNER] + 1):
        if row[place] == " " and (sign != "·" or place % 2 == 0):
            row[place] = sign
    return row


def _heads(chart: Chart) -> str:
    row = [" "] * (_LANES[-1] + _APART)
    for place, name in zip(_LANES, chart.lanes, strict=True):
        begin = place - len(name) // 2
        row[begin : begin + len(name)] = list(name)
    return "".join(row).rstrip()


def _row(label: str, drawn: list[str], words: str = "") -> str:
    row = [*drawn]
    row[: len(label)] = list(label)
    return "".join(row).ljust(_WORDS) + words
