"""What a naive fake gets wrong about Planhat: one test for each point, numbered as in docs and reviews."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from .conftest import COMPANY_ID, OTHER_ID, TOKEN, USER_ID, Api
from .edge_probes import metric, push

# Points, or halves of points, that the sync decides and not the API: the rules whose tests hold them.
ELSEWHERE = {
    33: ("P17", "P19", "P20"),  # when the inherit flag turns on and off
    34: ("P6", "P25"),  # what leaves Planhat, and that nothing is deleted
}


@pytest.mark.evidence("documented", "developer documentation, HTTP response codes")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/companies", {"name": "New"}),
        ("/endusers", {"companyId": COMPANY_ID, "email": "n@acme.example"}),
        ("/users", {"email": "n@us.example", "nickName": "N", "firstName": "N", "lastName": "N"}),
        ("/tasks", {"companyId": COMPANY_ID}),
        ("/conversations", {"companyId": COMPANY_ID}),
    ],
)
def test_01_create_answers_200_with_the_record(api: Api, path: str, body: dict[str, Any]) -> None:
    """Create answers 200, never 201, and the whole record."""
    answer = api.post(path, body)

    assert 200 == answer.status_code
    assert body.items() <= answer.json().items()
    assert re.fullmatch("[0-9a-f]{24}", answer.json()["_id"])


@pytest.mark.evidence("documented", "developer documentation, Bulk upsert")
def test_02_partial_failure_is_206_total_failure_400(api: Api) -> None:
    """A bulk answer has one shape: 200 all done, 206 some failed, 400 all failed."""
    good, bad = {"companyId": COMPANY_ID, "action": "a"}, {"action": "no company"}

    answers = [api.put("/tasks", items) for items in ([good], [good, bad], [bad, bad])]

    assert [200, 206, 400] == [answer.status_code for answer in answers]
    assert 1 == len({tuple(answer.json()) for answer in answers})
    assert [(1, 0), (1, 1), (0, 2)] == [(a.json()["created"], len(a.json()["createdErrors"])) for a in answers]


@pytest.mark.evidence("documented", "developer documentation, Timesheet: one new, one changed, one identical")
def test_03_an_identical_item_is_a_nonupdate(api: Api) -> None:
    """Matched without a change: counted in nonupdates, in no list, and updatedAt stays."""
    same, changed = api.task(sourceId="same"), api.task(sourceId="changed")
    api.clock.advance(60)

    answer = api.put(
        "/tasks",
        [
            {"companyId": COMPANY_ID, "action": "new", "sourceId": "new"},
            {"sourceId": "changed", "action": "Meet"},
            {"sourceId": "same", "action": "Call", "companyId": COMPANY_ID},
        ],
    ).json()

    assert (1, 1, 1) == (answer["created"], answer["updated"], answer["nonupdates"])
    assert [changed["_id"]] == answer["modified"]
    assert same["updatedAt"] == api.row(f"/tasks/{same['_id']}")["updatedAt"]
    assert changed["updatedAt"] < api.row(f"/tasks/{changed['_id']}")["updatedAt"]


@pytest.mark.evidence("documented", "developer documentation, Bulk upsert")
def test_04_upserted_ids_are_the_created_ones(api: Api) -> None:
    """upsertedIds holds new ids only, modified changed ids only."""
    old = api.task(sourceId="old")

    answer = api.put(
        "/tasks", [{"sourceId": "old", "action": "x"}, {"sourceId": "new", "companyId": COMPANY_ID}]
    ).json()

    assert [old["_id"]] == answer["modified"]
    assert [api.row("/tasks/srcid-new")["_id"]] == answer["upsertedIds"]


@pytest.mark.evidence("documented", "developer documentation, Bulk upsert and Task")
def test_05_keys_echo_only_what_was_sent(api: Api) -> None:
    """insertsKeys and updatesKeys show `_id` and the keyables the item brought."""
    api.made("/companies", {"name": "Old", "externalId": "o", "sourceId": "s"})

    answer = api.put("/companies", [{"name": "A"}, {"name": "B", "externalId": "b"}, {"sourceId": "s", "name": "C"}])

    result = answer.json()
    assert [{"_id"}, {"_id", "externalId"}] == [set(one) for one in result["insertsKeys"]]
    assert [{"_id", "sourceId"}] == [set(one) for one in result["updatesKeys"]]


@pytest.mark.evidence("client-derived", "live notes of 2026; update example of the Task page")
def test_06_put_merges(api: Api) -> None:
    """PUT keeps what is not sent; custom merges key by key, as an object or with dots."""
    task = api.task(description="<p>Hi</p>", custom={"A": 1, "B": 2})

    api.put(f"/tasks/{task['_id']}", {"custom": {"B": 3}, "type": "qbr"})
    api.put(f"/tasks/{task['_id']}", {"custom.Days in Phase": 4})

    row = api.row(f"/tasks/{task['_id']}")
    assert ("Call", "<p>Hi</p>", "qbr") == (row["action"], row["description"], row["type"])
    assert {"A": 1, "B": 3, "Days in Phase": 4} == row["custom"]


@pytest.mark.evidence("client-derived", "live notes of 2026")
def test_07_unknown_keys_vanish_unknown_custom_keys_stay(api: Api) -> None:
    """title, subject, priority and the like are dropped with a 200; custom keys need no definition."""
    sent = {"title": "t", "subject": "s", "priority": "High", "custom": {"never defined": [1]}}

    row = api.row(f"/tasks/{api.task(**sent)['_id']}")

    assert not {"title", "subject", "priority"} & set(row)
    assert {"never defined": [1]} == row["custom"]


@pytest.mark.evidence("documented", "developer documentation, the list section of each model")
@pytest.mark.parametrize(
    ("path", "default", "maximum"),
    [
        ("/tasks", 500, 10_000),
        ("/conversations", 30, 2_000),
        ("/companies", 100, 5_000),
        ("/endusers", 100, 2_000),
        ("/nps", 100, 10_000),
        ("/churn", 100, 1_000),
        ("/customfields", 100, 2_000),
        ("/assets", 100, 2_000),
    ],
)
def test_08_each_list_has_its_own_limits(make_api: Any, path: str, default: int, maximum: int) -> None:
    """Lists are bare arrays with their own default and maximum."""
    api = make_api(world=False)
    rows = [{"_id": f"{n:024x}", "name": str(n)} for n in range(maximum + 1)]
    api.fake.seed({path[1:]: rows})

    assert isinstance(api.get(path).json(), list)
    assert default == len(api.get(path).json())
    assert maximum == len(api.get(f"{path}?limit={maximum + 1}").json())


@pytest.mark.evidence("documented", "developer documentation, User")
def test_08_users_have_no_small_default(make_api: Any) -> None:
    """The list of users gives 10,000 without being asked."""
    api = make_api(world=False)
    api.fake.seed({"users": [{"_id": f"{n:024x}"} for n in range(10_001)]})

    assert 10_000 == len(api.get("/users").json())


@pytest.mark.evidence("documented", "developer documentation, Task")
def test_09_tasks_hide_archived_and_mix_events(api: Api) -> None:
    """The default list shows tasks and events, and nothing archived."""
    task, event, gone = api.task(), api.task(mainType="event"), api.task(isArchived=True)

    listed = [one["_id"] for one in api.get("/tasks").json()]

    assert [task["_id"], event["_id"]] == listed
    assert [gone["_id"]] == [one["_id"] for one in api.get("/tasks?isArchived=true").json()]


@pytest.mark.rule("P12", "P14")
@pytest.mark.evidence("documented", "help article on Tasks and Conversations")
@pytest.mark.parametrize("status", ["Done", "Ignored"])
def test_10_closing_archives_but_keeps_the_record(api: Api, status: str) -> None:
    """A Done or Ignored task leaves the default list and stays reachable by id."""
    task = api.task()

    answer = api.put(f"/tasks/{task['_id']}", {"status": status}).json()

    assert answer["isArchived"] is True
    assert [] == api.get("/tasks").json()
    assert status == api.row(f"/tasks/{task['_id']}")["status"]


@pytest.mark.evidence("client-derived", "live notes of 2026")
def test_11_status_is_case_sensitive(api: Api) -> None:
    """`done` fails with a text of its own and changes nothing; any other text is saved."""
    task = api.task()
    path = f"/tasks/{task['_id']}"

    refused = api.put(path, {"status": "done", "action": "Changed"})

    assert (400, "Failed to execute task status update") == (refused.status_code, refused.text)
    assert ("In-progress", "Call") == (api.row(path)["status"], api.row(path)["action"])
    assert "todo, maybe" == api.put(path, {"status": "todo, maybe"}).json()["status"]
    assert 200 == api.put(path, {"status": "Done"}).status_code


@pytest.mark.rule("P12", "P13")
@pytest.mark.evidence("client-derived", "live notes of 2026")
def test_12_the_note_is_logged_on_the_transition_only(api: Api) -> None:
    """Done logs one Conversation under the task's `_id`; created as Done and Ignored log none; twice Done is once."""
    born_done = api.task(status="Done")
    ignored, done = api.task(), api.task()
    api.put(f"/tasks/{ignored['_id']}", {"status": "Ignored"})

    answer = api.done(done)
    again = api.done(done, action="Called")

    assert done["_id"] == answer["noteId"] == again["noteId"]
    (note,) = api.get("/conversations").json()
    assert (done["_id"], done["_id"], "note") == (note["_id"], note["taskId"], note["type"])
    assert "Call" == note["subject"]
    assert "noteId" not in api.row(f"/tasks/{born_done['_id']}")


