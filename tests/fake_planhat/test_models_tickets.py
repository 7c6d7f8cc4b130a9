"""Tickets: a route of their own for Conversations of type `ticket`."""

from __future__ import annotations

from typing import Any

import pytest

from fake_planhat import ApiToken

from .conftest import COMPANY_ID, OTHER_ID, TOKEN, Api

TICKET = {"sourceId": "500A", "email": "ann@acme.example", "subject": "Broken", "status": "new"}
PAGE = "developer documentation, Ticket"


@pytest.fixture
def ann(api: Api) -> dict[str, Any]:
    return api.made("/endusers", {"companyId": COMPANY_ID, "email": "ann@acme.example", "firstName": "Ann"})


@pytest.mark.evidence("client-derived", "a stored Salesforce Case")
def test_a_ticket_is_a_conversation(api: Api, ann: dict[str, Any]) -> None:
    """It has the type ticket, its sourceId as externalId, its enduser and their company, a history of its status."""
    answer = api.put(
        "/tickets", [{**TICKET, "source": "salesforce", "description": "<p>It is.</p>", "severity": "high"}]
    )
    result = answer.json()
    (record_id,) = result["upsertedIds"]
    stored = api.row(f"/conversations/{record_id}")

    assert (200, [{"_id": record_id, "sourceId": "500A"}]) == (answer.status_code, result["insertsKeys"])
    assert ("ticket", "ticket", "500A", "salesforce", "high", "It is.", COMPANY_ID) == tuple(
        stored[key] for key in ("type", "subType", "externalId", "source", "severity", "snippet", "companyId")
    )
    assert [{"id": ann["_id"], "name": "Ann"}] == stored["endusers"]
    assert [{"status": "new", "time": "2026-01-05T09:00:00.000Z"}] == stored["history"]
    assert "sourceId" not in stored
    assert 400 == api.get("/conversations/srcid-500A").status_code


@pytest.mark.evidence("documented", f"{PAGE}: keyable sourceId; an array or a single object")
def test_tickets_are_matched_by_source_id(api: Api, ann: dict[str, Any]) -> None:
    """The same ticket is no update; another status is one, and one more entry of the history."""
    del ann
    first = api.put("/tickets", TICKET).json()
    same = api.put("/tickets", TICKET).json()
    api.clock.advance(60)
    changed = api.put("/tickets", [{**TICKET, "status": "closed"}]).json()

    assert [(1, 0, 0), (0, 0, 1), (0, 1, 0)] == [
        (one["created"], one["updated"], one["nonupdates"]) for one in (first, same, changed)
    ]
    (ticket,) = api.get("/tickets").json()
    assert ("500A", "Broken", "closed") == (ticket["sourceId"], ticket["subject"], ticket["status"])
    assert ["new", "closed"] == [one["status"] for one in ticket["history"]]


@pytest.mark.evidence("documented", f"{PAGE}: items without an e-mail")
def test_items_without_an_email_vanish(api: Api, ann: dict[str, Any]) -> None:
    """They are no error and nothing is made of them; what else is wrong is an error."""
    del ann
    items = [
        {"sourceId": "1"}, {"sourceId": "2", "email": ""}, {"sourceId": "3", "email": None},
        {"email": "ann@acme.example"}, 7, {**TICKET, "timeSpent": "long"}, TICKET,
    ]  # fmt: skip

    answer = api.put("/tickets", items)

    result = answer.json()
    assert (206, 1) == (answer.status_code, result["created"])
    assert [(3, "sourceId is required"), (4, "Bad Request"),
            (5, 'Cast to Number failed for value "long" at path "timeSpent"')] == [
        (one["index"], one["message"]) for one in result["createdErrors"]]  # fmt: skip
    nothing = api.put("/tickets", items[:3])
    assert (200, 0) == (nothing.status_code, nothing.json()["created"])


@pytest.mark.evidence("documented", f"{PAGE}: an unknown e-mail and enough company information makes the enduser")
@pytest.mark.parametrize(
    ("more", "company"),
    [
        ({}, COMPANY_ID),
        ({"email": "n@nowhere.example", "companyExternalId": "bolt"}, OTHER_ID),
        ({"email": "n@nowhere.example", "companyId": "srcid-001B"}, OTHER_ID),
        ({"companyExternalId": "bolt"}, OTHER_ID),
    ],
)
def test_an_unknown_email_makes_an_enduser(api: Api, more: dict[str, Any], company: str) -> None:
    """The company is the one the ticket names, else the one with the e-mail's domain; made once for several tickets."""
    ticket = {**TICKET, **more}
    api.put("/tickets", [ticket, {**ticket, "sourceId": "500B"}])

    (person,) = api.get("/endusers").json()
    assert (ticket["email"], company) == (person["email"], person["companyId"])
    assert [company] * 2 == [one["companyId"] for one in api.get("/tickets").json()]


