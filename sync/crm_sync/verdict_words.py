"""The words of a verdict: what a pair of records looks like to the sync, and what may follow.

*left* is always the Salesforce record, *right* the partner's. Values only: no I/O, no clock, no vendor.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from crm_sync.model import Direction, Policy


class Presence(StrEnum):
    """How one side's record stands. Of a record without a link, *same* and *changed* say whether it moved since it was
    last looked at; of a linked one, whether it differs from what both sides last agreed on. What a scan of changes
    does not list is the same; what was asked for and not shown is unseen.
    """

    ABSENT = "absent"  # never seen
    PAST = "past"  # was there before the section was switched on, unchanged since
    SAME = "same"
    CHANGED = "changed"
    DELETED = "deleted"  # positive evidence: the deleted feed, IsDeleted, the partner's own "gone"
    UNSEEN = "unseen"  # asked for and not shown: no evidence of anything


ABSENT, PAST, SAME, CHANGED, DELETED, UNSEEN = Presence
ALIVE = frozenset({PAST, SAME, CHANGED})
NOT_THERE = frozenset({ABSENT, UNSEEN})

#: The other side's name beside model.SALESFORCE.
PARTNER = "partner"


class LinkState(StrEnum):
    """What the sync remembers of the pair."""

    NONE = "none"
    KEYED = "keyed"  # no link, but one record carries the other's id
    LIVE = "live"
    DORMANT = "dormant"  # kept while its type takes no part
    TOMBSTONE = "tombstone"  # one side was deleted, the pair is over


class Deletions(StrEnum):
    """What a deletion does to the other side. A section that carries deletions one way only says *keep survivor* for
    the other way.
    """

    KEEP_SURVIVOR = "keep_survivor"
    DELETE_WINS = "delete_wins"
    LAST_WRITE_WINS = "last_write_wins"


class Creation(StrEnum):
    """Which records may be made on the other side."""

    NO = "no"
    NEW = "new"  # those made or changed since the section was switched on
    ALL = "all"  # those from before, too: a back-fill, or a first sync that takes them


class Order(StrEnum):
    """Which side's record changed last; of what was deleted, the deletion counts. A section whose ties go to the
    partner hands equal seconds in as *partner newer*; `order` below does.
    """

    SALESFORCE_NEWER = "salesforce_newer"
    SAME_SECOND = "same_second"
    PARTNER_NEWER = "partner_newer"


class Scope(StrEnum):
    """Does a way let the pair through at present? Each way has its own: the one to the partner its filter, the one to
    Salesforce its window. What is linked needs its parent only on the way out: what comes in leaves the parent alone
    (T12, T20).
    """

    IN = "in"
    FILTERED = "filtered"  # outside the window, the filter, or what was chosen at the first sync
    EXCLUDED = "excluded"  # a type that takes no part, disable_sync, another flow's record
    PARENT_AWAITED = "parent_awaited"  # its account is not known on the other side, and it is looked out for
    PARENT_MISSING = "parent_missing"  # its account is not known on the other side, and such records are passed over


NOT_SELECTED = frozenset({Scope.FILTERED, Scope.EXCLUDED})
NO_PARENT = frozenset({Scope.PARENT_AWAITED, Scope.PARENT_MISSING})
SHUT = NOT_SELECTED | NO_PARENT

#: The directions in which Salesforce's changes travel, and those in which the partner's do.
INWARDS = frozenset({Direction.RECEIVE, Direction.BOTH})
OUTWARDS = frozenset({Direction.SEND, Direction.BOTH})


class Action(StrEnum):
    """What follows. Only four of them write to a service: the creations and the deletions; *compare* may."""

    NOTHING = "nothing"
    LINK = "link"  # remember the pair, then decide again as a live link without an agreed value
    WAKE = "wake"  # the link is live again; then decide again
    SLEEP = "sleep"  # the link is kept and does nothing until it wakes
    REBASE = "rebase"  # what a *past* side shows is taken as agreed; nothing is written
    COMPARE = "compare"  # field by field, see decide.py; *past* sides are rebased first
    CREATE_PARTNER = "create in the partner"
    CREATE_SALESFORCE = "create in Salesforce"
    DELETE_PARTNER = "delete in the partner"
    DELETE_SALESFORCE = "delete in Salesforce"
    BURY = "bury"  # the link becomes a tombstone
    DROP_LINK = "drop link"  # the pair is over; no run meets it: by then its link is a tombstone (cases.py)
    WAIT = "wait"  # keep it in mind and look again
    SKIP = "skip"  # not now; counted, with the reason
    QUARANTINE = "quarantine"  # a person has to look
    IMPOSSIBLE = "impossible"  # cannot arise; if it does, the state is broken: quarantine and say so


class Case(NamedTuple):
    """All that a verdict depends on. *scope_in* is that of the way from Salesforce to the partner, *scope_out* of the
    way back; *updates* is False where records are never written again once they are made.
    """

    left: Presence
    right: Presence
    link: LinkState
    direction: Direction = Direction.BOTH
    conflict: Policy = Policy.NEWEST
    deletions: Deletions = Deletions.KEEP_SURVIVOR
    create_in: Creation = Creation.NEW
    create_out: Creation = Creation.NEW
    updates: bool = True
    order: Order = Order.SAME_SECOND
    scope_in: Scope = Scope.IN
    scope_out: Scope = Scope.IN


class Verdict(NamedTuple):
    """*favours* names the side ("salesforce", "partner") whose word wins where both spoke, so that the other's is given
    up and belongs into the conflict log (I5); "" when nothing is contested. *rule* names the rules behind it, *row* the
    row of the table.
    """

    action: Action
    favours: str
    reason: str
    rule: str
    row: int


def order(
    salesforce_at: datetime | None,
    partner_at: datetime | None,
    *,
    resolution_seconds: int = 1,
    partner_wins_ties: bool = False,
    apart_seconds: float = 0.0,
) -> Order:
    """Which side changed last, in steps of *resolution_seconds*: Salesforce keeps whole seconds only, so finer ones of
    the partner's must not decide (rules P24, T9). An unknown moment decides nothing, and nor does a difference that is
    no larger than what the two clocks are *apart* (F56).
    """
    tie = Order.PARTNER_NEWER if partner_wins_ties else Order.SAME_SECOND
    if salesforce_at is None or partner_at is None:
        return tie
    left = salesforce_at.timestamp() // resolution_seconds
    right = partner_at.timestamp() // resolution_seconds
    if left == right or abs((partner_at - salesforce_at).total_seconds()) <= apart_seconds:
        return tie
    return Order.PARTNER_NEWER if right > left else Order.SALESFORCE_NEWER
