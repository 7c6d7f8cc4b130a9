"""The tables of what the sync remembers. SQLite unless told otherwise, so plain types only.

A unique constraint, not care, keeps one Salesforce record, and one partner's record per object, to one link (P10, I3).
"""

from __future__ import annotations

import sqlalchemy as sa

from crm_sync.errors import SyncError

META = sa.MetaData()

LINKS = sa.Table(
    "links",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sf_object", sa.Text, nullable=False),
    sa.Column("sf_id", sa.String(18)),
    sa.Column("sf_deleted", sa.Boolean, nullable=False, default=False),
    sa.Column("dormant", sa.Boolean, nullable=False, default=False),
    sa.Column("base", sa.Text, nullable=False, default="{}"),
    sa.Column("version", sa.Integer, nullable=False, default=0),
    sa.UniqueConstraint("sf_object", "sf_id"),
    sa.CheckConstraint("sf_id IS NULL OR length(sf_id) = 18"),  # F06: no blank key, no 15
)
REPLICAS = sa.Table(
    "replicas",
    META,
    sa.Column("link", sa.Integer, sa.ForeignKey("links.id"), primary_key=True),
    sa.Column("model", sa.String(64), primary_key=True),
    sa.Column("sf_object", sa.Text, nullable=False),
    sa.Column("record_id", sa.String(128), nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False, default=False),
    sa.Column("seen", sa.Text, nullable=False, default=""),
    sa.UniqueConstraint("model", "record_id", "sf_object"),
)
CURSORS = sa.Table("cursors", META, sa.Column("name", sa.Text, primary_key=True), sa.Column("at", sa.Text))
SETTINGS = sa.Table("settings", META, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text))
INTENTS = sa.Table(
    "intents",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
CONFLICTS = sa.Table(
    "conflicts",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("once", sa.Text, nullable=False, unique=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
PENDING = sa.Table(
    "pending",
    META,
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Text, nullable=False),
)
BASELINE = sa.Table(
    "baseline",
    META,
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
)
LEASE = sa.Table(
    "lease",
    META,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("token", sa.Integer, nullable=False),
    sa.Column("until", sa.Text, nullable=False),
)
FLAG_LOG = sa.Table(
    "flag_log",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("on", sa.Boolean, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)


def make_tables(engine: sa.Engine, metadata: sa.MetaData) -> None:
    """Make the tables that are missing. Raises SyncError: those that are there are of another version."""
    there = sa.inspect(engine)
    names = set(there.get_table_names())
    for table in metadata.sorted_tables:
        if table.name in names:
            differing = {column.name for column in table.columns} ^ {
                one["name"] for one in there.get_columns(table.name)
            }
            if differing:
                raise SyncError(
                    f"the state database is another version's (table {table.name}: {', '.join(sorted(differing))}); "
                    "run that version, or name a new --state: pairs are found again by the keys of their records"
                )
    metadata.create_all(engine)
