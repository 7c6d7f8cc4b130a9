"""The checks: each takes a pair and an org's describe, and says what it found.

Rule 1: a check never guesses what the org does not tell; what it cannot know it leaves alone.
Rule 2: what a profile maps by default and an org does not have is a warning, because the sync leaves such a field out;
what a configuration names is an error.
"""

from __future__ import annotations

import difflib
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from crm_sync.known import SfField, SfObject
from crm_sync.linter.words import Finding, Pair, Row, Severity

TABLES: dict[str, Any] = tomllib.loads(
    resources.files("crm_sync").joinpath("linter/tables.toml").read_text(encoding="utf-8")
)
_NEW_ONLY = frozenset({"create_only", "once", "never"})
Found = Iterator[Finding]


def lint(pairs: Sequence[Pair], sobjects: Mapping[str, SfObject]) -> list[Finding]:
    """Everything that is wrong with *pairs* in an org that describes itself as *sobjects* (name -> describe).

    Errors first, then in the order of the mapping.
    """
    found = [finding for pair in pairs for check in CHECKS for finding in check(pair, sobjects[pair.sobject])]
    found += _twins(pairs, sobjects)
    return sorted(found, key=lambda finding: finding.severity is Severity.WARNING)


# -- Salesforce's side ---------------------------------------------------------------------------------------


def _unknown_fields(pair: Pair, sobject: SfObject) -> Found:
    """A field that the org does not have, or does not show to this user (F69)."""
    relationships = {field.relationship for field in sobject.fields.values() if field.relationship}
    for row in pair.rows:
        for name in dict.fromkeys([*([row.salesforce] if row.sends else []), *([row.source] if row.receives else [])]):
            way, dot, _ = name.partition(".")
            if dot and row.sends and name == row.salesforce:
                yield _error(
                    pair, name, "path_target", "a path leads to another record and cannot be written", _LEAVE_OUT
                )
            elif (dot and way not in relationships) or (not dot and name not in sobject.fields):
                known = relationships if dot else sobject.fields
                reason = f"{sobject.name} has no {'way' if dot else 'field'} {way if dot else name} for this user"
                close = difflib.get_close_matches(way if dot else name, sorted(known), n=1, cutoff=0.75)
                meant = f"did you mean {close[0]}? Else " if close else ""
                advice = f"{meant}make the field, give this user the right to see it, or leave it out of the mapping"
                yield _finding(pair, name, "unknown_field", _of_default(row), reason, advice)


def _derived_targets(pair: Pair, sobject: SfObject) -> Found:
    """A target that follows from something else, or that nobody may write (F39, T18, T19)."""
    derived = TABLES["salesforce"]["derived"]
    words: dict[str, str] = {**derived["any"], **derived.get(sobject.name, {})}
    for row, field in _targets(pair, sobject):
        if field.name in words:
            reason = f"{sobject.name}.{field.name} is derived: {words[field.name]}"
            yield _error(pair, field.name, "derived_target", reason, _RECEIVE)
        elif field.calculated:
            reason = f"{sobject.name}.{field.name} is calculated (a formula, a roll-up or a serial number)"
            yield _error(pair, field.name, "derived_target", reason, _RECEIVE)
        elif not (field.createable or field.updateable):
            reason = f"{sobject.name}.{field.name} is read-only for this user"
            advice = "give the user the right to edit the field, or set the direction to receive only"
            yield _finding(pair, field.name, "read_only_target", _of_default(row), reason, advice)
        elif not field.updateable and row.write_out not in _NEW_ONLY:
            reason = f"{sobject.name}.{field.name} can be set on creation only: later changes are lost"
            yield _warning(pair, field.name, "create_only_target", reason, "map it with write = create_only")


def _reference_targets(pair: Pair, sobject: SfObject) -> Found:
    """A reference can be written only where the sync resolves who is meant (T32)."""
    allowed = TABLES["salesforce"]["references"]["allowed"]
    for row, field in _targets(pair, sobject):
        if field.type != "reference":
            continue
        refers = _lens(row.lens).get("refers", "")
        if field.name not in allowed:
            reason = f"{sobject.name}.{field.name} refers to another record; only {' and '.join(allowed)} can be mapped"
            yield _error(pair, field.name, "reference_target", reason, _LEAVE_OUT)
        elif not refers:
            reason = f"the lens {row.lens} would write the partner's own id into {sobject.name}.{field.name}"
            yield _error(pair, field.name, "reference_target", reason, "use a lens that finds the record")
        elif field.references and refers not in field.references:
            reason = f"the lens {row.lens} finds a {refers}, {field.name} takes {', '.join(sorted(field.references))}"
            yield _error(pair, field.name, "reference_target", reason, "use a lens that finds such a record")


