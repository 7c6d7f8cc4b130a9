"""The run log: a table of the tenant's store, so that a snapshot holds it and a reset empties it."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from fake_core.store import Store
from fake_planhat.store import METADATA, dumps

RUNS_KEPT_MAX = 10_000
ALL, NONE = -2, -1  # instead of a number: since the beginning, and nothing

_RUNS = sa.Table(
    "automation_runs",
    METADATA,
    sa.Column("n", sa.Integer, primary_key=True),
    sa.Column("automation", sa.Text, nullable=False),
    sa.Column("doc", sa.Text, nullable=False),
)
_LAST = sa.select(sa.func.coalesce(sa.func.max(_RUNS.c.n), 0))


def add_run(store: Store, entry: dict[str, Any], *, kept: int) -> None:
    """Write down one run; only the newest *kept* stay."""
    with store.begin() as connection:
        n = connection.execute(_LAST).scalar_one() + 1
        row = {"n": n, "automation": entry["automation"], "doc": dumps({"n": n, **entry})}
        connection.execute(sa.insert(_RUNS), row)
        connection.execute(sa.delete(_RUNS).where(_RUNS.c.n <= n - kept))


def runs_after(store: Store, since: int, automation: str | None) -> dict[str, Any]:
    """`{"last": n, "events": [...]}`: the runs after number *since*, or ALL, or NONE; of one automation, or of all."""
    wanted = sa.select(_RUNS.c.doc).order_by(_RUNS.c.n)
    if automation is not None:
        wanted = wanted.where(_RUNS.c.automation == automation)
    if since != ALL:
        wanted = wanted.where(_RUNS.c.n > since)
    with store.read() as connection:
        last = connection.execute(_LAST).scalar_one()
        texts = [] if since == NONE else connection.execute(wanted).scalars().all()
    return {"last": last, "events": [json.loads(text) for text in texts]}
