"""Rights on objects and fields: what a profile or permission set leaves out is not there, or not to be written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fake_salesforce.conftest import Caller
from tests.fake_salesforce.secured import logged_in, made, settings

NOT_FOUND = (404, "NOT_FOUND", "The requested resource does not exist")
NO_ACCESS = (403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
READ_ONLY = (
    "Unable to create/update fields: {fields}. Please check the security settings of this field and verify that it is "
    "read/write for your profile or permission set."
)
PROFILE = {
    "objects": {"Lead": [], "Case": ["read"], "Opportunity": ["create"]},
    "fields": {"Account.Rating": "none", "Account.Industry": "read", "Account.BillingAddress": "none"},
}


@pytest.fixture(scope="module")
def _org() -> Iterator[Caller]:
    admin = made(profile=PROFILE)
    admin.fake.store.mark_baseline()
    yield admin
    admin.fake.close()


@pytest.fixture
def admin(_org: Caller) -> Caller:
    """The administrator."""
    _org.fake.reset()
    return _org


@pytest.fixture
def sam(admin: Caller) -> Caller:
    """A user of the profile."""
    return logged_in(admin, "sam")


# --- objects ----------------------------------------------------------------------------------------


@pytest.mark.evidence("documented", "Salesforce Security Guide: object permissions; not found, not forbidden")
def test_an_object_without_read_is_not_there(admin: Caller, sam: Caller) -> None:
    """It is in no describe, no query and no row; the words are those for an object that does not exist."""
    lead = admin.make("Lead", LastName="L", Company="C")

    assert NOT_FOUND == sam.get(f"/sobjects/Lead/{lead}").error
    assert NOT_FOUND == sam.get("/sobjects/Lead/describe").error
    assert NOT_FOUND == sam.get("/sobjects/Lead").error
    assert NOT_FOUND == sam.post("/sobjects/Lead", {"LastName": "x", "Company": "y"}).error
    status, code, message = sam.get("/query", query={"q": "SELECT Id FROM Lead"}).error
    assert (400, "INVALID_TYPE", True) == (status, code, "sObject type 'Lead' is not supported" in message)
    shown = {one["name"] for one in sam.get("/sobjects").json["sobjects"]}
    assert "Lead" not in shown
    assert "Account" in shown
    children = sam.get("/sobjects/Campaign/describe").json["childRelationships"]
    assert "Lead" not in {one["childSObject"] for one in children}


@pytest.mark.evidence("client-derived", "public issues: entity type cannot be inserted: Campaign")
def test_what_may_only_be_read(admin: Caller, sam: Caller) -> None:
    """No insert, as for an object that takes none; no update and no delete for lack of access. The describe says so."""
    case = admin.make("Case", Subject="s")

    assert 200 == sam.get(f"/sobjects/Case/{case}").status
    refused = sam.post("/sobjects/Case", {"Subject": "x"}).error
    assert (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted: Case") == refused
    assert NO_ACCESS == sam.patch(f"/sobjects/Case/{case}", {"Subject": "x"}).error
    assert NO_ACCESS == sam.delete(f"/sobjects/Case/{case}").error
    entry = sam.get("/sobjects/Case/describe").json
    assert [False] * 4 == [entry[word] for word in ("createable", "updateable", "deletable", "undeletable")]
    assert (True, True) == (entry["queryable"], entry["retrieveable"])
    assert admin.get("/sobjects/Case/describe").json["createable"]


def test_create_brings_read(sam: Caller) -> None:
    """A right brings what it is nothing without: create is also read. Edit it is not."""
    made_row = sam.make("Opportunity", Name="x", StageName="Prospecting", CloseDate="2026-02-01")

    assert "x" == sam.row("Opportunity", made_row)["Name"]
    assert NO_ACCESS == sam.patch(f"/sobjects/Opportunity/{made_row}", {"Name": "y"}).error


def test_in_a_list_each_row_has_its_own_refusal(admin: Caller, sam: Caller) -> None:
    """Collections, upsert by id: the same refusals, one for each row."""
    case = admin.make("Case", Subject="s")
    rows = [
        {"attributes": {"type": "Account"}, "Name": "a"},
        {"attributes": {"type": "Case"}, "Subject": "b"},
    ]
    made_row, refused = sam.post("/composite/sobjects", {"records": rows}).json

    assert made_row["success"]
    assert "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" == refused["errors"][0]["statusCode"]
    (changed,) = sam.patch("/composite/sobjects", {"records": [{**rows[1], "id": case}]}).json
    assert "INSUFFICIENT_ACCESS_OR_READONLY" == changed["errors"][0]["statusCode"]
    (gone,) = sam.delete(f"/composite/sobjects?ids={case}").json
    assert "INSUFFICIENT_ACCESS_OR_READONLY" == gone["errors"][0]["statusCode"]


# --- fields -----------------------------------------------------------------------------------------


@pytest.mark.evidence("client-derived", "public issues: a field hidden by field-level security is no such column")
def test_a_hidden_field_is_not_there(admin: Caller, sam: Caller) -> None:
    """Neither in the describe nor in rows, nor as a column to read, filter or write."""
    account = admin.make("Account", Name="a", Rating="Hot", BillingCity="Bern")

    row = sam.row("Account", account)
    assert {"Rating", "BillingAddress", "BillingCity"} & set(row) == set()
    assert {"Rating", "BillingAddress", "BillingCity"} <= set(admin.row("Account", account))
    fields = {one["name"] for one in sam.get("/sobjects/Account/describe").json["fields"]}
    assert {"Rating", "BillingAddress", "BillingCity"} & fields == set()
    assert (400, "INVALID_FIELD") == sam.get(f"/sobjects/Account/{account}?fields=Rating").error[:2]
    for text in ("SELECT Rating FROM Account", "SELECT Id FROM Account WHERE Rating = 'Hot'"):
        status, code, message = sam.get("/query", query={"q": text}).error
        assert (400, "INVALID_FIELD", True) == (status, code, "No such column 'Rating' on entity 'Account'" in message)
    assert "Rating" not in sam.soql("SELECT FIELDS(STANDARD) FROM Account LIMIT 1")[0]
    column = (400, "INVALID_FIELD", "No such column 'Rating' on sobject of type Account")
    assert column == sam.post("/sobjects/Account", {"Name": "x", "Rating": "Hot"}).error
    assert column == sam.patch(f"/sobjects/Account/{account}", {"Rating": "Cold"}).error
    assert "Hot" == admin.row("Account", account)["Rating"]


@pytest.mark.evidence("client-derived", "public issues quote the text with its security settings")
def test_a_read_only_field(admin: Caller, sam: Caller) -> None:
    """Readable, describable as not writable, and refused by name when written."""
    account = admin.make("Account", Name="a", Industry="Energy")

    assert "Energy" == sam.row("Account", account)["Industry"]
    fields = {one["name"]: one for one in sam.get("/sobjects/Account/describe").json["fields"]}
    assert (False, False) == (fields["Industry"]["createable"], fields["Industry"]["updateable"])
    refusal = (400, "INVALID_FIELD_FOR_INSERT_UPDATE", READ_ONLY.format(fields="Industry"))
    assert refusal == sam.post("/sobjects/Account", {"Name": "x", "Industry": "Energy"}).error
    answer = sam.patch(f"/sobjects/Account/{account}", {"Industry": "Banking"})
    assert refusal == answer.error
    assert ["Industry"] == answer.json[0]["fields"]


def test_bulk_meets_the_same_rights(admin: Caller, sam: Caller) -> None:
    """An ingest job runs with the rights of who made it, whoever polls."""
    job = sam.post("/jobs/ingest", {"object": "Account", "operation": "insert"}).json["id"]
    csv = {"Content-Type": "text/csv"}
    sam.call("PUT", f"/jobs/ingest/{job}/batches", data=b"Name,Industry\na,Energy\nb,\n", headers=csv)
    sam.patch(f"/jobs/ingest/{job}", {"state": "UploadComplete"})
    for _ in range(4):
        state = sam.get(f"/jobs/ingest/{job}").json["state"]

    assert "JobComplete" == state
    assert "INVALID_FIELD_FOR_INSERT_UPDATE" in sam.get(f"/jobs/ingest/{job}/failedResults").text
    assert (
        0 == admin.get("/query", query={"q": "SELECT COUNT() FROM Account WHERE Industry = 'Energy'"}).json["totalSize"]
    )


# --- the silent mode --------------------------------------------------------------------------------

SILENT = {"fields": {"Account.Industry": "read, silent", "Account.IsDeleted": "read, silent"}}


@pytest.mark.evidence("assumed", "rule A28 of the sync's facts: a write may succeed while a field stays unchanged")
def test_a_silent_field_keeps_its_value() -> None:
    """The write succeeds, the other fields change, this one does not; nothing says so but reading back."""
    admin = made(profile=SILENT)
    sam = logged_in(admin, "sam")
    account = admin.make("Account", Name="a", Industry="Energy")

    assert 204 == sam.patch(f"/sobjects/Account/{account}", {"Industry": "Banking", "Phone": "1"}).status
    row = sam.row("Account", account)
    assert ("Energy", "1") == (row["Industry"], row["Phone"])
    assert 204 == sam.patch(f"/sobjects/Account/{account}", {"IsDeleted": True}).status
    assert sam.row("Account", sam.make("Account", Name="b", Industry="Banking"))["Industry"] is None
    assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE") == sam.patch(
        f"/sobjects/Account/{account}", {"CreatedDate": "2026-01-01T00:00:00Z"}
    ).error[:2]
    admin.fake.close()


def test_a_silent_profile_drops_all_it_would_refuse() -> None:
    """With `silent` for the profile hidden, read-only and derived fields are dropped; unknown ones are refused."""
    admin = made(profile={"silent": True, "fields": {"Account.Rating": "none"}})
    sam = logged_in(admin, "sam")

    account = sam.make("Account", Name="a", Rating="Hot", IsDeleted=True, LastActivityDate="2026-01-01")
    row = admin.row("Account", account)
    assert (None, False, None) == (row["Rating"], row["IsDeleted"], row["LastActivityDate"])
    assert (400, "INVALID_FIELD") == sam.post("/sobjects/Account", {"Name": "a", "Nope__c": 1}).error[:2]
    assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE") == sam.post(
        "/sobjects/Account", {"Name": "a", "Id": account}
    ).error[:2]
    admin.fake.close()


# --- rights that change -----------------------------------------------------------------------------


@pytest.mark.evidence("documented", "Object Reference, PermissionSetAssignment: grants what the set allows")
def test_a_permission_set_adds(admin: Caller, sam: Caller) -> None:
    """A set made, filled and assigned through the API gives what the profile does not; taken back it is gone."""
    lead = admin.make("Lead", LastName="L", Company="C")
    extra = admin.make("PermissionSet", Name="Extra", Label="Extra")
    admin.make("ObjectPermissions", ParentId=extra, SobjectType="Lead", PermissionsRead=True)
    admin.make(
        "FieldPermissions", ParentId=extra, SobjectType="Account", Field="Account.Industry", PermissionsRead=True,
        PermissionsEdit=True,
    )  # fmt: skip
    assert 404 == sam.get(f"/sobjects/Lead/{lead}").status

    user_id = admin.soql("SELECT Id FROM User WHERE Username = 'sam@acme.example'")[0]["Id"]
    assignment = admin.make("PermissionSetAssignment", PermissionSetId=extra, AssigneeId=user_id)
    assert 200 == sam.get(f"/sobjects/Lead/{lead}").status
    assert "Energy" == sam.row("Account", sam.make("Account", Name="x", Industry="Energy"))["Industry"]

    assert 204 == admin.delete(f"/sobjects/PermissionSetAssignment/{assignment}").status
    assert 404 == sam.get(f"/sobjects/Lead/{lead}").status
    assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE") == sam.post(
        "/sobjects/Account", {"Name": "x", "Industry": "Energy"}
    ).error[:2]


def test_another_profile(admin: Caller, sam: Caller) -> None:
    """User.ProfileId decides, from the next request on; what was rolled back decides nothing."""
    lead = admin.make("Lead", LastName="L", Company="C")
    user_id = admin.soql("SELECT Id FROM User WHERE Username = 'sam@acme.example'")[0]["Id"]
    standard = admin.soql("SELECT Id FROM Profile WHERE Name = 'Standard User'")[0]["Id"]
    url = f"/services/data/v60.0/sobjects/User/{user_id}"
    bad = {"method": "DELETE", "url": "/services/data/v60.0/sobjects/Account/001000000000000AAA", "referenceId": "b"}
    calls = [{"method": "PATCH", "url": url, "referenceId": "a", "body": {"ProfileId": standard}}, bad]

    admin.post("/composite", {"allOrNone": True, "compositeRequest": calls})
    assert 404 == sam.get(f"/sobjects/Lead/{lead}").status
    assert 204 == admin.patch(f"/sobjects/User/{user_id}", {"ProfileId": standard}).status
    assert 200 == sam.get(f"/sobjects/Lead/{lead}").status
    admin.fake.reset()
    assert 404 == logged_in(admin, "sam").get("/sobjects/Lead/describe").status


def test_rights_change_through_the_control_plane(admin: Caller, sam: Caller) -> None:
    """A field's rights change in the middle of a run; a snapshot brings the old ones back."""
    before = admin.fake.store.snapshot()
    account = admin.make("Account", Name="a", Industry="Energy")

    settings(admin, profiles={"Sync": {"fields": {"Account.Industry": "none", "Account.Rating": "edit"}}})
    assert "Industry" not in sam.row("Account", account)
    assert 204 == sam.patch(f"/sobjects/Account/{account}", {"Rating": "Hot"}).status
    settings(admin, profiles={"Sync": {"fields": {"Account.Phone": "read, silent"}}})
    assert 204 == sam.patch(f"/sobjects/Account/{account}", {"Phone": "1"}).status
    assert sam.row("Account", account)["Phone"] is None

    admin.fake.store.restore(before)
    assert "Industry" in sam.row("Account", sam.make("Account", Name="b", Phone="1"))


@pytest.mark.evidence("documented", "Object Reference, ObjectPermissions: none is stored for Modify All Data")
def test_rights_are_rows(admin: Caller) -> None:
    """Profiles, their own permission sets and what they allow can be read with SOQL."""
    text = (
        "SELECT PermissionsRead, PermissionsEdit FROM ObjectPermissions "
        "WHERE Parent.Profile.Name = '{}' AND SobjectType = 'Case'"
    )

    (case,) = admin.soql(text.format("Sync"))
    assert (True, False) == (case["PermissionsRead"], case["PermissionsEdit"])
    assert [] == admin.soql(text.format("System Administrator"))
    industry = (
        "SELECT PermissionsEdit FROM FieldPermissions WHERE Parent.Profile.Name = 'Sync' AND Field = 'Account.Industry'"
    )
    assert [False] == [one["PermissionsEdit"] for one in admin.soql(industry)]
    names = {one["Name"] for one in admin.soql("SELECT Name FROM Profile WHERE PermissionsApiEnabled = true")}
    assert {"System Administrator", "Standard User", "Sync"} <= names