@pytest.mark.evidence("client-derived", "live notes of 2026")
def test_13_an_id_is_unique_per_collection_only(api: Api) -> None:
    """Task and Conversation share an `_id` and are two records."""
    task = api.task()
    api.done(task)

    api.delete(f"/conversations/{task['_id']}")

    assert 404 == api.get(f"/conversations/{task['_id']}").status_code
    assert 200 == api.get(f"/tasks/{task['_id']}").status_code


@pytest.mark.rule("P7")
@pytest.mark.evidence("documented", "developer documentation, Task and Conversation")
def test_14_task_has_no_external_id_conversation_no_source_id(api: Api) -> None:
    """The keys are dropped, and their prefixes name nothing."""
    task = api.task(externalId="x", sourceId="x")
    note = api.made("/conversations", {"companyId": COMPANY_ID, "sourceId": "y", "externalId": "y"})

    assert ("externalId" in task, "sourceId" in note) == (False, False)
    assert [200, 400] == [api.get(f"/tasks/{prefix}-x").status_code for prefix in ("srcid", "extid")]
    assert [400, 200] == [api.get(f"/conversations/{prefix}-y").status_code for prefix in ("srcid", "extid")]


@pytest.mark.evidence("documented", "developer documentation, Task")
@pytest.mark.parametrize("named", [COMPANY_ID, "extid-acme", "srcid-001A"])
def test_15_prefixed_company_ids_are_resolved(api: Api, named: str) -> None:
    """companyId takes extid- and srcid- values and is stored as the company's `_id`, in single and bulk calls."""
    single = api.task(companyId=named)
    bulk = api.put("/tasks", [{"companyId": named, "action": "b"}]).json()["upsertedIds"][0]
    moved = api.put(f"/tasks/{api.task(companyId=OTHER_ID)['_id']}", {"companyId": named}).json()

    rows = [single, api.row(f"/tasks/{bulk}"), moved]
    assert [(COMPANY_ID, "Acme")] * 3 == [(one["companyId"], one["companyName"]) for one in rows]


