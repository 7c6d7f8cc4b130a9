"""Links in their tables: a link and its replicas are read in one statement, and changed without being read again.

Each function works within the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from crm_sync.model import SALESFORCE, Link
from crm_sync.state_tables import LINKS, REPLICAS
from crm_sync.statements import Statement

_IS = LINKS.c.id == sa.bindparam("link_id")
_OF_OBJECT = LINKS.c.sf_object == sa.bindparam("object")
_REPLICA_IS = sa.and_(REPLICAS.c.link == sa.bindparam("link_id"), REPLICAS.c.model == sa.bindparam("of_model"))
_NAMES = sa.and_(REPLICAS.c.model == sa.bindparam("of_model"), REPLICAS.c.record_id == sa.bindparam("record"))
_HALF = sa.and_(REPLICAS.c.link == LINKS.c.id, REPLICAS.c.deleted != LINKS.c.sf_deleted)
_ROWS = (
    sa.select(
        LINKS.c.id,
        LINKS.c.sf_object,
        LINKS.c.sf_id,
        LINKS.c.sf_deleted,
        LINKS.c.dormant,
        LINKS.c.base,
        LINKS.c.version,
        REPLICAS.c.model,
        REPLICAS.c.record_id,
        REPLICAS.c.deleted,
        REPLICAS.c.seen,
    )
    .select_from(LINKS.outerjoin(REPLICAS))
    .order_by(LINKS.c.id, REPLICAS.c.model)
)
#: What can be asked for, oldest link first, by the parameters named.
ALL = Statement(_ROWS)
BY_ID = Statement(_ROWS.where(_IS))  # link_id
OF_OBJECT = Statement(_ROWS.where(_OF_OBJECT))  # object
OF_SALESFORCE = Statement(_ROWS.where(_OF_OBJECT, LINKS.c.sf_id == sa.bindparam("record")))  # object, record
OF_PARTNER = Statement(_ROWS.where(LINKS.c.id.in_(sa.select(REPLICAS.c.link).where(_NAMES))))  # of_model, record
_NAMED_IN = sa.select(REPLICAS.c.link).where(_NAMES, REPLICAS.c.sf_object == sa.bindparam("object"))
OF_PARTNER_IN = Statement(_ROWS.where(LINKS.c.id.in_(_NAMED_IN)))  # of_model, record, object
_HALVES = sa.exists(sa.select(REPLICAS.c.link).where(_HALF).correlate(LINKS))
HALF_DELETED = Statement(_ROWS.where(_OF_OBJECT, _HALVES))  # object
_ALIVE = sa.and_(REPLICAS.c.link == LINKS.c.id, sa.not_(REPLICAS.c.deleted))
_NOT_GONE = sa.or_(sa.not_(LINKS.c.sf_deleted), sa.exists(sa.select(REPLICAS.c.link).where(_ALIVE).correlate(LINKS)))
COUNT = Statement(sa.select(sa.func.count()).select_from(LINKS).where(_NOT_GONE))

_ADD = sa.insert(LINKS)
_ADD_REPLICA = sa.insert(REPLICAS)
_CHANGE = sa.update(LINKS).where(_IS).values(version=LINKS.c.version + 1)
_CHANGE_REPLICA = sa.update(REPLICAS).where(_REPLICA_IS)
_DROP = (sa.delete(REPLICAS).where(REPLICAS.c.link == sa.bindparam("link_id")), sa.delete(LINKS).where(_IS))


def read(connection: sa.Connection, query: Statement, wanted: Mapping[str, Any]) -> list[Link]:
    """The links that one of the queries above finds."""
    rows: dict[int, list[Any]] = {}
    for row in query.run(connection, **wanted):
        rows.setdefault(row[0], []).append(row)
    return [_link(one) for one in rows.values()]


def _link(rows: list[Any]) -> Link:
    number, sf_object, sf_id, sf_deleted, dormant, base, version = rows[0][:7]
    replicas = [row[7:] for row in rows if row[7] is not None]
    deleted = {model for model, _id, gone, _seen in replicas if gone}
    return Link(
        id=number,
        sf_object=sf_object,
        sf_id=sf_id,
        ids={model: record_id for model, record_id, _gone, _seen in replicas},
        deleted=frozenset(deleted | {SALESFORCE} if sf_deleted else deleted),
        dormant=bool(dormant),
        base=json.loads(base),
        seen={model: seen for model, _id, _gone, seen in replicas if seen},
        version=version,
    )


def add(
    connection: sa.Connection,
    sf_object: str,
    sf_id: str,
    ids: Mapping[str, str],
    base: Mapping[str, Any],
    deleted: Collection[str],
) -> Link:
    """Raises sqlalchemy.exc.IntegrityError: one of the records already belongs to a link."""
    text = json.dumps(base)
    row = {"sf_object": sf_object, "sf_id": sf_id, "sf_deleted": SALESFORCE in deleted, "base": text, "version": 1}
    done = connection.execute(_ADD, row)
    assert done.inserted_primary_key is not None
    number = done.inserted_primary_key[0]
    replicas = [
        {"link": number, "sf_object": sf_object, "model": model, "record_id": record_id, "deleted": model in deleted}
        for model, record_id in ids.items()
    ]
    connection.execute(_ADD_REPLICA, replicas)
    gone = {one for one in (SALESFORCE, *ids) if one in deleted}
    return Link(number, sf_object, sf_id, dict(sorted(ids.items())), frozenset(gone), base=json.loads(text), version=1)


def drop(connection: sa.Connection, link_id: int) -> None:
    for statement in _DROP:
        connection.execute(statement, {"link_id": link_id})


def change(
    connection: sa.Connection,
    known: Link,
    columns: Mapping[str, Any],
    replicas: Mapping[str, Mapping[str, Any]],
) -> Link:
    """*columns* of its own row, and by model those of *replicas*; a replica without a row gets one with its record_id.

    *known* is the link as it stands there. Raises sqlalchemy.exc.IntegrityError: a record belongs to another link.
    """
    connection.execute(_CHANGE, {"link_id": known.id, **columns})
    ids, seen, deleted = dict(known.ids), dict(known.seen), set(known.deleted)
    for model, told in sorted(replicas.items()):
        if model in ids:
            connection.execute(_CHANGE_REPLICA, {"link_id": known.id, "of_model": model, **told})
        elif told.get("record_id"):
            row = {"deleted": False, "seen": "", **told}
            connection.execute(_ADD_REPLICA, {"link": known.id, "sf_object": known.sf_object, "model": model, **row})
        else:
            continue
        ids[model] = told.get("record_id", ids.get(model))
        if "deleted" in told:
            (deleted.add if told["deleted"] else deleted.discard)(model)
        if "seen" in told:
            seen[model] = told["seen"]
    if "sf_deleted" in columns:
        (deleted.add if columns["sf_deleted"] else deleted.discard)(SALESFORCE)
    return Link(
        id=known.id,
        sf_object=known.sf_object,
        sf_id=known.sf_id,
        ids=dict(sorted(ids.items())),
        deleted=frozenset(deleted),
        dormant=columns.get("dormant", known.dormant),
        base=json.loads(columns["base"]) if "base" in columns else known.base,
        seen={model: one for model, one in sorted(seen.items()) if one},
        version=known.version + 1,
    )
