"""Drift: where an account of the vendor answers otherwise than a check expects, and the row of data that would mend it.

Rule 1: a refusal is patched as the row of data that makes the expected words, which the ledger names: the new text with
the row's own placeholders, grade "recorded", and the account with its date as source.
Rule 2: what no row drives is told as a unified diff of what was expected and what came. Nothing is invented.
Rule 3: a row stands once in a page of patches, whose rows are TOML as they stand, with all checks that ask for it; what
one of them saw in other words is a remark.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from crm_contracts.conform.check import Check
from crm_contracts.conform.entries import entry_of, literal, pattern
from crm_contracts.conform.play import Differs, Play
from crm_contracts.conform.telling import masked
from crm_contracts.ledger import find
from crm_contracts.ledger.tables import read

__all__ = ["Drift", "drift_of", "page", "patch_lines"]

# "data/errors.toml [errors/NOT_FOUND]", and what a row may call its text and its code.
_DRIVER = re.compile(r"(\S+\.toml) \[(.+)\]")
_TEXTS = ("message", "error_description", "text")
_CODES = ("code", "error", "type")


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
    patch, file = _error_row(play, source) or (_diff(differs), "")
    return Drift(play.check, entry_of(play.check), differences, file, masked(patch, play))


def patch_lines(drift: Drift) -> list[str]:
    """The patch as lines of a finding."""
    return [f"patch for {drift.file or 'whoever mends the fake'}:", *drift.patch.splitlines()]


def page(drifts: Sequence[Drift]) -> str:
    """All drifts as one text: TOML rows ready to be put in, diffs as remarks."""
    lines = ["# What an account of the vendor answers otherwise than Understudy's checks expect."]
    rows: dict[tuple[str, ...], list[Drift]] = {}
    for number, drift in enumerate(drifts):  # what has no row stands alone
        place = (drift.file, drift.patch.partition("\n")[0]) if drift.file else ("", str(number))
        rows.setdefault(place, []).append(drift)
    for same in rows.values():
        best = max(same, key=lambda one: one.patch.count("{"))  # that which knew the most placeholders
        lines.append("")
        for drift in same:
            lines += [f"# {drift.check.name}: {drift.check.title}", f"# ledger: {drift.entry}"]
            lines += [f"# {one}" for difference in drift.differences for one in difference.splitlines()]
        if not best.file:
            lines += ["# no row of data says this: what differs, for whoever mends the fake", *_remarks(best.patch)]
            continue
        lines += [f"# for {best.file}, in place of the row:", best.patch]
        for drift in same:
            if not _agree(best, drift):
                lines += [f"# {drift.check.name} asks for another:", *_remarks(drift.patch)]
    return "\n".join(lines) + "\n"


def _agree(best: Drift, other: Drift) -> bool:
    """Whether the row of *best* says what the row of *other* does, whose placeholders may be filled in."""
    if best.patch == other.patch:
        return True
    one, two = (_row(drift.patch) for drift in (best, other))
    return set(one) == set(two) and all(
        one[key] == two[key] or (key in _TEXTS and pattern(one[key]).fullmatch(two[key])) for key in one
    )


def _row(patch: str) -> dict[str, Any]:
    """The one row in a patch."""
    found = tomllib.loads(patch)
    while len(found) == 1 and isinstance(one := next(iter(found.values())), dict):
        found = one
    return found


def _remarks(text: str) -> Iterator[str]:
    return (f"#   {line}" for line in text.splitlines())


def _error_row(play: Play, source: str) -> tuple[str, str] | None:
    """Rule 1: the row as TOML and its file, or None."""
    entry = find(entry_of(play.check))
    driver = _DRIVER.fullmatch(entry.driver) if entry is not None and entry.kind == "error" else None
    said = play.target.access.said(play.interactions[-1].answer) if play.interactions else None
    if driver is None or said is None:
        return None
    package = f"fake_{play.check.vendor}"
    path = driver[2].split("/")
    row: Any = read(play.check.vendor, driver[1])
    for key in path:
        row = row[key]
    code, message = said
    text = next(key for key in _TEXTS if key in row)
    for name, value in sorted(_words(row[text], play.expected_words), key=lambda pair: -len(pair[1])):
        message = message.replace(value, f"{{{name}}}") if value else message
    new = {**row, text: message, "source": source, "grade": "recorded"}
    status = play.interactions[-1].answer.status
    if "status" in row and status >= 400:  # within a 200 the row's status is that of a single call
        new["status"] = status
    key = next((key for key in _CODES if key in row), None)
    if key is not None:
        new[key] = code
    elif code and entry is not None and code != entry.code:
        path[-1] = ".".join([code, *path[-1].split(".")[1:]])
    lines = [f"[{'.'.join(map(_key, path))}]", *(f"{one} = {_toml(value)}" for one, value in new.items())]
    return "\n".join(lines), f"mocks/{package}/{driver[1]}"


def _words(template: str, message: str) -> list[tuple[str, str]]:
    """What stands in *message* for each placeholder of *template*."""
    match = pattern(template).search(message)
    return list(match.groupdict().items()) if match else []


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


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
        return literal(value).splitlines()
    return json.dumps(value, indent=2, ensure_ascii=False, default=str).splitlines()