@pytest.mark.evidence("documented", "help articles on ids and uniqueness")
def test_16_source_id_per_model_external_id_per_company(api: Api) -> None:
    """The same externalId is legal in two companies; a sourceId is not legal twice in a model."""
    body = {"externalId": "e1", "sourceId": "s1", "subject": "x"}
    first, second, third = (
        api.post("/conversations", {**body, "companyId": company}) for company in (COMPANY_ID, OTHER_ID, COMPANY_ID)
    )
    api.task(sourceId="s1")
    clash = api.post("/tasks", {"companyId": OTHER_ID, "sourceId": "s1"})

    assert [200, 200, 400] == [one.status_code for one in (first, second, third)]
    assert "externalId duplicated" == third.text
    assert (400, "sourceId duplicated") == (clash.status_code, clash.text)
    assert first.json()["_id"] == api.row("/conversations/extid-e1")["_id"]


@pytest.mark.evidence("client-derived", "a public repository named after the text")
def test_17_email_is_not_unique_for_endusers(api: Api) -> None:
    """One e-mail may stand in several companies; externalId and e-mail together may not."""
    person = {"email": "ann@x.example", "externalId": "e"}
    first = api.put("/endusers", [{**person, "companyId": COMPANY_ID}])
    other_id = api.put("/endusers", [{**person, "externalId": "f", "companyId": OTHER_ID}])
    same = api.put("/endusers", [{**person, "companyId": OTHER_ID}])

    assert [1, 1, 0] == [one.json()["created"] for one in (first, other_id, same)]
    assert ["externalId,email duplicated"] == [one["message"] for one in same.json()["createdErrors"]]


