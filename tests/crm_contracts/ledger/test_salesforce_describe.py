"""What describes of Salesforce say of fields that many objects share: written down from recorded describes and guides.

A field is told in one line: its label, its type with length, digits or precision and scale, then a letter for each of
FLAGS that is true, then what it points at.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from tests.crm_contracts.ledger.salesforce_lists import COUNTRIES, PICKLISTS, SPELLED, STATES, TARGETS
from tests.fake_salesforce.conftest import HOST, Caller

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry
from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_salesforce import OrgConfig, create_app

SALESFORCE = entries("salesforce")
FLAGS = {
    "nillable": "n", "createable": "c", "updateable": "u", "defaultedOnCreate": "d", "filterable": "f",
    "groupable": "g", "sortable": "s", "restrictedPicklist": "r", "idLookup": "i", "polymorphicForeignKey": "p",
}  # fmt: skip
FEATURES = [
    "channel_programs", "portals", "change_data_capture_add_on", "contacts_to_multiple_accounts", "record_types",
    "state_country_picklists", "shared_activities",
]  # fmt: skip
SIX = ["Account", "Contact", "Lead", "Case", "Task", "Event"]
OPTIONAL = ["Task.Type", "Event.Type", "Contact.DoNotCall", "Contact.HasOptedOutOfEmail", "Contact.HasOptedOutOfFax"]
# User permissions: the name in an org file, and the field of Profile and PermissionSet.
PERMISSIONS = {
    "api_enabled": "PermissionsApiEnabled",
    "modify_all_data": "PermissionsModifyAllData",
    "view_all_data": "PermissionsViewAllData",
    "view_setup": "PermissionsViewSetup",
    "manage_users": "PermissionsManageUsers",
    "assign_permission_sets": "PermissionsAssignPermissionSets",
    "manage_profiles": "PermissionsManageProfilesPermissionsets",
    "manage_sharing": "PermissionsManageSharing",
    "manage_data_integrations": "PermissionsManageDataIntegrations",
    "view_all_users": "PermissionsViewAllUsers",
    "transfer_any_record": "PermissionsTransferAnyEntity",
    "bulk_hard_delete": "PermissionsBulkApiHardDelete",
    "set_audit_fields": "PermissionsCreateAuditFields",
}


def each(prefix: str) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    return [pytest.param(one, id=one.id) for one in SALESFORCE if one.id.startswith(prefix)]


class Described:
    """An org and its describes."""

    def __init__(self, **extra: Any) -> None:
        self.fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=extra))
        self.org = Caller(self.fake, self.fake.credentials(f"https://{HOST}")["access_token"])
        self._fields: dict[str, dict[str, dict[str, Any]]] = {}

    def fields(self, sobject: str) -> dict[str, dict[str, Any]]:
        """The fields of an object by name; {} where there is no such object."""
        if sobject not in self._fields:
            answer = self.org.get(f"/sobjects/{sobject}/describe")
            rows = answer.json["fields"] if answer.status == 200 else []
            self._fields[sobject] = {row["name"]: row for row in rows}
        return self._fields[sobject]

    def line(self, sobject: str, name: str) -> str:
        """A field in one line."""
        row = self.fields(sobject)[name]
        size = row["length"] or row["digits"] or (f"{row['precision']},{row['scale']}" if row["precision"] else "")
        flags = "".join(letter for flag, letter in FLAGS.items() if row[flag])
        to = f" -> {' '.join(row['referenceTo'])} as {row['relationshipName']}" if row["referenceTo"] else ""
        return f"{row['label']}: {row['type']}({size}) {flags}{to}"

    def values(self, sobject: str, name: str) -> list[str]:
        return [one["value"] for one in self.fields(sobject)[name]["picklistValues"]]


@pytest.fixture(scope="module")
def plain() -> Iterator[Described]:
    made = Described()
    yield made
    made.fake.close()


@pytest.fixture(scope="module")
def full() -> Iterator[Described]:
    """An org with every feature, every optional field, and a profile for each permission."""
    objects: dict[str, Any] = {"Plan__c": {"label": "Plan"}}
    for path in OPTIONAL:
        sobject, _, name = path.partition(".")
        kind = {"type": "picklist", "values": ["Call"]} if name == "Type" else {"type": "boolean"}
        objects.setdefault(sobject, {"fields": {}})["fields"][name] = {"label": name, **kind}
    profiles = {
        f"Only {name}": {"like": "Minimum Access - Salesforce", "permissions": {"api_enabled": False, name: True}}
        for name in PERMISSIONS
    }
    made = Described(features=FEATURES, objects=objects, profiles=profiles, change_data_capture=SIX)
    yield made
    made.fake.close()


SYSTEM = {
    "Id": "Record ID: id(18) dfgsi",
    "IsDeleted": "Deleted: boolean() dfgs",
    "CreatedDate": "Created Date: datetime() dfs",
    "CreatedById": "Created By ID: reference(18) dfgs -> User as CreatedBy",
    "LastModifiedDate": "Last Modified Date: datetime() dfs",
    "LastModifiedById": "Last Modified By ID: reference(18) dfgs -> User as LastModifiedBy",
    "SystemModstamp": "System Modstamp: datetime() dfs",
}


@pytest.mark.ledger("salesforce/shape/system-field/*")
@pytest.mark.parametrize("one", each("salesforce/shape/system-field/"))
def test_a_field_that_every_object_has(full: Described, one: Entry) -> None:
    """It is described alike in every object (but what an id is called), and every row has it."""
    name = one.id.rpartition("/")[2]
    record_id = full.org.make("Plan__c", Name="p")

    assert SYSTEM[name] == full.line("Plan__c", name)
    for sobject in ("Account", "Task", "Opportunity"):
        assert SYSTEM[name].partition(":")[2] == full.line(sobject, name).partition(":")[2]
    assert full.org.row("Plan__c", record_id)[name] is not None


ADDRESS = {
    "Street": "Street: textarea(255) ncufgs",
    "City": "City: string(40) ncufgs",
    "State": "State/Province: string(80) ncufgs",
    "PostalCode": "Zip/Postal Code: string(20) ncufgs",
    "Country": "Country: string(80) ncufgs",
    "StateCode": "State/Province Code: picklist(10) ncufgsr",
    "CountryCode": "Country Code: picklist(10) ncufgsr",
    "Latitude": "Latitude: double(18,15) ncufs",
    "Longitude": "Longitude: double(18,15) ncufs",
    "GeocodeAccuracy": "Geocode Accuracy: picklist(40) ncufgsr",
    "Address": "Address: address() nf",
}
WRITTEN = {
    "Street": "1 Main St", "City": "Napa", "PostalCode": "94558", "StateCode": "CA", "CountryCode": "US",
    "Latitude": 38.3, "Longitude": -122.3, "GeocodeAccuracy": "Zip",
}  # fmt: skip
SHOWN = {**WRITTEN, "State": "California", "Country": "United States"}


@pytest.mark.ledger("salesforce/shape/address-part/*")
@pytest.mark.parametrize("one", each("salesforce/shape/address-part/"))
def test_a_part_of_an_address(full: Described, one: Entry) -> None:
    """A lead's address has the part by its name, others with a prefix; what is written is in the part and the whole."""
    part = one.id.rpartition("/")[2]
    body = {f"Billing{name}": value for name, value in WRITTEN.items()}
    row = full.org.row("Account", full.org.make("Account", Name="a", **body))

    assert ADDRESS[part] == full.line("Lead", part)
    assert f"Billing {ADDRESS[part]}" == full.line("Account", f"Billing{part}")
    assert f"Mailing {ADDRESS[part]}" == full.line("Contact", f"Mailing{part}")
    wanted = {name[0].lower() + name[1:]: value for name, value in SHOWN.items()}
    if part == "Address":
        assert wanted == row["BillingAddress"]
    else:
        assert SHOWN[part] == row[f"Billing{part}"] == row["BillingAddress"][part[0].lower() + part[1:]]


