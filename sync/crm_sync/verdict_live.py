"""The second half of the table of verdicts: pairs with a live link. Read it as the first, from the top.

Deletions come first, and only where there is positive evidence of one (I6); then what takes no part at present; then
what changed.
"""

from __future__ import annotations

from crm_sync.model import SALESFORCE, Direction, Policy
from crm_sync.tables import part, row
from crm_sync.verdict_words import (
    CHANGED,
    DELETED,
    NO_PARENT,
    PARTNER,
    PAST,
    SAME,
    UNSEEN,
    Action,
    Creation,
    Deletions,
    Order,
    Scope,
)

#: The directions in which Salesforce's changes travel, and those in which the partner's do.
INWARDS = frozenset({Direction.RECEIVE, Direction.BOTH})
OUTWARDS = frozenset({Direction.SEND, Direction.BOTH})
PARTNER_PREFERRED = frozenset(Policy) - {Policy.NEWEST, Policy.SALESFORCE}
#: Equal seconds are Salesforce's.
SALESFORCE_LAST = frozenset({Order.SALESFORCE_NEWER, Order.SAME_SECOND})

DELETIONS = [
    row(
        Action.BURY,
        "P25",
        "deleted on both sides; the tombstone is kept",
        left=DELETED,
        right=DELETED,
        deletions=Deletions.KEEP_SURVIVOR,
    ),
    row(Action.DROP_LINK, "T41", "deleted on both sides: nothing is left to do", left=DELETED, right=DELETED),
    row(
        Action.BURY,
        "P25",
        "deleted in Salesforce; the partner's record is neither deleted nor replaced",
        left=DELETED,
        deletions=Deletions.KEEP_SURVIVOR,
    ),
    row(
        Action.BURY,
        "P25",
        "deleted in the partner; the Salesforce record is neither deleted nor replaced",
        right=DELETED,
        deletions=Deletions.KEEP_SURVIVOR,
    ),
    row(Action.BURY, "P6 T42", "deleted in Salesforce, but it takes no part", left=DELETED, scope=Scope.EXCLUDED),
    row(Action.BURY, "P6 T42", "deleted in the partner, but it takes no part", right=DELETED, scope=Scope.EXCLUDED),
    row(
        Action.BURY,
        "M18 T14",
        "deleted in Salesforce outside the window or the filter",
        left=DELETED,
        scope=Scope.FILTERED,
    ),
    row(
        Action.BURY,
        "T39",
        "deleted in the partner outside the window or the filter",
        right=DELETED,
        scope=Scope.FILTERED,
    ),
    row(
        Action.BURY,
        "I7 P2",
        "deleted in Salesforce; the section does not receive",
        left=DELETED,
        direction=Direction.SEND,
    ),
    row(
        Action.BURY,
        "I7 P2",
        "deleted in the partner; the section does not send",
        right=DELETED,
        direction=Direction.RECEIVE,
    ),
]

EDIT_WINS = [
    *part(
        "",
        [
            row(
                Action.BURY,
                "T41 T24",
                "the partner's edit is later, but nothing may be made in Salesforce",
                create_out=Creation.NO,
            ),
            row(
                Action.WAIT,
                "T41 T20",
                "the partner's edit is later, but its account is not known in Salesforce",
                scope=NO_PARENT,
            ),
            row(
                Action.CREATE_SALESFORCE,
                "T41 F22",
                "the partner's edit is later than the deletion: made again in Salesforce",
                favours=PARTNER,
            ),
        ],
        left=DELETED,
        right=CHANGED,
        order=Order.PARTNER_NEWER,
    ),
    *part(
        "",
        [
            row(
                Action.BURY,
                "T41 T13",
                "Salesforce's edit is later, but nothing may be made in the partner",
                create_in=Creation.NO,
            ),
            row(
                Action.WAIT,
                "T41 T11",
                "Salesforce's edit is later, but its account is not known in the partner",
                scope=NO_PARENT,
            ),
            row(
                Action.CREATE_PARTNER,
                "T41 F22 F57",
                "Salesforce's edit is later than the deletion, or of the same second: made again in the partner",
                favours=SALESFORCE,
            ),
        ],
        left=CHANGED,
        right=DELETED,
        order=SALESFORCE_LAST,
    ),
]

