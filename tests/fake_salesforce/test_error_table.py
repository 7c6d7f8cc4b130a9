"""Every documented or reported refusal of a row or a request, each from a real cause, as it goes over the wire.

A case is: errorCode, status, message, `fields` (ABSENT: no such key), and what is done. Whole bodies are compared:
keys, their order, and that the answer is a list of one. Codes that nothing in this fake can cause stand in `NO_CAUSE`
with the reason; `test_the_table_is_whole` holds all of them against the list of codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.fake_salesforce.conftest import HOST, Answer, Caller

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.faults import Fault
from fake_salesforce import OrgConfig, UserConfig, create_app
from fake_salesforce.org import ADMIN

ABSENT = None
INACTIVE = UserConfig(username="gone@understudy.example", password="x", active=False)
EXTRA: dict[str, Any] = {
    "objects": {
        "Account": {
            "fields": {
                "Ext__c": {"type": "string(20)", "external_id": True},
                "Key__c": {"type": "string(20)", "external_id": True, "unique": True},
                "Tier__c": {"type": "picklist", "values": ["Gold"], "restricted": True},
                "Flag__c": {"type": "boolean"},
            }
        }
    },
    "validation_rules": [
        {"object": "Account", "name": "v", "when": {"field": "Name", "is": "invalid"}, "message": "Not that name"}
    ],
    "updates": [
        {
            "object": "Account",
            "name": "f",
            "when": {"field": "Name", "is": "flow"},
            "refuse": {"flow": "X", "text": "boom"},
        },
        {
            "object": "Account",
            "name": "t",
            "when": {"field": "Name", "is": "trigger"},
            "refuse": {"trigger": "T", "text": "System.NullPointerException"},
        },
    ],
    "lookup_filters": [
        {"object": "Account", "name": "l", "field": "ParentId", "when": {"field": "Name", "is_not": "orphan"}}
    ],
    "approval_locks": [{"object": "Account", "name": "a", "when": {"field": "Name", "is": "approval"}}],
    "duplicate_rules": [{"object": "Account", "name": "d", "fields": ["Fax"], "message": "Use one of these records?"}],
}


@pytest.fixture(scope="module")
def _org() -> Iterator[Caller]:
    since = DEFAULT_MOMENT.replace(year=2025)
    users = (ADMIN, INACTIVE)
    config = OrgConfig(users=users, extra=EXTRA, replication_since=since)
    caller = Caller(create_app(clock=FrozenClock(), org=config))
    yield caller
    caller.fake.close()


@pytest.fixture
def org(_org: Caller) -> Caller:
    """An org with a rule of each kind, as it was made."""
    _org.fake.reset()
    _org.clock.set(DEFAULT_MOMENT)
    _org.token = _org.fake.credentials(f"https://{HOST}")["access_token"]
    return _org


Act = Callable[[Caller], Answer]
CASES: dict[str, tuple[str, Act, int, str, list[str] | None]] = {}


def case(
    code: str, status: int, message: str, fields: list[str] | None = ABSENT, name: str = ""
) -> Callable[[Act], Act]:
    """Put the decorated function into the table."""

    def add(act: Act) -> Act:
        CASES[name or act.__name__] = (code, act, status, message, fields)
        return act

    return add


def account(org: Caller, **fields: Any) -> str:
    return org.make("Account", **{"Name": "a", **fields})


def post(sobject: str, **fields: Any) -> Act:
    return lambda org: org.post(f"/sobjects/{sobject}", fields)


# --- rows -------------------------------------------------------------------------------------------

case("REQUIRED_FIELD_MISSING", 400, "Required fields are missing: [Name]", ["Name"], "required")(post("Account"))
case("REQUIRED_FIELD_MISSING", 400, "Required fields are missing: [LastName, Company]", ["LastName", "Company"], "two")(
    post("Lead")
)
case("INVALID_FIELD", 400, "No such column 'Nope' on sobject of type Account", name="no column")(
    post("Account", Nope=1, Name="a")
)
case(
    "INVALID_FIELD",
    400,
    "Foreign key external ID: A1 not found for field Ext__c in entity Account",
    name="no such foreign key",
)(post("Contact", LastName="x", Account={"Ext__c": "A1"}))
case(
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    400,
    "Unable to create/update fields: CreatedDate, IsDeleted. Please check the security settings of this field and "
    "verify that it is read/write for your profile or permission set.",
    ["CreatedDate", "IsDeleted"],
    "read-only",
)(post("Account", Name="a", CreatedDate="2026-01-01T00:00:00Z", IsDeleted=True))
case("INVALID_FIELD_FOR_INSERT_UPDATE", 400, "cannot specify Id in an insert call", ["Id"], "id on create")(
    post("Account", Name="a", Id="001000000000001")
)
case(
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    400,
    "Tier: bad value for restricted picklist field: Tin",
    ["Tier__c"],
    "picklist",
)(post("Account", Name="a", Tier__c="Tin"))
case("STRING_TOO_LONG", 400, f"Account Phone: data value too large: {'1' * 41} (max length=40)", ["Phone"], "long")(
    post("Account", Name="a", Phone="1" * 41)
)
case("INVALID_EMAIL_ADDRESS", 400, "Email: invalid email address: nope", ["Email"], "email")(
    post("Contact", LastName="x", Email="nope")
)
case("INVALID_TYPE_ON_FIELD_IN_RECORD", 400, "Flag: value not of required type: ", ["Flag__c"], "null checkbox")(
    post("Account", Name="a", Flag__c=None)
)
case(
    "NUMBER_OUTSIDE_VALID_RANGE",
    400,
    "Employees: value outside of valid range on numeric field: 123456789",
    ["NumberOfEmployees"],
    "range",
)(post("Account", Name="a", NumberOfEmployees=123_456_789))
case("NUMBER_OUTSIDE_VALID_RANGE", 400, "Maximum SOQL offset allowed is 2000", name="offset")(
    lambda org: org.get("/query", query={"q": "SELECT Id FROM Account OFFSET 2001"})
)


@case("MALFORMED_ID", 400, "Account ID: id value of incorrect type: nonsense", ["AccountId"])
def malformed_in_a_body(org: Caller) -> Answer:
    return org.post("/sobjects/Contact", {"LastName": "x", "AccountId": "nonsense"})


@case("MALFORMED_ID", 400, "malformed id 003000000000001", [])
def malformed_on_delete(org: Caller) -> Answer:
    return org.delete("/sobjects/Account/003000000000001")


@case("FIELD_INTEGRITY_EXCEPTION", 400, "Name ID: id value of incorrect type: {account}", ["WhoId"])
def who_that_is_an_account(org: Caller) -> Answer:
    return org.post("/sobjects/Task", {"WhoId": account(org)})


case(
    "FIELD_INTEGRITY_EXCEPTION",
    400,
    "Duration must be between 0 and 1440 minutes: Duration",
    ["DurationInMinutes"],
    "a long event",
)(post("Event", ActivityDateTime="2026-02-01T10:00:00Z", DurationInMinutes=1441))


@case("INVALID_CROSS_REFERENCE_KEY", 400, "invalid cross reference id", [])
def a_parent_that_is_not_there(org: Caller) -> Answer:
    return org.post("/sobjects/Contact", {"LastName": "x", "AccountId": "001000000000999"})


@case("INVALID_CROSS_REFERENCE_KEY", 404, "invalid cross reference id", [])
def delete_of_what_is_not_there(org: Caller) -> Answer:
    return org.delete("/sobjects/Account/001000000000999")


@case("ENTITY_IS_DELETED", 404, "entity is deleted", [])
def a_deleted_row(org: Caller) -> Answer:
    gone = account(org)
    org.delete(f"/sobjects/Account/{gone}")
    return org.delete(f"/sobjects/Account/{gone}")


@case("ENTITY_IS_LOCKED", 400, "the entity is locked for editing", [])
def a_row_in_approval(org: Caller) -> Answer:
    return org.patch(f"/sobjects/Account/{account(org, Name='approval')}", {"Phone": "1"})


@case("DUPLICATE_VALUE", 400, "duplicate value found: Key__c duplicates value on record with id: {account15}", [])
def a_unique_value_twice(org: Caller) -> Answer:
    account(org, Key__c="k")
    return org.post("/sobjects/Account", {"Name": "b", "Key__c": "k"})


case(
    "DUPLICATE_USERNAME",
    400,
    "Duplicate Username.<br>The username already exists in this or another Salesforce organization. Usernames must be "
    "unique across all Salesforce organizations. To resolve, use a different username (it doesn't need to match the "
    "user's email address). ",
    ["Username"],
    "a username twice",
)(
    lambda org: org.post(
        "/sobjects/User",
        {
            "Username": ADMIN.username,
            "LastName": "x",
            "Email": "x@x.example",
            "Alias": "x",
            "CommunityNickname": "x",
            "TimeZoneSidKey": "GMT",
            "LocaleSidKey": "en_US",
            "EmailEncodingKey": "UTF-8",
            "LanguageLocaleKey": "en_US",
            "ProfileId": org.soql("SELECT Id FROM Profile LIMIT 1")[0]["Id"],
        },
    )
)


@case("UNABLE_TO_LOCK_ROW", 400, "unable to obtain exclusive access to this record or 1 records: {account}", [])
def a_locked_row(org: Caller) -> Answer:
    held = account(org)
    org.fake.faults.add(Fault(kind="lock_held", row=held, seconds=10))
    return org.patch(f"/sobjects/Account/{held}", {"Phone": "1"})


case("FIELD_CUSTOM_VALIDATION_EXCEPTION", 400, "Not that name", [], "validation rule")(post("Account", Name="invalid"))


@case("FIELD_FILTER_VALIDATION_EXCEPTION", 400, "Value does not exist or does not match filter criteria.", ["ParentId"])
def a_filtered_lookup(org: Caller) -> Answer:
    return org.post("/sobjects/Account", {"Name": "b", "ParentId": account(org, Name="orphan")})


case("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", 400, "entity type cannot be inserted: Organization", [], "not creatable")(
    post("Organization", Name="x")
)
case(
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    400,
    "T: execution of BeforeInsert\n\ncaused by: System.NullPointerException",
    [],
    "a trigger",
)(post("Account", Name="trigger"))
case(
    "CANNOT_EXECUTE_FLOW_TRIGGER",
    400,
    "We can't save this record because the “X” process failed. Give your Salesforce admin these details. boom",
    [],
    "a flow",
)(post("Account", Name="flow"))


@case(
    "DELETE_FAILED",
    400,
    "Your attempt to delete a could not be completed because it is associated with the following cases.: {case}",
    [],
)
def an_account_with_cases(org: Caller) -> Answer:
    owner = account(org)
    org.make("Case", AccountId=owner, Subject="s")
    return org.delete(f"/sobjects/Account/{owner}")


@case("INACTIVE_OWNER_OR_USER", 400, "operation performed with inactive user [{inactive}] as owner of account", [])
def an_inactive_owner(org: Caller) -> Answer:
    return org.post("/sobjects/Account", {"Name": "a", "OwnerId": inactive(org)})


def inactive(org: Caller) -> str:
    found: str = org.soql("SELECT Id FROM User WHERE IsActive = false")[0]["Id"]
    return found


@case("CANNOT_UPDATE_CONVERTED_LEAD", 400, "cannot reference converted lead", [])
def a_converted_lead(org: Caller) -> Answer:
    lead = org.make("Lead", LastName="x", Company="c", IsConverted=True)
    return org.patch(f"/sobjects/Lead/{lead}", {"Title": "x"})


@case("ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE", 412, "Entity has been modified since the date given")
def modified_since(org: Caller) -> Answer:
    headers = {"If-Unmodified-Since": "Mon, 05 Jan 2015 00:00:00 GMT"}
    return org.patch(f"/sobjects/Account/{account(org)}", {"Phone": "1"}, headers=headers)


@case("EXCEEDED_ID_LIMIT", 400, "record limit reached. cannot submit more than 200 records into this call")
def too_many_rows(org: Caller) -> Answer:
    records = [{"attributes": {"type": "Account"}, "Name": "a"}] * 201
    return org.post("/composite/sobjects", {"records": records})


# --- requests ---------------------------------------------------------------------------------------


def with_header(path: str, **headers: str) -> Act:
    return lambda org: org.get(path, headers={key.replace("_", "-"): value for key, value in headers.items()})


def struck(act: Act, **fault: Any) -> Act:
    def run(org: Caller) -> Answer:
        org.fake.faults.add(Fault(**fault))
        return act(org)

    return run


def window(what: str, start: str, end: str) -> Act:
    return lambda org: org.get(f"/sobjects/Account/{what}", query={"start": start, "end": end})


LIMITS: Act = lambda org: org.get("/limits")  # noqa: E731 - a name for the plainest request
case("INVALID_SESSION_ID", 401, "Session expired or invalid", name="session")(
    with_header("/limits", Authorization="Bearer x")
)
case("INVALID_AUTH_HEADER", 401, "INVALID_HEADER_TYPE", name="header")(with_header("/limits", Authorization="Basic x"))
case("NOT_FOUND", 404, "Provided external ID field does not exist or is not accessible: Nope", name="no external id")(
    lambda org: org.get("/sobjects/Account/Nope/1")
)
case("METHOD_NOT_ALLOWED", 405, "HTTP Method 'PUT' not allowed. Allowed are GET,HEAD", name="method")(
    lambda org: org.call("PUT", "/limits", {})
)
case(
    "UNSUPPORTED_MEDIA_TYPE",
    415,
    "MediaType of 'text/plain' is not supported by this resource",
    name="media type",
)(lambda org: org.post("/sobjects/Account", data=b"x", headers={"Content-Type": "text/plain"}))
case("REQUEST_LIMIT_EXCEEDED", 403, "TotalRequests Limit exceeded.", name="the daily limit")(
    struck(LIMITS, kind="limit_reached")
)
case("SERVER_UNAVAILABLE", 503, "Server Unavailable", name="unavailable")(struck(LIMITS, kind="unavailable"))
case(
    "UNKNOWN_EXCEPTION",
    500,
    "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345 (-123456789)",
    name="unknown",
)(struck(LIMITS, kind="error_after"))
case(
    "REQUEST_RUNNING_TOO_LONG",
    503,
    "Your request was running for too long, and has been stopped.",
    name="ten minutes",
)(struck(LIMITS, kind="delay", seconds=601))
case("QUERY_TIMEOUT", 400, "Your query request was running for too long.", name="two minutes")(
    struck(lambda org: org.get("/query", query={"q": "SELECT Id FROM Account"}), kind="delay", seconds=121)
)
case("INVALID_REPLICATION_DATE", 400, "startDate before org replication enabled date", name="before")(
    window("updated", "2024-01-01T00:00:00Z", "2026-01-05T09:00:00Z")
)
case("INVALID_REPLICATION_DATE", 400, "startDate cannot be more than 30 days ago", name="too old")(
    window("deleted", "2025-11-01T00:00:00Z", "2026-01-05T09:00:00Z")
)
case(
    "INVALID_REPLICATION_DATE",
    400,
    "endDate must chronologically follow the startDate by more than one minute",
    name="order",
)(window("updated", "2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z"))
case("INVALID_QUERY_LOCATOR", 400, "invalid query locator", name="locator")(
    lambda org: org.get("/query/01gD0000002HU6KIAW-2000")
)
case("INVALID_FIELD", 400, "The Id field should not be specified in the sobject data.", name="id in an update")(
    lambda org: org.patch(f"/sobjects/Account/{account(org)}", {"Id": "001000000000001"})
)


@pytest.mark.parametrize("name", CASES)
def test_each_refusal(org: Caller, name: str) -> None:
    """Status, code, message and fields; the keys in their order; a list of one."""
    code, act, status, message, fields = CASES[name]
    answer = act(org)
    if "{" in message:
        known = {}
        for word, sobject in (("account", "Account"), ("case", "Case")):
            rows = org.soql(f"SELECT {'CaseNumber' if sobject == 'Case' else 'Id'} FROM {sobject}")
            known[word] = next((row.get("Id") or row.get("CaseNumber") for row in rows), "")
        known |= {"account15": str(known["account"])[:15], "inactive": inactive(org)}
        message = message.format_map(known)
    expected: dict[str, Any] = {"message": message, "errorCode": code}
    if code == "NOT_FOUND":
        expected = {"errorCode": code, "message": message}
    if fields is not None:
        expected["fields"] = fields

    assert status == answer.status, answer.text
    assert [expected] == answer.json
    assert list(expected) == list(answer.json[0])


def test_not_found_has_its_code_first(org: Caller) -> None:
    """An unknown resource or row: errorCode before message."""
    for path in ("/sobjects/Nope", "/nothing", "/sobjects/Account/001000000000999"):
        answer = org.get(path)
        assert (404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]) == (
            answer.status,
            answer.json,
        )
        assert ["errorCode", "message"] == list(answer.json[0])


def test_one_row_of_many(org: Caller) -> None:
    """In a collection the code is statusCode, fields is always a list, and rolled-back rows say so."""
    rows = [{"attributes": {"type": "Account"}, "Name": "a"}, {"attributes": {"type": "Account"}, "Nope": 1}]
    first, second = org.post("/composite/sobjects", {"allOrNone": True, "records": rows}).json

    text = "Record rolled back because not all records were valid and the request was using AllOrNone header"
    assert [{"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": text, "fields": []}] == first["errors"]
    assert ["statusCode", "message", "fields"] == list(second["errors"][0])


def test_duplicates(org: Caller) -> None:
    """DUPLICATES_DETECTED has one key more, in front; an external id of two rows is refused in its place."""
    account(org, Fax="1", Ext__c="e")
    account(org, Ext__c="e")
    answer = org.post("/sobjects/Account", {"Name": "b", "Fax": "1"})
    assert (400, "DUPLICATES_DETECTED", "Use one of these records?") == answer.error
    assert ["duplicateResut", "errorCode", "message"] == list(answer.json[0])

    records = [{"attributes": {"type": "Account"}, "Ext__c": "e", "Name": "x"}]
    (row,) = org.patch("/composite/sobjects/Account/Ext__c", {"records": records}).json
    assert "DUPLICATE_EXTERNAL_ID" == row["errors"][0]["statusCode"]
    assert row["errors"][0]["message"].startswith("Ext: more than one record found for external id field: [001")


def test_halted(org: Caller) -> None:
    """What a composite or a batch did not carry out."""
    base = "/services/data/v60.0/sobjects"
    requests = [
        {"method": "POST", "url": f"{base}/Account", "referenceId": "a", "body": {"Name": "a"}},
        {"method": "POST", "url": f"{base}/Account", "referenceId": "b", "body": {}},
    ]
    first, _ = org.post("/composite", {"allOrNone": True, "compositeRequest": requests}).json["compositeResponse"]
    assert (400, "PROCESSING_HALTED") == (first["httpStatusCode"], first["body"][0]["errorCode"])
    batch = {
        "haltOnError": True,
        "batchRequests": [{"method": "GET", "url": "v60.0/nothing"}, {"method": "GET", "url": "v60.0/limits"}],
    }
    last = org.post("/composite/batch", batch).json["results"][-1]
    assert (412, "BATCH_PROCESSING_HALTED") == (last["statusCode"], last["result"][0]["errorCode"])


def test_bad_bodies(org: Caller) -> None:
    """JSON that cannot be read."""
    answer = org.post("/sobjects/Account", data=b"{", headers={"Content-Type": "application/json"})

    assert (400, "JSON_PARSER_ERROR") == answer.error[:2]
    answer = org.post("/sobjects/Account", data=b"<a", headers={"Content-Type": "application/xml"})
    assert (400, "XML_PARSER_ERROR") == answer.error[:2]
    assert (400, "ILLEGAL_QUERY_PARAMETER_VALUE") == org.get("/sobjects/Account/updated").error[:2]


NO_CAUSE = {
    "INVALID_STATUS": "the status of an organization or a site; nothing here has one",
    "FIELD_NOT_UPDATABLE": "rows answer INVALID_FIELD_FOR_INSERT_UPDATE for a field that cannot be changed",
    "FORBIDDEN": "analytics resources, which are not played",
    "OPERATION_TOO_LARGE": "a hundred thousand distinct who and what, for a user without View All",
    "TXN_SECURITY_NO_ACCESS": "transaction security policies are not played",
    "TXN_SECURITY_METERING_ERROR": "transaction security policies are not played",
}
"""Codes of the table that nothing in this fake can cause, and why."""

ELSEWHERE = {
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "test_security*: rights",
    "INSUFFICIENT_ACCESS_OR_READONLY": "test_security*: rights",
    "TRANSFER_REQUIRES_READ": "test_security*: rights",
    "API_DISABLED_FOR_ORG": "test_security*: rights",
    "API_CURRENTLY_DISABLED": "test_security*: rights",
    "INSUFFICIENT_ACCESS": "test_security*: rights",
    "INVALID_OPERATION_WITH_EXPIRED_PASSWORD": "test_oauth, test_auth: log-ins",
    "FUNCTIONALITY_NOT_ENABLED": "test_bulk1*: what a bulk query may not hold",
    "MALFORMED_SEARCH": "test_search*: SOSL",
    "STORAGE_LIMIT_EXCEEDED": "test_storage",
    "LIMIT_EXCEEDED": "test_wire_composite, test_collections",
}
"""Codes whose real cause is played in another module."""

HERE = {
    "NOT_FOUND", "ALL_OR_NONE_OPERATION_ROLLED_BACK", "DUPLICATES_DETECTED", "DUPLICATE_EXTERNAL_ID",
    "PROCESSING_HALTED", "BATCH_PROCESSING_HALTED", "JSON_PARSER_ERROR", "XML_PARSER_ERROR",
    "ILLEGAL_QUERY_PARAMETER_VALUE",
}  # fmt: skip

# The refusals of rows and of requests that the notes on the vendor list (its §5.1 and §5.2).
CODES = {
    "REQUIRED_FIELD_MISSING", "INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "STRING_TOO_LONG", "INVALID_EMAIL_ADDRESS",
    "INVALID_TYPE_ON_FIELD_IN_RECORD", "NUMBER_OUTSIDE_VALID_RANGE", "FIELD_INTEGRITY_EXCEPTION", "MALFORMED_ID",
    "INVALID_CROSS_REFERENCE_KEY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "INSUFFICIENT_ACCESS_OR_READONLY", "ENTITY_IS_DELETED", "ENTITY_IS_LOCKED", "DUPLICATE_VALUE",
    "DUPLICATE_EXTERNAL_ID", "DUPLICATES_DETECTED", "DUPLICATE_USERNAME", "UNABLE_TO_LOCK_ROW",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION", "FIELD_FILTER_VALIDATION_EXCEPTION",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER", "DELETE_FAILED",
    "INACTIVE_OWNER_OR_USER", "INVALID_STATUS", "TRANSFER_REQUIRES_READ", "STORAGE_LIMIT_EXCEEDED",
    "LIMIT_EXCEEDED", "FIELD_NOT_UPDATABLE", "CANNOT_UPDATE_CONVERTED_LEAD",
    "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE", "ALL_OR_NONE_OPERATION_ROLLED_BACK", "PROCESSING_HALTED",
    "BATCH_PROCESSING_HALTED", "EXCEEDED_ID_LIMIT", "INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "NOT_FOUND",
    "METHOD_NOT_ALLOWED", "UNSUPPORTED_MEDIA_TYPE", "JSON_PARSER_ERROR", "XML_PARSER_ERROR",
    "REQUEST_LIMIT_EXCEEDED", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "INSUFFICIENT_ACCESS",
    "FORBIDDEN", "FUNCTIONALITY_NOT_ENABLED", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION",
    "REQUEST_RUNNING_TOO_LONG", "QUERY_TIMEOUT", "OPERATION_TOO_LARGE", "TXN_SECURITY_NO_ACCESS",
    "TXN_SECURITY_METERING_ERROR", "INVALID_REPLICATION_DATE", "INVALID_QUERY_LOCATOR", "MALFORMED_SEARCH",
    "ILLEGAL_QUERY_PARAMETER_VALUE", "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
}  # fmt: skip


def test_the_table_is_whole() -> None:
    """Each code is raised here, raised in the module named, or has no cause in a fake."""
    played = {code for code, *_ in CASES.values()} | HERE

    assert CODES == played | set(ELSEWHERE) | set(NO_CAUSE)
    assert not played & set(NO_CAUSE)
