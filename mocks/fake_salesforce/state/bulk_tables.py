"""The tables of the Bulk APIs: jobs, and their data and results in chunks.

Rule 1: everything a job is lives in the store, so that a snapshot, a restore and a data file keep it.
Rule 2: no chunk is larger than a request may keep in memory; a job of a million rows is many chunks.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

JOBS = "understudy_bulk_jobs"
CHUNKS = "understudy_bulk_chunks"
FOUND = "understudy_bulk_found_"  # and a job's id: what a query found and nobody has written yet


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


class CreateTableAs(sa.Executable, sa.ClauseElement):
    """CREATE TABLE *name* AS *statement*, with the statement's parameters."""

    inherit_cache = False

    def __init__(self, name: str, statement: sa.Select[Any]) -> None:
        self.name = name
        self.statement = statement


@compiles(CreateTableAs)
def _create_table_as(element: CreateTableAs, compiler: Any, **options: Any) -> str:
    return f'CREATE TABLE "{element.name}" AS {compiler.process(element.statement, **options)}'


def drop_found(conn: sa.Connection, job_id: str) -> None:
    """Forget what the query of a job found."""
    conn.exec_driver_sql(f'DROP TABLE IF EXISTS "{FOUND}{job_id}"')
