"""Who may use the API at all, what needs a user permission, and what an org file says wrongly about rights."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.fake_salesforce.conftest import EXTRA, HOST, Caller
from tests.fake_salesforce.secured import PASSWORD, logged_in, made, settings, token_of, user

from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_salesforce import OrgConfig, create_app

RIGHTS = Path(__file__).parents[2] / "fixtures" / "orgs" / "rights.toml"
LOGIN = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">'
    "<soapenv:Body><login><username>{name}@acme.example</username><password>{password}</password></login></soapenv:Body>"
    "</soapenv:Envelope>"
)


def soap_login(at: Caller, name: str) -> str:
    """The faultcode of a SOAP log-in, "" for a session."""
    return soap_fault(at, name).partition(":")[0]


def soap_fault(at: Caller, name: str) -> str:
    """The faultstring of a SOAP log-in, "" for a session."""
    body = LOGIN.format(name=name, password=PASSWORD).encode()
    headers = {"Content-Type": "text/xml", "SOAPAction": "login"}
    answer = Caller(at.fake).call("POST", "/services/Soap/u/60.0", data=body, headers=headers)
    found = re.search(r"<faultcode>sf:(\w+)</faultcode><faultstring>(\1: [^<]+)</faultstring>", answer.text)
    return found[2] if found else ""


def bulk_refusal(at: Caller) -> tuple[int, dict[str, str]]:
    """What Bulk API 1.0 answers to the caller."""
    headers = {"X-SFDC-Session": at.token, "Content-Type": "application/json"}
    answer = Caller(at.fake).get("/services/async/60.0/job/x", headers=headers)
    return answer.status, answer.json


# --- the API ----------------------------------------------------------------------------------------


@pytest.mark.evidence("client-derived", "restforce issue 219: an org without the API")
def test_an_org_without_the_api() -> None:
    """Every call with a session is refused, in the words of its API; a SOAP log-in is a fault."""
    admin = made()
    settings(admin, api_enabled=False)

    refusal = (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
    assert refusal == admin.get("/sobjects").error
    assert refusal == admin.get("/query", query={"q": "SELECT Id FROM Account"}).error
    words = "API_DISABLED_FOR_ORG: API is not enabled for this Organization or Partner"
    assert words == soap_fault(admin, "ada")
    told = {"exceptionCode": "FeatureNotEnabled", "exceptionMessage": "Async API not enabled"}
    assert (400, told) == bulk_refusal(admin)
    assert 200 == Caller(admin.fake).get("/services/data").status
    admin.fake.close()


def test_an_org_is_made_without_the_api() -> None:
    """The configuration says it as well."""
    admin = made(api_enabled=False)

    assert (403, "API_DISABLED_FOR_ORG") == admin.get("/limits").error[:2]
    admin.fake.close()


@pytest.mark.evidence("assumed", "widely reported: a profile without API Enabled")
def test_a_user_without_the_api() -> None:
    """The profile decides; a permission set with the permission helps."""
    admin = made(profile={"permissions": {"api_enabled": False}})
    sam = logged_in(admin, "sam")

    assert (403, "API_CURRENTLY_DISABLED", "API is disabled for this User") == sam.get("/sobjects").error
    assert "API_CURRENTLY_DISABLED" == soap_login(admin, "sam")
    told = {"exceptionCode": "InvalidUser", "exceptionMessage": "API is disabled for this User"}
    assert (400, told) == bulk_refusal(sam)
    assert "" == soap_login(admin, "ada")
    settings(admin, permission_sets={"Api": {"permissions": {"api_enabled": True}, "users": ["sam@acme.example"]}})
    assert 200 == sam.get("/sobjects").status
    admin.fake.close()


@pytest.mark.evidence("documented", "Salesforce Help: deactivating a user ends the sessions")
def test_a_user_who_is_deactivated() -> None:
    """The session is over, also after the user is active again."""
    admin = made()
    sam = logged_in(admin, "sam")
    user_id = admin.soql("SELECT Id FROM User WHERE Username = 'sam@acme.example'")[0]["Id"]
    assert 200 == sam.get("/sobjects").status

    admin.patch(f"/sobjects/User/{user_id}", {"IsActive": False})
    assert (401, "INVALID_SESSION_ID", "Session expired or invalid") == sam.get("/sobjects").error
    admin.patch(f"/sobjects/User/{user_id}", {"IsActive": True})
    assert 401 == sam.get("/sobjects").status
    assert 200 == logged_in(admin, "sam").get("/sobjects").status
    admin.fake.close()


@pytest.mark.evidence("documented", "REST API Developer Guide, Limits: View Setup and Configuration")
def test_limits_need_view_setup() -> None:
    """/limits and the record counts are for who may view setup."""
    admin = made(profile={"permissions": {"view_setup": False}})
    sam = logged_in(admin, "sam")

    for path in ("/limits", "/limits/recordCount?sObjects=Account"):
        assert (403, "INSUFFICIENT_ACCESS") == sam.get(path).error[:2]
        assert 200 == admin.get(path).status
    settings(admin, profiles={"Sync": {"permissions": {"view_setup": True}}})
    assert 200 == sam.get("/limits").status
    admin.fake.close()


# --- audit fields -----------------------------------------------------------------------------------

AUDIT = {"CreatedDate": "2020-01-02T03:04:05.000+0000", "LastModifiedDate": "2021-01-02T03:04:05.000+0000"}


@pytest.mark.evidence("documented", "Object Reference, System Fields: settable on insert with the permission")
def test_audit_fields_on_insert() -> None:
    """With the org's feature and the permission, on insert and nowhere else; SystemModstamp stays the org's."""
    admin = made(profile={"permissions": {"set_audit_fields": True}}, audit_fields=True)
    sam = logged_in(admin, "sam")
    ada = admin.soql("SELECT Id FROM User WHERE Username = 'ada@acme.example'")[0]["Id"]

    row = sam.row("Account", sam.make("Account", Name="a", CreatedById=ada, LastModifiedById=ada, **AUDIT))
    assert AUDIT == {name: row[name] for name in AUDIT}
    assert [ada, ada] == [row["CreatedById"], row["LastModifiedById"]]
    assert "2026" == row["SystemModstamp"][:4]
    fields = {one["name"]: one for one in sam.get("/sobjects/Account/describe").json["fields"]}
    assert (True, False) == (fields["CreatedDate"]["createable"], fields["CreatedDate"]["updateable"])
    assert not fields["SystemModstamp"]["createable"]
    assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE") == sam.patch(f"/sobjects/Account/{row['Id']}", AUDIT).error[:2]
    refused = admin.post("/sobjects/Account", {"Name": "b", **AUDIT})
    assert ["CreatedDate", "LastModifiedDate"] == refused.json[0]["fields"]
    settings(admin, audit_fields=False)
    assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE") == sam.post("/sobjects/Account", {"Name": "b", **AUDIT}).error[:2]
    admin.fake.close()


# --- nothing of it in a plain org -------------------------------------------------------------------


def test_the_users_of_a_plain_org_have_all_rights(org: Caller) -> None:
    """Both users of the org that `create_app()` makes work in the whole org: nothing is looked up for them."""
    names = [one["Profile"]["Name"] for one in org.soql("SELECT Profile.Name FROM User")]
    assert ["System Administrator"] * 2 == names
    text = "SELECT Name FROM Profile WHERE Id IN (SELECT ProfileId FROM PermissionSet WHERE IsOwnedByProfile = true)"
    assert 5 == len(org.soql(text))


# --- mistakes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "line"),
    [
        ({"profiles": {"A": {"like": "Nope"}}}, "profiles.A.like: no profile 'Nope'"),
        ({"profiles": {"A": {"like": "B"}, "B": {"like": "A"}}}, "goes in a circle"),
        ({"profiles": {"A": {"rights": {}}}}, "profiles.A: 'rights' is unknown"),
        ({"profiles": {"A": {"permissions": {"fly": True}}}}, "profiles.A.permissions: 'fly' is unknown"),
        ({"profiles": {"A": {"permissions": {"api_enabled": "yes"}}}}, "api_enabled: is 'yes'"),
        ({"profiles": {"A": {"objects": {"Acount": []}}}}, "'Acount' is no object of this org"),
        ({"profiles": {"A": {"objects": {"Account": ["fly"]}}}}, "objects.Account: is ['fly']"),
        ({"profiles": {"A": {"objects": {"User": ["edit"]}}}}, "objects.User: everybody reads it"),
        ({"profiles": {"A": {"fields": {"Account.Nope": "read"}}}}, "Account has no field 'Nope'"),
        ({"profiles": {"A": {"fields": {"Account.Rating": "write"}}}}, "Account.Rating: is 'write'"),
        ({"profiles": {"A": {"fields": {"Account.Name": "none"}}}}, "its rights cannot be set"),
        ({"profiles": {"A": {"fields": {"Account.BillingCity": "none"}}}}, "is a part of BillingAddress"),
        ({"permission_sets": {"S": {"like": "x"}}}, "permission_sets.S: 'like' is unknown"),
        ({"permission_sets": {"S": {"users": ["nobody@acme.example"]}}}, "no user 'nobody@acme.example'"),
        ({"sharing": {"Account": "Hidden"}}, "sharing.Account: is 'Hidden'"),
        ({"sharing": {"Acount": "Private"}}, "'Acount' is no object of this org"),
        ({"sharing": {"Account": "ControlledByParent"}}, "it has no parent"),
        ({"sharing": {"Pricebook2": "Private"}}, "its rows have no owner"),
        ({"sharing": {"roles": {"A": "B"}}}, "roles.A: no role 'B'"),
        ({"sharing": {"roles": {"A": "B", "B": "A"}}}, "goes in a circle"),
    ],
)
def test_a_mistake_is_one_line(tables: dict[str, Any], line: str) -> None:
    """Where, what, what to do."""
    with pytest.raises(MisuseError) as caught:
        create_app(clock=FrozenClock(), org=OrgConfig(extra={**EXTRA, **tables}))

    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_user_names_a_profile_that_is_there() -> None:
    """A wrong profile or role of a user says which there are."""
    with pytest.raises(MisuseError, match="no profile 'Nope' in this org: there are System Administrator, "):
        create_app(clock=FrozenClock(), org=OrgConfig(users=(user("a", "Nope"),)))
    with pytest.raises(MisuseError, match="no role 'Nope' in this org"):
        create_app(clock=FrozenClock(), org=OrgConfig(users=(user("a", "Standard User", "Nope"),)))


@pytest.mark.parametrize(
    "given",
    [
        {"profile": {}},
        {"api_enabled": "no"},
        {"users": {"sam@acme.example": {"profile": "Nope"}}},
        {"users": {"nobody@acme.example": {"active": False}}},
        {"users": {"sam@acme.example": {"name": "Sam"}}},
        {"profiles": {"Sync": {"objects": {"Account": []}, "fields": {"Account.Nope": "none"}}}},
        {"sharing": {"Account": "Private"}, "users": {"nobody@acme.example": {"active": False}}},
    ],
)
def test_a_wrong_setting_changes_nothing(given: dict[str, Any]) -> None:
    """Settings come whole or not at all."""
    admin = made()
    sam = logged_in(admin, "sam")
    before = admin.rows

    with pytest.raises(MisuseError):
        settings(admin, **given)
    assert before == admin.rows
    sam.make("Account", Name="a")
    assert 1 == len(logged_in(admin, "ada").soql("SELECT Id FROM Account"))
    assert 200 == sam.get("/sobjects/Account/describe").status
    admin.fake.close()


def test_settings_come_through_the_control_plane(anyone: Caller) -> None:
    """POST seed with `settings`; rows may stand beside them."""
    body = {"settings": {"sharing": {"Account": "Private"}}, "Account": [{"Name": "a"}]}
    seed = anyone.fake.seed
    assert seed is not None
    assert ["Account"] == list(seed(body))
    anyone.token = anyone.fake.credentials(f"https://{HOST}")["access_token"]
    assert "None" == anyone.soql("SELECT DefaultAccountAccess FROM Organization")[0]["DefaultAccountAccess"]


def test_an_org_file_with_rights() -> None:
    """fixtures/orgs/rights.toml: a sync user with a permission set, people with roles and private accounts."""
    fake = create_app(clock=FrozenClock(), org=str(RIGHTS))
    sync = Caller(fake)
    rep = Caller(fake)
    for caller, name, password in ((sync, "integration", "understudy-2"), (rep, "rep", "understudy-3")):
        caller.token = token_of(caller, f"{name}@understudy.example", password)

    account = rep.make("Account", Name="a", Phone="1")
    row = sync.row("Account", account)
    assert ("1", False) == (row["Phone"], "Rating" in row)
    assert (403, "INSUFFICIENT_ACCESS_OR_READONLY") == sync.patch(f"/sobjects/Account/{account}", {"Name": "b"}).error[
        :2
    ]
    task = sync.make("Task", Subject="t", WhatId=account)
    assert "t" == rep.row("Task", task)["Subject"]
    assert 404 == sync.get("/sobjects/Opportunity/describe").status
    assert 404 == rep.get("/sobjects/Lead/describe").status
    fake.close()
