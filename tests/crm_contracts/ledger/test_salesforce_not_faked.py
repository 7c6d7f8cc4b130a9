"""What Salesforce has and the fake does not play: each is asked for, and says so in the vendor's form."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.fake_salesforce.bulk1_client import Bulk
from tests.fake_salesforce.conftest import HOST, Answer, Caller
from tests.fake_salesforce.soap_client import code

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_salesforce import create_app
from fake_salesforce.operations.search import index

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LISTED = (
    "eclair", "folders", "prechatForms", "contact-tracing", "jsonxform", "payments", "commerce", "iot",
    "smartdatadiscovery", "fingerprint", "nouns", "domino", "serviceTemplates", "licensing", "async-queries",
    "localizedvalue", "mobile", "emailConnect", "tokenizer",
)  # fmt: skip
GRANTS = (
    "assertion", "urn:ietf:params:oauth:grant-type:saml2-bearer", "urn:ietf:params:oauth:grant-type:token-exchange",
    "hybrid_refresh",
)  # fmt: skip
# Objects that describes name and nobody has rows of: by a reference to nothing else, or among others of a task.
ALONE = {
    "ContentBody": "SELECT ContentBody.Id FROM ContentVersion",
    "ContentWorkspace": "SELECT Parent.Name FROM ContentDocument",
    "DandBCompany": "SELECT DandbCompany.Name FROM Account",
    "ExternalDataSource": "SELECT ExternalDataSource.Id FROM Product2",
    "Individual": "SELECT Individual.Name FROM Contact",
    "OpportunityHistory": "SELECT LastAmountChangedHistory.Id FROM Opportunity",
    "PermissionSetGroup": "SELECT PermissionSetGroup.Id FROM PermissionSetAssignment",
    "UserLicense": "SELECT UserLicense.Name FROM Profile",
}
AMONG = {
    "Task": (
        "AssetRelationship", "ContractLineItem", "CreditMemo", "Entitlement", "Image", "Invoice", "ListEmail",
        "Location", "ProductRequest", "ReturnOrder", "ServiceAppointment", "ServiceContract", "ServiceResource",
        "Shipment", "Solution", "WorkOrder", "WorkOrderLineItem",
    ),
    "EventRelation": ("Calendar",),
}  # fmt: skip


@pytest.fixture(scope="module")
def org() -> Iterator[Caller]:
    fake = create_app(clock=FrozenClock())
    yield Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])
    fake.close()


def recurring(org: Caller) -> list[Answer]:
    times = {"StartDateTime": "2026-02-01T09:00:00Z", "DurationInMinutes": 5}
    return [org.post("/sobjects/Event", {**times, "Recurrence2PatternText": "RRULE:FREQ=DAILY"})]


def zipped(org: Caller) -> list[Answer]:
    bulk = Bulk(org)
    job = {"operation": "insert", "object": "Attachment"}
    kinds = ("ZIP_CSV", "ZIP_XML", "ZIP_JSON")
    return [
        bulk("POST", "/job", json.dumps({**job, "contentType": kind}), "application/json;charset=UTF-8")
        for kind in kinds
    ]


def granted(org: Caller) -> list[Answer]:
    app = org.fake.credentials(f"https://{HOST}")
    words = {"client_id": app["client_id"], "client_secret": app["client_secret"], "code": "x"}
    sent = [urlencode({**words, "grant_type": grant}).encode() for grant in GRANTS]
    return [Caller(org.fake).post("/services/oauth2/token", data=each, headers=FORM) for each in sent]


def responded(org: Caller) -> list[Answer]:
    app = org.fake.credentials(f"https://{HOST}")
    query = {"client_id": app["client_id"], "redirect_uri": "http://localhost:1717/OauthRedirect"}
    kinds = ("id_token", "token id_token", "hybrid_token", "hybrid_code")
    return [
        Caller(org.fake).get("/services/oauth2/authorize", query={**query, "response_type": kind}) for kind in kinds
    ]


def in_soap(org: Caller) -> list[Answer]:
    """Where the vendor speaks SOAP the answer is a fault; a WSDL file is fetched."""
    for path in ("/services/Soap/T/60.0", "/services/Soap/s/60.0", "/services/Soap/class/X"):
        assert "NOT_FAKED" == code(org.post(path, data=b"<a/>"), 501)[0]
    return [org.get(f"/services/wsdl/{name}") for name in ("partner", "enterprise")]


def got(*paths: str) -> Callable[[Caller], list[Answer]]:
    return lambda org: [org.get(path) for path in paths]


ASKED: dict[str, Callable[[Caller], list[Answer]]] = {
    "recurrence": recurring,
    "orgQuickActions": got("/quickActions", "/quickActions/LogACall"),
    "suggestSearchQueries": got("/search/suggestSearchQueries?q=a", "/search/suggestTitleMatches?q=a"),
    "bulkZip": zipped,
    "graphql": lambda org: [
        org.post("/graphql", {"query": "{ uiapi { query { Account { edges { node { Id } } } } } }"})
    ],
    "userInterface": got("/secur/frontdoor.jsp", "/secur/logout.jsp"),
    "eventSchemas": got("/sobjects/Account/eventSchema"),
    "oauthGrants": granted,
    "oauthResponseTypes": responded,
    "soapOthers": in_soap,
    "listedResources": got(*(f"/{name}{rest}" for name in LISTED for rest in ("", "/some/thing"))),
    "defaultValues": got("/sobjects/Account/defaultValues?recordTypeId&fields"),
    "suggestedArticles": got("/sobjects/Case/suggestedArticles?subject=a", "/sobjects/Case/500/suggestedArticles"),
}
NAMED = [
    pytest.param(one, id=one.id)
    for one in entries("salesforce")
    if one.kind == "not-faked" and one.driver.startswith("data/not_faked.toml") and not one.operation
]


def refusal(answer: Answer) -> tuple[int, str, str]:
    """Status, code and text: a list of one error, or what Bulk API 1.0 answers."""
    if isinstance(answer.json, list):
        return answer.error
    return answer.status, answer.json["exceptionCode"], answer.json["exceptionMessage"]


class NoFullText(sqlite3.Connection):
    """A connection of a SQLite that was built without its full-text search."""

    def execute(self, sql: str, *more: Any) -> sqlite3.Cursor:
        if "fts5" in sql:
            raise sqlite3.OperationalError("no such module: fts5")
        return super().execute(sql, *more)


def searched_without_index(org: Caller, monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    with monkeypatch.context() as patched:
        patched.setattr(index, "_driver", lambda _conn: sqlite3.connect(":memory:", factory=NoFullText))
        return [org.get("/search", query={"q": "FIND {Acme} RETURNING Account(Id)"})]


@pytest.mark.ledger(
    "salesforce/not-faked/recurrence",
    "salesforce/not-faked/orgQuickActions",
    "salesforce/not-faked/suggestSearchQueries",
    "salesforce/not-faked/searchWithoutIndex",
    "salesforce/not-faked/bulkZip",
    "salesforce/not-faked/graphql",
    "salesforce/not-faked/userInterface",
    "salesforce/not-faked/eventSchemas",
    "salesforce/not-faked/oauthGrants",
    "salesforce/not-faked/oauthResponseTypes",
    "salesforce/not-faked/soapOthers",
    "salesforce/not-faked/listedResources",
    "salesforce/not-faked/defaultValues",
    "salesforce/not-faked/suggestedArticles",
)
@pytest.mark.parametrize("one", NAMED)
def test_what_is_not_faked_says_so(org: Caller, monkeypatch: pytest.MonkeyPatch, one: Entry) -> None:
    """501 NOT_FAKED in the form of the resource, with the name of what is not faked; nothing is written."""
    name = one.id.rpartition("/")[2]
    before = org.rows
    answers = searched_without_index(org, monkeypatch) if name == "searchWithoutIndex" else ASKED[name](org)

    assert answers
    for answer in answers:
        status, said, text = refusal(answer)
        assert (501, "NOT_FAKED", True) == (status, said, text.startswith(f"{name} is not faked: "))
    assert before == org.rows


@pytest.mark.ledger("salesforce/not-faked/objects")
def test_objects_that_have_no_rows(org: Caller) -> None:
    """What only references name is no object of the org; a query along such a reference is not faked."""
    for name, query in ALONE.items():
        answer = org.get("/query", query={"q": query})
        assert (name, 501, "NOT_FAKED") == (name, *answer.error[:2])
    for child, names in AMONG.items():
        fields = org.get(f"/sobjects/{child}/describe").json["fields"]
        [targets] = [each["referenceTo"] for each in fields if each["name"] in {"WhatId", "RelationId"}]
        assert [] == [name for name in names if name not in targets]
    for name in (*ALONE, *(name for names in AMONG.values() for name in names)):
        assert (name, 404) == (name, org.get(f"/sobjects/{name}/describe").status)
