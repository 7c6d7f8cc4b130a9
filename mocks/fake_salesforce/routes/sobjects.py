"""`/sobjects`: rows, describes, replication. Thin: each view reads, calls one operation, renders."""

from __future__ import annotations

from werkzeug.routing import BaseConverter

from fake_salesforce.describes import describe
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import blobs, records, relationships, replication, rows
from fake_salesforce.operations.automation.options import read_options
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.recent import recent_rows
from fake_salesforce.operations.viewed import RECENT_MAX, note_viewed
from fake_salesforce.routes import conditions, multipart
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import Call
from fake_salesforce.schema.metadata import SObject

CREATED_SINCE = 46  # from v46 an upsert answers `created`, and 200 with a body on update
CREATE_BY_ID_SINCE = 37
RELATIONSHIPS_SINCE = 36
MRU_SINCE = 60


class IdKeyConverter(BaseConverter):
    """The key `Id` where a row has its id, in any letter case: POST creates there, and at no row."""

    regex = "[Ii][Dd]"


def caller(call: Call) -> Caller:
    """Who calls, for the operations."""
    options = read_options(call.environ, call.number)
    return Caller(call.session_user, call.now, call.number, call.fault, options)


# --- describes --------------------------------------------------------------------------------------


def list_sobjects(call: Call) -> Answer:
    """GET /sobjects"""
    return conditions.describe(call, lambda: describe.global_describe(call.org.schema, call.version))


def basic(call: Call, sobject: str) -> Answer:
    """GET /sobjects/{sobject}"""
    found = records.find_sobject(call.org, sobject)
    items = recent_rows(call.org, call.session_user, base=call.base, sobject=found, limit=RECENT_MAX)
    return call.json(describe.basic_describe(call.org.schema, found, call.version, recent_items=items))


def recent(call: Call) -> Answer:
    """GET /recent"""
    given = call.query.get("limit", str(RECENT_MAX))
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:9]) <= RECENT_MAX:
        raise salesforce_error("ILLEGAL_QUERY_PARAMETER_VALUE", text=f"limit: {given}")
    return call.json(recent_rows(call.org, call.session_user, base=call.base, sobject=None, limit=int(given)))


def full_describe(call: Call, sobject: str) -> Answer:
    """GET /sobjects/{sobject}/describe"""
    found = records.find_sobject(call.org, sobject)
    host = call.base_url
    return conditions.describe(
        call,
        lambda: describe.object_describe(call.org.schema, found, call.version, host=host),
        kept_as=("text", found.name, call.version),
    )


# --- rows -------------------------------------------------------------------------------------------


def create(call: Call, sobject: str) -> Answer:
    """POST /sobjects/{sobject}"""
    found = records.find_sobject(call.org, sobject)
    record_id = records.create(call.org, caller(call), sobject=found, body=multipart.row_body(call))
    _used(call, found, record_id)
    answer = {"id": record_id, "success": True, "errors": []}
    return call.json(answer, 201, location=_location(call, found, record_id))


def by_id(call: Call, sobject: str, record_id: str) -> Answer:
    """GET /sobjects/{sobject}/{id}[?fields=A,B]"""
    found = records.find_sobject(call.org, sobject)
    _readable(found)
    return _row(call, found, rows.url_id(found, record_id))


def create_by_id(call: Call, sobject: str, **_key: str) -> Answer:
    """POST /sobjects/{sobject}/Id"""
    if call.number < CREATE_BY_ID_SINCE:
        return call.method_not_allowed("DELETE,GET,HEAD,PATCH")
    found = records.find_sobject(call.org, sobject)
    made = records.create(call.org, caller(call), sobject=found, body=call.json_body())
    answer = {"id": made, "success": True, "errors": []}
    if call.number >= CREATED_SINCE:
        answer["created"] = True
    return call.json(answer, 201, location=_location(call, found, made))


def update(call: Call, sobject: str, record_id: str) -> Answer:
    """PATCH /sobjects/{sobject}/{id}"""
    found = records.find_sobject(call.org, sobject)
    target = rows.write_id(found, record_id)
    conditions.check(call, found, target)
    records.update(call.org, caller(call), sobject=found, record_id=target, body=multipart.row_body(call))
    _used(call, found, target)
    return call.no_content()


def delete(call: Call, sobject: str, record_id: str) -> Answer:
    """DELETE /sobjects/{sobject}/{id}"""
    found = records.find_sobject(call.org, sobject)
    target = rows.delete_id(found, record_id)
    records.delete(call.org, caller(call), sobject=found, record_id=target)
    return call.no_content()


# --- external ids and relationships -----------------------------------------------------------------


def by_key(call: Call, sobject: str, key: str, value: str) -> Answer:
    """GET /sobjects/{sobject}/{external id field}/{value}, or {id}/{relationship}, or {id}/{binary field}"""
    found = records.find_sobject(call.org, sobject)
    _readable(found)
    field = found.field(value)
    if field is not None and field.type == "base64" and rows.is_id(key):
        return call.binary(blobs.read(call.org, sobject=found, record_id=rows.url_id(found, key), field=field))
    place = _at_end(call, found, key, value)
    if place.children is None:
        return _row(call, place.sobject, place.record_id)
    return call.json(
        relationships.children(
            call.org,
            caller(call),
            place=place,
            names=_chosen(call),
            options=call.environ.get("HTTP_SFORCE_QUERY_OPTIONS"),
            version=call.version,
        )
    )


