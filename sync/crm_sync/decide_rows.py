"""The table of fields: what follows for one field of a linked pair, why, and by which rule.

Read it from the top: the first row whose conditions all hold decides. docs/decisions.md is this table for reading.
Source: rules P2, P24, T9, T17, T19, T31, T34, M4, M5, M7, M22; three-way merge as in "How OfflineIMAP works"
(E. Z. Yang, 2012), with the direction of a section and values without an opinion added.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from crm_sync.model import SALESFORCE, Direction, Write
from crm_sync.tables import Row, Table, part, row
from crm_sync.verdict_words import PARTNER


class Opinion(StrEnum):
    """What one side says about a field since both last agreed."""

    SAME = "same"
    CHANGED = "changed"
    SILENT = "silent"  # it shows a value that the other side cannot say: no opinion (M4, M7)


class Grain(StrEnum):
    """What a conflict is about: one field, or all fields of the record that both sides may write (T9)."""

    FIELD = "field"
    RECORD = "record"


class Taken(StrEnum):
    """Whose value is taken."""

    NOTHING = "nothing"
    SALESFORCE = "Salesforce's"
    PARTNER = "the partner's"


class FieldCase(NamedTuple):
    """*left* is Salesforce's opinion, *right* the partner's; *write_in* and *write_out* tell how the partner and
    Salesforce are written; *agree*: both values say the same; *record*: the side that won the record as a whole (""
    unless the grain is the record and both sides changed it); *prefers*: the side that gets a conflict of this field.
    """

    left: Opinion
    right: Opinion
    flow: Direction
    write_in: Write
    write_out: Write
    agree: bool
    record: str
    prefers: str


SAME, CHANGED, SILENT = Opinion
QUIET = frozenset({SAME, SILENT})
SPEAKING = frozenset({SAME, CHANGED})
INWARDS = frozenset({Direction.RECEIVE, Direction.BOTH})
OUTWARDS = frozenset({Direction.SEND, Direction.BOTH})
#: Written when the record is made, or never: not afterwards, and then it is not compared.
NOT_NOW = frozenset(Write) - {Write.ALWAYS}

ROWS: tuple[Row, ...] = (
    *part(
        "Nothing to decide",
        [
            row(Taken.NOTHING, "I2 I12", "both say the same, whatever happened to them", agree=True),
            row(Taken.NOTHING, "P2 M1 I7", "the field does not travel", flow=Direction.OFF),
            row(
                Taken.NOTHING,
                "M4 M5 M7 I2",
                "nobody changed it, or to a value without an opinion",
                left=QUIET,
                right=QUIET,
            ),
        ],
    ),
    *part(
        "Written only when the record is made, or never",
        [
            row(
                Taken.NOTHING,
                "T17 T19 T34",
                "neither side is written after the record was made",
                write_in=NOT_NOW,
                write_out=NOT_NOW,
            ),
            row(
                Taken.PARTNER,
                "T31 M11",
                "changed in the partner, which is not written itself any more",
                write_in=NOT_NOW,
                right=CHANGED,
                flow=OUTWARDS,
            ),
            row(Taken.NOTHING, "T31 T34 M11", "the partner is not written after the record was made", write_in=NOT_NOW),
            row(
                Taken.SALESFORCE,
                "T17 T19",
                "changed in Salesforce, which is not written itself any more",
                write_out=NOT_NOW,
                left=CHANGED,
                flow=INWARDS,
            ),
            row(Taken.NOTHING, "T17 T19", "Salesforce is not written after the record was made", write_out=NOT_NOW),
        ],
    ),
    *part(
        "One winner for the whole record",
        [
            row(
                Taken.SALESFORCE,
                "T9",
                "Salesforce won the record: its value also replaces a change it did not make itself",
                record=SALESFORCE,
                left=SPEAKING,
                right=CHANGED,
            ),
            row(
                Taken.PARTNER,
                "T9",
                "the partner won the record: its value also replaces a change it did not make itself",
                record=PARTNER,
                left=CHANGED,
                right=SPEAKING,
            ),
        ],
        flow=Direction.BOTH,
    ),
    *part(
        "Both changed",
        [
            row(Taken.PARTNER, "P2 I7", "the field is only sent", flow=Direction.SEND),
            row(Taken.SALESFORCE, "P2 I7", "the field is only received", flow=Direction.RECEIVE),
            row(Taken.SALESFORCE, "P24 T9 M22 F57", "the conflict goes to Salesforce", prefers=SALESFORCE),
            row(Taken.PARTNER, "P24 T9 M22", "the conflict goes to the partner", prefers=PARTNER),
        ],
        left=CHANGED,
        right=CHANGED,
    ),
    *part(
        "One changed",
        [
            row(Taken.SALESFORCE, "P23 T9 M19", "changed in Salesforce", left=CHANGED, flow=INWARDS),
            row(Taken.PARTNER, "P23 M5 M19", "changed in the partner", right=CHANGED, flow=OUTWARDS),
            row(Taken.NOTHING, "P2 I7", "changed in Salesforce; the field is only sent", left=CHANGED),
            row(Taken.NOTHING, "P2 I7", "changed in the partner; the field is only received", right=CHANGED),
        ],
    ),
)

#: Every value of every part of a `FieldCase`, in its order.
DIMENSIONS: Mapping[str, tuple[Any, ...]] = {
    "left": tuple(Opinion),
    "right": tuple(Opinion),
    "flow": tuple(Direction),
    "write_in": tuple(Write),
    "write_out": tuple(Write),
    "agree": (True, False),
    "record": ("", SALESFORCE, PARTNER),
    "prefers": (SALESFORCE, PARTNER),
}


class Fields:
    """A table of fields, to be asked."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.table = Table(rows, DIMENSIONS)
        self._taken = [Taken(one.then) for one in rows]

    def __call__(self, case: FieldCase) -> Taken:
        return self._taken[self.table.first(case)]


#: Whose value of one field is taken.
field_verdict = Fields(ROWS)
