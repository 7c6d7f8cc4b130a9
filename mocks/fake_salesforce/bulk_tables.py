"""The tables of the Bulk APIs: jobs, and their data and results in chunks.

Rule 1: everything a job is lives in the store, so that a snapshot, a restore and a data file keep it.
Rule 2: no chunk is larger than a request may keep in memory; a job of a million rows is many chunks.
"""

from __future__ import annotations

import sqlalchemy as sa

JOBS = "understudy_bulk_jobs"
CHUNKS = "understudy_bulk_chunks"


def add_tables(metadata: sa.MetaData) -> None:
    """Register the tables in an org's MetaData, once: orgs may share a schema."""
    if JOBS in metadata.tables:
        return
    sa.Table(
        JOBS,
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("api", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("modified", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),  # the whole job, as JSON
    )
    sa.Table(
        CHUNKS,
        metadata,
        sa.Column("owner", sa.Text, primary_key=True),  # the id of a job, or of a batch of one
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),  # bytes of the body before it was packed
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
