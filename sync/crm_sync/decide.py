"""Decide what happens to one field. No clock, no network, no database, no vendor.

Rule 1: whose value is taken is looked up in the table of decide_rows.py; what stands here is which of the partner's
replicas speaks, and who gets the value.
Rule 2: two values that already agree need no decision, whatever happened to them.
Rule 3: a value that is given up because another one wins is named as a loser, always.
Source: rules P1, P2, P24, T9, M4, M5, M7, M22.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from crm_sync.decide_rows import FieldCase, Grain, Opinion, Taken, field_verdict
from crm_sync.model import SALESFORCE, Direction, Policy, Write
from crm_sync.verdict_words import PARTNER, Order, order

__all__ = [
    "NOTHING",
    "Agree",
    "Decision",
    "Grain",
    "Loser",
    "Mapped",
    "Seen",
    "View",
    "decide",
    "record_winner",
]


class Seen(Enum):
    """What happened to one replica's value since the sides last agreed."""

    SAME = "same"
    CHANGED = "changed"


@dataclass(frozen=True)
class View:
    """One replica's value of one field.

    *value* is the comparable value, *flow* the direction of the replica's section for this field (Direction.OFF for
    Salesforce itself), *silent* marks a replica that has no opinion: its value is never a source; where somebody wrote
    it and it is overwritten it is a loser all the same (I5). *write_in* and *write_out* tell when the replica
    and Salesforce are written. *shut_in* and *shut_out*: a filter, a window or a missing parent lets nothing through
    to the replica, from it, at present (T14, T20, T23): who wins is decided all the same, and where the
    winner's value may not pass, everything stays as it is and is decided again.
    """

    replica: str
    seen: Seen
    value: Any
    changed_at: datetime | None
    flow: Direction = Direction.OFF
    silent: bool = False
    write_in: Write = Write.ALWAYS
    write_out: Write = Write.ALWAYS
    shut_in: bool = False
    shut_out: bool = False

    @property
    def sends(self) -> bool:
        """May its value be written to Salesforce now?"""
        return self.flow.sends and self.write_out is Write.ALWAYS

    @property
    def receives(self) -> bool:
        """May it be written now?"""
        return self.flow.receives and self.write_in is Write.ALWAYS

    @property
    def opinion(self) -> Opinion:
        if self.silent:
            return Opinion.SILENT
        return Opinion.CHANGED if self.seen is Seen.CHANGED else Opinion.SAME


@dataclass(frozen=True)
class Loser:
    """A changed value that is given up, and why."""

    replica: str
    value: Any
    policy: str


@dataclass(frozen=True)
class Decision:
    """*winner* names the replica whose value is taken (None: nothing to do), *targets* those that
    get it, *losers* the changed values that are given up.
    """

    winner: str | None = None
    targets: tuple[str, ...] = ()
    losers: tuple[Loser, ...] = ()


NOTHING = Decision()
#: agree(Salesforce's value, the partner's value, the partner's replica name): do they say the same?
Agree = Callable[[Any, Any, str], bool]


class Mapped(NamedTuple):
    """One mapped field of a record, as far as the choice of the record's winner needs it."""

    salesforce: View
    partner: Sequence[View]
    agree: Agree


