"""A Private App's token: permissions per model and operation, and what a token without one learns (nothing)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from fake_planhat import ApiToken
from fake_planhat.models import MODELS
from fake_planhat.operations.hiding import REVEALS
from fake_planhat.routes import ROUTES

from .conftest import COMPANY_ID, OTHER_ID, TOKEN, USER_ID, Api
from .edge_probes import metric, push

PERMISSIONS = ("create", "read", "update", "delete")
NAMES = [model.name for model in MODELS]
NOBODY = "0" * 24
# operations that models share: what each asks for. bulkUpsert asks for what its items turn out to be.
COMMON = {
    "create": ["create"],
    "list": ["read"],
    "get": ["read"],
    "update": ["update"],
    "patch": ["update"],
    "delete": ["delete"],
}
# the other operations: every permission that is asked for, on its model
OTHERS: dict[str, list[tuple[str, str]]] = {
    "listCompanyEndusers": [("read", "Enduser"), ("read", "Company")],
    "listCompanyConversations": [("read", "Conversation"), ("read", "Company")],
    "listCompanyLicenses": [("read", "License"), ("read", "Company")],
    "createCompanyLicense": [("create", "License"), ("read", "Company")],
    "getCompanyLicense": [("read", "License"), ("read", "Company")],
    "updateCompanyLicense": [("update", "License"), ("read", "Company")],
    "deleteCompanyLicense": [("delete", "License"), ("read", "Company")],
    "listLeanCompanies": [("read", "Company")],
    "getMyProfile": [("read", "User")],
    "listTickets": [("read", "Conversation")],
    "deleteTicket": [("delete", "Conversation")],
    "duplicateTimeEntries": [("read", "TimeEntry"), ("create", "TimeEntry")],
    "listDimensionData": [("read", "DimensionData")],
}
BULK = {"bulkUpsertTickets": "Conversation", "updateLicenseActions": "License"}
WITHOUT_TOKEN = {"pushDimensionData", "pushActivity", "pushActivities", "streamActivities", "segment", "receiveWebhook"}
BULK_ITEMS: dict[str, Any] = {"bulkUpsertTickets": {"sourceId": "1"}, "updateLicenseActions": {"cId": COMPANY_ID}}
BODIES: dict[str, Any] = {
    "updateLicenseActions": {"action": "newMrr", "data": [BULK_ITEMS["updateLicenseActions"]]},
    "bulkUpsertTickets": [BULK_ITEMS["bulkUpsertTickets"]],
    "duplicateTimeEntries": {"ids": []},
}


def needs() -> dict[str, list[tuple[str, str]]]:
    """operationId -> the permissions it asks for, of every operation of a token but the bulk ones."""
    made = dict(OTHERS)
    for model in MODELS:
        for operation, permissions in COMMON.items():
            name = f"{operation}{model.plural if operation == 'list' else model.name}"
            if operation in model.operations:
                made[name] = [(one, model.name) for one in permissions]
    return made


def bulks() -> dict[str, str]:
    """operationId -> model, of every bulk operation."""
    made = {f"bulkUpsert{model.plural}": model.name for model in MODELS if "bulkUpsert" in model.operations}
    return made | BULK


NEEDS = needs()
BULKS = bulks()
CALLS = {name: (method, rule) for method, rule, name, _ in ROUTES}


def token(*granted: tuple[str, str]) -> ApiToken:
    """A token with these permissions and no others."""
    models = {model for _, model in granted}
    permissions = {model: frozenset(one for one, other in granted if other == model) for model in models}
    name = ",".join(f"{one} {model}" for one, model in sorted(granted)) or "none"
    return ApiToken(name, user_id=USER_ID, permissions=permissions)


def as_token(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


def call(api: Api, operation_id: str, who: ApiToken) -> Any:
    method, rule = CALLS[operation_id]
    path = re.sub("<company>", COMPANY_ID, re.sub("<key>", NOBODY, rule))
    body = BODIES.get(operation_id, [{}] if operation_id in BULKS else {})
    return api.call(method, path, None if method in {"GET", "DELETE"} else body, headers=as_token(who.value))


def test_every_operation_has_a_row() -> None:
    """Every route is in one of the tables: who adds one says what it asks for."""
    assert set(CALLS) == set(NEEDS) | set(BULKS) | WITHOUT_TOKEN
    assert not (set(NEEDS) & set(BULKS)) | ((set(NEEDS) | set(BULKS)) & WITHOUT_TOKEN)


@pytest.fixture(scope="module")
def all_tokens() -> list[ApiToken]:
    """One token for each permission on each model, one without any, and those that operations ask for."""
    singles = [token((one, model)) for model in [*NAMES, "DimensionData"] for one in PERMISSIONS]
    wanted = [token(*some) for some in NEEDS.values()]
    return list({one.value: one for one in [ApiToken(TOKEN), token(), *singles, *wanted]}.values())


@pytest.mark.evidence("documented", "help article on Private Apps; developer documentation, HTTP response codes: 403")
@pytest.mark.parametrize("operation_id", NEEDS)
def test_each_operation_asks_for_its_permissions(make_api: Any, all_tokens: list[ApiToken], operation_id: str) -> None:
    """With what it needs the call is not 403; with any single permission that is not all of it, it is, and says so."""
    api = make_api(tokens=all_tokens)
    needed = set(NEEDS[operation_id])

    assert 403 != call(api, operation_id, token(*needed)).status_code
    for model in {*(model for _, model in needed), "Task", "Company"}:
        for permission in PERMISSIONS:
            refused = call(api, operation_id, token((permission, model)))
            assert (403 == refused.status_code) == ({(permission, model)} != needed), (permission, model)
    nothing = call(api, operation_id, token())
    assert (403, "Forbidden") == (nothing.status_code, nothing.text)


@pytest.mark.evidence("documented", "developer documentation, HTTP response codes: 403, permissionErrors")
@pytest.mark.parametrize("operation_id", BULKS)
def test_bulk_calls_list_what_is_not_permitted(make_api: Any, all_tokens: list[ApiToken], operation_id: str) -> None:
    """Without create and update every item is a permissionError and the answer is 403, in the bulk shape."""
    api = make_api(tokens=all_tokens)
    model = BULKS[operation_id]

    for permission in (*PERMISSIONS, None):
        who = token((permission, model)) if permission else token()
        answer = call(api, operation_id, who)
        refused = len(answer.json()["permissionErrors"])
        allowed = permission == "create" or (permission == "update" and operation_id == "bulkUpsertTickets")
        # An empty item is an insert: who may only update may not do it, and is told.
        assert (403 == answer.status_code, refused) == ((False, 0) if allowed else (True, 1)), permission
        if refused:
            item = BULK_ITEMS.get(operation_id, {})
            assert [{"message": "Forbidden", "index": 0, "item": item}] == answer.json()["permissionErrors"]


@pytest.mark.evidence("documented", "developer documentation, HTTP response codes: no permission for one or all")
def test_a_bulk_call_of_which_a_part_is_permitted(make_api: Any) -> None:
    """create without update: new rows are made, known ones are permissionErrors, and the answer is 403."""
    api = make_api(tokens=[ApiToken(TOKEN), token(("create", "Task"))])
    api.task(sourceId="old")
    before = api.row("/tasks/srcid-old")

    items = [{"sourceId": "new", "companyId": COMPANY_ID}, {"sourceId": "old", "action": "x"}]
    answer = api.put("/tasks", items, headers=as_token("create Task"))

    assert (403, 1, [1]) == (
        answer.status_code,
        answer.json()["created"],
        [one["index"] for one in answer.json()["permissionErrors"]],
    )
    assert before == api.row("/tasks/srcid-old")
    assert 200 == api.get("/tasks/srcid-new").status_code


# --- what one model's answers tell of another -------------------------------------------------------------------------

ENDUSER = "5e0000000000000000000001"
SECRETS = {
    "Company": ["Acme Secret Ltd", "001SECRET"],
    "User": ["Nick Secret", "Firstsecret"],
    "Enduser": ["Contact Secret", "secret@x.example"],
    "License": ["product-secret"],
    "Sale": ["sale-secret"],
    "Workflow": ["Workflow Secret"],
}
PEOPLE = {"users": [{"id": USER_ID, "name": "Nick Secret", "isOwner": True}],
          "endusers": [{"id": ENDUSER, "name": "Contact Secret"}]}  # fmt: skip
IN_COMPANY = {"companyId": COMPANY_ID, "companyName": "Acme Secret Ltd"}
FULL: dict[str, Any] = {
    "companies": [{"_id": COMPANY_ID, "name": "Acme Secret Ltd", "sourceId": "001SECRET", "owner": USER_ID,
                   "coOwner": USER_ID, "externalId": "acme", "licenses": [{"product": "product-secret"}],
                   "sales": [{"product": "sale-secret"}]},
                  {"_id": OTHER_ID, "name": "Bolt", "externalId": "bolt"}],
    "users": [{"_id": USER_ID, "nickName": "Nick Secret", "firstName": "Firstsecret", "email": "u@us.example"}],
    "endusers": [{"_id": ENDUSER, "name": "Contact Secret", "email": "secret@x.example", **IN_COMPANY}],
    "tasks": [{"_id": "7" * 24, "ownerId": USER_ID, "ownerName": "Nick Secret", "workflowName": "Workflow Secret",
               "action": "Call", **PEOPLE, **IN_COMPANY}],
    "conversations": [
        {"_id": "8" * 24, "type": "note", "companySourceId": "001SECRET", "owner": USER_ID, "nickName": "Nick Secret",
         **PEOPLE, **IN_COMPANY},
        {"_id": "9" * 24, "type": "ticket", "externalId": "500", "email": "secret@x.example", **PEOPLE, **IN_COMPANY}],
    "assets": [{"_id": "a" * 24, "name": "Asset", **IN_COMPANY}],
    "invoices": [{"_id": "b" * 24, "cId": COMPANY_ID, "cName": "Acme Secret Ltd"}],
    "issues": [{"_id": "c" * 24, "title": "I", "companies": [{"_id": COMPANY_ID, "name": "Acme Secret Ltd"}],
                "companyIds": [COMPANY_ID], "endusers": PEOPLE["endusers"]}],
    "licenses": [{"_id": "d" * 24, "product": "product-secret", **IN_COMPANY}],
    "sales": [{"_id": "e" * 24, "product": "sale-secret", **IN_COMPANY}],
    "workflows": [{"_id": "f" * 24, "name": "Workflow Secret", **IN_COMPANY}],
}  # fmt: skip
# The reads of each model: a single GET, lists, nested and other routes.
READS: dict[str, list[str]] = {
    "Company": ["/companies", f"/companies/{COMPANY_ID}", "/leancompanies"],
    "User": ["/users", f"/users/{USER_ID}", "/myprofile"],
    "Enduser": ["/endusers", f"/endusers/{ENDUSER}"],
    "Task": ["/tasks", f"/tasks/{'7' * 24}", "/tasks?select=companyName,ownerName,users,workflowName"],
    "Conversation": ["/conversations", f"/conversations/{'8' * 24}", f"/conversations/{'9' * 24}", "/tickets"],
    "Asset": ["/assets", f"/assets/{'a' * 24}"],
    "Invoice": ["/invoices", f"/invoices/{'b' * 24}"],
    "Issue": ["/issues", f"/issues/{'c' * 24}"],
    "License": ["/licenses", f"/licenses/{'d' * 24}"],
    "Sale": ["/sales", f"/sales/{'e' * 24}"],
    "Workflow": ["/workflows", f"/workflows/{'f' * 24}"],
    "DimensionData": ["/dimensiondata"],
}


@pytest.fixture
def full(make_api: Any) -> Api:
    """Some of everything, with names that a search finds, and a token for each reader of one model."""
    tokens = [ApiToken(TOKEN, user_id=USER_ID), *(token(("read", model)) for model in READS)]
    tokens += [token(*((one, model) for one in PERMISSIONS if one != "read")) for model in ("Task", "Conversation")]
    tokens += [token(("create", "Task"), ("update", "Task")), token(("read", "Enduser"), ("read", "Task"))]
    api: Api = make_api(world=False, tokens=tokens)
    api.control.seed(FULL)
    push(api, "/dimensiondata", metric())
    return api


@pytest.mark.evidence("assumed", "switch hidden_models")
@pytest.mark.parametrize("model", READS)
def test_a_reader_of_one_model_learns_no_other_s_names(full: Api, model: str) -> None:
    """No answer that a token may have holds a name, number or address that belongs to a model it may not read."""
    for path in READS[model]:
        told = full.get(path, headers=as_token(f"read {model}"))
        whole = full.get(path)
        assert 200 == told.status_code == whole.status_code, path
        for other, secrets in SECRETS.items():
            seen = [one for one in secrets if one in told.text]
            assert (other == model) or [] == seen, (path, other, seen)
        rows, all_rows = (one.json() if isinstance(one.json(), list) else [one.json()] for one in (told, whole))
        assert [one["_id"] for one in all_rows] == [one["_id"] for one in rows], path


TASK, NOTE, TICKET = f"/tasks/{'7' * 24}", f"/conversations/{'8' * 24}", f"/conversations/{'9' * 24}"
ISSUE = f"/issues/{'c' * 24}"
ACME, NICK, CONTACT = "Acme Secret Ltd", "Nick Secret", "Contact Secret"
OWNER = {"_id": USER_ID, "nickName": NICK}
ABSENT = "no such key"
TEAM, NAMELESS_TEAM = [{"id": USER_ID, "name": NICK, "isOwner": True}], [{"id": USER_ID, "isOwner": True}]
CONTACTS, NAMELESS_CONTACTS = [{"id": ENDUSER, "name": CONTACT}], [{"id": ENDUSER}]
# By whose the key is and its name: who reads one model alone, what is read, and the key in the first row, as a reader
# of everything sees it and as this one does. The keys are those of the documentation's and the recordings' rows.
HIDDEN: dict[str, list[tuple[str, str, Any, Any]]] = {
    "Company.companyName": [
        ("Enduser", f"/endusers/{ENDUSER}", ACME, ABSENT),
        ("Task", TASK, ACME, ABSENT),
        ("Conversation", NOTE, ACME, ABSENT),
        ("Conversation", "/tickets", ACME, ABSENT),
        ("Asset", "/assets", ACME, ABSENT),
        ("License", "/licenses", ACME, ABSENT),
        ("Sale", "/sales", ACME, ABSENT),
        ("Workflow", "/workflows", ACME, ABSENT),
        ("DimensionData", "/dimensiondata", ACME, ABSENT),
    ],
    "Company.cName": [("Invoice", "/invoices", ACME, ABSENT)],
    "Company.companySourceId": [("Conversation", NOTE, "001SECRET", ABSENT)],
    "Company.companies": [("Issue", ISSUE, [{"_id": COMPANY_ID, "name": ACME}], [{"_id": COMPANY_ID}])],
    "Company.owner": [("Conversation", NOTE, USER_ID, ABSENT)],
    "User.owner": [("Company", "/companies", OWNER, USER_ID)],
    "User.coOwner": [("Company", "/companies", OWNER, USER_ID)],
    "License.licenses": [("Company", f"/companies/{COMPANY_ID}", [{"product": "product-secret"}], [])],
    "Sale.sales": [("Company", f"/companies/{COMPANY_ID}", [{"product": "sale-secret"}], [])],
    "User.ownerName": [("Task", TASK, NICK, ABSENT)],
    "User.nickName": [("Conversation", NOTE, NICK, ABSENT), ("User", "/users", NICK, NICK)],
    "User.users": [("Task", TASK, TEAM, NAMELESS_TEAM), ("Conversation", NOTE, TEAM, NAMELESS_TEAM)],
    "Enduser.endusers": [
        ("Task", TASK, CONTACTS, NAMELESS_CONTACTS),
        ("Conversation", NOTE, CONTACTS, NAMELESS_CONTACTS),
        ("Issue", ISSUE, CONTACTS, NAMELESS_CONTACTS),
    ],
    "Enduser.email": [
        ("Conversation", TICKET, "secret@x.example", ABSENT),
        ("Enduser", "/endusers", "secret@x.example", "secret@x.example"),
        ("User", "/users", "u@us.example", "u@us.example"),
    ],
    "Workflow.workflowName": [("Task", TASK, "Workflow Secret", ABSENT)],
}


@pytest.mark.ledger("planhat/side-effect/hidden/*")
@pytest.mark.parametrize("name", [pytest.param(name, id=f"planhat/side-effect/hidden/{name}") for name in HIDDEN])
def test_each_key_that_tells_of_another_model(full: Api, name: str) -> None:
    """A reader of everything sees the key whole, a reader of that model alone what of it is no other model's."""
    for model, path, whole, kept in HIDDEN[name]:
        answers = (full.get(path).json(), full.get(path, headers=as_token(f"read {model}")).json())
        rows = (one[0] if isinstance(one, list) else one for one in answers)

        assert [whole, kept] == [row.get(name.partition(".")[2], ABSENT) for row in rows], (model, path)