@pytest.mark.evidence("documented", "developer documentation, Enduser")
def test_18_an_email_domain_tells_the_company(api: Api) -> None:
    """Without companyId an enduser goes to the company whose domains hold the e-mail's; otherwise it is refused."""
    made = api.post("/endusers", {"email": "Zoe@ACME.example"})
    bulk = api.put("/endusers", [{"email": "yan@acme.example"}, {"email": "x@nowhere.example"}])

    assert (COMPANY_ID, "Acme") == (made.json()["companyId"], made.json()["companyName"])
    assert (206, 1) == (bulk.status_code, bulk.json()["created"])


@pytest.mark.evidence("documented", "developer documentation, Conversation")
def test_19_unknown_conversation_types_become_note(make_api: Any) -> None:
    """A Conversation of an unknown type is a note; a custom type of the tenant stays; a task keeps any type."""
    api = make_api(conversation_types=["QBR"])
    types = [
        api.made("/conversations", {"companyId": COMPANY_ID, "type": kind})["type"]
        for kind in ("QBR", "nonsense", "ticket", "note")
    ]

    assert ["QBR", "note", "ticket", "note"] == types
    assert "nonsense" == api.task(type="nonsense")["type"]


@pytest.mark.evidence("documented", "developer documentation, Note and Task")
def test_20_deleting_a_conversation_answers_the_document(api: Api) -> None:
    """DELETE of a Conversation gives the record back; of anything else it counts."""
    note = api.made("/conversations", {"companyId": COMPANY_ID, "subject": "Bye", "description": "d"})

    deleted = api.delete(f"/conversations/{note['_id']}")

    assert (200, "Bye", "d") == (deleted.status_code, deleted.json()["subject"], deleted.json()["description"])
    assert {"n": 1, "ok": 1, "deletedCount": 1} == api.delete(f"/tasks/{api.task()['_id']}").json()


@pytest.mark.evidence("client-derived", "live 404s; developer documentation, Ticket")
def test_21_paths_that_do_not_exist(api: Api) -> None:
    """/notes and /activities are 404, so are POST and single GET of tickets; /churn and /nps are singular."""
    missing = [
        ("GET", "/notes"), ("POST", "/notes"), ("GET", "/activities"), ("POST", "/tickets"), ("GET", "/tickets/1"),
        ("PUT", "/customfields"), ("GET", "/churns"), ("POST", f"/tasks/{COMPANY_ID}"), ("DELETE", "/tasks"),
    ]  # fmt: skip

    assert [404] * len(missing) == [api.call(method, path).status_code for method, path in missing]
    assert [200, 200, 200] == [api.get(path).status_code for path in ("/churn", "/nps", "/tickets")]


