"""Rows one at a time: what a write accepts, refuses and leads to."""

from __future__ import annotations

from typing import Any

import pytest

DATA = "/services/data/v60.0"
NOW = "2026-01-05T09:00:00.000+0000"
ADMIN = "005Ud0000000001IAA"


# --- create and read ------------------------------------------------------------------------------------------------


@pytest.mark.evidence("recorded", "heroku/sf-functions-python createRecord")
def test_create_answers_201_with_a_relative_location(org: Any) -> None:
    """A create answers 201, three keys in order, and Location is a path."""
    answer = org.post("/sobjects/Account/", {"name": "Global Media"})

    record_id = answer.json["id"]
    assert 201 == answer.status
    assert f'{{"id":"{record_id}","success":true,"errors":[]}}' == answer.text
    assert f"{DATA}/sobjects/Account/{record_id}" == answer.headers["location"]
    assert 18 == len(record_id)
    assert "001" == record_id[:3]


@pytest.mark.evidence("documented", "REST API Developer Guide, sObject Rows")
def test_a_row_has_every_field_in_describe_order(org: Any) -> None:
    """GET without fields shows `attributes` and then every field of the describe, compounds included."""
    row = org.row("Account", org.make("Account", Name="Acme", BillingCity="Köln", AnnualRevenue="4000"))

    described = [field["name"] for field in org.get("/sobjects/Account/describe").json["fields"]]
    assert ["attributes", *described] == list(row)
    assert {"city": "Köln", "country": None, "geocodeAccuracy": None, "latitude": None, "longitude": None,
            "postalCode": None, "state": None, "street": None} == row["BillingAddress"]  # fmt: skip
    assert row["ShippingAddress"] is None
    assert row["IsDeleted"] is False


@pytest.mark.evidence("recorded", "CumulusCI cassettes: 4000.0")
def test_doubles_have_a_decimal_part_and_ints_have_none(org: Any) -> None:
    """Numbers may come as strings; currency goes out as 4000.0, int as 10000."""
    record_id = org.make("Account", Name="Acme", AnnualRevenue="4000", NumberOfEmployees="10000")

    text = org.get(f"/sobjects/Account/{record_id}?fields=AnnualRevenue,NumberOfEmployees").text
    assert '"AnnualRevenue":4000.0,"NumberOfEmployees":10000,"Id"' in text


@pytest.mark.evidence("documented", "REST API Developer Guide, sample order Name, BillingPostalCode, Id")
def test_chosen_fields_come_in_their_order_with_id_last(org: Any) -> None:
    """fields= takes names in any case, answers the describe's, and puts Id last."""
    record_id = org.make("Account", Name="Acme")

    row = org.get(f"/sobjects/account/{record_id[:15]}?fields=phone,NAME").json
    assert ["attributes", "Phone", "Name", "Id"] == list(row)
    assert record_id == row["Id"]


def test_text_outside_ascii_is_not_escaped(org: Any) -> None:
    """The vendor writes UTF-8 as it is."""
    record_id = org.make("Account", Name="Zürich 株式会社 😀")

    assert "Zürich 株式会社 😀".encode() in org.get(f"/sobjects/Account/{record_id}").body


@pytest.mark.evidence("recorded", "CumulusCI cassettes: rows pretty")
def test_pretty_print_has_spaces_on_both_sides_of_the_colon(org: Any) -> None:
    """X-PrettyPrint: 1 gives two spaces of indent, `"a" : 1`, `[ ]`."""
    answer = org.post("/sobjects/Account", {"Name": "Acme"}, headers={"X-PrettyPrint": "1"})

    assert f'{{\n  "id" : "{answer.json["id"]}",\n  "success" : true,\n  "errors" : [ ]\n}}' == answer.text


def test_create_through_the_id_path(org: Any) -> None:
    """POST /sobjects/X/Id, in any letter case, creates from v37 and says so from v46."""
    answers = [org.post(f"/sobjects/Account/{key}", {"Name": "Acme"}) for key in ("Id", "id", "ID/")]
    old = org.post("/services/data/v45.0/sobjects/Account/Id", {"Name": "Acme"})

    assert [(201, True)] * 3 == [(answer.status, answer.json["created"]) for answer in answers]
    assert (201, ["id", "success", "errors"]) == (old.status, list(old.json))
    assert 405 == org.post("/services/data/v36.0/sobjects/Account/Id", {"Name": "Acme"}).status


