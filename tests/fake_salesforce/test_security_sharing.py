"""Who sees and changes which rows: owners, defaults of the org, roles, parents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fake_salesforce.conftest import Caller
from tests.fake_salesforce.secured import logged_in, made, settings, user

from fake_salesforce.record_ids import mint

NOT_FOUND = (404, "NOT_FOUND", "The requested resource does not exist")
NO_ACCESS = (403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")


@pytest.fixture(scope="module")
def _org() -> Iterator[Caller]:
    admin = made(
        user("boss", role="Head"),
        user("rep", role="Rep"),
        user("peer", role="Rep"),
        sharing={"Account": "Private", "Lead": "Read", "roles": {"CEO": "", "Head": "CEO", "Rep": "Head"}},
        objects={
            "Account": {"fields": {"Key__c": {"type": "string(20)", "external_id": True, "unique": True}}},
            "Plan__c": {"fields": {"Account__c": {"type": "reference", "to": ["Account"], "on_delete": "cascade"}}},
        },
    )
    admin.fake.store.mark_baseline()
    yield admin
    admin.fake.close()


@pytest.fixture
def admin(_org: Caller) -> Caller:
    """The administrator."""
    _org.fake.reset()
    return _org


@pytest.fixture
def rep(admin: Caller) -> Caller:
    """The owner of rows."""
    return logged_in(admin, "rep")


@pytest.fixture
def peer(admin: Caller) -> Caller:
    """Somebody beside the owner."""
    return logged_in(admin, "peer")


@pytest.fixture
def boss(admin: Caller) -> Caller:
    """Somebody above the owner in the role hierarchy."""
    return logged_in(admin, "boss")


def id_of(admin: Caller, name: str) -> str:
    found: str = admin.soql(f"SELECT Id FROM User WHERE Username = '{name}@acme.example'")[0]["Id"]
    return found


@pytest.mark.evidence("documented", "Salesforce Security Guide: organization-wide defaults; not found, not forbidden")
def test_a_private_row_is_not_there_for_others(rep: Caller, peer: Caller) -> None:
    """Every way to a row that the user may not see ends where there is none."""
    account = rep.make("Account", Name="a", Key__c="k")

    assert NOT_FOUND == peer.get(f"/sobjects/Account/{account}").error
    assert NOT_FOUND == peer.get("/sobjects/Account/Key__c/k").error
    assert NOT_FOUND == peer.patch(f"/sobjects/Account/{account}", {"Name": "b"}).error
    assert (404, "INVALID_CROSS_REFERENCE_KEY") == peer.delete(f"/sobjects/Account/{account}").error[:2]
    assert [] == peer.soql("SELECT Id FROM Account")
    assert 0 == peer.get("/query", query={"q": "SELECT COUNT() FROM Account"}).json["totalSize"]
    assert [None] == peer.get(f"/composite/sobjects/Account?ids={account}&fields=Name").json
    window = "start=2026-01-01T00:00:00Z&end=2026-01-30T00:00:00Z"
    assert [] == peer.get(f"/sobjects/Account/updated?{window}").json["ids"]
    rep.delete(f"/sobjects/Account/{account}")
    assert [] == peer.get(f"/sobjects/Account/deleted?{window}").json["deletedRecords"]
    assert [] == peer.get("/queryAll", query={"q": "SELECT Id FROM Account"}).json["records"]
    assert [account] == [
        one["Id"] for one in rep.get("/queryAll", query={"q": "SELECT Id FROM Account"}).json["records"]
    ]


@pytest.mark.evidence("client-derived", "public issues quote the code with a 15-character id")
def test_a_reference_to_a_row_that_is_not_seen(rep: Caller, peer: Caller) -> None:
    """The vendor says so, with the id the client gave; by external id it finds none."""
    account = rep.make("Account", Name="a", Key__c="k")

    text = f"insufficient access rights on cross-reference id: {account[:15]}"
    refusal = (400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", text)
    assert refusal == peer.post("/sobjects/Contact", {"LastName": "c", "AccountId": account}).error
    assert refusal == peer.post("/sobjects/Task", {"Subject": "t", "WhatId": account}).error
    by_key = peer.post("/sobjects/Contact", {"LastName": "c", "Account": {"Key__c": "k"}}).error
    assert (400, "INVALID_FIELD", "Foreign key external ID: k not found for field Key__c in entity Account") == by_key


@pytest.mark.evidence("assumed", "widely reported: the duplicate of a row that is not seen has no name")
def test_a_duplicate_of_a_row_that_is_not_seen(rep: Caller, peer: Caller) -> None:
    """Uniqueness is the org's, not the user's: refused, without the id of the other row."""
    rep.make("Account", Name="a", Key__c="k")

    text = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
    assert (400, "DUPLICATE_VALUE", text) == peer.post("/sobjects/Account", {"Name": "b", "Key__c": "k"}).error
    assert (400, "DUPLICATE_VALUE", text) == peer.patch("/sobjects/Account/Key__c/k", {"Name": "b"}).error


@pytest.mark.evidence("documented", "Salesforce Security Guide: role hierarchy")
def test_who_stands_above_has_the_access_of_the_owner(admin: Caller, rep: Caller, boss: Caller) -> None:
    """Downwards only, over any number of roles, and from the moment the role is given."""
    account = rep.make("Account", Name="a")
    above = boss.make("Account", Name="of the boss")

    assert {account, above} == {one["Id"] for one in boss.soql("SELECT Id FROM Account")}
    assert 204 == boss.patch(f"/sobjects/Account/{account}", {"Name": "b"}).status
    assert NOT_FOUND == rep.get(f"/sobjects/Account/{above}").error
    peers_role = admin.soql("SELECT Id FROM UserRole WHERE Name = 'CEO'")[0]["Id"]
    admin.patch(f"/sobjects/User/{id_of(admin, 'rep')}", {"UserRoleId": peers_role})
    assert NOT_FOUND == boss.get(f"/sobjects/Account/{account}").error
    assert 2 == len(rep.soql("SELECT Id FROM Account"))
    assert 204 == rep.delete(f"/sobjects/Account/{above}").status


@pytest.mark.evidence("documented", "Salesforce Security Guide: Public Read Only, Public Read/Write")
def test_read_by_all_and_changed_by_the_owner(admin: Caller, rep: Caller, peer: Caller) -> None:
    """Public Read Only: seen, not changed. Public Read/Write: changed, not deleted and not given away."""
    lead = rep.make("Lead", LastName="l", Company="c")

    assert "l" == peer.row("Lead", lead)["LastName"]
    assert NO_ACCESS == peer.patch(f"/sobjects/Lead/{lead}", {"LastName": "x"}).error
    (refused,) = peer.patch("/composite/sobjects", {"records": [{"attributes": {"type": "Lead"}, "id": lead}]}).json
    assert "INSUFFICIENT_ACCESS_OR_READONLY" == refused["errors"][0]["statusCode"]
    assert NO_ACCESS == peer.delete(f"/sobjects/Lead/{lead}").error

    settings(admin, sharing={"Lead": "ReadWrite"})
    mine = {"OwnerId": id_of(admin, "peer")}
    assert 204 == peer.patch(f"/sobjects/Lead/{lead}", {"LastName": "x"}).status
    assert NO_ACCESS == peer.delete(f"/sobjects/Lead/{lead}").error
    assert NO_ACCESS == peer.patch(f"/sobjects/Lead/{lead}", mine).error
    settings(admin, sharing={"Lead": "ReadWriteTransfer"})
    assert 204 == peer.patch(f"/sobjects/Lead/{lead}", mine).status
    assert NO_ACCESS == rep.delete(f"/sobjects/Lead/{lead}").error
    assert 204 == peer.delete(f"/sobjects/Lead/{lead}").status


def test_giving_a_row_away_ends_the_view_of_it(admin: Caller, rep: Caller, peer: Caller) -> None:
    """The owner may give a private row to somebody, who then has it alone; who may not read the object takes none."""
    account = rep.make("Account", Name="a")

    assert 204 == rep.patch(f"/sobjects/Account/{account}", {"OwnerId": id_of(admin, "peer")}).status
    assert NOT_FOUND == rep.get(f"/sobjects/Account/{account}").error
    assert "a" == peer.row("Account", account)["Name"]
    settings(admin, users={"rep@acme.example": {"profile": "Minimum Access - Salesforce"}})
    refused = peer.patch(f"/sobjects/Account/{account}", {"OwnerId": id_of(admin, "rep")})
    assert (400, "TRANSFER_REQUIRES_READ", "The new owner must have read permission") == refused.error


@pytest.mark.evidence("documented", "Salesforce Security Guide: Controlled by Parent, master-detail")
def test_rows_controlled_by_their_parent(rep: Caller, peer: Caller) -> None:
    """Contacts go with their account, details with their master; a contact of no account is its owner's."""
    account = rep.make("Account", Name="a")
    contact = rep.make("Contact", LastName="c", AccountId=account)
    plan = rep.make("Plan__c", Account__c=account)
    alone = rep.make("Contact", LastName="alone")

    for name, record_id in (("Contact", contact), ("Plan__c", plan), ("Contact", alone)):
        assert NOT_FOUND == peer.get(f"/sobjects/{name}/{record_id}").error
        assert 200 == rep.get(f"/sobjects/{name}/{record_id}").status
    assert 204 == rep.patch(f"/sobjects/Plan__c/{plan}", {"Name": "p"}).status
    refused = peer.post("/sobjects/Plan__c", {"Account__c": account}).error
    assert "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" == refused[1]
    assert [] == peer.soql("SELECT Id FROM Plan__c") + peer.soql("SELECT Id FROM Contact")


