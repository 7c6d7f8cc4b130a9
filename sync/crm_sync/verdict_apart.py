"""The first half of the table of verdicts: pairs without a live link.

Read it from the top: the first row whose conditions all hold decides. A condition that is not named holds always. Tests
prove that some row always holds, that every row decides something, and that each says what an independently written
oracle says; docs/decisions.md is this table for reading.
Source: rules P1-P29, T1-T45, M1-M27; I are invariants of any sync, F the ways in which syncs are known to go wrong.
"""

from __future__ import annotations

from typing import Any

from crm_sync.model import Direction
from crm_sync.tables import Row, part, row
from crm_sync.verdict_words import (
    ABSENT,
    ALIVE,
    DELETED,
    INWARDS,
    NOT_THERE,
    OUTWARDS,
    PAST,
    UNSEEN,
    Action,
    Creation,
    LinkState,
    Presence,
    Scope,
)

LINKED = frozenset({LinkState.LIVE, LinkState.DORMANT, LinkState.TOMBSTONE})
#: One of the two ways lets the pair through.
OPEN_IN: dict[str, Any] = {"direction": INWARDS, "scope_in": Scope.IN}
OPEN_OUT: dict[str, Any] = {"direction": OUTWARDS, "scope_out": Scope.IN}


def _awaited(**more: Any) -> list[Row]:
    """A way would let the pair through, were its account known on the other side: it is looked out for."""
    return [
        row(
            Action.WAIT,
            "P27 F59",
            "its account is not known in the partner yet",
            direction=INWARDS,
            scope_in=Scope.PARENT_AWAITED,
            **more,
        ),
        row(
            Action.WAIT,
            "P27 F59",
            "its account is not known in Salesforce yet",
            direction=OUTWARDS,
            scope_out=Scope.PARENT_AWAITED,
            **more,
        ),
    ]


OFF = [
    row(Action.NOTHING, "P2 M1", "Not Syncing: no request is made and nothing is decided", direction=Direction.OFF),
]

IMPOSSIBLE = [
    row(Action.IMPOSSIBLE, "I3", "nothing was seen on either side", link=LinkState.NONE, left=ABSENT, right=ABSENT),
    row(
        Action.IMPOSSIBLE,
        "I6",
        "a Salesforce record that was never linked cannot be missed",
        link=LinkState.NONE,
        left=UNSEEN,
    ),
    row(
        Action.IMPOSSIBLE,
        "I6",
        "a partner's record that was never linked cannot be missed",
        link=LinkState.NONE,
        right=UNSEEN,
    ),
    row(
        Action.IMPOSSIBLE,
        "M23 T20",
        "two records without a link or a key are no pair: nothing is matched by its looks",
        link=LinkState.NONE,
        left=frozenset(Presence) - {ABSENT},
        right=frozenset(Presence) - {ABSENT},
    ),
    row(Action.IMPOSSIBLE, "I3", "nobody carries the key", link=LinkState.KEYED, left=NOT_THERE, right=NOT_THERE),
    row(Action.IMPOSSIBLE, "I3", "a link names a Salesforce record that was seen", link=LINKED, left=ABSENT),
    row(Action.IMPOSSIBLE, "I3", "a link names a partner's record that was seen", link=LINKED, right=ABSENT),
]

UNLINKED = [
    row(Action.NOTHING, "T39 M21", "deleted in Salesforce before it was ever linked", left=DELETED),
    row(Action.NOTHING, "T39 M21", "deleted in the partner before it was ever linked", right=DELETED),
    *part(
        "",
        [
            row(Action.SKIP, "P2 T1 I7", "the section does not receive", direction=Direction.SEND),
            row(Action.SKIP, "P6 T1 M25", "it takes no part: its type, or a mark on it", scope_in=Scope.EXCLUDED),
            row(Action.SKIP, "T14 M16", "the filter or the first sync leaves it out", scope_in=Scope.FILTERED),
            row(Action.SKIP, "T13", "making new records in the partner is switched off", create_in=Creation.NO),
            row(
                Action.SKIP,
                "P21 P29 M16",
                "it was in Salesforce before the section was switched on",
                left=PAST,
                create_in=Creation.NEW,
            ),
            row(Action.WAIT, "P27 F59", "its account is not known in the partner yet", scope_in=Scope.PARENT_AWAITED),
            row(Action.SKIP, "T11 T15", "its account is not known in the partner", scope_in=Scope.PARENT_MISSING),
            row(Action.CREATE_PARTNER, "T13 M16 M19", "the partner has no record of it"),
        ],
        left=ALIVE,
    ),
    *part(
        "",
        [
            row(Action.SKIP, "P2 T1 I7", "the section does not send", direction=Direction.RECEIVE),
            row(Action.SKIP, "P6 T42", "it takes no part: its type, or a mark on it", scope_out=Scope.EXCLUDED),
            row(Action.SKIP, "T23 M15", "the window or the first sync leaves it out", scope_out=Scope.FILTERED),
            row(Action.SKIP, "T24", "making new records in Salesforce is switched off", create_out=Creation.NO),
            row(
                Action.SKIP,
                "P21 P29 M14 M15",
                "it was in the partner before the section was switched on",
                right=PAST,
                create_out=Creation.NEW,
            ),
            row(Action.WAIT, "P27 F59", "its account is not known in Salesforce yet", scope_out=Scope.PARENT_AWAITED),
            row(Action.SKIP, "T20 T15", "its account is not known in Salesforce", scope_out=Scope.PARENT_MISSING),
            row(Action.CREATE_SALESFORCE, "P8 T24 M15 M19", "Salesforce has no record of it"),
        ],
        right=ALIVE,
    ),
]

