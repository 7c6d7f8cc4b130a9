"""Licences, sales, opportunities, invoices, churn: currencies, days, the old routes, what a company shows of them."""

from __future__ import annotations

from typing import Any

import pytest

from fake_planhat import ApiToken

from .conftest import COMPANY_ID, OTHER_ID, TOKEN, Api

NOBODY = "0" * 24


def licence(api: Api, **body: Any) -> dict[str, Any]:
    given = {"companyId": COMPANY_ID, "_currency": "USD", "fromDate": "2026-01-01", "value": 100}
    return api.made("/licenses", {**given, **body})


@pytest.mark.evidence("client-derived", "clients read a populated object where they send a text")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/licenses", {"fromDate": "2026-01-01", "value": 1}),
        ("/sales", {"salesDate": "2026-01-01", "value": 1}),
        ("/opportunities", {}),
    ],
)
@pytest.mark.ledger("planhat/default/base-currency")
def test_currency_goes_in_as_text_and_comes_out_populated(api: Api, path: str, body: dict[str, Any]) -> None:
    """`_currency` is a text in a body, an object in every answer; the object may be sent back."""
    made = api.made(path, {"companyId": COMPANY_ID, "_currency": "EUR", **body})
    back = api.put(path, [made]).json()

    assert ["_id", "symbol", "rate", "isBase", "overrides"] == list(made["_currency"])
    assert ("EUR", False) == (made["_currency"]["symbol"], made["_currency"]["isBase"])
    assert made["_currency"] == api.row(f"{path}/{made['_id']}")["_currency"] == api.get(path).json()[0]["_currency"]
    assert (1, 0) == (back["nonupdates"], back["updated"])
    base = api.put(f"{path}/{made['_id']}", {"_currency": "USD"}).json()["_currency"]
    assert (True, 1) == (base["isBase"], base["rate"])


@pytest.mark.evidence("documented", "developer documentation, License: value, or mrr where the period is not fixed")
def test_a_licence_needs_a_value_or_an_mrr(api: Api) -> None:
    """Without a fixed period an mrr will do; with one it will not, then or later."""
    given = {"companyId": COMPANY_ID, "_currency": "USD", "fromDate": "2026-01-01"}

    refused = [api.post("/licenses", {**given, **more}) for more in ({}, {"fixedPeriod": True, "mrr": 5})]
    made = api.made("/licenses", {**given, "mrr": 5})
    fixed = api.put(f"/licenses/{made['_id']}", {"fixedPeriod": True})

    assert [(400, "value is required")] * 3 == [(one.status_code, one.text) for one in (*refused, fixed)]
    assert 200 == api.put(f"/licenses/{made['_id']}", {"fixedPeriod": True, "value": 60}).status_code


@pytest.mark.evidence("assumed", "both arrays are embedded in recorded companies; what fills them is not published")
def test_a_company_shows_its_licences_and_sales(api: Api) -> None:
    """Their documents are in the company, follow a change, a move and a deletion, and do not touch the company."""
    before = api.row(f"/companies/{COMPANY_ID}")
    one = licence(api, product="A")
    api.made("/sales", {"companyId": COMPANY_ID, "_currency": "USD", "salesDate": "2026-01-01", "value": 1})
    api.put("/licenses", [{"_id": one["_id"], "product": "B"}])

    company = api.row(f"/companies/{COMPANY_ID}")
    assert (["B"], [1]) == ([each["product"] for each in company["licenses"]], [s["value"] for s in company["sales"]])
    assert [before.get(key) for key in ("updatedAt", "mrr", "status")] == [
        company.get(key) for key in ("updatedAt", "mrr", "status")
    ]

    api.put(f"/licenses/{one['_id']}", {"companyId": OTHER_ID})
    assert [0, 1] == [len(api.row(f"/companies/{each}")["licenses"]) for each in (COMPANY_ID, OTHER_ID)]
    api.delete(f"/licenses/{one['_id']}")
    assert [] == api.row(f"/companies/{OTHER_ID}")["licenses"]


@pytest.mark.evidence("assumed", "what one model's answers keep back of another")
def test_embedded_licences_are_not_for_everybody(make_api: Any) -> None:
    """A token that may not read licences sees a company without them."""
    tokens = [ApiToken(TOKEN), ApiToken("c", permissions={"Company": frozenset({"read"})})]
    api = make_api(tokens=tokens)
    licence(api)

    seen = api.get(f"/companies/{COMPANY_ID}", headers={"Authorization": "Bearer c"}).json()

    assert ([], 1) == (seen["licenses"], len(api.row(f"/companies/{COMPANY_ID}")["licenses"]))


