"""Duplicate rules: what they find, what is answered, and how a client saves all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.fake_salesforce.conftest import Caller, with_rules

from fake_core.errors import MisuseError
from fake_salesforce import OrgConfig, create_app

Make = Callable[..., Caller]
ONE_EMAIL = {
    "object": "Contact",
    "name": "One_Email",
    "matching_rule": "Email_Match",
    "fields": ["Email"],
    "method": "folded",
    "message": "Taken",
}
ALLOW = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=false; runAsCurrentUser=false"}
DETAILS = {"Sforce-Duplicate-Rule-Header": "allowSave=false; includeRecordDetails=true"}


@pytest.fixture
def make() -> Iterator[Make]:
    """A caller of an org with these duplicate rules."""
    yield from with_rules("duplicate_rules")


@pytest.mark.evidence("client-derived", "public issues quote the body, the misspelling and the absent fields")
def test_the_answer(make: Make) -> None:
    """400 with the misspelled key first, then code and message as rows have them; nothing is written."""
    org = make(ONE_EMAIL)
    first = org.make("Contact", LastName="a", Email="A@x.example")
    before = org.rows
    answer = org.post("/sobjects/Contact", {"LastName": "b", "Email": "a@X.example"})

    record = {"attributes": {"type": "Contact", "url": f"/services/data/v60.0/sobjects/Contact/{first}"}, "Id": first}
    match = {"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": record}
    assert 400 == answer.status
    (item,) = answer.json
    assert {
        "duplicateResut": {
            "allowSave": True,
            "duplicateRule": "One_Email",
            "duplicateRuleEntityType": "Contact",
            "errorMessage": "Taken",
            "matchResults": [
                {
                    "entityType": "Contact",
                    "errors": [],
                    "matchEngine": "FuzzyMatchEngine",
                    "matchRecords": [match],
                    "rule": "Email_Match",
                    "size": 1,
                    "success": True,
                }
            ],
        },
        "errorCode": "DUPLICATES_DETECTED",
        "message": "Taken",
    } == item
    assert ["duplicateResut", "errorCode", "message"] == list(item)
    assert before == org.rows


@pytest.mark.evidence("documented", "REST API Developer Guide, Duplicate Rule Header")
def test_allow_save(make: Make) -> None:
    """An alert is passed with allowSave=true; the header is read from v52 on."""
    org = make(ONE_EMAIL)
    org.make("Contact", LastName="a", Email="a@x.example")
    again = {"LastName": "b", "Email": "a@x.example"}

    assert 400 == org.post("/services/data/v51.0/sobjects/Contact", again, headers=ALLOW).status
    assert 201 == org.post("/services/data/v52.0/sobjects/Contact", again, headers=ALLOW).status


@pytest.mark.evidence("documented", "SOAP API Developer Guide, DuplicateResult: allowSave")
def test_block(make: Make) -> None:
    """A rule that blocks is not passed, and says so."""
    org = make({**ONE_EMAIL, "on_create": "block"})
    org.make("Contact", LastName="a", Email="a@x.example")
    answer = org.post("/sobjects/Contact", {"LastName": "b", "Email": "a@x.example"}, headers=ALLOW)

    assert (400, False) == (answer.status, answer.json[0]["duplicateResut"]["allowSave"])


@pytest.mark.evidence("documented", "REST API Developer Guide, Duplicate Rule Header")
def test_record_details(make: Make) -> None:
    """includeRecordDetails=true shows the whole row that is doubled."""
    org = make(ONE_EMAIL)
    first = org.make("Contact", LastName="a", Email="a@x.example", Title="CTO")
    answer = org.post("/sobjects/Contact", {"LastName": "b", "Email": "a@x.example"}, headers=DETAILS)
    record = answer.json[0]["duplicateResut"]["matchResults"][0]["matchRecords"][0]["record"]

    assert org.row("Contact", first) == record


@pytest.mark.evidence("documented", "REST API Developer Guide, sObject Collections: statusCode, message, fields")
def test_in_a_collection(make: Make) -> None:
    """The short form, at the place of the row; the header counts for all rows."""
    org = make(ONE_EMAIL)
    org.make("Contact", LastName="a", Email="a@x.example")
    again = {"attributes": {"type": "Contact"}, "LastName": "b", "Email": "a@x.example"}
    (item,) = org.post("/composite/sobjects", {"records": [again]}).json

    assert [{"statusCode": "DUPLICATES_DETECTED", "message": "Taken", "fields": []}] == item["errors"]
    assert org.post("/composite/sobjects", {"records": [again]}, headers=ALLOW).json[0]["success"]


def test_in_a_composite(make: Make) -> None:
    """A subrequest may carry the header itself, and inherits the call's."""
    org = make(ONE_EMAIL)
    org.make("Contact", LastName="a", Email="a@x.example")
    sub = {
        "method": "POST",
        "url": "/services/data/v60.0/sobjects/Contact",
        "referenceId": "c",
        "body": {"LastName": "b", "Email": "a@x.example"},
    }

    def status(sub: dict[str, Any], **more: Any) -> int:
        (one,) = org.post("/composite", {"compositeRequest": [sub]}, **more).json["compositeResponse"]
        found: int = one["httpStatusCode"]
        return found

    assert 400 == status(sub)
    assert 201 == status({**sub, "httpHeaders": ALLOW})
    assert 201 == status(sub, headers=ALLOW)


