"""Binary field values: read, kept and copied beside their rows (see `side_tables`).

Rule 1: a body gives a binary value as base64 text or, in a multipart message, as bytes; what a row shows is a path.
Source: REST API Developer Guide v66, Insert or Update Blob Data and sObject Blob Get.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import rows
from fake_salesforce.operations.save import Save
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, SObject
from fake_salesforce.state import side_tables


def keep(save: Save) -> dict[str, bytes]:
    """Store the bytes that *save* was given, put marks in their place; returns them by field name."""
    found: dict[str, bytes] = {}
    for name in save.prep.blobs:
        value = save.new[name]
        if isinstance(value, bytes):
            save.new[name] = put(save.org, save.conn, save.new["Id"], name, value)
            found[name] = value
    return found


def put(org: Org, conn: sa.Connection, owner: str, field: str, value: bytes) -> str:
    """Store *value* as field *field* of row *owner*; returns the mark for the row's column."""
    table = org.schema.metadata.tables[side_tables.BLOBS]
    conn.execute(table.delete().where(table.c.owner == owner, table.c.field == field))
    conn.execute(table.insert().values(owner=owner, field=field, bytes=value))
    return hashlib.md5(value, usedforsecurity=False).hexdigest()


def get(org: Org, conn: sa.Connection, owner: str, field: str) -> bytes | None:
    """The bytes of field *field* of row *owner*, None when there are none."""
    table = org.schema.metadata.tables[side_tables.BLOBS]
    query = sa.select(table.c.bytes).where(table.c.owner == owner, table.c.field == field)
    found: bytes | None = conn.execute(query).scalar_one_or_none()
    return found


def read(org: Org, *, sobject: SObject, record_id: str, field: Field) -> bytes:
    """The bytes of a living row's field; raises NOT_FOUND when there is no such row, or nothing in the field."""
    row = rows.get_fields(org, sobject=sobject, record_id=record_id, names=[field.name], base="")
    with org.store.read() as conn:
        value = None if row[field.name] is None else get(org, conn, record_id, field.name)
    if value is None:
        raise salesforce_error("NOT_FOUND")
    return value
