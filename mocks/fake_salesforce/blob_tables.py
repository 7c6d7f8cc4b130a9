"""The table of binary field values: a row's own column holds only a mark, so reading rows does not drag files along.

Rule 1: a blob is named by its row's id and its field; deleting or undeleting the row does not touch it.
Rule 2: the mark in the row is the MD5 of the bytes, so that a change of the bytes is a change of the row.
"""

from __future__ import annotations

import sqlalchemy as sa

BLOBS = "understudy_blobs"


def add_tables(metadata: sa.MetaData) -> None:
    """Register the table in an org's MetaData, once: orgs may share a schema."""
    if BLOBS not in metadata.tables:
        sa.Table(
            BLOBS,
            metadata,
            sa.Column("owner", sa.Text, primary_key=True),  # id of the row
            sa.Column("field", sa.Text, primary_key=True),
            sa.Column("bytes", sa.LargeBinary, nullable=False),
        )