@pytest.mark.evidence("documented", "developer documentation, Ticket")
def test_22_tickets_without_an_email_vanish(api: Api) -> None:
    """A ticket without an e-mail is neither made nor an error; the one beside it is."""
    api.made("/endusers", {"companyId": COMPANY_ID, "email": "ann@x.example"})

    result = api.put("/tickets", [{"sourceId": "1", "title": "lost"}, {"sourceId": "2", "email": "ann@x.example"}])

    assert (200, 1, [], []) == (
        result.status_code, *(result.json()[key] for key in ("created", "createdErrors", "updatedErrors")),
    )  # fmt: skip
    assert ["2"] == [one["sourceId"] for one in api.get("/tickets").json()]


@pytest.mark.evidence("documented", "developer documentation, Invoice, License, Sale and Issue")
def test_23_models_name_things_otherwise(api: Api) -> None:
    """Invoice has cId and counts days, License and Sale have _currency, Issue has companyIds: no other name will do."""
    good = {
        "/invoices": {"cId": COMPANY_ID, "currency": "USD", "invoiceDate": 20_458},
        "/licenses": {"companyId": COMPANY_ID, "_currency": "USD", "fromDate": "2026-01-05", "value": 5},
        "/sales": {"companyId": COMPANY_ID, "_currency": "USD", "salesDate": "2026-01-05", "value": 5},
        "/issues": {"title": "t", "sourceId": "1", "archived": False, "companyIds": [COMPANY_ID]},
    }
    renamed = {
        "/invoices": {"cId": "companyId"}, "/licenses": {"_currency": "currency"}, "/sales": {"_currency": "currency"},
    }  # fmt: skip

    made = {path: api.made(path, body) for path, body in good.items()}
    refused = [
        api.post(path, {names.get(key, key): value for key, value in good[path].items()}).status_code
        for path, names in renamed.items()
    ]

    assert [400, 400, 400] == refused
    assert (COMPANY_ID, 20_458) == (made["/invoices"]["cId"], made["/invoices"]["invoiceDate"])
    assert "companyId" not in made["/invoices"]
    assert ["USD", "USD"] == [made[path]["_currency"]["symbol"] for path in ("/licenses", "/sales")]
    assert [COMPANY_ID] == made["/issues"]["companyIds"]


@pytest.mark.evidence("client-derived", "read by the Go client darrenparkinson/planhat")
def test_24_lists_populate_references(api: Api) -> None:
    """owner and roles are ids in a GET of one record, objects in a list."""
    populated = {"_id": USER_ID, "nickName": "Alex"}

    assert USER_ID == api.row(f"/companies/{COMPANY_ID}")["owner"]
    assert populated == api.get("/companies").json()[0]["owner"]
    assert ["000000000000000000000000"] == api.row(f"/users/{USER_ID}")["roles"]
    assert ["Administrator"] == [role["name"] for role in api.get("/users").json()[0]["roles"]]


@pytest.mark.evidence("client-derived", "live notes of 2026; create and update examples of the Task page")
def test_25_denormalised_names(api: Api) -> None:
    """userEmail only in the create answer; ownerName never there, stored at creation, stale after a change of owner."""
    second = api.made("/users", {"email": "b@us.example", "nickName": "Bo", "firstName": "B", "lastName": "O"})
    created = api.task(ownerId=USER_ID)

    updated = api.put(f"/tasks/{created['_id']}", {"ownerId": second["_id"]}).json()

    assert ("user@planhat.com", None) == (created["userEmail"], created.get("ownerName"))
    assert (None, "Alex") == (updated.get("userEmail"), updated["ownerName"])
    assert second["_id"] == api.row(f"/tasks/{created['_id']}")["ownerId"]