@pytest.mark.evidence("documented", "documentation of 2017: licences nested in a company; the methods are assumed")
def test_nested_licences(api: Api) -> None:
    """The path says the company, whatever the body says; another company's path does not find the licence."""
    body = {"companyId": OTHER_ID, "_currency": "USD", "fromDate": "2026-01-01", "value": 1, "externalId": "l"}
    made = api.made(f"/companies/{COMPANY_ID}/licenses", body)
    path = f"/companies/extid-acme/licenses/{made['_id']}"
    stranger = f"/companies/{OTHER_ID}/licenses/{made['_id']}"

    assert COMPANY_ID == made["companyId"]
    assert [made["_id"]] == [one["_id"] for one in api.get(f"/companies/{COMPANY_ID}/licenses").json()]
    assert [] == api.get(f"/companies/{OTHER_ID}/licenses").json()
    assert api.row(path) == api.row(f"/companies/{COMPANY_ID}/licenses/extid-l")
    assert 7 == api.put(path, {"value": 7}).json()["value"]
    assert [404] * 3 == [
        api.call(method, stranger, {} if method == "PUT" else None).status_code for method in ("GET", "PUT", "DELETE")
    ]
    assert [404, 404] == [
        api.get(f"/companies/{NOBODY}/licenses").status_code,
        api.post(f"/companies/{NOBODY}/licenses", body).status_code,
    ]
    assert [1, 0] == [api.delete(path).json()["n"] for _ in range(2)]


@pytest.mark.evidence("documented", "documentation of 2017: PUT /licenses/actions; what it leaves behind is assumed")
def test_the_action_new_mrr(api: Api) -> None:
    """A licence of the new mrr begins at the date; the one that ran until then ends there; bad entries are listed."""
    old, fixed = licence(api, value=None, mrr=10), licence(api, fixedPeriod=True)
    later = licence(api, fromDate="2026-04-01")
    entries = [
        {"cId": "extid-acme", "value": 25, "currency": "EUR", "date": "2026-03-01"},
        {"cId": NOBODY, "value": 1, "currency": "EUR", "date": "2026-03-01"},
        {"cId": COMPANY_ID, "currency": "EUR", "date": "2026-03-01"},
        7,
    ]

    answer = api.put("/licenses/actions", {"action": "newMrr", "data": entries})

    result = answer.json()
    assert (206, 1, [old["_id"]]) == (answer.status_code, result["created"], result["modified"])
    assert ["cId not found", "value is required", "Bad Request"] == [one["message"] for one in result["createdErrors"]]
    new = api.row(f"/licenses/{result['upsertedIds'][0]}")
    date = "2026-03-01T00:00:00.000Z"
    assert (25, "EUR", date, COMPANY_ID) == (new["mrr"], new["_currency"]["symbol"], new["fromDate"], new["companyId"])
    assert [date, None, None] == [api.row(f"/licenses/{one['_id']}").get("toDate") for one in (old, fixed, later)]
    refused = api.put("/licenses/actions", {"action": "oldMrr", "data": []})
    assert (400, "action oldMrr is not known") == (refused.status_code, refused.text)


@pytest.mark.evidence("documented", "developer documentation, Invoice")
def test_invoices_count_days_and_name_things_otherwise(api: Api) -> None:
    """The company is cId, with its name in cName; the external id is extId; dates are days, and no texts."""
    made = api.made(
        "/invoices",
        {
            "cId": "srcid-001A",
            "currency": "USD",
            "invoiceDate": 20_454,
            "dueDate": "20484",
            "extId": "i",
            "amountTotal": 5,
        },
    )

    assert (COMPANY_ID, "Acme", 20_454, 20_484) == (made["cId"], made["cName"], made["invoiceDate"], made["dueDate"])
    assert not {"companyId", "companyName", "externalId"} & set(made)
    assert made["_id"] == api.row("/invoices/extid-i")["_id"]
    refused = api.put("/invoices/extid-i", {"paidDate": "2026-01-01"})
    assert (400, 'Cast to Number failed for value "2026-01-01" at path "paidDate"') == (
        refused.status_code,
        refused.text,
    )
    assert "Bolt" == api.put("/invoices/extid-i", {"cId": "extid-bolt"}).json()["cName"]
    refused = api.post("/invoices", {"cId": "extid-x", "currency": "USD", "invoiceDate": 1})
    assert (400, "cId not found") == (refused.status_code, refused.text)


@pytest.mark.evidence("documented", "developer documentation, Invoice: extId")
def test_invoices_are_sorted_by_their_own_keys(api: Api) -> None:
    """extId orders invoices; externalId, which they do not have, leaves them in the order of their ids."""
    for external in ("b", "a"):
        api.made("/invoices", {"cId": COMPANY_ID, "currency": "USD", "invoiceDate": 1, "extId": external})

    orders = [
        "".join(one["extId"] for one in api.get(f"/invoices?sort={key}").json()) for key in ("extId", "externalId")
    ]

    assert ["ab", "ba"] == orders


@pytest.mark.evidence("documented", "developer documentation, Opportunity, Churn and License: defaults and lists")
def test_defaults(api: Api) -> None:
    """What was not sent has its documented value; what is outside a documented list is refused."""
    opportunity = api.made("/opportunities", {"companyId": COMPANY_ID})
    churn = api.made("/churn", {"companyId": COMPANY_ID, "value": 1})
    made = licence(api)

    assert (12, [], "active") == tuple(opportunity[key] for key in ("contractLength", "stageHistory", "status"))
    assert ([], "Acme") == (churn["reasons"], churn["companyName"])
    assert (False, "month", "day") == tuple(made[key] for key in ("toDateIncluded", "renewalUnit", "noticeUnit"))
    refused = api.put(f"/opportunities/{opportunity['_id']}", {"status": "open"})
    assert (400, "`open` is not a valid enum value for path `status`.") == (refused.status_code, refused.text)