def test_head_has_no_body(org: Any) -> None:
    """HEAD gives the headers only."""
    answer = org.call("HEAD", f"/sobjects/Account/{org.make('Account', Name='Acme')}")

    assert (200, b"") == (answer.status, answer.body)


# --- ids in the path ------------------------------------------------------------------------------------------------


@pytest.mark.evidence("recorded", "heroku/sf-functions-python: unknown object")
def test_unknown_object_names_the_code_first(org: Any) -> None:
    """An unknown object is 404 with errorCode before message and no fields."""
    answer = org.get("/sobjects/Nope/001Ud0000000001IAA")

    assert (404, b'[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]') == (
        answer.status,
        answer.body,
    )


@pytest.mark.parametrize("text", ["INVALID ID", "-1", "null"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_what_is_no_id_is_taken_for_an_external_id_field(org: Any, method: str, text: str) -> None:
    """A path segment that has not the shape of an id: the vendor talks about external id fields."""
    answer = org.call(method, f"/sobjects/Account/{text}", {"Name": "x"} if method == "PATCH" else None)

    expected = f"Provided external ID field does not exist or is not accessible: {text}"
    assert (404, "NOT_FOUND", expected) == answer.error


@pytest.mark.evidence("recorded", "heroku/sf-functions-python: Record ID: id value of incorrect type")
def test_wrong_checksum_on_patch(org: Any) -> None:
    """An id with a wrong checksum is refused with the label of the object's Id."""
    record_id = org.make("Account", Name="Acme")
    wrong = record_id[:17] + ("A" if record_id[17] != "A" else "B")

    answer = org.patch(f"/sobjects/Account/{wrong}", {"Name": "x"})
    assert (400, "MALFORMED_ID", f"Account ID: id value of incorrect type: {wrong}") == answer.error
    assert ["Id"] == answer.json[0]["fields"]


def test_case_of_a_lower_cased_id_is_restored(org: Any) -> None:
    """An 18 character id lower-cased on its way still finds its row."""
    record_id = org.make("Account", Name="Acme")

    assert record_id == org.row("Account", record_id.lower())["Id"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Account/001Ud00000000zzIAB", (400, "MALFORMED_ID", "malformed id 001Ud00000000zzIAB")),
        ("Account/nonsense", (400, "MALFORMED_ID", "malformed id nonsense")),
        ("Account/001Ud0000000zzz", (404, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")),
    ],
)
def test_delete_of_what_is_not_there(org: Any, path: str, expected: Any) -> None:
    """DELETE has words of its own for a bad id and for one that never existed."""
    assert expected == org.delete(f"/sobjects/{path}").error


# --- update and delete ----------------------------------------------------------------------------------------------


@pytest.mark.evidence("recorded", "heroku/sf-functions-python updateRecord")
def test_update_answers_204_without_a_content_type(org: Any) -> None:
    """PATCH answers 204 with no body and no Content-Type, but with the API usage."""
    answer = org.patch(f"/sobjects/Account/{org.make('Account', Name='Acme')}", {"Name": "Other"})

    assert (204, b"") == (answer.status, answer.body)
    assert "content-type" not in answer.headers
    assert "sforce-limit-info" in answer.headers


def test_an_empty_patch_moves_the_stamps(org: Any) -> None:
    """A PATCH that changes nothing still counts as a modification."""
    record_id = org.make("Account", Name="Acme")
    org.clock.advance(61.7)

    assert 204 == org.patch(f"/sobjects/Account/{record_id}", {}).status
    row = org.row("Account", record_id)
    assert (NOW, "2026-01-05T09:01:01.000+0000") == (row["CreatedDate"], row["LastModifiedDate"])
    assert row["SystemModstamp"] == row["LastModifiedDate"]


def test_method_override(org: Any) -> None:
    """Clients without PATCH send POST with _HttpMethod=PATCH."""
    record_id = org.make("Account", Name="Acme")

    assert 204 == org.post(f"/sobjects/Account/{record_id}?_HttpMethod=PATCH", {"Name": "Other"}).status
    assert "Other" == org.row("Account", record_id)["Name"]


@pytest.mark.evidence("recorded", "heroku/sf-functions-python: ENTITY_IS_DELETED")
def test_deleted_row(org: Any) -> None:
    """A deleted row is gone for GET, refused for PATCH and DELETE, and seen by queryAll."""
    record_id = org.make("Account", Name="Acme")
    assert 204 == org.delete(f"/sobjects/Account/{record_id}").status

    again = org.delete(f"/sobjects/Account/{record_id}")
    assert (404, b'[{"message":"entity is deleted","errorCode":"ENTITY_IS_DELETED","fields":[]}]') == (
        again.status,
        again.body,
    )
    assert "ENTITY_IS_DELETED" == org.patch(f"/sobjects/Account/{record_id}", {"Name": "x"}).error[1]
    assert (404, "NOT_FOUND") == org.get(f"/sobjects/Account/{record_id}").error[:2]
    found = org.get("/queryAll", query={"q": "SELECT Name, IsDeleted FROM Account"}).json["records"]
    assert [("Acme", True)] == [(row["Name"], row["IsDeleted"]) for row in found]


def test_delete_cascades_and_clears(org: Any) -> None:
    """Contacts go with their account; a task linked elsewhere, too, loses the link only."""
    account, lead_task = org.make("Account", Name="Acme"), org.make("Task", Subject="alone")
    contact = org.make("Contact", LastName="Lee", AccountId=account)
    other = org.make("Contact", LastName="Away")
    only = org.make("Task", Subject="only", WhatId=account)
    both = org.make("Task", Subject="both", WhatId=account, WhoId=other)
    child = org.make("Account", Name="Child", ParentId=account)

    org.delete(f"/sobjects/Account/{account}")
    assert 404 == org.get(f"/sobjects/Contact/{contact}").status
    assert 404 == org.get(f"/sobjects/Task/{only}").status
    kept = org.row("Task", both)
    assert (None, None, other) == (kept["WhatId"], kept["AccountId"], kept["WhoId"])
    assert org.row("Account", child)["ParentId"] is None
    assert "alone" == org.row("Task", lead_task)["Subject"]


def test_a_user_cannot_be_deleted(org: Any) -> None:
    """Users are deactivated, never deleted."""
    before = org.rows
    answer = org.delete(f"/sobjects/User/{ADMIN}")

    assert (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY") == answer.error[:2]
    assert before == org.rows


# --- what a body may hold -------------------------------------------------------------------------------------------

READ_ONLY = (
    "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is"
    " read/write for your profile or permission set."
)
REFUSED: list[Any] = [
    # object, body, status, code, message, fields (None: no such key)
    ("Account", {}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]),
    ("Lead", {"FirstName": "x"}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName, Company]",
     ["LastName", "Company"]),
    ("Lead", {"LastName": None}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName, Company]",
     ["LastName", "Company"]),
    ("Account", {"Name": None}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]),
    ("Account", {"Name": "   "}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ["Name"]),
    ("Task", {"Status": None}, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Status]", ["Status"]),
    ("Account", {"FavoritePet__c": "Dog"}, 400, "INVALID_FIELD",
     "No such column 'FavoritePet__c' on sobject of type Account", None),
    ("Contact", {"Name": "x", "LastName": "y", "IsDeleted": True, "CreatedDate": NOW}, 400,
     "INVALID_FIELD_FOR_INSERT_UPDATE", READ_ONLY.format("Name, IsDeleted, CreatedDate"),
     ["Name", "IsDeleted", "CreatedDate"]),
    ("Account", {"Name": "x", "Id": "001Ud0000000001IAA"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE",
     "cannot specify Id in an insert call", ["Id"]),
    ("Account", {"Name": "x", "BillingAddress": {"city": "y"}}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE",
     READ_ONLY.format("BillingAddress"), ["BillingAddress"]),
    ("Contact", {"LastName": "x", "FirstName": "y" * 41}, 400, "STRING_TOO_LONG",
     "First Name: data value too large: " + "y" * 41 + " (max length=40)", ["FirstName"]),
    ("Contact", {"LastName": "x", "Email": "123"}, 400, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: 123",
     ["Email"]),
    ("Task", {"CallType": "Sideways"}, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
     "Call Type: bad value for restricted picklist field: Sideways", ["CallType"]),
    ("Account", {"Name": "x", "NumberOfEmployees": 100_000_000}, 400, "NUMBER_OUTSIDE_VALID_RANGE",
     "Employees: value outside of valid range on numeric field: 100000000", ["NumberOfEmployees"]),
    ("Task", {"IsReminderSet": None}, 400, "INVALID_TYPE_ON_FIELD_IN_RECORD",
     "Reminder Set: value not of required type: ", ["IsReminderSet"]),
    ("Contact", {"LastName": "x", "AccountId": "garbage"}, 400, "MALFORMED_ID",
     "Account ID: id value of incorrect type: garbage", ["AccountId"]),
    ("Contact", {"LastName": "x", "AccountId": ADMIN}, 400, "MALFORMED_ID",
     f"Account ID: id value of incorrect type: {ADMIN}", ["AccountId"]),
    ("Task", {"WhoId": ADMIN}, 400, "FIELD_INTEGRITY_EXCEPTION",
     f"Name ID: id value of incorrect type: {ADMIN}", ["WhoId"]),
    ("Contact", {"LastName": "x", "AccountId": "001Ud0000000zzz"}, 400, "INVALID_CROSS_REFERENCE_KEY",
     "invalid cross reference id", []),
]  # fmt: skip


@pytest.mark.parametrize(("sobject", "body", "status", "code", "message", "fields"), REFUSED)
def test_refused_create(org: Any, sobject: str, body: Any, status: int, code: str, message: str, fields: Any) -> None:
    """Each refusal has the vendor's status, code, words and fields, and changes nothing."""
    before = org.rows
    answer = org.post(f"/sobjects/{sobject}", body)

    assert (status, code, message) == answer.error
    assert fields == answer.json[0].get("fields")
    assert before == org.rows


@pytest.mark.parametrize("body", [one[1] for one in REFUSED if one[0] == "Account" and one[1] and "Id" not in one[1]])
def test_refused_update_changes_nothing(org: Any, body: Any) -> None:
    """What a create refuses a PATCH refuses, and the row stays as it was."""
    record_id = org.make("Account", Name="Acme")
    before = org.rows

    assert 400 == org.patch(f"/sobjects/Account/{record_id}", body).status
    assert before == org.rows


def test_id_in_a_patch_body(org: Any) -> None:
    """The id stands in the path and nowhere else."""
    record_id = org.make("Account", Name="Acme")

    answer = org.patch(f"/sobjects/Account/{record_id}", {"Id": record_id, "Name": "x"})
    assert (400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.") == answer.error


def test_order_of_refusals(org: Any) -> None:
    """A type mismatch is told before an unknown field, that before a read-only one, that before values, these before
    what is required."""
    body = {"Email": "bad", "IsDeleted": True, "Nope": 1, "Birthdate": "x"}
    codes = []
    for name in ("Birthdate", "Nope", "IsDeleted", "Email", None):
        codes.append(org.post("/sobjects/Contact", body).error[1])
        body = {key: value for key, value in body.items() if key != name}

    assert ["JSON_PARSER_ERROR", "INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_EMAIL_ADDRESS",
            "REQUIRED_FIELD_MISSING"] == codes  # fmt: skip


MISMATCHES = [
    ("Task", '{"ReminderDateTime":"2017-10-17 00:00:00"}',
     ("Cannot deserialize instance of datetime from VALUE_STRING value 2017-10-17 00:00:00 or request may be missing a"
     " required field at [line:1, column:42]")),
    ("Account", '{"AnnualRevenue":"N010000000"}',
     ("Cannot deserialize instance of currency from VALUE_STRING value N010000000 or request may be missing a required"
     " field at [line:1, column:30]")),
    ("Contact", '{"Birthdate":""}',
     ("Cannot deserialize instance of date from VALUE_STRING value  or request may be missing a required field at"
     " [line:1, column:16]")),
    ("Task", '{"IsReminderSet":"maybe"}',
     ("Cannot deserialize instance of boolean from VALUE_STRING value maybe or request may be missing a required field"
     " at [line:1, column:25]")),
    ("Account", '{"Name":"x",\n "NumberOfEmployees":1.5}',
     ("Cannot deserialize instance of int from VALUE_NUMBER_FLOAT value 1.5 or request may be missing a required field"
     " at [line:2, column:25]")),
    ("Account", '{"Name":{"a":1}}',
     ("Cannot deserialize instance of string from START_OBJECT value { or request may be missing a required field at"
     " [line:1, column:9]")),
    ("Account", '[{"Name":"x"}]', "Can not deserialize SObject out of START_ARRAY token at [line:1, column:1]"),
]  # fmt: skip


@pytest.mark.parametrize(("sobject", "text", "message"), MISMATCHES)
def test_type_mismatch(org: Any, sobject: str, text: str, message: str) -> None:
    """A value of the wrong JSON type is a JSON_PARSER_ERROR with a position and without fields."""
    answer = org.post(f"/sobjects/{sobject}", data=text.encode())

    assert (400, "JSON_PARSER_ERROR", message) == answer.error
    assert "fields" not in answer.json[0]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2024-11-07T07:00:00Z", "2024-11-07T07:00:00.000+0000"),
        ("2024-11-07T07:00:00.987Z", "2024-11-07T07:00:00.000+0000"),
        ("2024-11-07T07:00:00+0000", "2024-11-07T07:00:00.000+0000"),
        ("2024-11-07T09:30:00+02:30", "2024-11-07T07:00:00.000+0000"),
        ("2024-11-06T23:00:00-0800", "2024-11-07T07:00:00.000+0000"),
    ],
)
def test_datetime_forms(org: Any, given: str, kept: str) -> None:
    """Datetimes come in several forms and go out in one."""
    assert kept == org.row("Task", org.make("Task", ReminderDateTime=given))["ReminderDateTime"]