def _values(pair: Pair, sobject: SfObject) -> Found:
    """A value map that writes what the picklist does not have (F33)."""
    for row, field in _targets(pair, sobject):
        for image, word in sorted(pair.images.get(row.name, {}).items()):
            if not field.values or image in field.values or not image:
                continue
            reason = f'{word} is written as "{image}", which {sobject.name}.{field.name} does not have'
            known = ", ".join(sorted(field.values))
            if field.restricted:
                advice = f"it is restricted to {known}: map {word} to one of them, or add the value in Setup"
                yield _error(pair, field.name, "restricted_value", reason, advice)
            else:
                advice = f"Salesforce would keep it all the same, in no list; the list has {known}"
                yield _warning(pair, field.name, "unlisted_value", reason, advice)


def _types(pair: Pair, sobject: SfObject) -> Found:
    """A lens that cannot fill the field's type, or fills it with a loss (F46)."""
    for row in pair.rows:
        for name in {row.salesforce if row.sends else row.source, row.source if row.receives else row.salesforce}:
            field, lens = sobject.fields.get(name), _lens(row.lens)
            if field is None or not field.type or not lens:
                continue
            if field.type == "reference" and row.sends:
                continue  # _reference_targets has said it
            if field.type in lens.get("lossy", {}):
                yield _warning(pair, name, "lossy_type", f"it is a {field.type}: {lens['lossy'][field.type]}", _OTHER)
            elif field.type not in lens["fits"] and not (field.type in {"reference", "id"} and row.lens == "same"):
                reason = f"the lens {row.lens} does not fit a {field.type}, only {', '.join(lens['fits'])}"
                yield _error(pair, name, "lens_type", reason, _OTHER)


def _lengths(pair: Pair, sobject: SfObject) -> Found:
    """A text that the mapping would let be longer than the field keeps (F45)."""
    for row, field in _targets(pair, sobject):
        if row.max_length is not None and 0 < field.length < row.max_length:
            reason = f"{sobject.name}.{field.name} keeps {field.length} characters, the mapping allows {row.max_length}"
            advice = f"longer texts are cut at {field.length}; make the field longer, or set max_length"
            yield _warning(pair, field.name, "cut", reason, advice)


def _required(pair: Pair, sobject: SfObject) -> Found:
    """A field that every new record must have, and nothing fills: every creation would be refused."""
    if not pair.creates or not any(row.sends for row in pair.rows):
        return
    filled = {row.salesforce for row in pair.rows if row.sends} | set(pair.constants)
    for field in sobject.fields.values():
        needed = field.createable and not field.nillable and not field.defaulted and field.type != "boolean"
        if needed and field.name not in filled:
            reason = f"{sobject.name}.{field.name} is required, and the mapping does not fill it"
            yield _error(pair, field.name, "required_unmapped", reason, "map it, or give it a default in Setup")


def _key_field(pair: Pair, sobject: SfObject) -> Found:
    """The sync's own external-id field makes creation safe only if it is one, unique and writable (F01, F13)."""
    if not pair.key_field:
        return
    field = sobject.fields.get(pair.key_field)
    if field is None:
        reason, advice = f"{sobject.name} has no field {pair.key_field} for this user", "make it, or leave it out"
    elif not (field.external_id and field.unique):
        reason = f"{sobject.name}.{field.name} is not a unique external id"
        advice = "tick Unique and External ID in Setup, or leave it out"
    elif not field.createable:
        reason, advice = f"{sobject.name}.{field.name} is read-only for this user", "give the user the right to edit it"
    else:
        return
    yield _error(pair, pair.key_field, "key_field", reason, advice)


# -- the partner's side --------------------------------------------------------------------------------------


def _partner_targets(pair: Pair, sobject: SfObject) -> Found:
    """A field that the partner fills by itself, or does not know: what is written there is dropped without a word."""
    assert sobject.name == pair.sobject
    table = TABLES["partners"].get(pair.partner, {}).get(pair.model)
    if table is None:
        return
    for row in pair.rows:
        if not row.partner or row.constant is not None or row.partner.startswith("custom."):
            continue
        if row.partner in table["derived"]:
            if row.receives:
                reason = f"{pair.model}.{row.partner} is derived: {table['derived'][row.partner]}"
                yield _error(pair, row.partner, "derived_target", reason, "set the direction to send only")
        elif "writable" in table and row.partner not in table["writable"] and row.receives:
            close = difflib.get_close_matches(row.partner, table["writable"], n=1, cutoff=0.6)
            meant = f"did you mean {close[0]}? Else " if close else ""
            reason = f"{pair.model} has no field {row.partner} that can be written: the value would be dropped"
            yield _error(pair, row.partner, "unknown_field", reason, f"{meant}leave it out of the mapping")


