"""Drift: where an account of the vendor answers otherwise than a check expects, and the row of data that would mend it.

Rule 1: a refusal is patched as the row of the fake's errors.toml that made the expected words: the new text with the
row's own placeholders, grade "recorded", and the account with its date as source.
Rule 2: what no row drives is told as a unified diff of what was expected and what came. Nothing is invented.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from crm_contracts.conform.check import Check, entry_of
from crm_contracts.conform.play import Differs, Play
from crm_contracts.conform.telling import masked
from crm_contracts.ledger import data_of

__all__ = ["Drift", "drift_of", "page"]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Drift:
    """One check that an account answers otherwise. *file* is what the *patch* is for ("" = a diff for a person)."""

    check: Check
    entry: str
    differences: Sequence[str]
    file: str
    patch: str


def drift_of(play: Play, differs: Differs) -> Drift:
    """What *differs* means for the data of the fake."""
    source = f"sandbox, {play.target.now.date().isoformat()}"
    differences = [masked(str(one), play) for one in differs.differences]
    patch, file = _error_row(play, source), f"mocks/fake_{play.check.vendor}/data/errors.toml"
    if patch is None:
        patch, file = _diff(differs), ""
    return Drift(play.check, entry_of(play.check), differences, file, masked(patch, play))


def page(drifts: Sequence[Drift]) -> str:
    """All drifts as one text: TOML rows ready to be put in, diffs as remarks."""
    lines = ["# What an account of the vendor answers otherwise than Understudy's checks expect."]
    for drift in drifts:
        lines += ["", f"# {drift.check.name}: {drift.check.title}", f"# ledger: {drift.entry}"]
        lines += [f"# {one}" for difference in drift.differences for one in difference.splitlines()]
        if drift.file:
            lines += [f"# for {drift.file}, in place of the row:", drift.patch]
        else:
            lines += ["# no row of data says this: what differs, for whoever mends the fake", *_remarks(drift.patch)]
    return "\n".join(lines) + "\n"


def _remarks(text: str) -> Iterator[str]:
    return (f"#   {line}" for line in text.splitlines())


def _error_row(play: Play, source: str) -> str | None:
    """Rule 1, or None."""
    if not play.exchanges or "refused" not in play.told:
        return None
    expected, said = play.expected_refusal, play.target.access.said(play.exchanges[-1].answer)
    found = _row_of(play.check.vendor, expected)
    if said is None or found is None:
        return None
    key, row = found
    code, message = said
    text = _text_key(row)
    words = _words(row[text], str(expected.get("message", "")))
    for name, value in sorted(words.items(), key=lambda pair: -len(pair[1])):
        message = message.replace(value, f"{{{name}}}") if value else message
    if code and code != key.partition(".")[0]:
        key = ".".join([code, *key.split(".")[1:]])
    new = {**row, "status": play.exchanges[-1].answer.status, text: message, "source": source, "grade": "recorded"}
    name = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)
    table = f"[errors.{name}]" if "errors" in data_of(play.check.vendor, "errors.toml") else f"[{name}]"
    return "\n".join([table, *(f"{one} = {_toml(value)}" for one, value in new.items())])


def _row_of(vendor: str, expected: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The row whose code is the expected one, and whose text could have become the expected.

    A vendor without codes has the row's own key for one.
    """
    code, message = expected.get("code", ""), str(expected.get("message", ""))
    told = data_of(vendor, "errors.toml")
    rows = told.get("errors", told)
    same = [(key, row) for key, row in rows.items() if key.partition(".")[0] == code and _text_key(row) in row]
    fitting = [(key, row) for key, row in same if _pattern(row[_text_key(row)]).fullmatch(message)]
    # The row with the most words of its own: "{text}" fits everything.
    fitting.sort(key=lambda pair: -len(_PLACEHOLDER.sub("", pair[1][_text_key(pair[1])])))
    if fitting:
        return fitting[0]
    return same[0] if len(same) == 1 else None


def _text_key(row: Mapping[str, Any]) -> str:
    return "message" if "message" in row else "text"


def _pattern(message: str) -> re.Pattern[str]:
    parts: list[str] = []
    at, seen = 0, set()
    for one in _PLACEHOLDER.finditer(message):
        parts += [re.escape(message[at : one.start()]), f"(?P={one[1]})" if one[1] in seen else f"(?P<{one[1]}>.*?)"]
        seen.add(one[1])
        at = one.end()
    return re.compile("".join([*parts, re.escape(message[at:])]), re.DOTALL)


def _words(template: str, message: str) -> dict[str, str]:
    match = _pattern(template).fullmatch(message)
    return match.groupdict() if match else {}


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _diff(differs: Differs) -> str:
    """Rule 2."""
    lines: list[str] = []
    for one in differs.differences:
        before, after = (_lines(value) for value in (one.expected, one.actual))
        lines += unified_diff(before, after, f"expected {one.place}", f"came {one.place}", lineterm="", n=2)
    return "\n".join(lines)


def _lines(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.splitlines()
    return json.dumps(value, indent=2, ensure_ascii=False, default=str).splitlines()