@pytest.mark.evidence("recorded", "CumulusCI: Michael.Bluth@example.com read back in lower case")
def test_values_are_tidied_on_save(org: Any) -> None:
    """Text is trimmed, blank text is null, email is lower-cased, a restricted value takes its own spelling."""
    record_id = org.make("Contact", LastName="  Bluth ", Email="Michael.Bluth@Example.com", Phone="", Title=" \t ")
    row = org.row("Contact", record_id)

    assert ("Bluth", "michael.bluth@example.com", None, None) == (
        row["LastName"],
        row["Email"],
        row["Phone"],
        row["Title"],
    )


def test_null_and_empty_text_clear_a_field(org: Any) -> None:
    """null clears anything nillable, "" clears text."""
    record_id = org.make("Account", Name="Acme", Phone="1", AnnualRevenue=5, Fax="2")

    org.patch(f"/sobjects/Account/{record_id}", {"Phone": "", "AnnualRevenue": None})
    row = org.row("Account", record_id)
    assert (None, None, "2") == (row["Phone"], row["AnnualRevenue"], row["Fax"])


def test_an_unrestricted_picklist_takes_any_text(org: Any) -> None:
    """Status and StageName of a default org accept values that are not in the list."""
    assert "Somewhere" == org.row("Task", org.make("Task", Status="Somewhere"))["Status"]


