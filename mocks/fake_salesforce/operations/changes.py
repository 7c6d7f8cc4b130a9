"""Change events: what happened to the rows of watched objects, as a subscriber would be told.

Rule 1: one event for each row and transaction: what happened to the row in it is told together, from before to after.
The vendor may also put rows with the same change into one event; here each row has its own, because that says which row
it was about without leaving anything out.
Rule 2: CREATE and UNDELETE tell all fields that are not null, UPDATE what is different now (a field that became null is
there as null, and among nulledFields), DELETE nothing but its header. A row that came and went in one transaction has
no event; nor has an update that changed nothing an event may tell.
Rule 3: an event's replay id is the number of the last change it tells: it rises, with gaps, and never changes.
Rule 4: events are kept three days on the org's clock.
Source: Change Data Capture Developer Guide, Change Event Message Structure and Change Event Fields; the form of the
JSON is the one clients of the Streaming API quote (assumed where they do not).
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from fake_core.errors import MisuseError
from fake_salesforce import data_files
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, SObject
from fake_salesforce.state.change_capture import CHANGES, watched_fields

NEW_ONLY, ALL = -1, -2
ALL_CHANNEL: Final = "/data/ChangeEvents"
COMMIT_BASE: Final = 1_000_000_000_000  # commit numbers are large, rising numbers
_ADDRESS_PARTS: Final = frozenset({"address", "location"})

Event = dict[str, Any]
Values = Mapping[str, Any]


@dataclass(slots=True)
class _Story:
    """What happened to one row in one transaction."""

    entity: str
    record: str
    context: Mapping[str, Any]
    old: Values | None  # before; None: the row was not there
    kinds: list[str] = field(default_factory=list)
    new: Values | None = None  # after; None: the row is gone
    number: int = 0


def feed(org: Org, *, since: int, channel: str | None) -> dict[str, Any]:
    """`{"last": replay id, "events": [...]}`: the events after *since*, oldest first.

    *since* is a replay id, -1 (nothing that is there already) or -2 (all that are kept). *channel* is one of the
    vendor's names; all events without it. Raises MisuseError for a replay id or channel that cannot be.
    """
    entity = None if channel is None else _entity_of(org, channel)
    with org.store.begin() as conn:
        gone = _forget_old(org, conn)
        table = _table(org)
        last = conn.execute(sa.select(sa.func.max(table.c.number))).scalar() or gone
        if since not in {NEW_ONLY, ALL} and not gone <= since <= last:
            raise MisuseError(
                f"The replayId {{{since}}} you provided was invalid.  Please provide a valid ID, -2 to replay all "
                "events, or -1 to replay only new events."
            )
        if since == NEW_ONLY:
            return {"last": last, "events": []}
        rows = conn.execute(sa.select(table).order_by(table.c.number)).fetchall()
    events = [
        event for event in _events(org, rows) if event["data"]["event"]["replayId"] > (0 if since == ALL else since)
    ]
    if entity:
        events = [one for one in events if one["data"]["payload"]["ChangeEventHeader"]["entityName"] == entity]
    return {"last": last, "events": events}


def channel_of(entity: str) -> str:
    """The channel of one object's events."""
    return f"/data/{entity.removesuffix('__c')}{'__' if entity.endswith('__c') else ''}ChangeEvent"


def _entity_of(org: Org, channel: str) -> str:
    """The object whose events a channel carries, "" for that of all objects."""
    if channel == ALL_CHANNEL:
        return ""
    for entity in org.changes.entities:
        if channel == channel_of(entity):
            return entity
    known = ", ".join([ALL_CHANNEL, *map(channel_of, org.changes.entities)])
    raise MisuseError(
        f"no channel {channel!r}: there are {known}; the org file's change_data_capture names the objects"
    )


def _forget_old(org: Org, conn: sa.Connection) -> int:
    """Remove what is older than three days; the highest number that is gone."""
    table = _table(org)
    oldest = int(org.clock.now().timestamp() - data_files.load("change_events.toml")["retention"]["seconds"]) * 1_000
    at = sa.func.json_extract(table.c.context, "$.at")
    conn.execute(table.delete().where(at < oldest))
    first = conn.execute(sa.select(sa.func.min(table.c.number))).scalar()
    if first is not None:
        return int(first) - 1
    given = conn.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (CHANGES,)).scalar()
    return int(given or 0)


def _table(org: Org) -> sa.Table:
    return org.whole.schema.metadata.tables[CHANGES]


# --- from raw changes to events ---------------------------------------------------------------------