@pytest.mark.evidence("documented", "Salesforce Security Guide: implicit sharing of the parent account")
def test_a_deal_shows_its_account(admin: Caller, rep: Caller, peer: Caller) -> None:
    """Who has an opportunity of an account reads the account, and does not change it."""
    account = rep.make("Account", Name="a")
    deal = {"Name": "d", "StageName": "Prospecting", "CloseDate": "2026-02-01", "AccountId": account}
    admin.make("Opportunity", OwnerId=id_of(admin, "peer"), **deal)

    assert "a" == peer.row("Account", account)["Name"]
    assert NO_ACCESS == peer.patch(f"/sobjects/Account/{account}", {"Name": "b"}).error


def test_a_delete_refused_for_rows_that_are_not_seen(admin: Caller, rep: Caller) -> None:
    """What stands in the way is there; its name is not told to who may not see it."""
    settings(admin, sharing={"Case": "Private"})
    account = rep.make("Account", Name="a")
    rep.make("Case", Subject="s", AccountId=account)
    admin.make("Case", Subject="s", AccountId=account)

    refused = rep.delete(f"/sobjects/Account/{account}").error
    (mine,) = rep.soql("SELECT CaseNumber FROM Case")
    assert (400, "DELETE_FAILED") == refused[:2]
    assert refused[2].endswith(f"cases.: {mine['CaseNumber']}")