@pytest.mark.evidence("assumed", "switch hidden_models")
def test_a_reader_of_everything_sees_the_names(full: Api) -> None:
    """The same answers do hold them for who may read all models: the test above has something to find."""
    texts = "".join(full.get(path).text for paths in READS.values() for path in paths)

    assert [] == [one for secrets in SECRETS.values() for one in secrets if one not in texts]


@pytest.mark.evidence("assumed", "switch hidden_models")
@pytest.mark.parametrize("position", ["hide", "show"])
def test_who_may_read_both_sees_both(full: Api, position: str) -> None:
    """Reading Endusers and Tasks shows a task's contacts by name; ids are shown to everybody."""
    full.switch(hidden_models=position)

    (task,) = full.get("/tasks", headers=as_token("read Enduser,read Task")).json()

    hides = position == "hide"
    assert PEOPLE["endusers"] == task["endusers"]
    assert ([{"id": USER_ID, "isOwner": True}] if hides else PEOPLE["users"]) == task["users"]
    assert (COMPANY_ID, USER_ID, hides) == (task["companyId"], task["ownerId"], "companyName" not in task)


def _create(api: Api, who: dict[str, str]) -> Any:
    return api.post("/tasks", {"companyId": COMPANY_ID, "ownerId": USER_ID, "custom": {"A": 1}}, headers=who)


