"""Reading rows: one by id or external id, some fields or all, many at once.

Rule 1: a row shows every field of the describe in the describe's order, or the chosen fields and
then Id; names in the describe's spelling, compounds put together from their parts.
Rule 2: a deleted row is not there.
Source: rows recorded by heroku/sf-functions-python and CumulusCI; the place of Id with `fields=` is
from the samples of the REST API Developer Guide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from fake_salesforce import record_ids
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations.prepared import Prepared, prepared
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import SObject

Row = dict[str, Any]
_ID_SHAPED = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", re.ASCII)


def is_id(text: str) -> bool:
    """*text* has the shape of an id, right or wrong."""
    return _ID_SHAPED.fullmatch(text) is not None


def url_id(sobject: SObject, text: str) -> str:
    """The id a URL names, for reading; raises NOT_FOUND or MALFORMED_ID."""
    record_id = record_ids.canonical(text)
    if record_id is None:
        if is_id(text):
            raise salesforce_error("MALFORMED_ID", label=sobject.id_label, field="Id", value=text)
        raise salesforce_error("NOT_FOUND.external_id", value=text)
    if record_id[:3] != sobject.key_prefix:
        raise salesforce_error("NOT_FOUND")
    return record_id


def write_id(sobject: SObject, text: str) -> str:
    """The id a URL names, for changing the row; an id of another object is MALFORMED_ID."""
    record_id = record_ids.canonical(text)
    if record_id is None and not is_id(text):
        raise salesforce_error("NOT_FOUND.external_id", value=text)
    if record_id is None or record_id[:3] != sobject.key_prefix:
        raise salesforce_error("MALFORMED_ID", label=sobject.id_label, field="Id", value=text)
    return record_id


def delete_id(sobject: SObject, text: str) -> str:
    """The id a URL names, for deleting the row."""
    record_id = record_ids.canonical(text)
    if record_id is None or record_id[:3] != sobject.key_prefix:
        raise salesforce_error("MALFORMED_ID.delete", value=text)
    return record_id


def get(org: Org, *, sobject: SObject, record_id: str, base: str) -> Row:
    """The whole row; raises NOT_FOUND."""
    prep = prepared(org, sobject)
    with org.store.read() as conn:
        found = prep.select_shown.one(conn, id=record_id)
    if found is None:
        raise salesforce_error("NOT_FOUND")
    return shown(prep, found, base)


def shown(prep: Prepared, found: Sequence[Any], base: str) -> Row:
    """The row as it goes on the wire, from the columns of `select_shown`."""
    row: Row = {"attributes": None}
    row.update(zip(prep.shown, found, strict=True))
    for name in prep.booleans:
        row[name] = bool(row[name])
    for compound in prep.compounds:
        row[compound.field.name] = compound.of(row)
    record_id = row["Id"]
    url = f"{base}/sobjects/{prep.name}/{record_id}"
    for name in prep.blobs:
        if row[name] is not None:
            row[name] = f"{url}/{name}"
    row["attributes"] = {"type": prep.name, "url": url}
    return row


def chosen_names(sobject: SObject, names: Sequence[str]) -> list[str]:
    """The describe's spelling of *names*, Id last unless it is among them; raises INVALID_FIELD."""
    chosen = []
    for name in names:
        field = sobject.field(name.strip())
        if field is None:
            raise salesforce_error("INVALID_FIELD.no_such_field_in_url", field=name.strip(), object=sobject.name)
        if field.name not in chosen:
            chosen.append(field.name)
    if "Id" not in chosen:
        chosen.append("Id")
    return chosen


def get_fields(org: Org, *, sobject: SObject, record_id: str, names: Sequence[str], base: str) -> Row:
    """The row's chosen fields; raises NOT_FOUND or INVALID_FIELD."""
    chosen = chosen_names(sobject, names)
    row = get(org, sobject=sobject, record_id=record_id, base=base)
    return {"attributes": row["attributes"], **{name: row[name] for name in chosen}}


def get_many(org: Org, *, sobject: SObject, ids: Sequence[str], names: Sequence[str], base: str) -> list[Row | None]:
    """Chosen fields of each row in the order of *ids*; None for an id that names no living row."""
    chosen = chosen_names(sobject, names)
    prep = prepared(org, sobject)
    rows: list[Row | None] = []
    with org.store.read() as conn:
        for text in ids:
            record_id = record_ids.canonical(text)
            found = None
            if record_id is not None:
                found = prep.select_shown.one(conn, id=record_id)
            rows.append(None if found is None else _pick(shown(prep, found, base), chosen))
    return rows


def _pick(row: Row, names: Sequence[str]) -> Row:
    return {"attributes": row["attributes"], **{name: row[name] for name in names}}


def parent_of(org: Org, *, sobject: SObject, record_id: str, relationship: str) -> tuple[SObject, str]:
    """The object and id at the end of a to-one relationship; raises NOT_FOUND when it is empty."""
    field = org.schema.parent(sobject, relationship)
    if field is None:
        raise salesforce_error("NOT_FOUND")
    prep = prepared(org, sobject)
    with org.store.read() as conn:
        row = prep.select((field.name,)).one(conn, id=record_id)
    value = None if row is None else row[0]
    target = org.schema.by_prefix(value) if value is not None else None
    if value is None or target is None:
        raise salesforce_error("NOT_FOUND")
    return target, value


def last_modified(org: Org, *, sobject: SObject, record_id: str) -> str | None:
    """LastModifiedDate of a living row; None when there is no such row, or the object keeps none."""
    prep = prepared(org, sobject)
    if "LastModifiedDate" not in prep.blank:
        return None
    with org.store.read() as conn:
        found = prep.select(("LastModifiedDate",)).one(conn, id=record_id)
    return None if found is None else found[0]


def newest(org: Org, sobject: SObject) -> str | None:
    """The latest SystemModstamp among all rows; None when there is none, or the object keeps none."""
    statement = prepared(org, sobject).newest_stamp
    if statement is None:
        return None
    with org.store.read() as conn:
        found = statement.one(conn)
    return None if found is None else found[0]


def count(org: Org, sobject: SObject) -> int:
    """Living rows."""
    prep = prepared(org, sobject)
    query = sa.select(sa.func.count()).select_from(prep.table).where(prep.visible(sa.true()))
    if prep.has_bin:
        query = query.where(prep.table.c.IsDeleted == 0)
    with org.store.read() as conn:
        return int(conn.execute(query).scalar_one())
