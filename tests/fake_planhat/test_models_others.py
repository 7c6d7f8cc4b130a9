"""Answers to surveys, issues, custom fields, time: what each of these models has of its own."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import COMPANY_ID, OTHER_ID, Api

NOBODY = "0" * 24


@pytest.mark.evidence("documented", "developer documentation, NPS; a single object: documentation of 2017")
def test_nps(api: Api) -> None:
    """An answer is between 0 and 10, belongs to the enduser of its e-mail, and may be PUT alone."""
    person = api.made("/endusers", {"companyId": COMPANY_ID, "email": "e@acme.example"})
    answer = {"email": "e@acme.example", "campaignId": "c", "score": 10, "sourceId": "n"}

    created = api.put("/nps", answer).json()
    row = api.row("/nps/srcid-n")

    assert (1, person["_id"], COMPANY_ID) == (created["created"], row["euId"], row["cId"])
    assert "euId" not in api.made("/nps", {**answer, "sourceId": "m", "email": "unknown@acme.example"})
    for score in (11, -1):
        refused = api.post("/nps", {**answer, "sourceId": "o", "score": score})
        assert (400, f"Path `score` ({score}) is not an allowed value.") == (refused.status_code, refused.text)


@pytest.mark.evidence("assumed", "an e-mail may be an enduser's of several companies")
def test_nps_of_the_same_email_in_two_companies(api: Api) -> None:
    """The answer is the enduser's of the company it names."""
    ids = [
        api.made("/endusers", {"companyId": company, "email": "e@x.example", "externalId": company})["_id"]
        for company in (COMPANY_ID, OTHER_ID)
    ]
    answer = {"email": "e@x.example", "campaignId": "c", "score": 1}

    named = api.made("/nps", {**answer, "cId": "extid-bolt"})
    unnamed = api.made("/nps", answer)

    assert [ids[1], ids[0]] == [named["euId"], unnamed["euId"]]
    assert [OTHER_ID, COMPANY_ID] == [named["cId"], unnamed["cId"]]


@pytest.mark.evidence("documented", "developer documentation, Issue")
def test_an_issue_of_several_companies(api: Api) -> None:
    """companyIds names them, prefixed or not; companies shows their names; each company's list has the issue."""
    issue = api.made(
        "/issues",
        {"title": "Slow", "sourceId": "i", "archived": False, "companyIds": [COMPANY_ID, "extid-bolt"],
         "companies": ["ignored"]},
    )  # fmt: skip

    assert [COMPANY_ID, OTHER_ID] == issue["companyIds"]
    assert [{"_id": COMPANY_ID, "name": "Acme"}, {"_id": OTHER_ID, "name": "Bolt"}] == issue["companies"]
    assert [[issue["_id"]]] * 2 == [
        [one["_id"] for one in api.get(f"/issues?companyId={company}").json()] for company in (COMPANY_ID, OTHER_ID)
    ]
    assert ["Bolt"] == [
        one["name"] for one in api.put("/issues/srcid-i", {"companyIds": [OTHER_ID]}).json()["companies"]
    ]
    assert [] == api.get(f"/issues?companyId={COMPANY_ID}").json()
    refused = api.put("/issues/srcid-i", {"companyIds": [NOBODY]})
    assert (400, "companyIds not found") == (refused.status_code, refused.text)


@pytest.mark.evidence("assumed", "what a model without a required company does when its company is emptied")
def test_a_company_that_is_taken_away_takes_its_name_along(api: Api) -> None:
    """A deal may have no company; emptied, the company is null, and so is its name."""
    deal = api.made("/deals", {"companyId": "extid-acme"})

    emptied = api.put(f"/deals/{deal['_id']}", {"companyId": ""}).json()

    assert (COMPANY_ID, "Acme") == (deal["companyId"], deal["companyName"])
    assert (None, None) == (emptied["companyId"], emptied["companyName"])