@pytest.mark.evidence("documented", "developer documentation, Note")
def test_26_conversation_lists_lack_the_description(api: Api) -> None:
    """A list row has the snippet and flags of its own; GET of one has the description."""
    note = api.made(
        "/conversations", {"companyId": COMPANY_ID, "description": "<p>Long</p>", "users": [{"id": USER_ID}]}
    )

    (row,) = api.get("/conversations").json()

    assert ("description" in row, "Long", [USER_ID]) == (False, row["snippet"], row["userIds"])
    assert {"hasMore", "isCustomType", "hasAttachments", "assigneeName", "isSeen"} <= set(row)
    assert "<p>Long</p>" == api.row(f"/conversations/{note['_id']}")["description"]


@pytest.mark.evidence("documented", "developer documentation, Task: .00Z in, .000Z out")
@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2021-07-29T00:00:00.00Z", "2021-07-29T00:00:00.000Z"),
        ("2021-07-29T02:00:00+02:00", "2021-07-29T00:00:00.000Z"),
        ("2021-07-29", "2021-07-29T00:00:00.000Z"),
        ("2021-07-29T10:20:30", "2021-07-29T10:20:30.000Z"),
        ("2021-07-29T10:20:30.123456Z", "2021-07-29T10:20:30.123Z"),
        ("Thu, 29 Jul 2021 10:00:00 GMT", "2021-07-29T10:00:00.000Z"),
        (1627552800000, "2021-07-29T10:00:00.000Z"),
        (None, None),
    ],
)
def test_27_dates_come_back_with_three_decimals(api: Api, sent: Any, stored: str | None) -> None:
    """Dates are written again as UTC with exactly three decimals and Z."""
    assert stored == api.task(startTime=sent)["startTime"]


@pytest.mark.evidence("client-derived", "the client cruds sends blanks")
def test_28_select_takes_blanks_and_keeps_the_id(api: Api) -> None:
    """`select=name, companyId` works; `_id` comes always; case counts."""
    (row, _) = api.get("/companies", params={"select": "name, sourceId ,EXTERNALID"}).json()

    assert {"_id": COMPANY_ID, "name": "Acme", "sourceId": "001A"} == row


@pytest.mark.evidence("documented", "developer documentation of 2017 for Basic")
def test_29_basic_with_a_colon_passes_as_well_as_bearer(api: Api) -> None:
    """Basic is the token, a colon and nothing; without the colon it is refused."""
    basic = base64.b64encode(f"{TOKEN}:".encode()).decode()
    without = base64.b64encode(TOKEN.encode()).decode()
    headers = [f"Bearer {TOKEN}", f"Basic {basic}", f"Basic {without}", "Bearer nonsense", f"Token {TOKEN}", ""]

    codes = [api.get("/companies", headers={"Authorization": one}).status_code for one in headers]

    assert [200, 200, 401, 401, 401, 401] == codes


@pytest.mark.evidence("documented", "developer documentation of 2017")
def test_30_rate_headers_on_every_answer(api: Api) -> None:
    """X-Rate-Limit-Limit and -Remaining stand on good and bad answers, and count down."""
    answers = [api.get("/companies"), api.get("/nowhere"), api.get("/tasks/x"), api.get("/segments"), api.get("/users")]

    assert ["200"] * 5 == [one.headers["X-Rate-Limit-Limit"] for one in answers]
    assert ["199", "199", "198", "198", "197"] == [one.headers["X-Rate-Limit-Remaining"] for one in answers]


@pytest.mark.evidence("documented", "developer documentation, HTTP response codes and Metrics")
def test_31_analytics_asks_for_no_token_and_says_200(api: Api) -> None:
    """The tenant's id in the path is all that a push needs; what cannot be taken is told in the body, or not at all."""
    good, bad = metric(), {"nonsense": 1}

    answers = [push(api, path, body) for path in ("/dimensiondata", "/analytics") for body in (good, bad)]

    assert [200] * 4 == [one.status_code for one in answers]
    assert [(1, 0), (0, 1)] == [(one.json()["processed"], len(one.json()["errors"])) for one in answers[:2]]
    assert [5] == [one["value"] for one in api.get("/dimensiondata").json()]


