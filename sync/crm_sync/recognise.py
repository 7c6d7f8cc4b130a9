"""Recognise our own creations: which record came of which creation whose answer nobody read.

No network, no state, no clock. What identifies a record as ours, whatever people did to it since: our user created
it, after the creation was begun, and it belongs to no link. What it says only tells several such records apart.
Rule 1: a record that somebody else saved since may say anything. One that nobody touched must still say something
of what was sent, so that what a person made under our user's name is not taken for ours.
Rule 2: as many creations as possible find their record, and among those the ones that say the same.
Rule 3: no record for two creations. Source: failure modes F01, F02; invariant I3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_sync.html_text import canon_line

CLOCK_SKEW_SECONDS_MAX = 300  # between our clock and Salesforce's, beyond what its answers told
CREATE_SECONDS_MAX = 1_800  # from the first word about a creation to the last attempt, retries and waits included


@dataclass(frozen=True)
class Begun:
    """A creation in doubt: what was sent, the *telling* fields (texts a person would know it by), and those that
    *must* agree because nothing else identifies the record. *ahead*: how far Salesforce's clock was ahead of ours,
    then and since, the least and the most.
    """

    id: int
    at: datetime
    sent: Mapping[str, Any]
    telling: frozenset[str] = frozenset()
    must: frozenset[str] = frozenset()
    ahead: tuple[timedelta, timedelta] = (timedelta(0), timedelta(0))

    @property
    def earliest(self) -> datetime:
        """Before this, by Salesforce's clock, nothing was created for it."""
        return self.at.replace(microsecond=0) + self.ahead[0] - timedelta(seconds=CLOCK_SKEW_SECONDS_MAX)

    @property
    def latest(self) -> datetime:
        return self.at + self.ahead[1] + timedelta(seconds=CREATE_SECONDS_MAX)


@dataclass(frozen=True)
class Found:
    """A record that our user created and no link has. *touched*: somebody else saved it since."""

    id: str
    at: datetime
    values: Mapping[str, Any]
    touched: bool = False
    deleted: bool = False


def recognise(begun: Sequence[Begun], found: Sequence[Found]) -> dict[int, str]:
    """The record's id for each creation that has one, by the creation's id."""
    likeness = {(one.id, record.id): _unlike(one, record) for one in begun for record in found}
    pairs = sorted(
        ((one.id, record.id) for one in begun for record in found if _possible(one, record)), key=likeness.__getitem__
    )
    order = {one.id: [record for creation, record in pairs if creation == one.id] for one in begun}
    taken: dict[str, int] = {}
    held: set[int] = set()
    # The best pairs first; then whoever is left asks the others to move on (augmenting paths).
    for creation, record in pairs:
        if creation not in held and record not in taken:
            taken[record] = creation
            held.add(creation)
    for creation in sorted(order):
        if creation not in held:
            _find_room(creation, order, taken, set())
    return {creation: record for record, creation in taken.items()}


def _find_room(one: int, order: Mapping[int, Sequence[str]], taken: dict[str, int], tried: set[str]) -> bool:
    """Give *one* a record, if need be by moving others to their next best."""
    for record in order[one]:
        if record in tried:
            continue
        tried.add(record)
        if record not in taken or _find_room(taken[record], order, taken, tried):
            taken[record] = one
            return True
    return False


def _possible(one: Begun, record: Found) -> bool:
    if not one.earliest <= record.at <= one.latest:
        return False
    if not all(_same(one, record, name) for name in one.must):
        return False
    telling = [name for name in one.telling if plain(one.sent.get(name))]
    return record.touched or not telling or any(_same(one, record, name) for name in telling)


def _unlike(one: Begun, record: Found) -> tuple[int, bool, float, int, str]:
    """How little the two have to do with each other: smaller is likelier."""
    agreeing = sum(_same(one, record, name) for name in one.sent)
    return -agreeing, record.deleted, abs((record.at - one.at).total_seconds()), one.id, record.id


def _same(one: Begun, record: Found, name: str) -> bool:
    return bool(plain(one.sent.get(name)) == plain(record.values.get(name)))


def plain(value: Any) -> Any:
    """A value for comparison: texts without what Salesforce does to line ends and blanks; "" is nothing."""
    return canon_line(value) or None if isinstance(value, str) else value