@pytest.mark.evidence("documented", "developer documentation, Custom field")
def test_custom_fields(api: Api) -> None:
    """Of a documented type, listed by parent, without a bulk route and without prefixes."""
    made = api.made("/customfields", {"name": "HScore", "parent": "company", "type": "rating"})
    api.made("/customfields", {"name": "Days in Phase", "parent": "task", "type": "number"})

    assert [False] * 6 == [
        made[key] for key in ("isHidden", "isFeatured", "isShared", "isLocked", "isMandatory", "isFormula")
    ]
    assert ["HScore"] == [one["name"] for one in api.get("/customfields?parent=company").json()]
    assert 2 == len(api.get("/customfields?parent=company,task").json())
    assert 400 == api.post("/customfields", {"name": "X", "parent": "task", "type": "colour"}).status_code
    assert [404, 400] == [
        api.put("/customfields", [made]).status_code,
        api.get("/customfields/extid-HScore").status_code,
    ]


@pytest.mark.evidence("assumed", "a completed task's custom values go where the Conversation has the same field")
def test_a_custom_field_of_conversations_takes_over_the_tasks_value(api: Api) -> None:
    """Only values whose name is a custom field of Conversation are copied into the logged note."""
    api.made("/customfields", {"name": "Mood", "parent": "conversation", "type": "text"})
    api.made("/customfields", {"name": "Cost", "parent": "task", "type": "number"})
    task = api.task(custom={"Mood": "good", "Cost": 5, "Other": 1})

    note = api.row(f"/conversations/{api.done(task)['noteId']}")

    assert {"Mood": "good"} == note["custom"]


@pytest.mark.evidence("documented", "developer documentation, Timesheet: the worked bulk example")
def test_the_worked_bulk_example_of_timesheets(api: Api) -> None:
    """One new, one changed, one identical: one each; only the changed one is modified; validationErrors is there."""
    changed, same = (api.made("/timesheets", {"dateFrom": 20_454, "dateTo": day}) for day in (20_460, 20_461))

    result = api.put(
        "/timesheets",
        [{"dateFrom": 1}, {"_id": changed["_id"], "status": "approved"}, {"_id": same["_id"], "dateTo": 20_461}],
    ).json()

    assert (1, 1, 1) == (result["created"], result["updated"], result["nonupdates"])
    assert ([changed["_id"]], []) == (result["modified"], result["validationErrors"])
    assert ("submitted", "User", []) == tuple(same[key] for key in ("status", "assignedModel", "timeEntries"))
    assert 400 == api.put(f"/timesheets/{same['_id']}", {"status": "done"}).status_code


@pytest.mark.evidence("documented", "developer documentation: POST /timeentries/duplicate; its answer is assumed")
def test_time_entries_are_duplicated(api: Api) -> None:
    """Copies have ids and stamps of their own and no keyables; with one unknown id nothing is copied."""
    entry = api.made("/timeentries", {"companyId": COMPANY_ID, "minutes": 30, "externalId": "t", "custom": {"X": 1}})
    api.clock.advance(60)

    answer = api.post("/timeentries/duplicate", {"ids": [entry["_id"], "extid-t"]})

    copies = answer.json()
    assert (200, 3) == (answer.status_code, len({entry["_id"], *(one["_id"] for one in copies)}))
    assert [(30, {"X": 1}, None, "Acme")] * 2 == [
        (one["minutes"], one["custom"], one.get("externalId"), one["companyName"]) for one in copies
    ]
    assert copies[0]["createdAt"] > entry["createdAt"]
    assert [404, 400, 400] == [
        api.post("/timeentries/duplicate", {"ids": ids}).status_code for ids in ([entry["_id"], NOBODY], ["x"], None)
    ]
    assert 3 == len(api.get("/timeentries").json())


@pytest.mark.evidence("documented", "developer documentation, Workflow: read only")
def test_workflows_are_read_only(api: Api) -> None:
    """They are listed and read; no route writes them, so tests seed them."""
    api.control.seed({"workflows": [{"_id": NOBODY, "name": "Onboarding", "companyId": COMPANY_ID}]})

    assert "Onboarding" == api.row(f"/workflows/{NOBODY}")["name"]
    assert [NOBODY] == [one["_id"] for one in api.get(f"/workflows?companyId={COMPANY_ID}").json()]
    body: dict[str, Any] = {"name": "x"}
    writes = [("POST", "/workflows"), ("PUT", "/workflows"), ("PUT", f"/workflows/{NOBODY}"),
              ("DELETE", f"/workflows/{NOBODY}")]  # fmt: skip
    assert [404] * 4 == [api.call(method, path, body).status_code for method, path in writes]
