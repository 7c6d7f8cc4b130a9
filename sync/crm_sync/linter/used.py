"""Which fields of Salesforce a mapping uses, and for what: who watches an org needs to know.

Rule 1: a field is *mapped* (a row reads or writes it, or both), a *constant* (written with each new record), the *key*
(by which creations are found again), or *read* beside the mapping (whose it is, when it changed).
Rule 2: rows that go neither way use nothing; a field that is used otherwise is not told as read, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from crm_sync.config import Config, Profile, load_profile
from crm_sync.linter.rows import pairs_of, pairs_of_profile
from crm_sync.linter.words import Pair, Row


@dataclass(frozen=True)
class Used:
    """One use of a field. *field* may be a path over a relationship (`Owner.Email`); *name* is the row's."""

    object: str
    field: str
    use: str
    name: str
    section: str
    sends: bool
    receives: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def way(self) -> str:
        """Where values go, in words."""
        if self.sends and self.receives:
            return "both ways"
        return "written" if self.sends else "read"


def used_by_config(config: Config) -> list[Used]:
    """The uses of the enabled sections, in order."""
    beside = {section.key: [section.company_field, *section.rules.exclude_salesforce] for section in config.enabled()}
    return _used(pairs_of(config), config.profile, beside)


def used_by_profile(name: str) -> list[Used]:
    """Those of every section of a profile as it stands."""
    profile = load_profile(name)
    beside = {
        key: [section.get("company_field", ""), *section.get("rules", {}).get("exclude_salesforce", ())]
        for key, section in profile["sections"].items()
    }
    return _used(pairs_of_profile(name), profile, beside)


def _used(pairs: Sequence[Pair], profile: Profile, beside: Mapping[str, Sequence[str | None]]) -> list[Used]:
    used = [one for pair in pairs for one in _of_pair(pair)]
    known = {(one.object, one.field) for one in used}
    tables = profile["salesforce"]
    for pair in pairs:
        for name in (*tables.get(pair.sobject, tables["other"])["read"], *beside[pair.key]):
            if name and (pair.sobject, name) not in known:
                known.add((pair.sobject, name))
                used.append(Used(pair.sobject, name, "read", "", pair.key, sends=False, receives=True))
    return used


def _of_pair(pair: Pair) -> Iterator[Used]:
    for row in pair.rows:
        yield from _of_row(pair, row)
    for name in pair.constants:
        yield Used(pair.sobject, name, "constant", "", pair.key, sends=True, receives=False)
    if pair.key_field:
        yield Used(pair.sobject, pair.key_field, "key", "", pair.key, sends=True, receives=True)


def _of_row(pair: Pair, row: Row) -> Iterator[Used]:
    """Rule 2; a field that is read elsewhere than it is written is two uses."""
    whole = row.source == row.salesforce
    if row.sends or (row.receives and whole):
        receives = row.receives and whole and row.constant is None
        yield Used(pair.sobject, row.salesforce, "mapped", row.name, pair.key, sends=row.sends, receives=receives)
    if row.receives and not whole:
        yield Used(pair.sobject, row.source, "mapped", row.name, pair.key, sends=False, receives=True)