def test_attributes_in_a_body_are_ignored(org: Any) -> None:
    """Clients send rows back with their attributes."""
    record_id = org.make("Account", Name="Acme", attributes={"type": "Account"})

    assert "Acme" == org.row("Account", record_id)["Name"]


def test_defaults_only_for_absent_keys(org: Any) -> None:
    """An empty task is legal and gets the org's defaults; the owner is the caller."""
    row = org.row("Task", org.make("Task"))

    assert ("Not Started", "Normal", ADMIN, False) == (
        row["Status"],
        row["Priority"],
        row["OwnerId"],
        row["IsReminderSet"],
    )
    assert (NOW, NOW, NOW) == (row["CreatedDate"], row["LastModifiedDate"], row["SystemModstamp"])
    assert (ADMIN, ADMIN) == (row["CreatedById"], row["LastModifiedById"])


def test_reference_to_a_deleted_row(org: Any) -> None:
    """A parent in the recycle bin is told apart from one that never was."""
    account = org.make("Account", Name="Acme")
    org.delete(f"/sobjects/Account/{account}")

    assert "ENTITY_IS_DELETED" == org.post("/sobjects/Contact", {"LastName": "x", "AccountId": account}).error[1]


def test_references_are_answered_in_18_characters(org: Any) -> None:
    """A lookup may be written with 15 characters; it is read with 18."""
    account = org.make("Account", Name="Acme")

    assert account == org.row("Contact", org.make("Contact", LastName="x", AccountId=account[:15]))["AccountId"]