def decide(
    salesforce: View,
    partner: Sequence[View],
    policy: Policy,
    agree: Agree,
    *,
    tie: str = SALESFORCE,
    resolution_seconds: int = 1,
    apart_seconds: float = 0.0,
    record: str = "",
) -> Decision:
    """Which value of one field is taken, and who gets it.

    *partner* holds the views of the partner's replicas of the field: one, or several that follow each other (Planhat's
    Task, then its Conversation); of two of one moment the later one speaks. *record* is what `record_winner` said, with
    the grain "record". The same inputs give the same decision on any machine.
    """

    def taken(view: View, prefers: str) -> Taken:
        agreed = agree(salesforce.value, view.value, view.replica)
        opinions = salesforce.opinion, view.opinion
        return field_verdict(FieldCase(*opinions, view.flow, view.write_in, view.write_out, agreed, record, prefers))

    clocks = resolution_seconds, apart_seconds
    losers: list[Loser] = []
    speaking = [
        view
        for view in partner
        if view.opinion is Opinion.CHANGED and view.sends and not agree(salesforce.value, view.value, view.replica)
    ]
    if speaking:
        champion = max(reversed(speaking), key=_moment)
        prefers = _preferred(policy, salesforce.changed_at, champion.changed_at, tie, clocks)
        whose = taken(champion, prefers)
        # A replica of the partner's that lost to the other one gives its value up, too.
        losers += [
            Loser(view.replica, view.value, "newest of the partner's records")
            for view in speaking
            if view is not champion and view.value != champion.value
        ]
        why = policy.value if champion.receives else "direction"
        if whose is Taken.PARTNER:
            if salesforce.seen is Seen.CHANGED:
                losers.append(Loser(SALESFORCE, salesforce.value, why))
            return _partner_wins(salesforce, champion, partner, losers)
        losers.append(Loser(champion.replica, champion.value, why))
    else:
        standing = [view for view in partner if taken(view, SALESFORCE) is Taken.PARTNER]
        if standing:  # the partner won the record, and with it a field that it did not change
            champion = max(reversed(standing), key=_moment)
            losers.append(Loser(SALESFORCE, salesforce.value, policy.value))
            return _partner_wins(salesforce, champion, partner, losers)
    targets = [view for view in partner if taken(view, SALESFORCE) is Taken.SALESFORCE]
    return _salesforce_wins([view for view in targets if not view.shut_in], losers)


def record_winner(
    fields: Iterable[Mapped],
    policy: Policy,
    *,
    tie: str = SALESFORCE,
    resolution_seconds: int = 1,
    apart_seconds: float = 0.0,
) -> str:
    """The side that wins a record as a whole (rule T9): "salesforce", "partner", or "" when not both changed it.

    Only fields that both sides may write are looked at: what is written once or never, and what travels one way, is no
    matter of dispute; nor is a field whose values agree.
    """
    stamps: dict[str, list[datetime | None]] = {SALESFORCE: [], PARTNER: []}
    for mapped in fields:
        for view in mapped.partner:
            if not (view.sends and view.receives) or mapped.agree(mapped.salesforce.value, view.value, view.replica):
                continue
            for side, one in ((SALESFORCE, mapped.salesforce), (PARTNER, view)):
                if one.opinion is Opinion.CHANGED:
                    stamps[side].append(one.changed_at)
    if not all(stamps.values()):
        return ""
    last = _latest(stamps[SALESFORCE]), _latest(stamps[PARTNER])
    return _preferred(policy, *last, tie, (resolution_seconds, apart_seconds))


def _latest(stamps: Sequence[datetime | None]) -> datetime | None:
    return max((stamp for stamp in stamps if stamp is not None), default=None)


def _preferred(
    policy: Policy, salesforce_at: datetime | None, partner_at: datetime | None, tie: str, clocks: tuple[int, float]
) -> str:
    """Both changed: the side that the policy gives it to (rule P24). *clocks*: their resolution, and how far apart."""
    if policy is Policy.SALESFORCE:
        return SALESFORCE
    if policy is not Policy.NEWEST:
        return PARTNER
    resolution, apart = clocks
    last = order(
        salesforce_at,
        partner_at,
        resolution_seconds=resolution,
        partner_wins_ties=tie != SALESFORCE,
        apart_seconds=apart,
    )
    return PARTNER if last is Order.PARTNER_NEWER else SALESFORCE


def _moment(view: View) -> float:
    return view.changed_at.timestamp() if view.changed_at else 0.0


def _partner_wins(salesforce: View, champion: View, partner: Sequence[View], losers: list[Loser]) -> Decision:
    if champion.shut_out:
        return NOTHING
    targets = [salesforce.replica]
    named = {loser.replica for loser in losers}
    for view in partner:
        if view is champion or not view.receives or view.value == champion.value:
            continue
        targets.append(view.replica)
        if view.seen is Seen.CHANGED and view.replica not in named:
            losers.append(Loser(view.replica, view.value, "direction"))
    return Decision(champion.replica, tuple(targets), tuple(losers))


def _salesforce_wins(targets: Sequence[View], losers: list[Loser]) -> Decision:
    if not targets:
        return NOTHING
    named = {loser.replica for loser in losers}
    losers += [
        Loser(view.replica, view.value, "direction")
        for view in targets
        if view.seen is Seen.CHANGED and view.replica not in named
    ]
    return Decision(SALESFORCE, tuple(view.replica for view in targets), tuple(losers))