@pytest.mark.evidence("documented", "Salesforce Security Guide: activities, Private")
def test_activities(rep: Caller, peer: Caller) -> None:
    """A private activity is read by who reads what it is about, and changed by its owner."""
    lead = rep.make("Lead", LastName="l", Company="c")
    about = rep.make("Task", Subject="about", WhoId=lead)
    alone = rep.make("Task", Subject="alone")
    hidden = rep.make("Task", Subject="hidden", WhatId=rep.make("Account", Name="a"))

    assert ["about"] == [one["Subject"] for one in peer.soql("SELECT Subject FROM Task")]
    assert "about" == peer.row("Task", about)["Subject"]
    assert NO_ACCESS == peer.patch(f"/sobjects/Task/{about}", {"Subject": "x"}).error
    for record_id in (alone, hidden):
        assert NOT_FOUND == peer.get(f"/sobjects/Task/{record_id}").error


def test_a_queue_owns_for_its_members(admin: Caller, rep: Caller, peer: Caller) -> None:
    """Rows of a queue are those of its members."""
    settings(admin, sharing={"Case": "Private"})
    queue = admin.make("Group", Name="Support", DeveloperName="Support", Type="Queue")
    case = admin.make("Case", Subject="s", OwnerId=queue)
    assert NOT_FOUND == rep.get(f"/sobjects/Case/{case}").error

    admin.make("GroupMember", GroupId=queue, UserOrGroupId=id_of(admin, "rep"))
    assert 204 == rep.patch(f"/sobjects/Case/{case}", {"Subject": "t"}).status
    assert NOT_FOUND == peer.get(f"/sobjects/Case/{case}").error


@pytest.mark.evidence("documented", "Object Reference, AccountShare")
def test_a_row_shared_by_hand(admin: Caller, rep: Caller, peer: Caller, boss: Caller) -> None:
    """The owner shares a row with a user or a group: to read, then to edit; taken back it is gone."""
    account = rep.make("Account", Name="a")
    of_boss = boss.make("Account", Name="b")
    share = {"UserOrGroupId": id_of(admin, "peer"), "AccountAccessLevel": "Read"}

    shared = rep.make("AccountShare", AccountId=account, **share)
    assert "a" == peer.row("Account", account)["Name"]
    assert NO_ACCESS == peer.patch(f"/sobjects/Account/{account}", {"Name": "x"}).error
    assert 204 == rep.patch(f"/sobjects/AccountShare/{shared}", {"AccountAccessLevel": "Edit"}).status
    assert 204 == peer.patch(f"/sobjects/Account/{account}", {"Name": "x"}).status
    assert NO_ACCESS == peer.delete(f"/sobjects/Account/{account}").error
    assert (
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        == peer.post("/sobjects/AccountShare", {"AccountId": account, **share}).error[1]
    )
    assert (
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        == rep.post("/sobjects/AccountShare", {"AccountId": of_boss, **share}).error[1]
    )
    assert 204 == rep.delete(f"/sobjects/AccountShare/{shared}").status
    assert NOT_FOUND == peer.get(f"/sobjects/Account/{account}").error
    group = admin.make("Group", Name="G", DeveloperName="G", Type="Regular")
    admin.make("GroupMember", GroupId=group, UserOrGroupId=share["UserOrGroupId"])
    admin.make("AccountShare", AccountId=account, UserOrGroupId=group, AccountAccessLevel="Read")
    assert 200 == peer.get(f"/sobjects/Account/{account}").status