def test_inactive_owner(org: Any) -> None:
    """A row cannot be given to a user who is not active."""
    other = org.soql("SELECT Id FROM User WHERE Username LIKE 'integration%'")[0]["Id"]
    assert 204 == org.patch(f"/sobjects/User/{other}", {"IsActive": False}).status

    expected = f"operation performed with inactive user [{other}] as owner of task"
    assert (400, "INACTIVE_OWNER_OR_USER", expected) == org.post("/sobjects/Task", {"OwnerId": other}).error


@pytest.mark.evidence("documented", "Object Reference v62, User and Profile")
def test_a_user_can_be_made_with_the_profile_of_the_others(org: Any) -> None:
    """The org has the profile its users name, so that another user can be given it."""
    (user,) = org.soql(f"SELECT ProfileId, Profile.Name FROM User WHERE Id = '{ADMIN}'")
    assert "System Administrator" == user["Profile"]["Name"]
    fields = {"Alias": "nn", "CommunityNickname": "nn", "Email": "n@example.com", "TimeZoneSidKey": "Europe/Berlin"}
    fields |= {"LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US"}

    made = org.make("User", LastName="New", Username="New@Example.com", ProfileId=user["ProfileId"], **fields)

    assert "new@example.com" == org.row("User", made)["Username"]
    fields |= {"LastName": "Twin", "Username": "NEW@example.com", "ProfileId": user["ProfileId"]}
    twin = org.post("/sobjects/User", fields | {"CommunityNickname": "twin"})
    assert (400, "DUPLICATE_USERNAME") == twin.error[:2]