KEYED = [
    row(
        Action.BURY,
        "T39 F13 I6",
        "deleted in Salesforce, and never linked here: this one stays",
        left=DELETED,
        right=ALIVE,
    ),
    row(
        Action.BURY,
        "T39 F13 I6",
        "deleted in the partner, and never linked here: this one stays",
        left=ALIVE,
        right=DELETED,
    ),
    row(Action.NOTHING, "T39", "deleted in Salesforce, and no other record is there", left=DELETED),
    row(Action.NOTHING, "T39", "deleted in the partner, and no other record is there", right=DELETED),
    *part(
        "",
        [
            row(Action.SKIP, "P2 I7", "it carries a key, and the section does not receive", direction=Direction.SEND),
            row(Action.SKIP, "P6 T1", "it carries a key, and takes no part", scope_in=Scope.EXCLUDED),
            row(Action.SKIP, "T14", "it carries a key, and the filter leaves it out", scope_in=Scope.FILTERED),
            row(
                Action.QUARANTINE,
                "P8 F01 F26",
                "the Salesforce record carries the id of a record nobody can see; another one is not made",
            ),
        ],
        left=ALIVE,
        right=NOT_THERE,
    ),
    *part(
        "",
        [
            row(Action.SKIP, "P2 I7", "it carries a key, and the section does not send", direction=Direction.RECEIVE),
            row(Action.SKIP, "P6 T42", "it carries a key, and takes no part", scope_out=Scope.EXCLUDED),
            row(Action.SKIP, "T23", "it carries a key, and the window leaves it out", scope_out=Scope.FILTERED),
            row(
                Action.QUARANTINE,
                "P8 F01 F26",
                "the partner's record carries the id of a record nobody can see; another one is not made",
            ),
        ],
        left=NOT_THERE,
        right=ALIVE,
    ),
    row(Action.LINK, "P8 P9 T5 F12 F13", "one record carries the other's id, and it may come in", **OPEN_IN),
    row(Action.LINK, "P8 P9 T5 F12 F13", "one record carries the other's id, and it may go out", **OPEN_OUT),
    *_awaited(),
    row(Action.SKIP, "P6 T11 T14 T20 T23 T42", "one record carries the other's id, but no way lets it through"),
]

TOMBSTONE = [
    row(Action.LINK, "F15", "both records are there again, and may come in", left=ALIVE, right=ALIVE, **OPEN_IN),
    row(Action.LINK, "F15", "both records are there again, and may go out", left=ALIVE, right=ALIVE, **OPEN_OUT),
    *_awaited(left=ALIVE, right=ALIVE),
    row(Action.SKIP, "F15", "both records are there again, but no way lets them through", left=ALIVE, right=ALIVE),
    row(Action.SKIP, "P25 M18 I6", "its counterpart was deleted; the Salesforce record stays", left=ALIVE),
    row(Action.SKIP, "P25 M18 I6", "its counterpart was deleted; the partner's record stays", right=ALIVE),
    row(Action.NOTHING, "F23 F24", "neither record is there; the tombstone is kept"),
]

DORMANT = [
    row(Action.BURY, "P6 I6", "deleted in Salesforce while it took no part: it must not wake", left=DELETED),
    row(Action.BURY, "P6 I6", "deleted in the partner while it took no part: it must not wake", right=DELETED),
    row(Action.WAKE, "P6 F36", "it takes part again, and may come in", left=ALIVE, right=ALIVE, **OPEN_IN),
    row(Action.WAKE, "P6 F36", "it takes part again, and may go out", left=ALIVE, right=ALIVE, **OPEN_OUT),
    *(
        one
        for way in (OPEN_IN, OPEN_OUT)
        for one in part(
            "",
            [
                row(Action.WAIT, "F26", "it takes part again, but the partner's record is not shown", left=ALIVE),
                row(Action.WAIT, "F26", "it takes part again, but the Salesforce record is not shown", right=ALIVE),
                row(Action.NOTHING, "F26", "it takes part again, but neither record is shown"),
            ],
            **way,
        )
    ),
    *_awaited(left=ALIVE),
    *_awaited(right=ALIVE),
    row(Action.SKIP, "P6 T42 F36", "it takes no part at present, or no way lets it through"),
]
