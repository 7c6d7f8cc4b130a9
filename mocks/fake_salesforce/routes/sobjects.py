"""`/sobjects`: rows, describes, replication. Thin: each view reads, calls one operation, renders."""

from __future__ import annotations

from fake_salesforce import describe
from fake_salesforce.errors import salesforce_error
from fake_salesforce.metadata import SObject
from fake_salesforce.operations import records, replication, rows
from fake_salesforce.operations.automation.options import read_options
from fake_salesforce.operations.not_faked import not_faked
from fake_salesforce.routes import conditions
from fake_salesforce.routes.http import Answer, Call

CREATED_SINCE = 46  # from v46 an upsert answers `created`, and 200 with a body on update
CREATE_BY_ID_SINCE = 37


def caller(call: Call) -> records.Caller:
    """Who calls, for the operations."""
    options = read_options(call.environ, call.number)
    return records.Caller(call.session_user, call.now, call.number, call.fault, options)


# --- describes --------------------------------------------------------------------------------------


def list_sobjects(call: Call) -> Answer:
    """GET /sobjects"""
    return conditions.describe(call, lambda: describe.global_describe(call.org.schema, call.version))


def basic(call: Call, sobject: str) -> Answer:
    """GET /sobjects/{sobject}"""
    found = records.find_sobject(call.org, sobject)
    return call.json(describe.basic_describe(call.org.schema, found, call.version, recent_items=()))


def full_describe(call: Call, sobject: str) -> Answer:
    """GET /sobjects/{sobject}/describe"""
    found = records.find_sobject(call.org, sobject)
    host = call.base_url
    return conditions.describe(call, lambda: describe.object_describe(call.org.schema, found, call.version, host=host))


# --- rows -------------------------------------------------------------------------------------------


def create(call: Call, sobject: str) -> Answer:
    """POST /sobjects/{sobject}"""
    found = records.find_sobject(call.org, sobject)
    record_id = records.create(call.org, caller(call), sobject=found, body=call.json_body())
    answer = {"id": record_id, "success": True, "errors": []}
    return call.json(answer, 201, location=_location(call, found, record_id))


def by_id(call: Call, sobject: str, record_id: str) -> Answer:
    """GET /sobjects/{sobject}/{id}[?fields=A,B]"""
    found = records.find_sobject(call.org, sobject)
    _readable(found)
    return _row(call, found, rows.url_id(found, record_id))


def post_by_id(call: Call, sobject: str, record_id: str) -> Answer:
    """POST /sobjects/{sobject}/Id creates; POST .../{id}?_HttpMethod=PATCH comes in as PATCH."""
    if record_id.lower() != "id" or call.number < CREATE_BY_ID_SINCE:
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
    records.update(call.org, caller(call), sobject=found, record_id=target, body=call.json_body())
    return call.no_content()


def delete(call: Call, sobject: str, record_id: str) -> Answer:
    """DELETE /sobjects/{sobject}/{id}"""
    found = records.find_sobject(call.org, sobject)
    target = rows.delete_id(found, record_id)
    conditions.check(call, found, target)
    records.delete(call.org, caller(call), sobject=found, record_id=target)
    return call.no_content()


# --- external ids and relationships -----------------------------------------------------------------


def by_key(call: Call, sobject: str, key: str, value: str) -> Answer:
    """GET /sobjects/{sobject}/{external id field}/{value}, or /sobjects/{sobject}/{id}/{relationship}"""
    found = records.find_sobject(call.org, sobject)
    _readable(found)
    return _row(call, *_at_end(call, found, key, value))


def upsert(call: Call, sobject: str, key: str, value: str) -> Answer:
    """PATCH /sobjects/{sobject}/{external id field}/{value}[?updateOnly=true]"""
    found = records.find_sobject(call.org, sobject)
    if found.field(key) is None and rows.is_id(key):
        target, record_id = _at_end(call, found, key, value)
        return update(call, target.name, record_id)
    field = records.find_key_field(found, key)
    record_id, created = records.upsert(
        call.org,
        caller(call),
        sobject=found,
        field=field,
        value=records.key_value(field, value),
        body=call.json_body(),
        update_only=call.query.get("updateOnly", "").lower() == "true",
    )
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
    target, record_id = _at_end(call, found, key, value)
    records.delete(call.org, caller(call), sobject=target, record_id=record_id)
    return call.no_content()


def _at_end(call: Call, sobject: SObject, key: str, value: str) -> tuple[SObject, str]:
    """The row an external id or a relationship leads to; raises NOT_FOUND or ManyFound."""
    if sobject.field(key) is None and rows.is_id(key):
        record_id = rows.url_id(sobject, key)
        if call.org.schema.child(sobject, value) is not None:
            raise not_faked("sobjectRelationshipChildren")
        return rows.parent_of(call.org, sobject=sobject, record_id=record_id, relationship=value)
    field = records.find_key_field(sobject, key)
    return sobject, records.only_row_with(call.org, sobject, field, value)


def _row(call: Call, sobject: SObject, record_id: str) -> Answer:
    unchanged = conditions.check(call, sobject, record_id)
    if unchanged is not None:
        return unchanged
    names = None
    if call.environ.get("QUERY_STRING"):
        names = call.query.get("fields")
    if names is None:
        row = rows.get(call.org, sobject=sobject, record_id=record_id, base=call.base)
    else:
        row = rows.get_fields(call.org, sobject=sobject, record_id=record_id, names=names.split(","), base=call.base)
    return call.json(row)


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