@pytest.mark.evidence("client-derived", "a recorded 500: a bare string with text/html")
def test_32_errors_are_bare_strings(api: Api) -> None:
    """An error body is text/html and no JSON: a client that calls .json() on it fails."""
    answer = api.get("/tasks/000000000000000000000000")

    assert (404, "text/html; charset=utf-8") == (answer.status_code, answer.headers["Content-Type"])
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


@pytest.mark.rule("P15", "P11")
@pytest.mark.evidence("documented", "help article on Tasks and Conversations")
def test_33_the_inherit_flag_is_applied_when_a_note_is_logged(api: Api) -> None:
    """With the flag the Conversation's externalId is the task's sourceId; earlier notes have none."""
    before, with_flag, without_id = api.task(sourceId="00T1"), api.task(sourceId="00T2"), api.task()
    api.done(before)
    assert {"settings": {"inherit_source_id": True}} == api.control.seed({"settings": {"inherit_source_id": True}})
    api.done(with_flag)
    api.done(without_id)
    api.control.seed({"settings": {"inherit_source_id": False}})
    off = api.task(sourceId="00T3")
    api.done(off)

    notes = {one["_id"]: one.get("externalId") for one in api.get("/conversations").json()}
    assert [None, "00T2", None, None] == [notes[one["_id"]] for one in (before, with_flag, without_id, off)]
    assert with_flag["_id"] == api.row("/conversations/extid-00T2")["_id"]


@pytest.mark.evidence("documented", "help article on uniqueness")
def test_35_the_matching_key_cannot_be_changed(api: Api) -> None:
    """Addressed by sourceId, a record keeps it; addressed by `_id`, sourceId changes."""
    task = api.task(sourceId="one")
    api.put("/tasks/srcid-one", {"sourceId": "two", "action": "x"})
    assert "x" == api.row("/tasks/srcid-one")["action"]

    api.put("/tasks", [{"_id": task["_id"], "sourceId": "two"}])

    assert [404, 200] == [api.get(f"/tasks/srcid-{key}").status_code for key in ("one", "two")]


@pytest.mark.evidence("client-derived", "live notes of 2026")
def test_36_nulls_sort_first(api: Api) -> None:
    """Ascending order starts with the rows that lack the property; descending ends with them."""
    late, none, early = api.task(type="z"), api.task(), api.task(type="a")
    ids = {one["_id"]: name for one, name in ((late, "late"), (none, "none"), (early, "early"))}

    up = [ids[one["_id"]] for one in api.get("/tasks?sort=type").json()]
    down = [ids[one["_id"]] for one in api.get("/tasks?sort=-type").json()]

    assert (["none", "early", "late"], ["late", "early", "none"]) == (up, down)


@pytest.mark.evidence("documented", "developer documentation, Task: list example")
def test_37_events_can_have_no_specific_time(api: Api) -> None:
    """An event without a startTime is noSpecificTime, too."""
    event = api.task(mainType="event")
    timed = api.task(mainType="event", startTime="2026-01-05T10:30:00Z")

    assert (True, False) == (event["noSpecificTime"], timed["noSpecificTime"])


def test_every_point_is_held() -> None:
    """37 points: each has a test here, or tests of the rules that it restates."""
    here = {int(name[5:7]) for name in globals() if re.match(r"test_\d\d_", name)}
    tests = [path.read_text("utf-8") for path in Path(__file__).parents[1].glob("cr*/test_*.py")]
    held = {rule for text in tests for marks in re.findall(r"^@pytest.mark.rule\((.*)\)", text, re.MULTILINE)
            for rule in re.findall(r"[A-Z]\d+", marks)}  # fmt: skip

    assert set(range(1, 38)) == here | set(ELSEWHERE)
    assert set() == {rule for rules in ELSEWHERE.values() for rule in rules} - held
