"""Lists and look-ups: filters, paging, sorting, selecting, ids in paths, the other small routes."""

from __future__ import annotations

from typing import Any

import pytest

from fake_planhat import ApiToken
from fake_planhat.models import MODELS

from .conftest import COMPANY_ID, OTHER_ID, TOKEN, USER_ID, Api

ANN, BOB = "5e0000000000000000000001", "5e0000000000000000000002"


@pytest.fixture
def full(api: Api) -> Api:
    """Some of everything, with ids that tell what they are."""
    api.control.seed(
        {
            "endusers": [
                {"_id": ANN, "companyId": COMPANY_ID, "email": "ann@x.example", "externalId": "a",
                 "sourceId": "003A"},
                {"_id": BOB, "companyId": OTHER_ID, "email": "bob@x.example", "archived": True},
            ],
            "tasks": [
                {"_id": "70" + "0" * 21 + "1", "companyId": COMPANY_ID, "endusers": [ANN], "custom": {"N": 2}},
                {"_id": "70" + "0" * 21 + "2", "companyId": OTHER_ID, "endusers": [{"id": BOB}], "custom": {"N": 10}},
                {"_id": "70" + "0" * 21 + "3", "companyId": OTHER_ID, "isArchived": True},
                {"_id": "70" + "0" * 21 + "4", "companyId": COMPANY_ID, "endusers": [BOB, ANN], "custom": {"N": "x"}},
            ],
            "conversations": [
                {"_id": "80" + "0" * 21 + "1", "companyId": COMPANY_ID, "type": "note"},
                {"_id": "80" + "0" * 21 + "2", "companyId": OTHER_ID, "type": "email"},
                {"_id": "80" + "0" * 21 + "3", "companyId": OTHER_ID, "type": "call", "archived": True},
            ],
        }
    )  # fmt: skip
    return api


def last_digits(api: Api, path: str) -> str:
    answer = api.get(path)
    assert 200 == answer.status_code, answer.text
    return "".join(one["_id"][-1] for one in answer.json())


@pytest.mark.evidence("documented", "developer documentation, the list section of each model")
@pytest.mark.parametrize(
    ("path", "digits"),
    [
        ("/tasks", "124"),
        ("/tasks?isArchived=false", "124"),
        ("/tasks?isArchived=true", "3"),
        (f"/tasks?companyId={COMPANY_ID}", "14"),
        (f"/tasks?companyId={COMPANY_ID},{OTHER_ID}", "124"),
        (f"/tasks?companyId=%20{COMPANY_ID}%20,", "14"),
        ("/tasks?companyId=extid-bolt,srcid-001A", "124"),
        (f"/tasks?c={OTHER_ID}", "2"),
        (f"/tasks?cId={OTHER_ID}", "2"),
        (f"/tasks?cid={OTHER_ID}", "2"),
        (f"/tasks?enduserIds={ANN}", "14"),
        (f"/tasks?enduserIds={BOB}", "24"),
        (f"/tasks?enduserIds={ANN},{BOB}", "124"),
        (f"/tasks?enduserIds={ANN}&companyId={OTHER_ID}", ""),
        ("/tasks?enduserIds=5e", ""),
        ("/tasks?limit=2", "12"),
        ("/tasks?l=1", "1"),
        ("/tasks?limit=2&offset=2", "4"),
        ("/tasks?offset=3", ""),
        ("/tasks?sort=-_id", "421"),
        ("/tasks?sort=custom.N", "124"),
        ("/tasks?sort=-custom.N&limit=1", "4"),
        ("/tasks?sort=nothing", "124"),
        ("/tasks?externalId=a&email=x", "124"),
        ("/conversations", "123"),
        ("/conversations?type=email,call", "23"),
        (f"/conversations?companyId={OTHER_ID}&type=note", ""),
        (f"/companies/{OTHER_ID}/conversations", "23"),
        ("/companies/extid-acme/conversations?type=note", "1"),
        ("/endusers", "1"),
        ("/endusers?archived=true", "2"),
        ("/endusers?email=ann@x.example", "1"),
        (f"/endusers?euId={ANN}", "1"),
        (f"/endusers?euId={BOB}", ""),
        (f"/companies/{COMPANY_ID}/endusers", "1"),
        ("/companies/srcid-001B/endusers?archived=true", "2"),
        ("/users?email=alex@us.example", "1"),
        ("/users?email=nobody@us.example", ""),
        ("/companies?sort=-name", "21"),
        ("/companies?limit=1&offset=1", "2"),
        ("/companies/", "12"),
        ("/leancompanies", "12"),
        ("/leancompanies?externalId=bolt,none", "2"),
        ("/leancompanies?sourceId=001A&externalId=bolt", ""),
    ],
)
def test_filters(full: Api, path: str, digits: str) -> None:
    """Which rows a list gives, in which order."""
    assert digits == last_digits(full, path)


@pytest.mark.evidence("client-derived", "clients of /leancompanies")
def test_lean_companies(make_api: Any) -> None:
    """Ids, keys and names of every company, without a limit; status filters by value."""
    api = make_api(world=False)
    rows = [{"_id": f"{n:024x}", "name": f"C{n}", "status": "lost" if n % 2 else "customer"} for n in range(5_100)]
    api.fake.seed({"companies": rows})

    assert 5_100 == len(api.get("/leancompanies").json())
    assert {"_id": f"{1:024x}", "name": "C1"} == api.get("/leancompanies?status=lost").json()[0]
    assert 2_550 == len(api.get("/leancompanies?status=lost").json())


