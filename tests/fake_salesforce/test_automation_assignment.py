"""Assignment rules for leads and cases, and the header that chooses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.fake_salesforce.conftest import Caller, with_rules

from fake_core.errors import MisuseError
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.org import ADMIN, INTEGRATION

Make = Callable[..., Caller]
LEADS = {
    "object": "Lead",
    "name": "Standard",
    "entries": [
        {"when": {"field": "Country", "is": "Germany"}, "owner": INTEGRATION.username},
        {"when": {"field": "Country", "blank": False}, "owner": ADMIN.username},
    ],
}
OTHER = {"object": "Lead", "name": "Other", "active": False, "entries": [{"owner": INTEGRATION.username}]}
GERMAN = {"LastName": "x", "Company": "c", "Country": "Germany"}


@pytest.fixture
def make() -> Iterator[Make]:
    """A caller of an org with these assignment rules."""
    yield from with_rules("assignment_rules")


def owner(org: Caller, record_id: str, sobject: str = "Lead") -> str:
    (row,) = org.soql(f"SELECT Owner.Username FROM {sobject} WHERE Id = '{record_id}'")
    found: str = row["Owner"]["Username"]
    return found


def lead(org: Caller, fields: dict[str, Any], auto_assign: str | None = None) -> str:
    headers = {} if auto_assign is None else {"Sforce-Auto-Assign": auto_assign}
    answer = org.post("/sobjects/Lead", fields, headers=headers)
    assert 201 == answer.status, answer.text
    return owner(org, answer.json["id"])


@pytest.mark.evidence("documented", "REST API Developer Guide, Assignment Rule Header: the default is TRUE")
@pytest.mark.parametrize("header", [None, "TRUE", "true", "True"])
def test_the_active_rule_decides(make: Make, header: str | None) -> None:
    """The first entry that holds gives the owner; without one the caller keeps the row."""
    org = make(OTHER, LEADS)

    assert INTEGRATION.username == lead(org, GERMAN, header)
    assert ADMIN.username == lead(org, {**GERMAN, "Country": "France"}, header)
    assert ADMIN.username == lead(org, {"LastName": "x", "Company": "c"}, header)


@pytest.mark.evidence("documented", "REST API Developer Guide, Assignment Rule Header")
@pytest.mark.parametrize("header", ["FALSE", "false"])
def test_switched_off(make: Make, header: str) -> None:
    """FALSE: no rule runs."""
    assert ADMIN.username == lead(make(LEADS), GERMAN, header)


@pytest.mark.evidence("documented", "SOAP API Developer Guide, AssignmentRuleHeader: active or inactive")
def test_a_rule_by_its_id(make: Make) -> None:
    """The ids are those of AssignmentRule; an inactive rule may be named."""
    org = make(LEADS, OTHER)
    rows = {row["Name"]: row for row in org.soql("SELECT Id, Name, SobjectType, Active FROM AssignmentRule")}

    assert [("Lead", True), ("Lead", False)] == [
        (rows[name]["SobjectType"], rows[name]["Active"]) for name in ("Standard", "Other")
    ]
    assert INTEGRATION.username == lead(org, {"LastName": "x", "Company": "c"}, rows["Other"]["Id"][:15])


@pytest.mark.parametrize(
    ("header", "code"), [("maybe", "MALFORMED_ID"), ("01Q000000000099", "INVALID_CROSS_REFERENCE_KEY")]
)
def test_a_rule_that_is_not_there(make: Make, header: str, code: str) -> None:
    """What is no id, and an id of no rule."""
    answer = make(LEADS).post("/sobjects/Lead", GERMAN, headers={"Sforce-Auto-Assign": header})

    assert (400, code) == answer.error[:2]


def test_on_update(make: Make) -> None:
    """REST applies the active rule to updates, too, as documented; FALSE keeps the owner."""
    org = make(LEADS)
    record_id = org.make("Lead", LastName="x", Company="c")
    off = {"Sforce-Auto-Assign": "FALSE"}

    org.patch(f"/sobjects/Lead/{record_id}", {"Country": "Germany"}, headers=off)
    assert ADMIN.username == owner(org, record_id)
    org.patch(f"/sobjects/Lead/{record_id}", {"Title": "Dr"})
    assert INTEGRATION.username == owner(org, record_id)


def test_cases_and_collections(make: Make) -> None:
    """Cases have rules of their own; a collection's rows are each assigned."""
    org = make({**LEADS, "object": "Case", "entries": [{"owner": INTEGRATION.username}]})
    records = [{"attributes": {"type": "Case"}, "Subject": "s"}, {"attributes": {"type": "Account"}, "Name": "a"}]
    case, account = org.post("/composite/sobjects", {"records": records}).json

    assert (INTEGRATION.username, ADMIN.username) == (
        owner(org, case["id"], "Case"),
        owner(org, account["id"], "Account"),
    )


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([{**LEADS, "object": "Account"}], "use one of Case, Lead"),
        ([LEADS, {**OTHER, "active": True}], "two active rules"),
        ([{**LEADS, "entries": [{"owner": "nobody@x.example"}]}], "no user 'nobody@x.example'"),
        ([{**LEADS, "entries": []}], "has no entries"),
    ],
)
def test_mistakes(rules: list[dict[str, Any]], words: str) -> None:
    """Told when the org is made."""
    with pytest.raises(MisuseError, match=words):
        create_app(org=OrgConfig(extra={"assignment_rules": rules}))