def test_parent_by_external_id(org: Any) -> None:
    """A parent may be named by its external id instead of its id."""
    account = org.make("Account", Name="Acme", Key__c="A1")
    contact = org.make("Contact", LastName="x", Account={"Key__c": "A1"})

    assert account == org.row("Contact", contact)["AccountId"]
    answer = org.post("/sobjects/Contact", {"LastName": "x", "Account": {"Key__c": "A2"}})
    expected = "Foreign key external ID: A2 not found for field Key__c in entity Account"
    assert (400, "INVALID_FIELD", expected) == answer.error


def test_unique_field(org: Any) -> None:
    """A second row with the same unique value is refused and the first one's 15 character id is told."""
    first = org.make("Account", Name="Acme", Key__c="A1")

    answer = org.post("/sobjects/Account", {"Name": "Other", "Key__c": "a1"})
    expected = f"duplicate value found: Key__c duplicates value on record with id: {first[:15]}"
    assert (400, "DUPLICATE_VALUE", expected) == answer.error


# --- upsert by external id ------------------------------------------------------------------------------------------


@pytest.mark.evidence("documented", "REST API Developer Guide, sObject Rows by External ID")
def test_upsert_creates_then_updates(org: Any) -> None:
    """201 with created true, then 200 with created false; up to v45 204 without a body."""
    made = org.patch("/sobjects/Account/Key__c/A b1", {"Name": "Acme"})
    again = org.patch("/sobjects/Account/key__C/A b1", {"Name": "Acme 2"})
    old = org.patch("/services/data/v45.0/sobjects/Account/Key__c/A b1", {"Name": "Acme 3"})

    record_id = made.json["id"]
    assert (201, f'{{"id":"{record_id}","success":true,"errors":[],"created":true}}') == (made.status, made.text)
    assert (200, f'{{"id":"{record_id}","success":true,"errors":[],"created":false}}') == (again.status, again.text)
    assert (204, b"") == (old.status, old.body)
    row = org.get("/sobjects/Account/Key__c/A b1").json
    assert (record_id, "Acme 3", "A b1") == (row["Id"], row["Name"], row["Key__c"])


@pytest.mark.evidence("client-derived", "restforce spec fixtures: 300 body")
def test_upsert_that_finds_several(org: Any) -> None:
    """300 with the paths of all of them; nothing is written."""
    ids = [org.make("Account", Name=name, Region_Code__c="EU") for name in ("a", "b")]
    before = org.rows

    answer = org.patch("/sobjects/Account/Region_Code__c/EU", {"Name": "c"})
    assert (300, [f"{DATA}/sobjects/Account/{one}" for one in ids]) == (answer.status, answer.json)
    assert before == org.rows