@pytest.mark.evidence("documented", "help article on ids: prefixes per model")
def test_prefixes_per_model(full: Api) -> None:
    """Which prefixed ids name a record: Task srcid-, Conversation and User extid-, Custom field none, the rest both."""
    accepted = {
        model.name: {
            prefix
            for prefix in ("extid-", "srcid-")
            if full.get(f"/{model.collection}/{prefix}none").status_code == 404
        }
        for model in MODELS
    }

    both = {"extid-", "srcid-"}
    some = {
        "User": {"extid-"}, "Task": {"srcid-"}, "Conversation": {"extid-"}, "Nps": {"srcid-"}, "Issue": {"srcid-"},
        "Timesheet": set(), "CustomField": set(),
    }  # fmt: skip
    assert {model.name: some.get(model.name, both) for model in MODELS} == accepted
    assert ANN == full.row("/endusers/extid-a")["_id"] == full.row("/endusers/srcid-003A")["_id"]
    assert ANN == full.row(f"/endusers/{ANN.upper()}")["_id"]


@pytest.mark.evidence("documented", "developer documentation of 2017: /myprofile")
def test_my_profile(make_api: Any) -> None:
    """The acting user's record; an app without a user has none."""
    api = make_api(tokens=[ApiToken(TOKEN, user_id=USER_ID), ApiToken("app")])

    assert USER_ID == api.row("/myprofile")["_id"]
    assert 404 == api.get("/myprofile", headers={"Authorization": "Bearer app"}).status_code


@pytest.mark.evidence("documented", "developer documentation, Company: what a create and a later GET show")
def test_company_answers(api: Api) -> None:
    """The create answer starts with `_id`, name and slug; a GET adds the nulls of a customer that is none yet."""
    made = api.made("/companies", {"name": "Acme, Inc. (DE)"})

    row = api.row(f"/companies/{made['_id']}")

    assert ["_id", "name", "slug", "shareable", "followers", "domains"] == list(made)[:6]
    assert ("acmeincde", "prospect", 0) == (made["slug"], made["status"], made["mrr"])
    assert {"renewalDate": None, "customerFrom": None, "h": None, "orgPathCount": 0}.items() <= row.items()
    assert set(row) - set(made) == {
        "h", "hProfile", "renewalDate", "renewalDaysFromNow", "autoRenews", "headId", "customerTo", "customerFrom",
        "orgPathCount", "custom",
    }  # fmt: skip


@pytest.mark.evidence("documented", "developer documentation, Note: create answer")
def test_conversation_create_answer(api: Api) -> None:
    """Defaults first, then what was sent, then what Planhat fills in, in the documented order."""
    made = api.made(
        "/conversations",
        {
            "companyId": COMPANY_ID,
            "type": "note",
            "subject": "S",
            "description": "D",
            "date": "2026-01-05",
            "users": [{"id": USER_ID}],
        },
    )

    assert [
        "starred", "pinned", "autoTags", "activityTags", "emailTemplateIds", "isOpen", "tags", "waitsToBeFiltered",
        "timeBucket", "archived", "_id", "companyId", "type", "subject", "description", "date", "users", "snippet",
        "companyName", "createDate", "sender", "history", "__v", "companySourceId", "owner", "followers", "userId",
        "note", "nickName", "createdAt", "updatedAt",
    ] == list(made)  # fmt: skip
    assert (True, [], "S: D") == (made["waitsToBeFiltered"], made["timeBucket"], made["note"])
    assert ("001A", USER_ID, USER_ID, "Alex") == (
        made["companySourceId"],
        made["owner"],
        made["userId"],
        made["nickName"],
    )
    assert [{"id": USER_ID, "name": "Alex", "isOwner": False}] == made["users"]


@pytest.mark.evidence("documented", "developer documentation, Enduser and User: property tables")
def test_people(api: Api) -> None:
    """An enduser's name is composed; defaults stand for what was not sent."""
    person = api.made(
        "/endusers", {"companyId": COMPANY_ID, "email": "p@x.example", "firstName": "Pat", "lastName": "Li"}
    )
    changed = api.put(f"/endusers/{person['_id']}", {"lastName": "Lu", "companyId": OTHER_ID}).json()
    member = api.made("/users", {"email": "m@us.example", "nickName": "M", "firstName": "M", "lastName": "N"})

    assert ("Pat Li", False, []) == (person["name"], person["archived"], person["tags"])
    assert ("Pat Lu", "Bolt") == (changed["name"], changed["companyName"])
    assert (60, {"path": ""}, True, False) == tuple(
        member[key] for key in ("defaultMeetingLength", "image", "dailyDigest", "removed")
    )


@pytest.mark.evidence("assumed", "an index is no vendor fact; the plan is ours")
def test_lookups_use_an_index(full: Api) -> None:
    """The default list and every keyable are found without reading the table."""
    with full.fake.store.read() as connection:
        for where in ("_id = 'x'", "sourceId = 'x'", "companyId IN ('x')", "archived = 0 ORDER BY _id LIMIT 5"):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT doc FROM tasks WHERE {where}").fetchall()
            assert all("USING INDEX" in row[3] for row in plan), (where, plan)
