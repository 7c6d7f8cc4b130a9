"""What a new org of Salesforce starts with: values, profiles, what everybody reads, and who sees which rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.crm_contracts.ledger.salesforce_tables import (
    GIVEN_AWAY,
    NOT_OF_ONESELF,
    OPEN,
    PRIVATE,
    PROFILES,
    READ_AND_WRITTEN,
    SHOWN_AS,
    rows_of,
)
from tests.crm_contracts.ledger.test_salesforce_describe import PERMISSIONS
from tests.crm_contracts.ledger.world import World
from tests.fake_salesforce.conftest import Caller
from tests.fake_salesforce.secured import logged_in, made, settings, user

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.errors import MisuseError

SALESFORCE = entries("salesforce")
RIGHTS = {"read": "queryable", "create": "createable", "edit": "updateable", "delete": "deletable"}


def each(prefix: str) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    return [pytest.param(one, id=one.id) for one in SALESFORCE if one.id.startswith(prefix)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    found = World()
    yield found
    found.fake.close()


@pytest.mark.ledger("salesforce/default/rows/*")
@pytest.mark.parametrize("one", each("salesforce/default/rows/"))
def test_the_values_that_an_org_starts_with(world: World, one: Entry) -> None:
    """They are rows, in their order, with the default and what follows from a value."""
    name = one.id.rpartition("/")[2]
    rows = rows_of(name)
    shown = world.org.soql(f"SELECT {', '.join(rows[0])} FROM {name} ORDER BY SortOrder")

    assert rows == [{field: row[field] for field in rows[0]} for row in shown]


# --- profiles -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people() -> Iterator[dict[str, Caller]]:
    """A user of each profile, by the profile."""
    admin = made(*(user(f"u{number}", profile=name) for number, name in enumerate(PROFILES)))
    found = {name: logged_in(admin, f"u{number}") for number, name in enumerate(PROFILES)}
    yield {"": admin, **found}
    admin.fake.close()


@pytest.mark.ledger("salesforce/default/profile/*")
@pytest.mark.parametrize("one", each("salesforce/default/profile/"))
def test_the_profiles_of_an_org(people: dict[str, Caller], one: Entry) -> None:
    """The permissions of a profile are shown, and its user may do with objects and fields what it says."""
    name = {"-".join(each.split()): each for each in PROFILES}[one.id.rpartition("/")[2]]
    permissions, every_object, every_field = PROFILES[name]
    [row] = people[""].soql(f"SELECT {', '.join(PERMISSIONS.values())} FROM Profile WHERE Name = '{name}'")
    describe = people[name].get("/sobjects/Account/describe")
    rights = {right for right, flag in RIGHTS.items() if describe.status == 200 and describe.json[flag]}

    assert permissions == {key for key, field in PERMISSIONS.items() if row[field]}
    assert every_object == rights
    if rights:
        shown = {field["name"]: field for field in describe.json["fields"]}
        assert every_field == ("Phone" in shown) == shown["Phone"]["updateable"]


# --- rights that no profile gives -----------------------------------------------------------------------------------


@pytest.mark.ledger("salesforce/default/open-objects")
def test_what_everybody_reads(people: dict[str, Caller]) -> None:
    """A user without any right on objects reads them all, and no other; writing takes the permission that is named."""
    least = people["Minimum Access - Salesforce"]
    there = {each["name"] for each in least.get("/sobjects").json["sobjects"]}
    for name, permission in OPEN.items():
        mine, admins = (who.get(f"/sobjects/{name}/describe") for who in (least, people[""]))
        flag = "createable" if admins.json["createable"] else "updateable"
        may = [one.json[flag] for one in (mine, admins)]

        assert (name, 200, 200) == (
            name,
            mine.status,
            least.get("/query", query={"q": f"SELECT Id FROM {name}"}).status,
        )
        assert (name, may[1] and not permission) == (name, may[0])
    assert set() == {"Account", "Contact", "Case", "Task", "Event", "Lead", "Note", "Product2", "Asset"} & there


@pytest.mark.ledger("salesforce/default/open-objects")
def test_what_a_permission_lets_write() -> None:
    """A user with that permission alone writes the objects that name it, those that need none, and no other."""
    permissions = sorted({each for each in OPEN.values() if each})
    profiles = {each: {"like": "Minimum Access - Salesforce", "permissions": {each: True}} for each in permissions}
    admin = made(*(user(each.replace("_", "-"), profile=each) for each in permissions), profiles=profiles)
    may: dict[str, dict[str, Any]] = {}
    for permission in ("", *permissions):
        who = logged_in(admin, permission.replace("_", "-")) if permission else admin
        may[permission] = {each["name"]: each for each in who.get("/sobjects").json["sobjects"] if each["name"] in OPEN}
    admin.fake.close()
    # Everybody changes themselves: where rows can be made, making one is what takes the permission.
    written = {name: "createable" if one["createable"] else "updateable" for name, one in may[""].items()}
    seen = {each: {name for name, flag in written.items() if may[each][name][flag]} for each in may}

    assert {"CaseStatus", "LeadStatus", "OpportunityStage", "Profile", "TaskPriority", "TaskStatus"} == (
        OPEN.keys() - seen[""]  # nobody writes these over the API
    )
    assert {each: {name for name in seen[""] if OPEN[name] in {"", each}} for each in permissions} == {
        each: seen[each] for each in permissions
    }


@pytest.mark.ledger("salesforce/default/own-row")
def test_what_a_user_may_not_change_of_themselves(people: dict[str, Caller]) -> None:
    """Each of these fields is refused in the own row, and any other is taken."""
    sam = people["Standard User"]
    name = f"u{list(PROFILES).index('Standard User')}"
    [row] = people[""].soql(f"SELECT Id, ProfileId FROM User WHERE Username = '{name}@acme.example'")
    [other] = people[""].soql("SELECT Id FROM Profile WHERE Name = 'Read Only'")
    values = {"IsActive": False, "ProfileId": other["Id"], "UserRoleId": None, "Username": "x@x.example"}
    refused = [
        sam.patch(f"/sobjects/User/{row['Id']}", {field: values.get(field, True)}).error for field in NOT_OF_ONESELF
    ]

    assert ["INVALID_FIELD_FOR_INSERT_UPDATE"] * len(NOT_OF_ONESELF) == [one[1] for one in refused]
    assert 204 == sam.patch(f"/sobjects/User/{row['Id']}", {"Title": "Rep", "Phone": "1"}).status


# --- sharing --------------------------------------------------------------------------------------------------------


@pytest.mark.ledger(
    "salesforce/default/sharing/models", "salesforce/default/sharing/shown", "salesforce/default/sharing/words"
)
def test_how_the_defaults_of_an_org_are_shown() -> None:
    """Each object takes each of the models, and Organization shows it in words of its own."""
    admin = made()
    for model, (word, objects) in SHOWN_AS.items():
        for sobject in objects:
            settings(admin, sharing={sobject: model})
            field = f"Default{sobject}Access"
            [row] = admin.soql(f"SELECT {field} FROM Organization")
            assert (sobject, model, word) == (sobject, model, row[field])
    for model in ("Public", "FullAccess"):
        with pytest.raises(MisuseError, match=model):
            settings(admin, sharing={"Account": model})
    admin.fake.close()


@pytest.fixture(scope="module")
def private() -> Iterator[tuple[Caller, Caller]]:
    """The administrator of an org where the parents of others are private, and a user who owns nothing."""
    sharing = dict.fromkeys(("Account", "Campaign", "Case", "Opportunity"), "Private")
    admin = made(user("sam", role="Rep"), sharing={**sharing, "roles": {"Rep": ""}}, features=["shared_activities"])
    yield admin, logged_in(admin, "sam")
    admin.fake.close()


@pytest.mark.ledger("salesforce/default/sharing/implicit")
@pytest.mark.parametrize(("child", "field"), [("Opportunity", "AccountId"), ("Case", "AccountId")])
def test_who_reads_a_child_reads_its_parent(private: tuple[Caller, Caller], child: str, field: str) -> None:
    """A row of the own shows the account that it belongs to, which is nobody else's business."""
    admin, sam = private
    least = {"Opportunity": {"Name": "o", "CloseDate": "2026-02-01", "StageName": "Prospecting"}, "Case": {}}[child]
    [me] = admin.soql("SELECT Id FROM User WHERE Username = 'sam@acme.example'")
    account, other = admin.make("Account", Name="a"), admin.make("Account", Name="b")
    admin.make(child, **least, **{field: account}, OwnerId=me["Id"])

    assert [200, 404] == [sam.get(f"/sobjects/Account/{one}").status for one in (account, other)]