def _update(api: Api, who: dict[str, str]) -> Any:
    return api.put(f"/tasks/{'7' * 24}", {"action": "x", "custom.A": 1}, headers=who)


def _patch(api: Api, who: dict[str, str]) -> Any:
    return api.call("PATCH", f"/tasks/{'7' * 24}", {"action": "x"}, headers=who)


@pytest.mark.evidence("assumed", "switch hidden_models")
@pytest.mark.parametrize(
    ("write", "keys"),
    [(_create, {"_id", "companyId", "ownerId", "custom"}), (_update, {"_id", "action", "custom"}),
     (_patch, {"_id", "action"})],
)  # fmt: skip
def test_who_may_only_write_sees_what_was_sent(full: Api, write: Callable[..., Any], keys: set[str]) -> None:
    """Without read the answer to a write is the `_id` and what was sent; of custom, too."""
    full.control.seed({"tasks": [{**FULL["tasks"][0], "custom": {"Secret": 7}}]})

    answer = write(full, as_token("create Task,update Task"))

    assert 200 == answer.status_code
    assert keys == set(answer.json())
    assert {"A": 1} == answer.json().get("custom", {"A": 1})


@pytest.mark.evidence("assumed", "switch hidden_models")
def test_who_may_only_delete_sees_no_document(full: Api) -> None:
    """DELETE of a Conversation answers with the document: without read, with its `_id`."""
    who = as_token("create Conversation,delete Conversation,update Conversation")

    deleted = full.call("DELETE", f"/conversations/{'8' * 24}", headers=who)

    assert {"_id": "8" * 24} == deleted.json()