def test_on_edit(make: Make) -> None:
    """Looked at only when a compared field changes; a row is no duplicate of itself."""
    org = make({**ONE_EMAIL, "on_edit": "block"})
    org.make("Contact", LastName="a", Email="a@x.example")
    other = org.make("Contact", LastName="b", Email="b@x.example")

    double = {"LastName": "c", "Email": "b@x.example"}
    assert 201 == org.post("/sobjects/Contact", double, headers=ALLOW).status

    assert 204 == org.patch(f"/sobjects/Contact/{other}", {"Email": "B@x.example", "Title": "x"}).status
    assert "DUPLICATES_DETECTED" == org.patch(f"/sobjects/Contact/{other}", {"Email": "a@x.example"}).error[1]


def test_deleted_rows_and_nulls_match_nothing(make: Make) -> None:
    """Two contacts without email are no duplicates, nor is one in the recycle bin."""
    org = make(ONE_EMAIL)
    org.make("Contact", LastName="a")
    org.make("Contact", LastName="b")
    gone = org.make("Contact", LastName="c", Email="c@x.example")
    org.delete(f"/sobjects/Contact/{gone}")

    assert org.make("Contact", LastName="d", Email="c@x.example")


@pytest.mark.parametrize(
    ("method", "one", "other", "same"),
    [
        ("exact", "Acme", "acme", False),
        ("folded", "Acme", "aCME", True),
        ("folded", "Acme, Inc.", "Acme Inc", False),
        ("normalised", "Acme, Inc.", "acme inc", True),
        ("digits", "+1 (415) 555-1234", "415.555.1234", True),
        ("website", "https://www.acme.example/en", "acme.example", True),
    ],
)
def test_methods(make: Make, method: str, one: str, other: str, same: bool) -> None:
    """How two values are compared."""
    org = make({"object": "Account", "name": "r", "fields": ["Name"], "method": method})
    org.make("Account", Name=one)

    assert (400 if same else 201) == org.post("/sobjects/Account", {"Name": other}).status


def test_groups_and_conditions(make: Make) -> None:
    """One group that matches is enough; `when` narrows the rule to some rows."""
    rule = {
        "object": "Account",
        "name": "r",
        "groups": [["Name", "BillingCity"], ["Phone"]],
        "when": {"field": "Industry", "blank": True},
    }
    org = make(rule)
    org.make("Account", Name="a", BillingCity="Bonn", Phone="1")

    assert 201 == org.post("/sobjects/Account", {"Name": "a"}).status
    assert 400 == org.post("/sobjects/Account", {"Name": "a", "BillingCity": "Bonn"}).status
    assert 400 == org.post("/sobjects/Account", {"Name": "b", "Phone": "1"}).status
    assert 201 == org.post("/sobjects/Account", {"Name": "b", "Phone": "1", "Industry": "Energy"}).status


@pytest.mark.evidence("documented", "Salesforce Help, Standard Contact Duplicate Rule: alert on create, allow on edit")
def test_standard_contact_rule(make: Make) -> None:
    """The shipped rule, its text, its matching rules; leads are looked at, too."""
    org = make({"object": "Contact", "standard": True})
    lead = org.make("Lead", FirstName="Ada", LastName="Byron", Company="Acme", Email="ada@x.example")
    answer = org.post("/sobjects/Contact", {"FirstName": "ADA", "LastName": "Byron", "Email": "ada@x.example"})
    result = answer.json[0]["duplicateResut"]

    assert (400, "DUPLICATES_DETECTED", "Use one of these records?") == answer.error
    assert "Standard_Contact_Duplicate_Rule" == result["duplicateRule"]
    assert ["Standard_Lead_Match_Rule_v1_0"] == [one["rule"] for one in result["matchResults"]]
    assert lead == result["matchResults"][0]["matchRecords"][0]["record"]["Id"]
    other = org.make("Contact", FirstName="Eve", LastName="Byron")
    assert 204 == org.patch(f"/sobjects/Contact/{other}", {"FirstName": "Ada", "Email": "ada@x.example"}).status


@pytest.mark.parametrize("sobject", ["Account", "Lead"])
def test_other_standard_rules(make: Make, sobject: str) -> None:
    """Each finds a row that is the same but for case and punctuation."""
    org = make({"object": sobject, "standard": True})
    fields = {"Phone": "415-555-1234"}
    fields |= {"Name": "Acme, Inc."} if sobject == "Account" else {"FirstName": "A", "LastName": "B", "Company": "Acme"}
    org.make(sobject, **fields)

    assert "DUPLICATES_DETECTED" == org.post(f"/sobjects/{sobject}", {**fields, "Phone": "4155551234"}).error[1]


def test_off_unless_asked_for(org: Any) -> None:
    """A fake org has no duplicate rule of its own: see the ledger."""
    for _ in range(2):
        org.make("Contact", FirstName="Ada", LastName="Byron", Email="ada@x.example")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"object": "Task", "standard": True}, "Task has no standard rule"),
        ({"object": "Contact", "standard": True, "fields": ["Email"]}, "standard and has fields"),
        ({"object": "Contact", "name": "x"}, "both fields and groups, or neither"),
        ({**ONE_EMAIL, "method": "fuzzy"}, "'fuzzy'"),
        ({**ONE_EMAIL, "on_create": "warn"}, "'warn'"),
        ({**ONE_EMAIL, "fields": ["Nope"]}, "no field 'Nope'"),
    ],
)
def test_mistakes(rule: dict[str, Any], words: str) -> None:
    """Told when the org is made."""
    with pytest.raises(MisuseError, match=words):
        create_app(org=OrgConfig(extra={"duplicate_rules": [rule]}))