DELETION_WINS = [
    row(
        Action.DELETE_PARTNER,
        "T41 F22",
        "deletion beats edit; the partner's edit is given up",
        favours=SALESFORCE,
        left=DELETED,
        right=CHANGED,
        deletions=Deletions.DELETE_WINS,
    ),
    row(
        Action.DELETE_PARTNER,
        "T41 T9 F57",
        "the deletion in Salesforce is the last word that counts; the partner's edit is given up",
        favours=SALESFORCE,
        left=DELETED,
        right=CHANGED,
    ),
    row(Action.DELETE_PARTNER, "T40 M21", "deleted in Salesforce", left=DELETED),
    row(
        Action.DELETE_SALESFORCE,
        "T41 F22",
        "deletion beats edit; Salesforce's edit is given up",
        favours=PARTNER,
        left=CHANGED,
        right=DELETED,
        deletions=Deletions.DELETE_WINS,
    ),
    row(
        Action.DELETE_SALESFORCE,
        "T41 T9",
        "the deletion in the partner is the last word that counts; Salesforce's edit is given up",
        favours=PARTNER,
        left=CHANGED,
        right=DELETED,
    ),
    row(Action.DELETE_SALESFORCE, "T39 M21", "deleted in the partner", right=DELETED),
]

OUT_OF_SCOPE = [
    row(Action.SLEEP, "P6 T42 F36", "it takes no part any more: its type, or a mark on it", scope=Scope.EXCLUDED),
    row(Action.SKIP, "T14 T23 F58", "a miss of filter or window neither updates nor deletes", scope=Scope.FILTERED),
    *part(
        "",
        [
            row(
                Action.WAIT,
                "P27 F59",
                "changed in Salesforce, but its account is not known in the partner yet",
                left=CHANGED,
                direction=INWARDS,
                updates=True,
            ),
            row(
                Action.WAIT,
                "P27 F59",
                "changed in the partner, but its account is not known in Salesforce yet",
                right=CHANGED,
                direction=OUTWARDS,
                updates=True,
            ),
        ],
        scope=Scope.PARENT_AWAITED,
    ),
    row(
        Action.SKIP,
        "T12 T20",
        "its account is not known on the other side; nothing is deleted for that",
        scope=NO_PARENT,
    ),
]

CHANGES = [
    *part(
        "",
        [
            row(
                Action.WAIT,
                "F26",
                "changed in Salesforce, but the partner's record is not shown",
                left=CHANGED,
                right=UNSEEN,
                direction=INWARDS,
            ),
            row(
                Action.WAIT,
                "F26",
                "changed in the partner, but the Salesforce record is not shown",
                left=UNSEEN,
                right=CHANGED,
                direction=OUTWARDS,
            ),
            *part(
                "",
                [
                    row(
                        Action.COMPARE,
                        "P2 I7",
                        "both changed; the section only sends",
                        favours=PARTNER,
                        direction=Direction.SEND,
                    ),
                    row(
                        Action.COMPARE,
                        "P2 I7",
                        "both changed; the section only receives",
                        favours=SALESFORCE,
                        direction=Direction.RECEIVE,
                    ),
                    row(
                        Action.COMPARE,
                        "P24",
                        "both changed; the section prefers Salesforce",
                        favours=SALESFORCE,
                        conflict=Policy.SALESFORCE,
                    ),
                    row(
                        Action.COMPARE,
                        "P24",
                        "both changed; the section prefers the partner",
                        favours=PARTNER,
                        conflict=PARTNER_PREFERRED,
                    ),
                    row(
                        Action.COMPARE,
                        "P24 T9 M22",
                        "both changed, Salesforce last",
                        favours=SALESFORCE,
                        order=Order.SALESFORCE_NEWER,
                    ),
                    row(
                        Action.COMPARE,
                        "P24 T9 M22 F57",
                        "both changed in the same second: Salesforce's",
                        favours=SALESFORCE,
                        order=Order.SAME_SECOND,
                    ),
                    row(
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
            row(Action.COMPARE, "P23 T9 M19", "changed in Salesforce", left=CHANGED, direction=INWARDS),
            row(Action.COMPARE, "P23 T9 M5 M19", "changed in the partner", right=CHANGED, direction=OUTWARDS),
        ],
        updates=True,
    ),
    row(Action.REBASE, "P29 F37", "what Salesforce showed when the section was switched on is no change", left=PAST),
    row(Action.REBASE, "P29 F37", "what the partner showed when the section was switched on is no change", right=PAST),
    row(Action.NOTHING, "T30", "changed in Salesforce, but made once and never updated", left=CHANGED, updates=False),
    row(Action.NOTHING, "T30", "changed in the partner, but made once and never updated", right=CHANGED, updates=False),
    row(Action.NOTHING, "P2 I7", "changed in Salesforce; the section does not receive", left=CHANGED),
    row(Action.NOTHING, "P2 I7", "changed in the partner; the section does not send", right=CHANGED),
    row(Action.NOTHING, "I2", "nothing changed", left=SAME, right=SAME),
    row(Action.NOTHING, "F25 F26", "nothing changed; what is not shown is not deleted"),
]