@pytest.mark.evidence("assumed", "switch hidden_models")
@pytest.mark.parametrize(
    ("path", "count"),
    [
        (f"/tasks?companyId={COMPANY_ID}", 1),
        ("/tasks?companyId=extid-acme", 0),
        (f"/tasks?companyId=extid-acme,{COMPANY_ID}", 1),
        ("/tasks?companyId=srcid-001SECRET", 0),
    ],
)
def test_keys_of_companies_find_nothing(full: Api, path: str, count: int) -> None:
    """Which company a key names is the companies' own: to who may not read them a prefixed filter is nobody's."""
    assert count == len(full.get(path, headers=as_token("read Task")).json())


@pytest.mark.evidence("assumed", "switch hidden_models")
def test_neither_order_nor_filter_tells(full: Api) -> None:
    """Sorting by a hidden name sorts by `_id`; a ticket's e-mail finds nothing for who may not read endusers."""
    full.control.seed({"tasks": [{"_id": "1" * 24, "companyId": OTHER_ID, "companyName": "Zorro"}]})
    reader = as_token("read Task")

    ids = [one["_id"][0] for one in full.get("/tasks?sort=companyName", headers=reader).json()]

    assert ["1", "7"] == ids
    assert ["7", "1"] == [one["_id"][0] for one in full.get("/tasks?sort=companyName").json()]
    path = "/tickets?email=secret@x.example"
    assert [1, 0] == [len(full.get(path, headers=who).json()) for who in ({}, as_token("read Conversation"))]


@pytest.mark.evidence("assumed", "switch hidden_models")
def test_nested_lists_ask_for_the_company(full: Api) -> None:
    """Who may read endusers but no company is refused alike for a company that is there and for one that is not."""
    answers = [
        full.get(f"/companies/{key}/{what}", headers=as_token(f"read {model}"))
        for key in (COMPANY_ID, "extid-acme", NOBODY, "nonsense")
        for what, model in (("endusers", "Enduser"), ("conversations", "Conversation"), ("licenses", "License"))
    ]

    assert {(403, "Forbidden")} == {(one.status_code, one.text) for one in answers}


def test_every_name_of_another_model_is_in_the_table() -> None:
    """An autogenerated property whose name ends in Name is in reveals.toml: who adds one says whose it is."""
    names = {
        (model.name, one.name) for model in MODELS for one in model.properties if one.auto and one.name[-4:] == "Name"
    }
    own = {("Conversation", "assigneeName")}

    listed = {
        (model, key) for model, key in names if any(r.key == key and (not r.of or model in r.of) for r in REVEALS)
    }
    assert names - own == listed