@pytest.mark.ledger("salesforce/default/sharing/defaults")
def test_the_sharing_that_an_org_starts_with() -> None:
    """What is private is not there for others, what may be given away is, what has a parent goes with it."""
    admin = made(user("sam", role="Rep"), sharing={"roles": {"Rep": ""}})
    sam = logged_in(admin, "sam")
    rows = World.of(admin)
    [me] = admin.soql("SELECT Id FROM User WHERE Username = 'sam@acme.example'")
    for sobject in (*PRIVATE, *GIVEN_AWAY, *READ_AND_WRITTEN):
        record_id = rows.document() if sobject == "ContentDocument" else rows.make(sobject)
        path = f"/sobjects/{sobject}/{record_id}"
        assert (sobject, 404 if sobject in PRIVATE else 200) == (sobject, sam.get(path).status)
        if sobject not in PRIVATE:
            assert (sobject, 204) == (sobject, sam.patch(path, {"Description": "x"}).status)
            given = sam.patch(path, {"OwnerId": me["Id"]}).status
            assert (sobject, sobject in GIVEN_AWAY) == (sobject, given == 204)
    admin_shows = admin.soql("SELECT DefaultContactAccess, DefaultLeadAccess, DefaultCaseAccess FROM Organization")[0]
    below = {
        "Contact": rows.make("Contact", AccountId=rows.make("Account")),
        "Attachment": rows.make("Attachment"),
        "Note": rows.make("Note"),
    }
    open_: list[int] = []
    hidden: list[int] = []
    assert 404 == sam.get(f"/sobjects/ContentVersion/{rows.make('ContentVersion')}").status  # as its document
    for listed, sharing in ((open_, "ReadWrite"), (hidden, "Private")):
        settings(admin, sharing={"Account": sharing})
        listed += [sam.get(f"/sobjects/{name}/{record_id}").status for name, record_id in below.items()]
    admin.fake.close()

    assert ["ControlledByParent", "ReadEditTransfer", "ReadEditTransfer"] == [
        admin_shows[f"Default{name}Access"] for name in ("Contact", "Lead", "Case")
    ]
    assert ([200] * 3, [404] * 3) == (open_, hidden)


