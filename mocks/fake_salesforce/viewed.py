"""Who looked at which row, and when: what LastViewedDate and LastReferencedDate say to each user.

Rule 1: the two dates are of the user who asks, so they are no columns of the row but rows of a table of
their own: one for each user and record.
Source: Object Reference, LastViewedDate and LastReferencedDate ("the current user"); SOQL and SOSL
Reference, FOR VIEW and FOR REFERENCE.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

VIEWED: Final = "understudy_viewed"
# field of a describe -> column of the table
DATES: Final = {"LastViewedDate": "viewed", "LastReferencedDate": "referenced"}


def viewed_table(metadata: sa.MetaData) -> sa.Table:
    """The table, registered in *metadata* at the first call."""
    found = metadata.tables.get(VIEWED)
    if found is not None:
        return found
    return sa.Table(
        VIEWED,
        metadata,
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("record_id", sa.Text, primary_key=True),
        sa.Column("sobject", sa.Text, nullable=False),
        sa.Column("viewed", sa.Text),
        sa.Column("referenced", sa.Text),
        sa.Index("ix_understudy_viewed_recent", "user_id", "sobject", "referenced"),
    )
