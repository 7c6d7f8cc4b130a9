"""Record types of an org file, and picklists that depend on another field."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.schema.object_files import load_schema

from .conftest import HOST, Caller

EXTRA = {
    "objects": {
        "Account": {
            "record_types": [
                {"name": "Customer", "default": True, "picklists": {"Type": ["Prospect"], "CleanStatus": ["Matched"]}},
                {"name": "Old Partner", "active": False},
                {"name": "Partner", "description": "They sell for us"},
            ]
        },
        "Opportunity": {"record_types": [{"name": "New Business", "business_process": "Sales"}]},
        "Site__c": {
            "record_types": [{"name": "Shop"}, {"name": "Office", "default": True}],
            "fields": {
                "Country__c": {"type": "picklist", "values": ["DE", "FR"]},
                "Open__c": {"type": "boolean"},
                "City__c": {
                    "type": "picklist",
                    "controller": "Country__c",
                    "values": [
                        {"value": "Berlin", "valid_for": ["DE"]},
                        {"value": "Paris", "valid_for": ["FR"]},
                        {"value": "Both", "valid_for": ["DE", "FR"]},
                        {"value": "None"},
                    ],
                },
                "Shift__c": {
                    "type": "picklist",
                    "controller": "Open__c",
                    "values": [{"value": "Day", "valid_for": ["true"]}],
                },
            },
        },
    }
}
PAGE = ("documented", "Object Reference v62, RecordType")


@pytest.fixture(scope="module")
def _typed() -> Iterator[Caller]:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA))
    yield Caller(fake)
    fake.close()


@pytest.fixture
def typed(_typed: Caller) -> Caller:
    _typed.fake.reset()
    _typed.token = _typed.fake.credentials(f"https://{HOST}")["access_token"]
    return _typed


def ids(org: Any, sobject: str) -> dict[str, str]:
    rows = org.soql(f"SELECT Id, DeveloperName FROM RecordType WHERE SobjectType = '{sobject}'")
    return {row["DeveloperName"]: row["Id"] for row in rows}


def fields(org: Any, sobject: str) -> dict[str, Any]:
    return {each["name"]: each for each in org.get(f"/sobjects/{sobject}/describe").json["fields"]}


@pytest.mark.evidence(*PAGE)
def test_rows(typed: Caller) -> None:
    """Each record type is a row; a business process of its object is another."""
    row = typed.soql("SELECT Name, DeveloperName, Description, IsActive, SobjectType FROM RecordType ORDER BY Id")
    assert ["Customer", "Old Partner", "Partner", "New Business", "Shop", "Office"] == [each["Name"] for each in row]
    assert ("Old_Partner", False, "Account") == tuple(
        row[1][name] for name in ("DeveloperName", "IsActive", "SobjectType")
    )
    (sales,) = typed.soql("SELECT Name, TableEnumOrId FROM BusinessProcess")
    assert ("Sales", "Opportunity") == (sales["Name"], sales["TableEnumOrId"])


@pytest.mark.evidence("recorded", "recordTypeInfos in describes recorded by CumulusCI; that Master comes last: assumed")
def test_describe(typed: Caller) -> None:
    """recordTypeInfos lists them before Master, which is the default mapping only where there is no other."""
    infos = typed.get("/sobjects/Account/describe").json["recordTypeInfos"]
    keys = [
        "active",
        "available",
        "defaultRecordTypeMapping",
        "developerName",
        "master",
        "name",
        "recordTypeId",
        "urls",
    ]
    assert [keys] * 4 == [list(each) for each in infos]
    assert [
        ("Customer", True, True),
        ("Old_Partner", False, False),
        ("Partner", True, False),
        ("Master", True, False),
    ] == [(each["developerName"], each["available"], each["defaultRecordTypeMapping"]) for each in infos]
    assert infos[0]["urls"]["layout"].endswith(f"/describe/layouts/{infos[0]['recordTypeId']}")
    (master,) = typed.get("/sobjects/Contact/describe").json["recordTypeInfos"]
    assert master["defaultRecordTypeMapping"]
    assert "RecordTypeId" in fields(typed, "Account")
    assert "RecordTypeId" not in fields(typed, "Contact")
    assert ["Id", "OwnerId", "IsDeleted", "Name", "RecordTypeId", "CreatedDate"] == list(fields(typed, "Site__c"))[:6]


@pytest.mark.evidence(*PAGE)
def test_default_and_choice(typed: Caller) -> None:
    """A row gets the default record type, or the one it names, which can be changed later."""
    types = ids(typed, "Account")
    made = typed.make("Account", Name="a")
    assert types["Customer"] == typed.row("Account", made)["RecordTypeId"]
    chosen = typed.make("Account", Name="b", RecordTypeId=types["Partner"][:15])
    assert types["Partner"] == typed.row("Account", chosen)["RecordTypeId"]
    assert 204 == typed.patch(f"/sobjects/Account/{made}", {"RecordTypeId": types["Partner"]}).status
    (row,) = typed.soql(f"SELECT RecordType.DeveloperName FROM Account WHERE Id = '{made}'")
    assert "Partner" == row["RecordType"]["DeveloperName"]
    office = typed.row("Site__c", typed.make("Site__c"))
    assert ids(typed, "Site__c")["Office"] == office["RecordTypeId"]


@pytest.mark.evidence("client-derived", "quoted in public issues; that an inactive one is refused alike: assumed")
@pytest.mark.parametrize("which", ["inactive", "other object", "master", "no row"])
def test_refused(typed: Caller, which: str) -> None:
    """A record type the user cannot give this row."""
    value = {
        "inactive": ids(typed, "Account")["Old_Partner"],
        "other object": ids(typed, "Opportunity")["New_Business"],
        "master": "012000000000000AAA",
        "no row": "012Ud00000000zzIAA",
    }[which]
    answer = typed.post("/sobjects/Account", {"Name": "a", "RecordTypeId": value})
    text = f"Record Type ID: this ID value isn't valid for the user: {value}"
    assert (400, "INVALID_CROSS_REFERENCE_KEY", text) == answer.error
    assert ["RecordTypeId"] == answer.json[0]["fields"]


@pytest.mark.evidence("assumed", "what a record type leaves of picklists, for the API")
def test_picklists_of_a_record_type(typed: Caller) -> None:
    """A restricted picklist takes what the record type offers; an unrestricted one takes anything."""
    answer = typed.post("/sobjects/Account", {"Name": "a", "CleanStatus": "Pending"})
    assert "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" == answer.error[1]
    typed.make("Account", Name="a", CleanStatus="Matched", Type="Other")
    typed.make("Account", Name="a", CleanStatus="Pending", RecordTypeId=ids(typed, "Account")["Partner"])


@pytest.mark.evidence(
    "documented", "REST API Developer Guide, sObject Describe: validFor; the length of the bitmap is assumed"
)
def test_dependent_picklist(typed: Caller) -> None:
    """The describe says on which field a picklist depends, and by a bitmap for which of its values an entry stands."""
    city = fields(typed, "Site__c")["City__c"]
    assert (True, "Country__c") == (city["dependentPicklist"], city["controllerName"])
    bits = {each["value"]: each["validFor"] for each in city["picklistValues"]}
    assert {"Berlin": "gAAA", "Paris": "QAAA", "Both": "wAAA", "None": None} == bits
    shift = fields(typed, "Site__c")["Shift__c"]["picklistValues"][0]
    assert b"\x40\0\0" == base64.b64decode(shift["validFor"])
    assert (False, None) == tuple(
        fields(typed, "Account")["Type"][key] for key in ("dependentPicklist", "controllerName")
    )


BAD = {
    "no name": {"record_types": [{}]},
    "twice": {"record_types": [{"name": "A"}, {"name": "A"}]},
    "defaults": {"record_types": [{"name": "A", "default": True}, {"name": "B", "default": True}]},
    "default": {"record_types": [{"name": "A", "default": True, "active": False}]},
    "picklist": {"record_types": [{"name": "A", "picklists": {"Name": ["x"]}}]},
    "value": {"record_types": [{"name": "A", "picklists": {"Type": ["x"]}}]},
    "developer_name": {"record_types": [{"name": "A", "developer_name": "1"}]},
    "id": {"record_types": [{"name": "A", "id": "001000000000000AAA"}]},
    "unknown": {"record_types": [{"name": "A", "colour": "red"}]},
    "controller": {"fields": {"A__c": {"type": "picklist", "values": ["a"], "controller": "B__c"}}},
    "valid_for": {"fields": {"A__c": {"type": "picklist", "values": [{"value": "a", "valid_for": ["b"]}]}}},
    "has not": {
        "fields": {"A__c": {"type": "picklist", "controller": "Type", "values": [{"value": "a", "valid_for": ["b"]}]}}
    },
}


@pytest.mark.parametrize("what", BAD)
def test_mistakes_in_an_org_file(what: str) -> None:
    """One clear line for each."""
    with pytest.raises(MisuseError, match="org file: objects.Account") as error:
        load_schema({"objects": {"Account": BAD[what]}})
    assert "\n" not in str(error.value)
