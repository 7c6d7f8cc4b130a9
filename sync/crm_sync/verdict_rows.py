"""The table of verdicts: for every pair of records, what follows, why, and by which rule.

Read it from the top: the first row whose conditions all hold decides. A condition that is not named holds always. Tests
prove that some row always holds, that every row decides something, and that each says what an independently written
oracle says; docs/decisions.md is this table for reading.
Source: rules P1-P29, T1-T45, M1-M27; I are invariants of any sync, F the ways in which syncs are known to go wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crm_sync.model import SALESFORCE, Direction, Policy
from crm_sync.verdict_words import Action, Creation, Deletions, LinkState, Order, Presence, Scope

PARTNER = "partner"


@dataclass(frozen=True)
class Row:
    """One row. *when* maps a dimension of `Case` to the values it must have, *part* is the heading it stands under."""

    part: str
    when: dict[str, frozenset[Any]]
    then: Action
    rule: str
    because: str
    favours: str = ""


def _row(then: Action, rule: str, because: str, *, favours: str = "", **when: Any) -> Row:
    values = {name: value if isinstance(value, frozenset) else frozenset({value}) for name, value in when.items()}
    return Row("", values, then, rule, because, favours)


def _part(title: str, rows: Iterable[Row], **when: Any) -> list[Row]:
    """Rows under one heading, and the conditions that all of them share."""
    shared = _row(Action.NOTHING, "", "", **when).when
    return [Row(title, {**shared, **row.when}, row.then, row.rule, row.because, row.favours) for row in rows]


ABSENT, PAST, SAME, CHANGED, DELETED, UNSEEN = Presence
ALIVE = frozenset({PAST, SAME, CHANGED})
NOT_THERE = frozenset({ABSENT, UNSEEN})
LINKED = frozenset({LinkState.LIVE, LinkState.DORMANT, LinkState.TOMBSTONE})
#: The directions in which Salesforce's changes travel, and those in which the partner's do.
INWARDS = frozenset({Direction.RECEIVE, Direction.BOTH})
OUTWARDS = frozenset({Direction.SEND, Direction.BOTH})
PARTNER_PREFERRED = frozenset(Policy) - {Policy.NEWEST, Policy.SALESFORCE}
SALESFORCE_LAST = frozenset({Order.SALESFORCE_NEWER, Order.SAME_SECOND})

OFF = [
    _row(Action.NOTHING, "P2 M1", "Not Syncing: no request is made and nothing is decided", direction=Direction.OFF),
]

IMPOSSIBLE = [
    _row(Action.IMPOSSIBLE, "I3", "nothing was seen on either side", link=LinkState.NONE, left=ABSENT, right=ABSENT),
    _row(Action.IMPOSSIBLE, "I6", "only what was linked can be missed (left)", link=LinkState.NONE, left=UNSEEN),
    _row(Action.IMPOSSIBLE, "I6", "only what was linked can be missed (right)", link=LinkState.NONE, right=UNSEEN),
    _row(
        Action.IMPOSSIBLE,
        "M23 T20",
        "two records without a link or a key are no pair: nothing is matched by its looks",
        link=LinkState.NONE,
        left=frozenset(Presence) - {ABSENT},
        right=frozenset(Presence) - {ABSENT},
    ),
    _row(Action.IMPOSSIBLE, "I3", "nobody carries the key", link=LinkState.KEYED, left=NOT_THERE, right=NOT_THERE),
    _row(Action.IMPOSSIBLE, "I3", "a link names a Salesforce record that was seen", link=LINKED, left=ABSENT),
    _row(Action.IMPOSSIBLE, "I3", "a link names a partner's record that was seen", link=LINKED, right=ABSENT),
]

UNLINKED = [
    _row(Action.NOTHING, "T39 M21", "deleted in Salesforce before it was ever linked", left=DELETED),
    _row(Action.NOTHING, "T39 M21", "deleted in the partner before it was ever linked", right=DELETED),
    _row(Action.SKIP, "P6 T1 T42 M25", "it takes no part: its type, or a mark on it", scope=Scope.EXCLUDED),
    _row(
        Action.SKIP, "T14 T23 M15 M16", "the filter, the window or the first sync leaves it out", scope=Scope.FILTERED
    ),
    _row(Action.SKIP, "P2 T1 I7", "the section does not receive", left=ALIVE, direction=Direction.SEND),
    _row(Action.SKIP, "P2 T1 I7", "the section does not send", right=ALIVE, direction=Direction.RECEIVE),
    _row(Action.SKIP, "T13", "making new records in the partner is switched off", left=ALIVE, create_in=Creation.NO),
    _row(Action.SKIP, "T24", "making new records in Salesforce is switched off", right=ALIVE, create_out=Creation.NO),
    _row(
        Action.SKIP,
        "P21 P29 M16",
        "it was in Salesforce before the section was switched on",
        left=PAST,
        create_in=Creation.NEW,
    ),
    _row(
        Action.SKIP,
        "P21 P29 M14 M15",
        "it was in the partner before the section was switched on",
        right=PAST,
        create_out=Creation.NEW,
    ),
    _row(
        Action.WAIT,
        "P27 T11 F59",
        "its account is not known in the partner",
        left=ALIVE,
        scope=Scope.PARENT_MISSING,
    ),
    _row(Action.WAIT, "P27 T20 F59", "its account is not known in Salesforce", right=ALIVE, scope=Scope.PARENT_MISSING),
    _row(Action.CREATE_PARTNER, "T13 M16 M19", "the partner has no record of it", left=ALIVE),
    _row(Action.CREATE_SALESFORCE, "P8 T24 M15 M19", "Salesforce has no record of it", right=ALIVE),
]

KEYED = [
    _row(
        Action.BURY,
        "T39 F13 I6",
        "deleted in Salesforce, and never linked here: this one stays",
        left=DELETED,
        right=ALIVE,
    ),
    _row(
        Action.BURY,
        "T39 F13 I6",
        "deleted in the partner, and never linked here: this one stays",
        left=ALIVE,
        right=DELETED,
    ),
    _row(Action.NOTHING, "T39", "deleted in Salesforce, and no other record is there", left=DELETED),
    _row(Action.NOTHING, "T39", "deleted in the partner, and no other record is there", right=DELETED),
    _row(Action.SKIP, "P6 T42", "it takes no part: its type, or a mark on it", scope=Scope.EXCLUDED),
    _row(Action.SKIP, "T14 T23", "the filter, the window or the first sync leaves it out", scope=Scope.FILTERED),
    _row(
        Action.QUARANTINE,
        "P8 F01 F26",
        "the Salesforce record carries the id of a record nobody can see; another one is not made",
        left=ALIVE,
        right=NOT_THERE,
    ),
    _row(
        Action.QUARANTINE,
        "P8 F01 F26",
        "the partner's record carries the id of a record nobody can see; another one is not made",
        left=NOT_THERE,
        right=ALIVE,
    ),
    _row(Action.WAIT, "P27 T11 T20 F59", "its account is not known on the other side", scope=Scope.PARENT_MISSING),
    _row(Action.LINK, "P8 P9 T5 F12 F13", "one record carries the other's id: they are a pair"),
]

TOMBSTONE = [
    _row(Action.LINK, "F15", "both records are there again", left=ALIVE, right=ALIVE, scope=Scope.IN),
    _row(Action.SKIP, "P25 M18 I6", "its counterpart was deleted; the Salesforce record stays", left=ALIVE),
    _row(Action.SKIP, "P25 M18 I6", "its counterpart was deleted; the partner's record stays", right=ALIVE),
    _row(Action.NOTHING, "F23 F24", "neither record is there; the tombstone is kept"),
]

DORMANT = [
    _row(Action.BURY, "P6 I6", "deleted in Salesforce while it took no part: it must not wake", left=DELETED),
    _row(Action.BURY, "P6 I6", "deleted in the partner while it took no part: it must not wake", right=DELETED),
    _row(Action.SKIP, "P6 T42 F36", "it takes no part at present", scope=Scope.EXCLUDED),
    _row(Action.SKIP, "T14 T23", "it sleeps, and the filter or the window leaves it out", scope=Scope.FILTERED),
    _row(Action.SKIP, "T20", "it sleeps, and its account is not known on the other side", scope=Scope.PARENT_MISSING),
    _row(Action.WAKE, "P6 F36", "it takes part again", left=ALIVE, right=ALIVE),
    _row(Action.WAIT, "F26", "it takes part again, but the partner's record is not shown", left=ALIVE),
    _row(Action.WAIT, "F26", "it takes part again, but the Salesforce record is not shown", right=ALIVE),
    _row(Action.NOTHING, "F26", "it takes part again, but neither record is shown"),
]

DELETIONS = [
    _row(
        Action.BURY,
        "P25",
        "deleted on both sides; the tombstone is kept",
        left=DELETED,
        right=DELETED,
        deletions=Deletions.KEEP_SURVIVOR,
    ),
    _row(Action.DROP_LINK, "T41", "deleted on both sides: nothing is left to do", left=DELETED, right=DELETED),
    _row(
        Action.BURY,
        "P25",
        "deleted in Salesforce; the partner's record is neither deleted nor replaced",
        left=DELETED,
        deletions=Deletions.KEEP_SURVIVOR,
    ),
    _row(
        Action.BURY,
        "P25",
        "deleted in the partner; the Salesforce record is neither deleted nor replaced",
        right=DELETED,
        deletions=Deletions.KEEP_SURVIVOR,
    ),
    _row(Action.BURY, "P6 T42", "deleted in Salesforce, but it takes no part", left=DELETED, scope=Scope.EXCLUDED),
    _row(Action.BURY, "P6 T42", "deleted in the partner, but it takes no part", right=DELETED, scope=Scope.EXCLUDED),
    _row(
        Action.BURY,
        "M18 T14",
        "deleted in Salesforce outside the window or the filter",
        left=DELETED,
        scope=Scope.FILTERED,
    ),
    _row(
        Action.BURY,
        "T39",
        "deleted in the partner outside the window or the filter",
        right=DELETED,
        scope=Scope.FILTERED,
    ),
    _row(
        Action.BURY,
        "I7 P2",
        "deleted in Salesforce; the section does not receive",
        left=DELETED,
        direction=Direction.SEND,
    ),
    _row(
        Action.BURY,
        "I7 P2",
        "deleted in the partner; the section does not send",
        right=DELETED,
        direction=Direction.RECEIVE,
    ),
]

EDIT_WINS = [
    *_part(
        "",
        [
            _row(
                Action.BURY,
                "T41 T24",
                "the partner's edit is later, but nothing may be made in Salesforce",
                create_out=Creation.NO,
            ),
            _row(
                Action.WAIT,
                "T41 T20",
                "the partner's edit is later, but its account is not known in Salesforce",
                scope=Scope.PARENT_MISSING,
            ),
            _row(
                Action.CREATE_SALESFORCE,
                "T41 F22",
                "the partner's edit is later than the deletion: made again in Salesforce",
            ),
        ],
        left=DELETED,
        right=CHANGED,
        order=Order.PARTNER_NEWER,
    ),
    *_part(
        "",
        [
            _row(
                Action.BURY,
                "T41 T13",
                "Salesforce's edit is later, but nothing may be made in the partner",
                create_in=Creation.NO,
            ),
            _row(
                Action.WAIT,
                "T41 T11",
                "Salesforce's edit is later, but its account is not known in the partner",
                scope=Scope.PARENT_MISSING,
            ),
            _row(
                Action.CREATE_PARTNER,
                "T41 F22 F57",
                "Salesforce's edit is later than the deletion, or of the same second: made again in the partner",
            ),
        ],
        left=CHANGED,
        right=DELETED,
        order=SALESFORCE_LAST,
    ),
]

DELETION_WINS = [
    _row(
        Action.DELETE_PARTNER,
        "T41 F22",
        "deletion beats edit; the partner's edit is named in the conflict log",
        left=DELETED,
        right=CHANGED,
        deletions=Deletions.DELETE_WINS,
    ),
    _row(
        Action.DELETE_PARTNER,
        "T41 T9 F57",
        "the deletion in Salesforce is the last word that counts; the partner's edit is named in the conflict log",
        left=DELETED,
        right=CHANGED,
    ),
    _row(Action.DELETE_PARTNER, "T40 M21", "deleted in Salesforce", left=DELETED),
    _row(
        Action.DELETE_SALESFORCE,
        "T41 F22",
        "deletion beats edit; Salesforce's edit is named in the conflict log",
        left=CHANGED,
        right=DELETED,
        deletions=Deletions.DELETE_WINS,
    ),
    _row(
        Action.DELETE_SALESFORCE,
        "T41 T9",
        "the deletion in the partner is the last word that counts; Salesforce's edit is named in the conflict log",
        left=CHANGED,
        right=DELETED,
    ),
    _row(Action.DELETE_SALESFORCE, "T39 M21", "deleted in the partner", right=DELETED),
]

OUT_OF_SCOPE = [
    _row(Action.SLEEP, "P6 T42 F36", "it takes no part any more: its type, or a mark on it", scope=Scope.EXCLUDED),
    _row(Action.SKIP, "T14 T23 F58", "a miss of filter or window neither updates nor deletes", scope=Scope.FILTERED),
    *_part(
        "",
        [
            _row(
                Action.WAIT,
                "T11 P27",
                "changed in Salesforce, but its account is not known in the partner",
                left=CHANGED,
                direction=INWARDS,
                updates=True,
            ),
            _row(
                Action.WAIT,
                "T20 P27",
                "changed in the partner, but its account is not known in Salesforce",
                right=CHANGED,
                direction=OUTWARDS,
                updates=True,
            ),
            _row(Action.SKIP, "T12 T20", "its account is not known on the other side; nothing is deleted for that"),
        ],
        scope=Scope.PARENT_MISSING,
    ),
]

CHANGES = [
    *_part(
        "",
        [
            _row(
                Action.WAIT,
                "F26",
                "changed in Salesforce, but the partner's record is not shown",
                left=CHANGED,
                right=UNSEEN,
                direction=INWARDS,
            ),
            _row(
                Action.WAIT,
                "F26",
                "changed in the partner, but the Salesforce record is not shown",
                left=UNSEEN,
                right=CHANGED,
                direction=OUTWARDS,
            ),
            *_part(
                "",
                [
                    _row(
                        Action.COMPARE,
                        "P2 I7",
                        "both changed; the section only sends",
                        favours=PARTNER,
                        direction=Direction.SEND,
                    ),
                    _row(
                        Action.COMPARE,
                        "P2 I7",
                        "both changed; the section only receives",
                        favours=SALESFORCE,
                        direction=Direction.RECEIVE,
                    ),
                    _row(
                        Action.COMPARE,
                        "P24",
                        "both changed; the section prefers Salesforce",
                        favours=SALESFORCE,
                        conflict=Policy.SALESFORCE,
                    ),
                    _row(
                        Action.COMPARE,
                        "P24",
                        "both changed; the section prefers the partner",
                        favours=PARTNER,
                        conflict=PARTNER_PREFERRED,
                    ),
                    _row(
                        Action.COMPARE,
                        "P24 T9 M22",
                        "both changed, Salesforce last",
                        favours=SALESFORCE,
                        order=Order.SALESFORCE_NEWER,
                    ),
                    _row(
                        Action.COMPARE,
                        "P24 T9 M22 F57",
                        "both changed in the same second: Salesforce's",
                        favours=SALESFORCE,
                        order=Order.SAME_SECOND,
                    ),
                    _row(
                        Action.COMPARE,
                        "P24 T9 M22",
                        "both changed, the partner last",
                        favours=PARTNER,
                        order=Order.PARTNER_NEWER,
                    ),
                ],
                left=CHANGED,
                right=CHANGED,
            ),
            _row(Action.COMPARE, "P23 T9 M19", "changed in Salesforce", left=CHANGED, direction=INWARDS),
            _row(Action.COMPARE, "P23 T9 M5 M19", "changed in the partner", right=CHANGED, direction=OUTWARDS),
        ],
        updates=True,
    ),
    _row(Action.REBASE, "P29 F37", "what Salesforce showed when the section was switched on is no change", left=PAST),
    _row(Action.REBASE, "P29 F37", "what the partner showed when the section was switched on is no change", right=PAST),
    _row(Action.NOTHING, "T30", "changed in Salesforce, but made once and never updated", left=CHANGED, updates=False),
    _row(
        Action.NOTHING, "T30", "changed in the partner, but made once and never updated", right=CHANGED, updates=False
    ),
    _row(Action.NOTHING, "P2 I7", "changed in Salesforce; the section does not receive", left=CHANGED),
    _row(Action.NOTHING, "P2 I7", "changed in the partner; the section does not send", right=CHANGED),
    _row(Action.NOTHING, "I2", "nothing changed", left=SAME, right=SAME),
    _row(Action.NOTHING, "F25 F26", "nothing changed; what is not shown is not deleted"),
]

TABLE: tuple[Row, ...] = (
    *_part("Not Syncing", OFF),
    *_part("Cannot arise", IMPOSSIBLE),
    *_part("No link: one record, nothing on the other side", UNLINKED, link=LinkState.NONE),
    *_part("No link, but one record carries the other's id", KEYED, link=LinkState.KEYED),
    *_part("Tombstone", TOMBSTONE, link=LinkState.TOMBSTONE),
    *_part("Sleeping link", DORMANT, link=LinkState.DORMANT),
    *_part("Live link, a deletion: where it goes no further", DELETIONS, link=LinkState.LIVE),
    *_part(
        "Live link, a deletion against a later edit",
        EDIT_WINS,
        link=LinkState.LIVE,
        deletions=Deletions.LAST_WRITE_WINS,
        direction=Direction.BOTH,
        updates=True,
    ),
    *_part("Live link, a deletion that travels", DELETION_WINS, link=LinkState.LIVE),
    *_part("Live link, nothing deleted: out of scope", OUT_OF_SCOPE, link=LinkState.LIVE),
    *_part("Live link, nothing deleted: in scope", CHANGES, link=LinkState.LIVE),
)