def upsert(call: Call, sobject: str, key: str, value: str) -> Answer:
    """PATCH /sobjects/{sobject}/{external id field}/{value}[?updateOnly=true]"""
    found = records.find_sobject(call.org, sobject)
    if found.field(key) is None and rows.is_id(key):
        place = _at_end(call, found, key, value)
        if place.children is not None:
            return call.method_not_allowed("GET,HEAD")
        return update(call, place.sobject.name, place.record_id)
    field = records.find_key_field(found, key)
    if field.name == "Id":
        record_id, created = rows.write_id(found, value), False
        records.update(call.org, caller(call), sobject=found, record_id=record_id, body=call.json_body())
    else:
        record_id, created = records.upsert(
            call.org,
            caller(call),
            sobject=found,
            field=field,
            value=records.key_value(field, value),
            body=call.json_body(),
            update_only=call.query.get("updateOnly", "").lower() == "true",
        )
    _used(call, found, record_id)
    answer = {"id": record_id, "success": True, "errors": []}
    if call.number >= CREATED_SINCE:
        answer["created"] = created
    elif not created:
        return call.no_content()
    if created:
        return call.json(answer, 201, location=_location(call, found, record_id))
    return call.json(answer)


def delete_by_key(call: Call, sobject: str, key: str, value: str) -> Answer:
    """DELETE /sobjects/{sobject}/{external id field}/{value}, or of a relationship's parent row"""
    found = records.find_sobject(call.org, sobject)
    place = _at_end(call, found, key, value)
    if place.children is not None:
        return call.method_not_allowed("GET,HEAD")
    records.delete(call.org, caller(call), sobject=place.sobject, record_id=place.record_id)
    return call.no_content()


def _at_end(call: Call, sobject: SObject, key: str, value: str) -> relationships.Place:
    """Where an external id or a path of relationships leads; raises NOT_FOUND or ManyFound."""
    if sobject.field(key) is None and rows.is_id(key):
        if call.number < RELATIONSHIPS_SINCE:
            raise salesforce_error("NOT_FOUND")
        record_id = rows.url_id(sobject, key)
        return relationships.resolve(call.org, sobject=sobject, record_id=record_id, path=value)
    field = records.find_key_field(sobject, key)
    if field.name == "Id":
        return relationships.Place(sobject, rows.url_id(sobject, value))
    return relationships.Place(sobject, records.only_row_with(call.org, sobject, field, value))


def _row(call: Call, sobject: SObject, record_id: str) -> Answer:
    unchanged = conditions.check(call, sobject, record_id)
    if unchanged is not None:
        return unchanged
    names = _chosen(call)
    tagged = conditions.has_tags(sobject)
    chosen = None if names is None else rows.chosen_names(sobject, names)
    row = rows.get(call.org, sobject=sobject, record_id=record_id, base=call.base)
    _used(call, sobject, record_id)
    more = conditions.tag_headers(sobject, row) if tagged else ()
    if chosen is not None:
        row = {"attributes": row["attributes"], **{name: row[name] for name in chosen}}
    return call.json(row, more=more)


def _used(call: Call, sobject: SObject, record_id: str) -> None:
    """With `Sforce-Mru: updateMru=true` the row is the caller's most recently used one (v60)."""
    header = call.environ.get("HTTP_SFORCE_MRU")
    if header is not None and call.number >= MRU_SINCE and header.replace(" ", "").lower() == "updatemru=true":
        note_viewed(call.org, call.session_user, sobject, [record_id], now=call.now)


def _chosen(call: Call) -> list[str] | None:
    """The names in `?fields=`, None when it is not there."""
    names = call.query.get("fields") if call.environ.get("QUERY_STRING") else None
    return None if names is None else names.split(",")


def _readable(sobject: SObject) -> None:
    if not sobject.retrieveable:
        raise salesforce_error("NOT_FOUND")


def _location(call: Call, sobject: SObject, record_id: str) -> str:
    return f"{call.base}/sobjects/{sobject.name}/{record_id}"


# --- replication ------------------------------------------------------------------------------------


def updated(call: Call, sobject: str) -> Answer:
    """GET /sobjects/{sobject}/updated?start=&end="""
    found = _replicateable(call, sobject)
    query = call.query
    return call.json(replication.updated(call.org, sobject=found, start=query.get("start"), end=query.get("end")))


def deleted(call: Call, sobject: str) -> Answer:
    """GET /sobjects/{sobject}/deleted?start=&end="""
    found = _replicateable(call, sobject)
    query = call.query
    return call.json(replication.deleted(call.org, sobject=found, start=query.get("start"), end=query.get("end")))


def _replicateable(call: Call, name: str) -> SObject:
    sobject = records.find_sobject(call.org, name)
    if not sobject.replicateable:
        raise salesforce_error("NOT_FOUND")
    return sobject