@pytest.mark.ledger("salesforce/shape/picklist/*")
@pytest.mark.parametrize("one", each("salesforce/shape/picklist/"))
def test_a_list_of_values(full: Described, one: Entry) -> None:
    """Every field that has the list describes these values in this order."""
    paths, values = PICKLISTS[one.id.rpartition("/")[2]]

    wanted = " ".join(values.split()).split(", ")

    assert dict.fromkeys(paths, wanted) == {path: full.values(*path.split(".")) for path in paths}


@pytest.mark.ledger("salesforce/shape/reference-targets/*")
@pytest.mark.parametrize("one", each("salesforce/shape/reference-targets/"))
def test_what_a_reference_may_point_at(full: Described, one: Entry) -> None:
    """Every field that has the list describes these objects; notes and files belong to custom objects, too."""
    name = one.id.rpartition("/")[2]
    paths, names = TARGETS[name]
    own = ["Plan__c"] if name in {"notes", "attachments", "linked"} else []
    shown = {path: full.fields(path.partition(".")[0])[path.partition(".")[2]]["referenceTo"] for path in paths}

    assert dict.fromkeys(paths, names.split() + own) == shown


FIELDS = {
    "Campaign.Type": "Type: picklist(40) ncudfgs",
    "Campaign.Status": "Status: picklist(40) ncudfgs",
    "CampaignMember.LeadOrContactId": "Related Record ID: reference(18) nfgsp -> Contact Lead as LeadOrContact",
    "ContentDocumentLink.ShareType": "Share Type: picklist(40) ncudfgsr",
    "ContentDocumentLink.Visibility": "Visibility: picklist(40) ncudfgsr",
    "ContentVersion.Origin": "Content Origin: picklist(40) cdfgsr",
    "Document.FolderId": "Folder ID: reference(18) cufgsp -> User as Folder",
    "Event.WhoCount": "Relation Count: int(9) nfgs",
    "Event.WhatCount": "Related To Count: int(9) nfgs",
    "EventRelation.Status": "Status: picklist(40) ncudfgsr",
    "GroupMember.UserOrGroupId": "User/Group ID: reference(18) cfgsp -> Group User as UserOrGroup",
    "Task.Status": "Status: picklist(40) cudfgs",
    "Task.Priority": "Priority: picklist(40) cudfgs",
    "Task.RecurrenceRegeneratedType": "Repeat This Task: picklist(40) ncufgsr",
}
VALUES = {
    "Campaign.Type": "Conference, Webinar, Trade Show, Public Relations, Partners, Referral Program, Advertisement, "
    "Banner Ads, Direct Mail, Email, Telemarketing, Other",
    "Campaign.Status": "Planned, In Progress, Completed, Aborted",
    "ContentDocumentLink.ShareType": "V, C, I",
    "ContentDocumentLink.Visibility": "AllUsers, InternalUsers, SharedUsers",
    "ContentVersion.Origin": "C, H",
    "EventRelation.Status": "New, Declined, Accepted, Uninvited, Maybe",
    "Task.Status": "Not Started, In Progress, Completed, Waiting on someone else, Deferred",
    "Task.Priority": "High, Normal, Low",
    "Task.RecurrenceRegeneratedType": "RecurrenceRegenerateAfterDueDate, RecurrenceRegenerateAfterToday, "
    "RecurrenceRegenerated",
}