@pytest.mark.ledger("salesforce/default/sharing/linked")
@pytest.mark.parametrize("sobject", ["ContentDocument", "ContentNote"])
def test_who_reads_a_file(private: tuple[Caller, Caller], sobject: str) -> None:
    """Nobody but its owner, although its owner's row is read by all; linked to a row, who reads that row."""
    admin, sam = private
    rows = World.of(admin)
    document = rows.document() if sobject == "ContentDocument" else rows.make(sobject)
    seen = []
    for target in ("", "Account", "Lead"):  # accounts are private here, leads are not
        if target:
            rows.make("ContentDocumentLink", ContentDocumentId=document, LinkedEntityId=rows.make(target))
        seen.append(sam.get(f"/sobjects/{sobject}/{document}").status)

    assert [404, 404, 200] == seen


def test_a_version_of_a_file_where_accounts_are_private(private: tuple[Caller, Caller]) -> None:
    """It is not there for who may not read its document; of their own a user makes one and reads it."""
    admin, sam = private
    version = World.of(admin).least("ContentVersion")
    mine, theirs = sam.make("ContentVersion", **version), admin.make("ContentVersion", **version)

    assert [200, 404] == [sam.get(f"/sobjects/ContentVersion/{one}").status for one in (mine, theirs)]
    assert [mine] == [
        one["Id"] for one in sam.soql(f"SELECT Id FROM ContentVersion WHERE Id IN ('{mine}', '{theirs}')")
    ]