@pytest.mark.evidence("assumed", "not observed")
def test_a_ticket_that_fails_makes_no_enduser(api: Api) -> None:
    """Nobody is made for a ticket whose id another Conversation of the company has, or of no known company."""
    api.made("/conversations", {"companyId": COMPANY_ID, "externalId": "500A"})
    items = [TICKET, {**TICKET, "sourceId": "500B", "email": "x@nowhere.example"},
             {**TICKET, "sourceId": "500C", "companyExternalId": "none"}]  # fmt: skip

    answer = api.put("/tickets", items)

    texts = ["externalId duplicated", "enduser not found", "companyExternalId not found"]
    assert (400, texts) == (answer.status_code, [one["message"] for one in answer.json()["createdErrors"]])
    assert [] == api.get("/endusers").json()


@pytest.mark.evidence("documented", f"{PAGE}: list parameters, default 500")
def test_list_of_tickets(api: Api, ann: dict[str, Any]) -> None:
    """Tickets only, whole, by status (`s`, too), e-mail, company and a text in subject or description."""
    del ann
    api.made("/conversations", {"companyId": COMPANY_ID, "subject": "No ticket"})
    api.put("/tickets", [
        {**TICKET, "description": "<p>Wheel</p>"},
        {**TICKET, "sourceId": "500B", "status": "open", "title": "The Lamp", "subject": "The Lamp"},
        {**TICKET, "sourceId": "500C", "email": "b@acme.example", "status": "open", "companyExternalId": "bolt"},
    ])  # fmt: skip

    found = {
        query: "".join(one["sourceId"][-1] for one in api.get(f"/tickets?{query}").json())
        for query in ("", "status=open", "s=new", "email=b@acme.example", "companyId=extid-bolt", "search=lamp",
                      "search=wheel", "search=nothing", "status=open,new&limit=2", "sort=-sourceId", "cId=extid-acme")
    }  # fmt: skip

    assert {
        "": "ABC", "status=open": "BC", "s=new": "A", "email=b@acme.example": "C", "companyId=extid-bolt": "C",
        "search=lamp": "B", "search=wheel": "A", "search=nothing": "", "status=open,new&limit=2": "AB",
        "sort=-sourceId": "CBA", "cId=extid-acme": "AB",
    } == found  # fmt: skip
    assert "<p>Wheel</p>" == api.get("/tickets").json()[0]["description"]
    assert [{"_id", "sourceId"}] == [set(one) for one in api.get("/tickets?select=sourceId&limit=1").json()]


@pytest.mark.evidence("documented", f"{PAGE}: DELETE by _id; no POST, no GET or PUT of one")
def test_only_tickets_are_deleted(api: Api, ann: dict[str, Any]) -> None:
    """DELETE counts a ticket, and finds no other Conversation."""
    del ann
    note = api.made("/conversations", {"companyId": COMPANY_ID})
    (record_id,) = api.put("/tickets", TICKET).json()["upsertedIds"]

    assert [0, 1, 0] == [api.delete(f"/tickets/{one}").json()["n"] for one in (note["_id"], record_id, record_id)]
    assert 200 == api.get(f"/conversations/{note['_id']}").status_code
    assert [404, 404, 404] == [
        api.call(method, path, {} if method != "GET" else None).status_code
        for method, path in (("POST", "/tickets"), ("GET", f"/tickets/{record_id}"), ("PUT", f"/tickets/{record_id}"))
    ]


@pytest.mark.evidence("assumed", "a ticket is a Conversation (switch ticket_permission)")
@pytest.mark.parametrize(
    ("permitted", "statuses"),
    [
        (set(), [403, 403, 403]),
        ({"read"}, [200, 403, 403]),
        ({"create"}, [403, 200, 403]),
        ({"delete"}, [403, 403, 200]),
    ],
)
def test_permissions(make_api: Any, permitted: set[str], statuses: list[int]) -> None:
    """What may be done to Conversations may be done to tickets."""
    tokens = [ApiToken(TOKEN), ApiToken("t", permissions={"Conversation": frozenset(permitted)})]
    api = make_api(tokens=tokens)
    headers = {"Authorization": "Bearer t"}

    answers = [
        api.get("/tickets", headers=headers),
        api.put("/tickets", [TICKET], headers=headers),
        api.call("DELETE", f"/tickets/{'0' * 24}", headers=headers),
    ]

    assert statuses == [one.status_code for one in answers]
    assert len(answers[1].json()["permissionErrors"]) == (answers[1].status_code == 403)