@pytest.mark.ledger("salesforce/field/*")
@pytest.mark.parametrize("one", each("salesforce/field/"))
def test_a_field_that_is_known_otherwise(full: Described, one: Entry) -> None:
    """A field whose evidence is another than its object's is described so."""
    path = one.id.rpartition("/")[2]
    sobject, _, name = path.partition(".")

    assert FIELDS[path] == full.line(sobject, name)
    assert VALUES.get(path, "") == ", ".join(full.values(sobject, name))


# --- what an org file switches on -----------------------------------------------------------------------------------

# What is there with the feature and not without it; a name without a dot is an object.
SWITCHED_ON = {
    "channel_programs": ["Account.ChannelProgramName", "Account.ChannelProgramLevelName"],
    "portals": [
        "Account.IsPartner", "Account.IsCustomerPortal", "User.ContactId", "User.AccountId",
        "Task.IsVisibleInSelfService",
    ],
    "contacts_to_multiple_accounts": ["AccountContactRelation"],
    "record_types": [f"{name}.RecordTypeId" for name in ("Account", "Contact", "Lead", "Opportunity", "Case", "Event")],
    "state_country_picklists": [
        f"{path}{part}Code"
        for path in ("Account.Billing", "Account.Shipping", "Contact.Mailing", "Contact.Other", "Lead.", "User.")
        for part in ("State", "Country")
    ],
    "shared_activities": [
        "Task.WhoCount", "Task.WhatCount", "Event.WhoCount", "Event.WhatCount", "TaskRelation", "EventRelation.IsWhat",
    ],
}  # fmt: skip


