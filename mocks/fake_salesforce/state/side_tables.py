"""Tables beside those of the objects: the bytes of binary fields, and look-ups that a deletion cut.

Rule 1: a blob is named by its row's id and its field; the row's own column holds only the MD5 of the bytes, so that
reading rows does not drag files along, and a change of the bytes is a change of the row.
Rule 2: a look-up that lost its parent to the recycle bin is remembered until the parent comes back.
"""

from __future__ import annotations

import sqlalchemy as sa

BLOBS = "understudy_blobs"
CUT_LINKS = "understudy_cut_links"


def add_tables(metadata: sa.MetaData) -> None:
    """Register the tables in an org's MetaData, once: orgs may share a schema."""
    if BLOBS in metadata.tables:
        return
    sa.Table(
        BLOBS,
        metadata,
        sa.Column("owner", sa.Text, primary_key=True),  # id of the row
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
    )
    sa.Table(
        CUT_LINKS,
        metadata,
        sa.Column("parent", sa.Text, primary_key=True),
        sa.Column("child", sa.Text, primary_key=True),
        sa.Column("sobject", sa.Text, nullable=False),  # of the child
        sa.Column("field", sa.Text, primary_key=True),
    )