def test_view_all_and_modify_all(admin: Caller, rep: Caller, peer: Caller) -> None:
    """View All on the object shows every row and changes none; Modify All does both."""
    account = rep.make("Account", Name="a")

    settings(admin, permission_sets={"Viewer": {"objects": {"Account": ["view_all"]}, "users": ["peer@acme.example"]}})
    assert "a" == peer.row("Account", account)["Name"]
    assert NO_ACCESS == peer.patch(f"/sobjects/Account/{account}", {"Name": "b"}).error
    settings(admin, permission_sets={"Viewer": {"objects": {"Account": ["modify_all"]}}})
    assert 204 == peer.patch(f"/sobjects/Account/{account}", {"Name": "b"}).status
    assert 204 == peer.delete(f"/sobjects/Account/{account}").status


def test_the_own_user_row(admin: Caller, rep: Caller, peer: Caller) -> None:
    """A user changes the own row, but neither profile nor role there, and nobody else's."""
    mine, other = id_of(admin, "rep"), id_of(admin, "peer")

    assert 204 == rep.patch(f"/sobjects/User/{mine}", {"Title": "Rep"}).status
    standard = admin.soql("SELECT Id FROM Profile WHERE Name = 'System Administrator'")[0]["Id"]
    assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE") == rep.patch(
        f"/sobjects/User/{mine}", {"ProfileId": standard}
    ).error[:2]
    assert NO_ACCESS == rep.patch(f"/sobjects/User/{other}", {"Title": "x"}).error
    refused = rep.post("/sobjects/PermissionSet", {"Name": "Mine", "Label": "Mine"}).error
    assert "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" == refused[1]
    assert peer.row("User", mine)["Title"] == "Rep"


def test_sharing_defaults_are_shown(admin: Caller) -> None:
    """Organization says them in its own words, also after a change."""
    text = "SELECT DefaultAccountAccess, DefaultLeadAccess, DefaultContactAccess FROM Organization"
    (row,) = admin.soql(text)
    assert ("None", "Read", "ControlledByParent") == (
        row["DefaultAccountAccess"], row["DefaultLeadAccess"], row["DefaultContactAccess"],
    )  # fmt: skip
    settings(admin, sharing={"Account": "ReadWrite"})
    assert "Edit" == admin.soql(text)[0]["DefaultAccountAccess"]


FEATURES = ["contacts_to_multiple_accounts", "shared_activities"]
DEEP = ("ContentVersion", "Attachment", "EmailMessage", "TaskRelation", "EventRelation", "Level3__c")
PARENTS = ("Account", "Campaign", "Case", "Opportunity")  # contacts and activities go with them
CHAIN = {"Level1__c": "Account", "Level2__c": "Level1__c", "Level3__c": "Level2__c"}


@pytest.fixture(scope="module")
def strict() -> Iterator[Caller]:
    """Somebody in an org where what has others below it is private, and with a chain of details."""
    detail = {"type": "reference", "on_delete": "cascade"}
    admin = made(
        user("sam", profile="Standard User", role="Rep"),
        features=FEATURES,
        objects={name: {"fields": {"Above__c": {**detail, "to": [above]}}} for name, above in CHAIN.items()},
        sharing={**dict.fromkeys(PARENTS, "Private"), "roles": {"Rep": ""}},
    )
    yield logged_in(admin, "sam")
    admin.fake.close()


def test_parents_above_parents(strict: Caller) -> None:
    """However many levels a row's parents have, and however many objects a parent may be, a user asks and writes."""
    prefixes = {one["name"]: one["keyPrefix"] for one in strict.get("/sobjects").json["sobjects"]}
    asked = {name: strict.get("/query", query={"q": f"SELECT Id FROM {name} LIMIT 1"}).status for name in DEEP}
    unknown = {name: strict.get(f"/sobjects/{name}/{mint(prefixes[name], 99)}").status for name in DEEP}
    above = strict.make("Account", Name="a")
    for name in CHAIN:
        above = strict.make(name, Above__c=above)
    last = f"/sobjects/Level3__c/{above}"

    assert (dict.fromkeys(DEEP, 200), dict.fromkeys(DEEP, 404)) == (asked, unknown)
    assert [above] == [one["Id"] for one in strict.soql("SELECT Id FROM Level3__c WHERE Above__r.Above__c != null")]
    assert [204, 204] == [strict.patch(last, {"Name": "n"}).status, strict.delete(last).status]