@pytest.mark.ledger("salesforce/shape/feature/*")
@pytest.mark.parametrize("one", each("salesforce/shape/feature/"))
def test_a_feature(plain: Described, full: Described, one: Entry) -> None:
    """What a feature brings is there with it, and not without it."""
    feature = one.id.rpartition("/")[2]
    if feature == "change_data_capture_add_on":
        with pytest.raises(MisuseError, match="change_data_capture_add_on"):
            Described(change_data_capture=SIX)
        full.org.make("Event", StartDateTime="2026-02-01T09:00:00Z", DurationInMinutes=5)  # the sixth is watched
        return
    paths = SWITCHED_ON[feature]
    there = {path: [path_is_there(org, path) for org in (plain, full)] for path in paths}

    assert {path: [False, True] for path in paths} == there


def path_is_there(org: Described, path: str) -> bool:
    sobject, _, name = path.partition(".")
    return bool(org.fields(sobject)) and (not name or name in org.fields(sobject))


@pytest.mark.ledger("salesforce/shape/optional-fields")
def test_a_standard_field_that_not_every_org_has(plain: Described, full: Described) -> None:
    """An org file may add it as a standard field; any other standard field it may not."""
    for path in OPTIONAL:
        sobject, _, name = path.partition(".")
        assert (path, False) == (path, name in plain.fields(sobject))
        assert (path, False) == (path, full.fields(sobject)[name]["custom"])
    with pytest.raises(MisuseError, match="Kind"):
        Described(objects={"Task": {"fields": {"Kind": {"label": "Kind", "type": "boolean"}}}})


@pytest.mark.ledger("salesforce/shape/permissions")
@pytest.mark.parametrize("name", PERMISSIONS)
def test_a_permission_of_a_user(full: Described, name: str) -> None:
    """What an org file calls so is the field of the profile; a permission set has the field, too."""
    fields = ", ".join(PERMISSIONS.values())
    [row] = full.org.soql(f"SELECT {fields} FROM Profile WHERE Name = 'Only {name}'")

    assert {PERMISSIONS[name]} == {field for field in PERMISSIONS.values() if row[field]}
    assert PERMISSIONS[name] in full.fields("PermissionSet")


@pytest.mark.ledger("salesforce/shape/places")
def test_the_countries(full: Described) -> None:
    """Every country of ISO 3166-1 is there by its code, under the name of the time zones' table or the vendor's own."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8").splitlines()
    named = dict(line.split("\t") for line in table if not line.startswith("#"))
    plain_words = {code: name.replace(" & ", " and ").replace("’", "'") for code, name in named.items()}
    shown = {one["value"]: one["label"] for one in full.fields("Account")["BillingCountryCode"]["picklistValues"]}

    assert COUNTRIES.split() == list(shown)
    assert {code: plain_words[code] for code in shown} | SPELLED == shown


@pytest.mark.ledger("salesforce/shape/places")
@pytest.mark.parametrize("country", STATES)
def test_the_states(full: Described, country: str) -> None:
    """A state is written by its code or its name, and stands for the other; that of another country is refused."""
    for told in " ".join(STATES[country].split()).split(", "):
        code, _, name = told.partition(" ")
        rows = [
            full.org.post("/sobjects/Account", {"Name": "a", "BillingCountryCode": country, **state})
            for state in ({"BillingStateCode": code}, {"BillingState": name})
        ]
        assert [201, 201] == [one.status for one in rows], told
        for one in rows:
            row = full.org.row("Account", one.json["id"])
            assert (code, name) == (row["BillingStateCode"], row["BillingState"])
    elsewhere = full.org.post("/sobjects/Account", {"Name": "a", "BillingCountryCode": "DE", "BillingState": name})
    assert (400, "FIELD_INTEGRITY_EXCEPTION") == elsewhere.error[:2]