def test_upsert_by_a_field_that_is_no_external_id(org: Any) -> None:
    """The vendor names the field it cannot use."""
    answer = org.patch("/sobjects/Account/Namez/x", {"Phone": "1"})

    assert (404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Namez") == answer.error


def test_update_only(org: Any) -> None:
    """updateOnly=true never creates."""
    before = org.rows

    assert 404 == org.patch("/sobjects/Account/Key__c/A1?updateOnly=true", {"Name": "x"}).status
    assert before == org.rows


def test_deleted_row_frees_its_external_id(org: Any) -> None:
    """A row in the recycle bin is not found by upsert."""
    first = org.patch("/sobjects/Account/Key__c/A1", {"Name": "x"}).json["id"]
    org.delete(f"/sobjects/Account/{first}")

    assert 201 == org.patch("/sobjects/Account/Key__c/A1", {"Name": "x"}).status


def test_relationship_path(org: Any) -> None:
    """GET and PATCH through a to-one relationship act on the parent; an empty one is 404."""
    account = org.make("Account", Name="Acme")
    contact, alone = org.make("Contact", LastName="x", AccountId=account), org.make("Contact", LastName="y")

    assert account == org.get(f"/sobjects/Contact/{contact}/Account").json["Id"]
    assert 204 == org.patch(f"/sobjects/Contact/{contact}/Account", {"Phone": "7"}).status
    assert "7" == org.row("Account", account)["Phone"]
    assert 404 == org.get(f"/sobjects/Contact/{alone}/Account").status


# --- faults ---------------------------------------------------------------------------------------------------------


def test_row_locked_fault(org: Any) -> None:
    """A locked row is refused with the row's id and stays as it was."""
    from fake_core.faults import Fault

    record_id = org.make("Account", Name="Acme")
    org.fake.faults.add(Fault(kind="row_locked", verb="update", object="Account"))
    before = org.rows

    expected = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
    assert (400, "UNABLE_TO_LOCK_ROW", expected) == org.patch(f"/sobjects/Account/{record_id}", {"Phone": "1"}).error
    assert before == org.rows
    assert 204 == org.patch(f"/sobjects/Account/{record_id}", {"Phone": "1"}).status


# --- conditional requests -------------------------------------------------------------------------------------------


@pytest.mark.evidence("documented", "REST API Developer Guide, Conditional Request Headers")
def test_if_unmodified_since_protects_a_row(org: Any) -> None:
    """A write based on an older state of the row is 412 and changes nothing; one on the current state is done."""
    record_id = org.make("Contact", LastName="x")
    stale, current = "Mon, 05 Jan 2026 08:59:59 GMT", "Mon, 05 Jan 2026 09:00:00 GMT"
    before = org.rows

    refused = org.patch(f"/sobjects/Contact/{record_id}", {"Title": "y"}, headers={"If-Unmodified-Since": stale})
    assert (412, "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE") == refused.error[:2]
    assert before == org.rows
    path, headers = f"/sobjects/Contact/{record_id}", {"If-Unmodified-Since": current}
    assert 204 == org.patch(path, {"Title": "y"}, headers=headers).status


def test_if_modified_since(org: Any) -> None:
    """304 without a body while the row is unchanged; a date nobody can read is ignored."""
    path = f"/sobjects/Contact/{org.make('Contact', LastName='x')}"

    same = org.get(path, headers={"If-Modified-Since": "Mon, 05 Jan 2026 09:00:00 GMT"})
    assert (304, b"", "Mon, 05 Jan 2026 09:00:00 GMT") == (same.status, same.body, same.headers["last-modified"])
    assert 200 == org.get(path, headers={"If-Modified-Since": "Mon, 05 Jan 2026 08:00:00 GMT"}).status
    assert 200 == org.get(path, headers={"If-Modified-Since": "yesterday"}).status


def test_an_external_id_may_hold_slashes(org: Any) -> None:
    """Everything after the field is the value, the last slash included."""
    made = org.patch("/sobjects/Account/Key__c/a/b/", {"Name": "x"}).json["id"]

    assert "a/b/" == org.row("Account", made)["Key__c"]
