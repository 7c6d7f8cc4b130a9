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
    INWARDS,
    NO_PARENT,
    NOT_SELECTED,
    OUTWARDS,
    PARTNER,
    PAST,
    SAME,
    SHUT,
    UNSEEN,
    Action,
    Creation,
    Deletions,
    Order,
    Scope,
)

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
    *part(
        "",
        [
            row(
                Action.BURY,
                "P25",
                "deleted in Salesforce; the partner's record is neither deleted nor replaced",
                deletions=Deletions.KEEP_SURVIVOR,
            ),
            row(Action.BURY, "I7 P2", "deleted in Salesforce; the section does not receive", direction=Direction.SEND),
            row(Action.BURY, "P6 T1", "deleted in Salesforce, but it takes no part", scope_in=Scope.EXCLUDED),
            row(Action.BURY, "M18 T14", "deleted in Salesforce, too long ago or filtered", scope_in=Scope.FILTERED),
        ],
        left=DELETED,
    ),
    *part(
        "",
        [
            row(
                Action.BURY,
                "P25",
                "deleted in the partner; the Salesforce record is neither deleted nor replaced",
                deletions=Deletions.KEEP_SURVIVOR,
            ),
            row(Action.BURY, "I7 P2", "deleted in the partner; the section does not send", direction=Direction.RECEIVE),
            row(Action.BURY, "P6 T42", "deleted in the partner, but it takes no part", scope_out=Scope.EXCLUDED),
            row(Action.BURY, "T39", "deleted in the partner, too long ago", scope_out=Scope.FILTERED),
        ],
        right=DELETED,
    ),
]

EDIT_WINS = [
    *part(
        "",
        [
            row(Action.BURY, "T41 I7", "the edit is later, but the section does not send", direction=Direction.RECEIVE),
            row(Action.BURY, "T41 T30", "the edit is later, but Salesforce is never written again", updates=False),
            row(Action.BURY, "T41 T24", "the edit is later, but nothing may be made there", create_out=Creation.NO),
            row(Action.BURY, "T41 T23 T42", "the edit is later, but may not go out", scope_out=NOT_SELECTED),
            row(Action.WAIT, "T41 T20 P27", "the edit is later, but its account is not known", scope_out=NO_PARENT),
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
            row(Action.BURY, "T41 I7", "the edit is later, but the section does not receive", direction=Direction.SEND),
            row(Action.BURY, "T41 T30", "the edit is later, but the partner is never written again", updates=False),
            row(Action.BURY, "T41 T13", "the edit is later, but nothing may be made there", create_in=Creation.NO),
            row(Action.BURY, "T41 T14", "the edit is later, but may not come in", scope_in=NOT_SELECTED),
            row(Action.WAIT, "T41 T11 P27", "the edit is later, but its account is not known", scope_in=NO_PARENT),
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
        "the deletion in Salesforce is the last word; the partner's edit is given up",
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
        "the deletion in the partner is the last word; Salesforce's edit is given up",
        favours=PARTNER,
        left=CHANGED,
        right=DELETED,
    ),
    row(Action.DELETE_SALESFORCE, "T39 M21", "deleted in the partner", right=DELETED),
]

SLEEPING = [
    row(
        Action.SLEEP,
        "P6 F36",
        "it takes no part any more",
        direction=Direction.BOTH,
        scope_in=Scope.EXCLUDED,
        scope_out=Scope.EXCLUDED,
    ),
    row(Action.SLEEP, "P6 F36", "it takes no part any more", direction=Direction.RECEIVE, scope_in=Scope.EXCLUDED),
    row(Action.SLEEP, "P6 T42 F36", "it takes no part any more", direction=Direction.SEND, scope_out=Scope.EXCLUDED),
]

BOTH_CHANGED = [
    row(
        Action.WAIT,
        "P27 F59",
        "its account is not known in the partner yet, and nothing may go out",
        scope_in=Scope.PARENT_AWAITED,
        scope_out=SHUT,
    ),
    row(
        Action.WAIT,
        "P27 F59",
        "its account is not known in Salesforce yet, and nothing may come in",
        scope_in=SHUT,
        scope_out=Scope.PARENT_AWAITED,
    ),
    row(
        Action.SKIP,
        "T14 T20 T23 F58",
        "no way lets it through: neither updated nor deleted",
        scope_in=SHUT,
        scope_out=SHUT,
    ),
    row(Action.COMPARE, "P24", "the section prefers Salesforce", favours=SALESFORCE, conflict=Policy.SALESFORCE),
    row(Action.COMPARE, "P24", "the section prefers the partner", favours=PARTNER, conflict=PARTNER_PREFERRED),
    row(Action.COMPARE, "P24 T9 M22", "Salesforce last", favours=SALESFORCE, order=Order.SALESFORCE_NEWER),
    row(Action.COMPARE, "P24 T9 M22 F57", "one second: Salesforce's", favours=SALESFORCE, order=Order.SAME_SECOND),
    row(Action.COMPARE, "P24 T9 M22", "the partner last", favours=PARTNER, order=Order.PARTNER_NEWER),
]

ONE_CHANGED = [
    *part(
        "",
        [
            row(Action.WAIT, "P27 F59", "its account is not known in the partner yet", scope_in=Scope.PARENT_AWAITED),
            row(Action.SKIP, "T14 F58", "it may not come in: neither updated nor deleted", scope_in=SHUT),
            row(Action.WAIT, "F26", "changed in Salesforce, but the partner's record is not shown", right=UNSEEN),
            row(Action.COMPARE, "P2 I7", "both changed; the section only receives", favours=SALESFORCE, right=CHANGED),
            row(Action.COMPARE, "P23 T9 M19", "changed in Salesforce"),
        ],
        left=CHANGED,
        direction=INWARDS,
    ),
    *part(
        "",
        [
            row(Action.WAIT, "P27 F59", "its account is not known in Salesforce yet", scope_out=Scope.PARENT_AWAITED),
            row(Action.SKIP, "T20 T23 T42 F58", "it may not go out: neither updated nor deleted", scope_out=SHUT),
            row(Action.WAIT, "F26", "changed in the partner, but the Salesforce record is not shown", left=UNSEEN),
            row(Action.COMPARE, "P2 I7", "both changed; the section only sends", favours=PARTNER, left=CHANGED),
            row(Action.COMPARE, "P23 T9 M5 M19", "changed in the partner"),
        ],
        right=CHANGED,
        direction=OUTWARDS,
    ),
]

UNCHANGED = [
    row(Action.REBASE, "P29 F37", "what Salesforce showed when the section was switched on is no change", left=PAST),
    row(Action.REBASE, "P29 F37", "what the partner showed when the section was switched on is no change", right=PAST),
    row(Action.NOTHING, "T30", "changed in Salesforce, but made once and never updated", left=CHANGED, updates=False),
    row(Action.NOTHING, "T30", "changed in the partner, but made once and never updated", right=CHANGED, updates=False),
    row(Action.NOTHING, "P2 I7", "changed in Salesforce; the section does not receive", left=CHANGED),
    row(Action.NOTHING, "P2 I7", "changed in the partner; the section does not send", right=CHANGED),
    row(Action.NOTHING, "I2", "nothing changed", left=SAME, right=SAME),
    row(Action.NOTHING, "F25 F26", "nothing changed; what is not shown is not deleted"),
]