# -- rows against each other -----------------------------------------------------------------------------------


def _two_sources(pair: Pair, sobject: SfObject) -> Found:
    """A target has one source (T35): of two, the one that is written last would win, by accident."""
    assert sobject.name == pair.sobject
    outward: dict[str, list[Row]] = defaultdict(list)
    inward: dict[str, list[Row]] = defaultdict(list)
    for row in pair.rows:
        if row.sends:
            outward[row.salesforce].append(row)
        if row.receives and row.partner:
            inward[row.partner].append(row)
    for name, rows in outward.items():
        if len(rows) > 1:
            sources = " and ".join(row.partner or f'"{row.constant}"' for row in rows)
            yield _error(pair, name, "two_sources", f"it would be written from {sources}", "keep one of them")
    for name, rows in inward.items():
        if len(rows) > 1:
            days = [row for row in rows if _type(row, sobject) == "date"]
            moments = [row for row in rows if _type(row, sobject) == "datetime"]
            sources = " and ".join(row.source for row in rows)
            if len(days) == len(moments) == 1 and len(rows) == 2:
                reason = f"it would be written from {sources}, and a day says less than a moment"
                yield _finding(
                    pair, name, "two_sources", _of_default(rows[0]), reason, f"receive {moments[0].source} only"
                )
            else:
                yield _error(pair, name, "two_sources", f"it would be written from {sources}", "keep one of them")


def _twins(pairs: Sequence[Pair], sobjects: Mapping[str, SfObject]) -> Found:
    """A moment sent to a day and to a moment, and received from the day: the time of day is lost (T35)."""
    by_model: dict[tuple[str, str], list[tuple[Pair, Row]]] = defaultdict(list)
    for pair in pairs:
        for row in pair.rows:
            by_model[pair.model, pair.sobject].append((pair, row))
    for (_, sobject), rows in by_model.items():
        targets: dict[str, set[str]] = defaultdict(set)
        for _, row in rows:
            if row.sends and row.partner:
                targets[row.partner].add(_type(row, sobjects[sobject]))
        for pair, row in rows:
            if not row.receives or _type(row, sobjects[sobject]) != "date":
                continue
            heard = {_type(other, sobjects[sobject]) for _, other in rows if other.receives and _same(other, row)}
            if {"date", "datetime"} <= targets[row.partner] and "datetime" not in heard:
                reason = f"{row.partner} is sent as a day and as a moment, and received from the day alone"
                yield _warning(pair, row.source, "lossy_time", reason, "receive it from the moment")


CHECKS: Sequence[Callable[[Pair, SfObject], Found]] = (
    _unknown_fields, _derived_targets, _reference_targets, _values, _types, _lengths, _required, _key_field,
    _partner_targets, _two_sources,
)  # fmt: skip


# -- small things ------------------------------------------------------------------------------------------------

_RECEIVE = "set the direction to receive only, or leave it out of the mapping"
_LEAVE_OUT = "leave it out of the mapping"
_OTHER = "use another lens or another field"


def _targets(pair: Pair, sobject: SfObject) -> Iterator[tuple[Row, SfField]]:
    """Rows that send, each with the field that it writes, as far as the org has it."""
    for row in pair.rows:
        field = sobject.fields.get(row.salesforce)
        if row.sends and field is not None:
            yield row, field


def _type(row: Row, sobject: SfObject) -> str:
    field = sobject.fields.get(row.salesforce)
    return field.type if field else ""


def _same(one: Row, other: Row) -> bool:
    return one.partner == other.partner


def _lens(name: str) -> Mapping[str, Any]:
    row = TABLES["lenses"].get(name)
    return row if isinstance(row, dict) else {}


def _of_default(row: Row) -> Severity:
    return Severity.WARNING if row.by_default else Severity.ERROR


def _finding(pair: Pair, name: str, code: str, severity: Severity, reason: str, advice: str) -> Finding:
    return Finding(pair.key, name, code, severity, reason, advice)


def _error(pair: Pair, name: str, code: str, reason: str, advice: str) -> Finding:
    return _finding(pair, name, code, Severity.ERROR, reason, advice)


def _warning(pair: Pair, name: str, code: str, reason: str, advice: str) -> Finding:
    return _finding(pair, name, code, Severity.WARNING, reason, advice)
