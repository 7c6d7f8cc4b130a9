"""How two orgs' describes differ, line by line, each with what the difference means for a sync.

Rule 1: pure: describes in, `Drift`s out, in the order of objects and fields.
Rule 2: every consequence is a row of `drift.toml`; a difference without a row matters to no sync and is told only when
asked for (`everything`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

NOT_COMPARED = frozenset({"fields", "childRelationships", "recordTypeInfos", "urls", "name"})
_FIELD_NOT_COMPARED = frozenset({"name", "picklistValues"})
NO_CONSEQUENCE = "no answer that a sync reads changes"


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference. `at` is `Object` or `Object.Field`; `fake` and `real` are the two values as text."""

    at: str
    what: str
    fake: str
    real: str
    means: str

    def line(self) -> str:
        """For people: one line."""
        return f"{self.at}: {self.what}: fake {self.fake}, real {self.real} - {self.means}"

    def data(self) -> dict[str, str]:
        """For programs."""
        return asdict(self)


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(files("crm_contracts.orgs").joinpath("drift.toml").read_text("utf-8"))


def _kind(key: str) -> str:
    return str(_texts()["kind"][key])


def compare(
    fake: Mapping[str, Mapping[str, Any]], real: Mapping[str, Mapping[str, Any]], *, everything: bool = False
) -> Iterator[Drift]:
    """The differences between the describes of two orgs, by object name.

    An object that only *fake* has is not told: the real org's describes may be a choice of its objects.
    """
    for name in sorted(real):
        if name not in fake:
            yield Drift(name, "object", "does not have it", "has it", _kind("object_only_real"))
            continue
        yield from _objects(fake[name], real[name], everything=everything)


def _objects(fake: Mapping[str, Any], real: Mapping[str, Any], *, everything: bool) -> Iterator[Drift]:
    name = str(real["name"])
    yield from _keys(name, "object", fake, real, NOT_COMPARED, everything=everything)
    mine = {each["name"].lower(): each for each in fake["fields"]}
    theirs = {each["name"].lower(): each for each in real["fields"]}
    for key, field in theirs.items():
        at = f"{name}.{field['name']}"
        if key not in mine:
            yield Drift(at, "field", "does not have it", _spoken(field), _kind("field_only_real"))
            continue
        yield from _keys(at, "field", mine[key], field, _FIELD_NOT_COMPARED, everything=everything)
        yield from _picklists(at, mine[key].get("picklistValues") or (), field.get("picklistValues") or ())
    for key, field in mine.items():
        if key not in theirs:
            at = f"{name}.{field['name']}"
            yield Drift(at, "field", _spoken(field), "does not have it", _kind("field_only_fake"))
    yield from _sets(name, "record type", _record_types(fake), _record_types(real), "record_type")
    yield from _sets(name, "child relationship", _children(fake), _children(real), "child")


def _spoken(field: Mapping[str, Any]) -> str:
    size = field.get("length") or field.get("precision") or ""
    return f"{field.get('type')}({size})" if size else str(field.get("type"))


def _keys(
    at: str,
    of: str,
    fake: Mapping[str, Any],
    real: Mapping[str, Any],
    skip: frozenset[str],
    *,
    everything: bool,
) -> Iterator[Drift]:
    for key in dict.fromkeys((*fake, *real)):
        one, other = fake.get(key), real.get(key)
        if key in skip or (key in fake and key in real and one == other and type(one) is type(other)):
            continue
        if key in fake and key in real and isinstance(one, list) and isinstance(other, list) and set(one) == set(other):
            continue
        means = _consequence(of, key, one, other) if key in fake and key in real else None
        if means is None and not everything:
            continue
        yield Drift(at, key, _shown(fake, key, real), _shown(real, key, fake), means or NO_CONSEQUENCE)


def _shown(described: Mapping[str, Any], key: str, other: Mapping[str, Any] | None = None) -> str:
    """The value of *key* as text; of a list only what the list of *other* has not."""
    if key not in described:
        return "says nothing"
    value = described[key]
    beside = (other or {}).get(key)
    if isinstance(value, list) and isinstance(beside, list):
        return ", ".join(str(one) for one in value if one not in beside) or "no more"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value) if isinstance(value, str) else str(value)


def _consequence(of: str, key: str, fake: Any, real: Any) -> str | None:
    for row in _texts()[of]:
        if row["key"] == key and _applies(row.get("when"), fake, real):
            return str(row["means"])
    return None


def _applies(when: str | None, fake: Any, real: Any) -> bool:
    if when is None:
        return True
    if when in {"real", "fake"}:
        return bool(real) is (when == "real") and bool(real) is not bool(fake)
    numbers = isinstance(fake, int) and isinstance(real, int)
    return numbers and (real > fake if when == "more" else real < fake)


def _picklists(at: str, fake: Sequence[Mapping[str, Any]], real: Sequence[Mapping[str, Any]]) -> Iterator[Drift]:
    mine = {each["value"]: each for each in fake}
    theirs = {each["value"]: each for each in real}
    for value, each in theirs.items():
        what = f"picklist value {value!r}"
        if value not in mine:
            yield Drift(at, what, "does not have it", "has it", _kind("value_only_real"))
            continue
        for key, kind in (("active", "value_active"), ("defaultValue", "value_default"), ("label", "value_label")):
            if each.get(key) != mine[value].get(key):
                yield Drift(at, f"{what}, {key}", _shown(mine[value], key), _shown(each, key), _kind(kind))
    for value in mine:
        if value not in theirs:
            yield Drift(at, f"picklist value {value!r}", "has it", "does not have it", _kind("value_only_fake"))


def _record_types(described: Mapping[str, Any]) -> list[str]:
    return [str(each.get("developerName") or each.get("name")) for each in described.get("recordTypeInfos") or ()]


def _children(described: Mapping[str, Any]) -> list[str]:
    return [
        f"{each['relationshipName']} ({each['childSObject']}.{each['field']})"
        for each in described.get("childRelationships") or ()
        if each.get("relationshipName")
    ]


def _sets(at: str, what: str, fake: Sequence[str], real: Sequence[str], kind: str) -> Iterator[Drift]:
    for one in real:
        if one not in fake:
            yield Drift(at, f"{what} {one}", "does not have it", "has it", _kind(f"{kind}_only_real"))
    for one in fake:
        if one not in real:
            yield Drift(at, f"{what} {one}", "has it", "does not have it", _kind(f"{kind}_only_fake"))