def _events(org: Org, rows: Any) -> Iterator[Event]:
    """The events in the order of their replay ids."""
    stories: dict[tuple[int, str], _Story] = {}
    for row in rows:
        context = json.loads(row.context)
        old = None if row.old is None else json.loads(row.old)
        story = stories.setdefault((context["transaction"], row.record), _Story(row.entity, row.record, context, old))
        story.kinds.append(row.kind)
        story.new = None if row.new is None or row.kind == "DELETE" else json.loads(row.new)
        story.number = row.number
    places: dict[int, int] = {}
    for story in sorted(stories.values(), key=lambda one: one.number):
        told = _tell(org, story)
        if told is not None:
            transaction = story.context["transaction"]
            places[transaction] = places.get(transaction, 0) + 1
            yield _event(org, story, *told, place=places[transaction])


def _tell(org: Org, story: _Story) -> tuple[str, Values, list[str], list[str]] | None:
    """changeType, payload, nulledFields and changedFields; None for a story without an event."""
    sobject = org.whole.schema.sobject(story.entity)
    assert sobject is not None, "a watched object is one of the org's"
    was_there = story.kinds[0] not in {"CREATE", "UNDELETE"}
    if story.new is None:
        return ("DELETE", {}, [], []) if was_there else None
    if not was_there:
        present = {key: value for key, value in story.new.items() if value is not None}
        return (story.kinds[0], _payload(sobject, present), [], [])
    old = story.old or {}
    different = {
        one.name: story.new.get(one.name)
        for one in watched_fields(sobject)
        if story.new.get(one.name) != old.get(one.name)
    }
    if not different:
        return None
    paths = {name: _path(sobject, name) for name in different}
    nulled = [".".join(paths[name]) for name, value in different.items() if value is None]
    return ("UPDATE", _payload(sobject, different), nulled, [".".join(path) for path in paths.values()])


def _payload(sobject: SObject, values: Values) -> dict[str, Any]:
    """Values as events tell them: parts of a compound below it."""
    payload: dict[str, Any] = {}
    for one in watched_fields(sobject):
        if one.name not in values:
            continue
        *above, key = _path(sobject, one.name)
        place = payload.setdefault(above[0], {}) if above else payload
        place[key] = _value(one, values[one.name])
    return payload


def _value(one: Field, value: Any) -> Any:
    if value is None:
        return None
    if one.type == "boolean":
        return bool(value)
    if one.type in {"double", "currency", "percent"}:
        return float(value)
    if one.type == "datetime":
        return str(value).removesuffix("+0000") + "Z"
    return value


def _path(sobject: SObject, name: str) -> tuple[str, ...]:
    """Where a field stands in a payload: below its compound, if it is part of one."""
    one = sobject.field(name)
    compound = None if one is None or one.compound_field_name is None else sobject.field(one.compound_field_name)
    if compound is None or compound is one:
        return (name,)
    if compound.type in _ADDRESS_PARTS:
        stem = (
            compound.name.removesuffix("Address") if compound.type == "address" else compound.name.removesuffix("__c")
        )
        return (compound.name, name.removeprefix(stem).removeprefix("__").removesuffix("__s"))
    if name in data_files.load("change_events.toml")["compounds"].get(compound.name, ()):
        return (compound.name, name)
    return (name,)


def _event(
    org: Org, story: _Story, kind: str, payload: Values, nulled: list[str], changed: list[str], *, place: int
) -> Event:
    context = story.context
    header = {
        "entityName": story.entity,
        "recordIds": [story.record],
        "changeType": kind,
        "changeOrigin": context["origin"],
        "transactionKey": _transaction_key(org, context["transaction"]),
        "sequenceNumber": place,
        "commitTimestamp": context["at"],
        "commitNumber": COMMIT_BASE + context["transaction"],
        "commitUser": context["user"] or org.admin_id,
        "nulledFields": nulled,
        "diffFields": [],
        "changedFields": changed,
    }
    return {
        "data": {
            "schema": _schema_id(org, story.entity),
            "payload": {**payload, "ChangeEventHeader": header},
            "event": {"replayId": story.number},
        },
        "channel": channel_of(story.entity),
    }


def _transaction_key(org: Org, transaction: int) -> str:
    text = hashlib.sha256(f"{org.org_id} {transaction}".encode()).hexdigest()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:32]))


def _schema_id(org: Org, entity: str) -> str:
    """22 characters that stand for the fields an event of this object may hold."""
    sobject = org.whole.schema.sobject(entity)
    assert sobject is not None
    names = " ".join(f"{one.name}:{one.type}" for one in watched_fields(sobject))
    return urlsafe_b64encode(hashlib.sha256(f"{entity} {names}".encode()).digest()[:16]).decode().rstrip("=")
