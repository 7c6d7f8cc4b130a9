"""Grows hostile requests for every route of the Planhat fake, from the table of routes and the models' properties."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from fake_planhat.models import MODELS, Model
from fake_planhat.routes import ROUTES

TOKEN, TENANT = "token", "5f1e3c1a-0000-4000-8000-000000000000"
HOOK = "a1b2c3d4-0000-4000-8000-000000000000"
COMPANY, USER, ENDUSER, TASK = (f"5{letter}0000000000000000000001" for letter in "cbea")
BY_COLLECTION = {model.collection: model for model in MODELS}
RECORDS = {name: f"5d{n:022x}" for n, name in enumerate(BY_COLLECTION)} | {
    "companies": COMPANY, "users": USER, "endusers": ENDUSER, "tasks": TASK, "tickets": TASK,
}  # fmt: skip
SEED: dict[str, Any] = {
    "companies": [
        {"_id": COMPANY, "name": "Acme", "externalId": "acme", "sourceId": "001", "domains": ["acme.example"]}
    ],
    "users": [{"_id": USER, "email": "al@us.example", "nickName": "Al", "firstName": "Al", "lastName": "L"}],
    "endusers": [{"_id": ENDUSER, "companyId": COMPANY, "email": "jo@acme.example", "externalId": "jo"}],
    "tasks": [{"_id": TASK, "companyId": COMPANY, "status": "In-progress", "sourceId": "00T"}],
    **{
        name: [{"_id": record_id, "companyId": COMPANY, "cId": COMPANY, "name": name}]
        for name, record_id in RECORDS.items()
        if record_id.startswith("5d")
    },
    "automations": [
        {
            "name": "in",
            "trigger": "incoming",
            "hook": HOOK,
            "steps": [{"kind": "webhook", "url": "http://crm.example/", "body": {"all": "<<object.a>>"}}],
        },
        {
            "name": "out",
            "trigger": "updated",
            "model": "Task",
            "steps": [
                {"kind": "get", "model": "Company", "id": "<<object.custom.a>>"},
                {"kind": "webhook", "url": "https://crm.example/", "body": "<<Step 1.name>> <<object.action>>"},
            ],
        },
    ],
}

MARKS = (
    "'\"; DROP TABLE tasks; --",
    '$..[*]."a"\\u0000',
    "%_\\%",
    "\0",
    "${7*7}{{7*7}}<<object._id>>",
    "\u202e\U0001f600",
    "__proto__",
)
TEXTS = st.text(max_size=12) | st.sampled_from(
    (*MARKS, "", " ", "-", ",", ".", "a.b.c", "x" * 3_000, "<" * 500, "&#x110000;&#55296;&", "\ud83d", "null")
)  # fmt: skip
IDS = st.sampled_from(
    (COMPANY, USER, ENDUSER, TASK, COMPANY.upper(), "0" * 24, "f" * 25, "extid-acme", "srcid-001", "srcid-00T",
     "extid-jo",
     "extid-", "srcid-", "extid-extid-acme", "EXTID-acme", "srcid-\0", "me", "..", "acme", "jo@acme.example")
) | TEXTS  # fmt: skip
DATES = st.sampled_from(
    ("2026-01-05", "2026-01-05T09:00:00.5Z", "9999-12-31T23:59:59.999-14:00", "0001-01-01T00:00:00+14:00", "2026-02-30",
     "2026-W01-1", "24:00", "Mon, 5 Jan 2026 99:99:99 +9999", "\u0662\u0660\u0662\u0666-01-05", "-271821-04-20",
     8.64e15, -8.64e15, 1e300, 20_000, 1e10, -1)
)  # fmt: skip
NUMBERS = (
    st.integers()
    | st.floats()
    | st.sampled_from((2**63, 2**64, -(2**63) - 1, 10**400, 5e-324, -0.0, "1_0", "0x1F", "nan"))
)
WORDS = st.sampled_from(
    ("Done", "Ignored", "done", "In-progress", "note", "ticket", "email", "custom", "weekly", "event", "Company",
     "EndUser", "USD", "newMrr", "identify", "track", "true", "submitted", "number", "won", True, False, None)
)  # fmt: skip
LEAVES = TEXTS | IDS | DATES | NUMBERS | WORDS
VALUES = LEAVES | st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | IDS, inner, max_size=3), max_leaves=5
)
GOOD = {
    "string": "text", "number": 5, "integer": 20_000, "boolean": False, "date": "2026-01-05T09:00:00Z",
    "objectid": USER, "currency": "USD", "array": [COMPANY], "object": {"a": 1},
}  # fmt: skip
OTHER_KEYS = (
    "_id", "custom.X", "custom.", "custom..", "custom.a.b", "custom.\0", "custom.$set", "$set", "", "ids", "action",
    "data", "cId",
    "dimensionId", "value", "externalId", "model", "date", "email", "name", "companyExternalId", "weight", "info",
    "type", "userId", "event", "traits", "context", "timestamp", "sourceId", "count", "comments", "title",
)  # fmt: skip
PARAMETERS = (
    "limit", "offset", "sort", "select", "companyId", "c", "cId", "cid", "l", "s", "isArchived", "archived",
    "enduserIds", "email",
    "euId", "type", "status", "search", "externalId", "sourceId", "parent", "dimid", "from", "to", "a[$ne]",
)  # fmt: skip
SORTS = st.sampled_from(
    ("name", "-custom.X", 'custom."', "$", "-", "--_id", "_id;", "a'b", "custom.a.b", "updatedAt,-_id", "-\0")
)


def _good(model: Model) -> dict[str, Any]:
    """A body that *model* takes."""
    given = {one.name: GOOD[one.type] for one in model.properties if one.name in (*model.required, "email")}
    given |= {one.name: one.choices[0] for one in model.properties if one.name in model.required and one.choices}
    given |= dict.fromkeys({"companyId", "cId"} & {one.name for one in model.properties}, COMPANY)
    return given | ({"externalId": "e"} if model.required_any else {})


def objects(model: Model | None) -> st.SearchStrategy[Any]:
    """An object that is fine but for a few keys."""
    if model is None:
        return st.dictionaries(st.sampled_from(OTHER_KEYS), VALUES, max_size=6)
    types = {one.name: one.type for one in model.properties}
    own = st.sampled_from(sorted(types)).flatmap(
        lambda key: st.tuples(st.just(key), st.just(GOOD[types[key]]) | VALUES)
    )
    pairs = st.lists(own | st.tuples(st.sampled_from(OTHER_KEYS), VALUES), max_size=3)
    start = st.sampled_from((_good(model), _good(model), {}))
    return st.builds(lambda given, more: {**given, **dict(more)}, start, pairs)


def bodies(rule: str, *, bulk: bool) -> st.SearchStrategy[bytes]:
    """What may stand in a body sent to *rule*."""
    one = objects(BY_COLLECTION.get(rule.rsplit("/<key>", 1)[0].rsplit("/", 1)[-1]))
    if rule == "/licenses/actions":
        one = st.builds(lambda data: {"action": "newMrr", "data": data}, st.lists(one | VALUES, max_size=3))
    if rule == "/timeentries/duplicate":
        one = st.builds(lambda ids: {"ids": ids}, st.lists(st.just(RECORDS["timeentries"]) | VALUES, max_size=3))
    known = RECORDS.get(rule.strip("/"), TASK)
    again = one.map(lambda body: {**body, "_id": known})
    many = st.lists(one | one | again | again | VALUES, max_size=4)
    given = many | many | one if bulk or rule.startswith(("/analytics", "/dimension", "/dock")) else one | one | many
    return given.map(lambda body: json.dumps(body).encode())


GARBAGE = st.binary(max_size=40) | st.sampled_from(
    (b"", b"{", b"[" * 50_000, b'{"a":' * 30_000, b'[{"custom":' * 150 + b"1" + b"}]" * 150, b'{"a":NaN}',
     b"\xff\xfe{}",
     b'{"companyId":"\\ud800","custom":{"\\udc00":"\\ud83d"}}', b'{"a":"\xed\xa0\x80"}', b'{"_id":1,"_id":2}',
     b"\xef\xbb\xbf{}", b'{"custom":{"n":' + b"9" * 5_000 + b"}}", b'cId,id,name\n\0,"\n', b"email,email\na,b,c,d\n")
)  # fmt: skip


OFTEN = [route for route in ROUTES for _ in range(4 if route[0] in {"POST", "PUT"} else 1)]


@st.composite
def requests_(draw: st.DrawFn) -> dict[str, Any]:
    """One request for a route of the table."""
    method, rule, name, _ = draw(st.sampled_from(OFTEN))
    path = rule.replace("<tenant_id>", draw(st.sampled_from((TENANT, TENANT, "nobody"))))
    path = path.replace("<hook>", draw(st.sampled_from((HOOK, HOOK, "nobody"))))
    path = path.replace("<company>", quoted(draw(st.just(COMPANY) | IDS)))
    known = RECORDS.get(rule.split("/<key>")[0].rsplit("/", 1)[-1], TASK)
    path = path.replace("<key>", quoted(draw(st.just(known) | st.just(known) | IDS)))
    pairs = draw(st.lists(st.tuples(st.sampled_from(PARAMETERS), SORTS | IDS | DATES | NUMBERS), max_size=3))
    query = "&".join(f"{key}={quoted(str(value))}" for key, value in pairs)
    data = b""
    if method not in {"GET", "DELETE"}:
        proper = bodies(rule, bulk=name.startswith("bulkUpsert"))
        data = draw(st.integers(0, 7).flatmap(lambda n: GARBAGE if n == 7 else proper))
    return {"name": name, "method": method, "path": path, "query_string": query, "data": data}


def quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")) or "%20"


# What moves the parts of a tenant that hardly anything else does: notes, automations, metrics, activity.
LIVELY: list[dict[str, Any]] = [
    {"method": method, "path": path, "query_string": "", "data": json.dumps(body).encode()}
    for method, path, body in (
        ("PUT", f"/tasks/{TASK}", {"action": "moved", "status": "Done"}),
        ("PUT", f"/tasks/{TASK}", {"action": "again", "status": "Blocked"}),
        ("POST", f"/webhooks/{HOOK}", {"a": [1]}),
        ("POST", f"/dimensiondata/{TENANT}", {"dimensionId": "d", "value": 2.5, "externalId": "acme"}),
        ("POST", f"/analytics/{TENANT}", {"email": "jo@acme.example", "action": "log in"}),
        ("POST", "/dock/segment", {"type": "identify", "userId": "s", "traits": {"email": "s@acme.example"}}),
        ("PUT", "/companies", [{"externalId": "acme", "phase": "live"}, {"name": "new"}]),
    )
]
