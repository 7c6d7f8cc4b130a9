"""Imported objects live: what the fake derives, guards and searches works with the fields that a describe has.

The describes are those that a user with few rights gets: required and system fields, and hardly any other.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.crm_contracts.test_orgs import Describe, Org, custom, field_of, run, save
from tests.fake_salesforce.conftest import HOST, Caller
from tests.fake_salesforce.secured import logged_in, user

from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.describes.org_import import import_describes

SYSTEM = ["Id", "IsDeleted", "OwnerId", "SystemModstamp", "CreatedDate", "LastModifiedDate"]
KEPT = {
    "Account": [*SYSTEM, "Name"],
    "Contact": [*SYSTEM, "LastName", "Name"],
    "Lead": [*SYSTEM, "LastName", "Name", "Company", "Status"],
    "Opportunity": [*SYSTEM, "Name", "StageName", "CloseDate"],
    "Case": [*SYSTEM, "CaseNumber", "Subject"],
    "Task": [*SYSTEM, "Subject", "Status", "Priority", "WhoId"],
    "Event": [*SYSTEM, "Subject", "DurationInMinutes", "ActivityDateTime"],
    "User": ["Id", "Username", "LastName", "Name", "Email"],
}
ROWS: dict[str, dict[str, Any]] = {
    "Account": {"Name": "Acme"},
    "Contact": {"LastName": "Acme"},
    "Lead": {"LastName": "Acme", "Company": "Co"},
    "Opportunity": {"Name": "Acme", "StageName": "Closed Won", "CloseDate": "2026-02-01"},
    "Case": {"Subject": "Acme"},
    "Task": {"Subject": "Acme", "Status": "Completed"},
    "Event": {"Subject": "Acme", "ActivityDateTime": "2026-01-05T10:00:00Z", "DurationInMinutes": 30},
}
DAY = "start=2026-01-05T08:00:00Z&end=2026-01-05T10:00:00Z"


@cache
def standard(name: str) -> Describe:
    return Org().describe(name)


def described(name: str) -> Describe:
    return copy.deepcopy(standard(name))


def reduced(*names: str, more: dict[str, list[str]] | None = None) -> list[Describe]:
    found = []
    for name in names:
        one = described(name)
        kept = KEPT[name] + (more or {}).get(name, [])
        one["fields"] = [each for each in one["fields"] if each["name"] in kept]
        found.append(one)
    return found


def org(describes: list[Describe], **tables: Any) -> Caller:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra={**import_describes(describes), **tables}))
    return Caller(fake, fake.credentials(f"https://{HOST}")["access_token"])


def soap(at: Caller, body: str) -> str:
    envelope = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><e:Header>'
        f"<SessionHeader><sessionId>{at.token}</sessionId></SessionHeader></e:Header><e:Body>{body}</e:Body></e:Envelope>"
    )
    headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
    answer = at.call("POST", "/services/Soap/u/60.0", data=envelope.encode(), headers=headers)
    assert "<success>true" in answer.text, answer.text
    return answer.text


def bulk_insert(at: Caller, name: str, row: dict[str, Any]) -> dict[str, Any]:
    job = at.post("/jobs/ingest", {"object": name, "operation": "insert"}).json["id"]
    csv = f"{','.join(row)}\n{','.join(map(str, row.values()))}\n".encode()
    at.call("PUT", f"/jobs/ingest/{job}/batches", data=csv, headers={"Content-Type": "text/csv"})
    at.patch(f"/jobs/ingest/{job}", {"state": "UploadComplete"})
    for _ in range(3):
        found: dict[str, Any] = at.get(f"/jobs/ingest/{job}").json
    return found


@pytest.mark.parametrize("name", [*ROWS, "User"])
def test_a_life_through_every_api(name: str) -> None:
    """Made, read, found, changed, made by collection, tree and Bulk, deleted, told as deleted, and back again."""
    rules: dict[str, Any] = {}
    if name in {"Account", "Contact", "Lead"}:
        rules["duplicate_rules"] = [{"object": name, "standard": True}]
    if name in {"Lead", "Case"}:
        rules["assignment_rules"] = [{"object": name, "name": "S", "entries": [{"owner": "admin@understudy.example"}]}]
    if name != "User":
        rules["change_data_capture"] = [name]
    at = org(reduced(name), **rules)
    for kind, row in {one: ROWS[one] for one in ([name] if name in ROWS else ROWS)}.items():
        record_id = at.make(kind, **row)
        shown = at.row(kind, record_id)
        if kind == name:
            assert set(shown) == {"attributes", *KEPT[name]}
        assert [record_id] == [one["Id"] for one in at.soql(f"SELECT FIELDS(ALL) FROM {kind} LIMIT 5")]
        if at.get(f"/sobjects/{kind}/describe").json["searchable"]:
            found = at.get("/search", query={"q": f"FIND {{Acme}} IN ALL FIELDS RETURNING {kind}(Id)"})
            assert [record_id] == [one["Id"] for one in found.json["searchRecords"]], found.text
        assert 204 == at.patch(f"/sobjects/{kind}/{record_id}", row).status
        assert record_id in at.get(f"/sobjects/{kind}/updated?{DAY}").json["ids"]
        body = {"attributes": {"type": kind}, **row}
        assert at.post("/composite/sobjects", {"records": [body]}).json[0]["success"]
        body["attributes"]["referenceId"] = "one"
        assert 201 == at.post(f"/composite/tree/{kind}", {"records": [body]}).status
        job = bulk_insert(at, kind, row)
        assert ("JobComplete", 1, 0) == (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"])
        for resource in ("describe/layouts", "describe/compactLayouts", "describe/approvalLayouts"):
            assert 200 == at.get(f"/sobjects/{kind}/{resource}").status
        views = at.get(f"/sobjects/{kind}/listviews")
        for view in views.json["listviews"] if views.status == 200 else ():
            assert 200 == at.get(view["resultsUrl"]).status
        assert 204 == at.delete(f"/sobjects/{kind}/{record_id}").status
        assert [record_id] == [one["id"] for one in at.get(f"/sobjects/{kind}/deleted?{DAY}").json["deletedRecords"]]
        soap(at, f"<undelete><ids>{record_id}</ids></undelete>")
        assert shown["Id"] == at.row(kind, record_id)["Id"]
    if name != "User":
        assert at.fake.events is not None
        kinds = [
            one["data"]["payload"]["ChangeEventHeader"]["changeType"]
            for one in at.fake.events(-2, f"/data/{name}ChangeEvent")["events"]
        ]
        assert {"CREATE", "DELETE", "UNDELETE"} <= set(kinds)


def test_merge_conversion_and_what_is_around_the_rows() -> None:
    at = org(reduced(*KEPT))
    for name in ("Account", "Contact", "Lead"):
        master, loser = at.make(name, **ROWS[name]), at.make(name, **ROWS[name])
        words = f"<masterRecord><type>{name}</type><Id>{master}</Id></masterRecord>"
        soap(at, f"<merge><request>{words}<recordToMergeIds>{loser}</recordToMergeIds></request></merge>")
        assert [master] == [one["Id"] for one in at.soql(f"SELECT Id FROM {name}")]
    lead = at.make("Lead", **ROWS["Lead"])
    task = at.make("Task", WhoId=lead, **ROWS["Task"])
    convert = f"<leadId>{lead}</leadId><convertedStatus>Closed - Converted</convertedStatus>"
    soap(at, f"<convertLead><leadConverts>{convert}</leadConverts></convertLead>")
    assert at.row("Task", task)["WhoId"].startswith("003")
    assert {"Account": 2, "Contact": 2, "Opportunity": 1, "Task": 1} == {
        name: len(at.soql(f"SELECT Id FROM {name}")) for name in ("Account", "Contact", "Opportunity", "Task")
    }


@pytest.mark.parametrize("seen", [True, False], ids=["the fields of a series", "without them"])
def test_series(seen: bool) -> None:
    """A series is made of the fields that the describe has; without them a row is one row."""
    names = ["IsRecurrence", "RecurrenceType", "RecurrenceInterval", "RecurrenceStartDateOnly", "RecurrenceEndDateOnly"]
    at = org(reduced("Task", more={"Task": names if seen else []}))
    series = {
        "IsRecurrence": True,
        "RecurrenceType": "RecursDaily",
        "RecurrenceInterval": 1,
        "RecurrenceStartDateOnly": "2026-01-05",
        "RecurrenceEndDateOnly": "2026-01-08",
    }
    at.make("Task", Subject="s", **(series if seen else {}))
    assert (5 if seen else 1) == len(at.soql("SELECT Id FROM Task"))


def test_rights_and_rules_of_an_import() -> None:
    """Profiles, sharing and rules of the org file go for imported objects; rules may use what no client sees."""
    tables = {
        **import_describes(reduced("Account", "Task", "User")),
        "profiles": {"Sync": {"objects": {"Account": ["read", "create", "edit"], "Task": ["read", "create"]}}},
        "sharing": {"Account": "Private"},
        "updates": [{"object": "Task", "name": "Note", "set": {"Description": {"text": "by a rule"}}}],
        "validation_rules": [
            {"object": "Task", "name": "R", "when": {"field": "Priority", "is": "Low"}, "message": "no low ones"}
        ],
    }
    users = (user("ada", "System Administrator"), user("sam"))
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=tables, users=users))
    ada, sam = logged_in(Caller(fake), "ada"), logged_in(Caller(fake), "sam")
    ada.make("Account", Name="Secret")
    sam.make("Account", Name="Mine")
    assert ["Mine"] == [one["Name"] for one in sam.soql("SELECT Name FROM Account")]
    answer = sam.post("/sobjects/Task", {"Subject": "x", "Priority": "Low"})
    assert (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no low ones") == answer.error
    assert 403 == sam.patch(f"/sobjects/Task/{sam.make('Task', Subject='x')}", {"Subject": "y"}).status
    answer = sam.get("/query", query={"q": "SELECT Description FROM Task"})
    assert "INVALID_FIELD" == answer.error[1]


# --- record types -----------------------------------------------------------------------------------

PARTNER, CUSTOMER, HIDDEN = "0125000000000abAAA", "0125000000000acAAA", "0125000000000adAAA"


def with_record_types(*, field: bool = True) -> Describe:
    account = described("Account")
    for record_type_id, name in ((PARTNER, "Partner"), (CUSTOMER, "Customer"), (HIDDEN, "H")):
        account["recordTypeInfos"].insert(
            0,
            {
                **account["recordTypeInfos"][-1],
                "available": record_type_id != HIDDEN,
                "defaultRecordTypeMapping": name == "Partner",
                "developerName": name,
                "master": False,
                "name": name,
                "recordTypeId": record_type_id,
                "urls": {"layout": f"/services/data/v60.0/sobjects/Account/describe/layouts/{record_type_id}"},
            },
        )
    account["recordTypeInfos"][-1]["defaultRecordTypeMapping"] = False
    if field:
        like = copy.deepcopy(field_of(account, "ParentId"))
        more = {"name": "RecordTypeId", "label": "Record Type ID", "permissionable": False}
        account["fields"].insert(4, {**like, **more, "referenceTo": ["RecordType"], "relationshipName": "RecordType"})
    return account


def test_record_types_are_rows_with_their_real_ids() -> None:
    at = org([with_record_types()])
    rows = at.soql("SELECT Id, DeveloperName, SobjectType, IsActive FROM RecordType ORDER BY DeveloperName")
    assert {CUSTOMER: "Customer", HIDDEN: "H", PARTNER: "Partner"} == {row["Id"]: row["DeveloperName"] for row in rows}
    assert {("Account", True)} == {(row["SobjectType"], row["IsActive"]) for row in rows}
    assert PARTNER == at.row("Account", at.make("Account", Name="a"))["RecordTypeId"]
    made = at.make("Account", Name="b", RecordTypeId=CUSTOMER[:15])
    (row,) = at.soql(f"SELECT RecordType.Name FROM Account WHERE Id = '{made}'")
    assert "Customer" == row["RecordType"]["Name"]
    for other in (HIDDEN, "0125000000000aeAAA"):
        status, code, message = at.post("/sobjects/Account", {"Name": "c", "RecordTypeId": other}).error
        assert (400, "INVALID_CROSS_REFERENCE_KEY") == (status, code)
        assert message == f"Record Type ID: this ID value isn't valid for the user: {other}"
    assert at.get("/sobjects/Account/describe").json["recordTypeInfos"] == with_record_types()["recordTypeInfos"]
    mappings = at.get("/sobjects/Account/describe/layouts").json["recordTypeMappings"]
    assert {PARTNER, CUSTOMER, HIDDEN} <= {each["recordTypeId"] for each in mappings}


def test_record_types_of_a_describe_without_the_field() -> None:
    """A user who sees no RecordTypeId still saves rows."""
    at = org([with_record_types(field=False)])
    made = at.make("Account", Name="a")
    assert 204 == at.patch(f"/sobjects/Account/{made}", {"Name": "b"}).status
    assert "RecordTypeId" not in at.row("Account", made)


def test_what_a_describe_of_record_types_does_not_tell_is_said(tmp_path: Path) -> None:
    text = run("org", "import", save(tmp_path, "account.json", with_record_types())).stdout
    assert "# A describe does not tell which values of a picklist a record type offers" in text
    assert "record type offers" not in run("org", "import", save(tmp_path, "case.json", described("Case"))).stdout


# --- kinds of fields --------------------------------------------------------------------------------


def test_formulas_are_null_and_automatic_numbers_count() -> None:
    account = described("Account")
    text, number, flag = (field_of(account, name) for name in ("AccountNumber", "AnnualRevenue", "IsDeleted"))
    fixed = {"createable": False, "updateable": False}
    account["fields"] += [
        custom(text, "Auto__c", autoNumber=True, nillable=False, defaultedOnCreate=True, **fixed),
        custom(number, "Sum__c", calculated=True, calculatedFormula="1+1", **fixed),
        custom(flag, "Is__c", calculated=True, calculatedFormula="TRUE", nillable=False, **fixed),
    ]
    at = org([account])
    for count in ("1", "2"):
        row = at.row("Account", at.make("Account", Name="a"))
        assert (count, None, False) == (row["Auto__c"], row["Sum__c"], row["Is__c"])
    for name, value in (("Auto__c", "7"), ("Sum__c", 2), ("Is__c", True)):
        assert "INVALID_FIELD_FOR_INSERT_UPDATE" == at.post("/sobjects/Account", {"Name": "b", name: value}).error[1]


def test_numbers_of_cases_keep_their_pattern() -> None:
    at = org(reduced("Case"))
    assert "00000001" == at.row("Case", at.make("Case", Subject="x"))["CaseNumber"]


def test_a_dependent_picklist_is_described_word_for_word_and_not_enforced() -> None:
    """As in the vendor's API: a value of the list is taken whatever the controlling field says."""
    account = described("Account")
    values = [
        {"active": True, "defaultValue": False, "label": one, "validFor": bits, "value": one}
        for one, bits in (("A", "gAAA"), ("B", "QAAA"))
    ]
    more = {"controllerName": "Rating", "dependentPicklist": True, "restrictedPicklist": True, "picklistValues": values}
    account["fields"].append(custom(field_of(account, "Industry"), "Dep__c", **more))
    at = org([account])
    assert field_of(at.get("/sobjects/Account/describe").json, "Dep__c") == account["fields"][-1]
    at.make("Account", Name="a", Rating="Cold", Dep__c="A")
    answer = at.post("/sobjects/Account", {"Name": "a", "Dep__c": "C"})
    assert "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" == answer.error[1]


def without_prefix() -> Describe:
    odd = described("Account")
    kept = [*SYSTEM, "Name", "CreatedById", "LastModifiedById"]
    odd.update(name="Odd__c", label="Odd", labelPlural="Odds", custom=True, keyPrefix=None, childRelationships=[])
    odd["fields"] = [each for each in odd["fields"] if each["name"] in kept]
    return odd


def test_an_object_without_a_key_prefix() -> None:
    """Its rows have ids of ours; describe and global describe say null, as the real ones."""
    at = org([without_prefix()])
    made = at.make("Odd__c", Name="x")
    assert made.startswith("z")
    assert at.row("Odd__c", made)["Name"] == "x"
    assert at.get("/sobjects/Odd__c/describe").json["keyPrefix"] is None
    (entry,) = [each for each in at.get("/sobjects").json["sobjects"] if each["name"] == "Odd__c"]
    assert entry["keyPrefix"] is None
    assert 204 == at.delete(f"/sobjects/Odd__c/{made}").status


def test_the_global_describe_says_what_the_describe_says() -> None:
    account = described("Account")
    account |= {"hasSubtypes": True, "deprecatedAndHidden": True, "customSetting": True}
    account["urls"]["odd"] = "/services/data/v60.0/odd"
    at = org([account])
    (entry,) = [each for each in at.get("/sobjects").json["sobjects"] if each["name"] == "Account"]
    assert (True, True, True) == (entry["hasSubtypes"], entry["deprecatedAndHidden"], entry["customSetting"])
    assert "/services/data/v60.0/odd" == entry["urls"]["odd"]
    assert "uiNewRecord" not in entry["urls"]


@pytest.mark.parametrize(("number", "works"), [(1_500, True), (2_000, False)])
def test_very_many_fields(number: int, works: bool) -> None:
    """1,500 fields are stored and read; more than a table holds is one clear line."""
    account = described("Account")
    like = field_of(account, "AccountNumber")
    account["fields"] += [custom(like, f"F{one}__c", length=20, byteLength=60) for one in range(number)]
    if not works:
        with pytest.raises(MisuseError, match=r"imported.Account: has 20\d\d fields that hold a value; take some out"):
            org([account])
        return
    at = org([account])
    row = {f"F{one}__c": str(one) for one in range(number)}
    made = at.make("Account", Name="wide", **row)
    assert row.items() <= at.row("Account", made).items()
    assert "1499" == at.soql("SELECT FIELDS(ALL) FROM Account LIMIT 1")[0]["F1499__c"]


def folder_of(tmp_path: Path, number: int, describe_of: Callable[[int], Describe]) -> Path:
    folder = tmp_path / "describes"
    folder.mkdir()
    for one in range(number):
        save(folder, f"{one}.json", describe_of(one))
    return folder


def test_a_folder_of_describes(tmp_path: Path) -> None:
    """Many objects that point at each other: imported, checked, served."""

    def of(number: int) -> Describe:
        one = without_prefix()
        name = f"Kind_{number}__c"
        one.update(name=name, label=name, labelPlural=name, keyPrefix=f"a{number:02}")
        like = field_of(described("Account"), "ParentId")
        other = f"Kind_{(number + 1) % 40}__c"
        one["fields"].append(custom(like, "Next__c", referenceTo=[other], relationshipName="Next__r"))
        return one

    out = tmp_path / "org.toml"
    result = run("org", "import", folder_of(tmp_path, 40, of), "-o", out)
    assert result.exit_code == 0, result.output
    assert "imported 40 objects" in result.stderr
    at = Caller(create_app(clock=FrozenClock(), org=str(out)))
    at.token = at.fake.credentials(f"https://{HOST}")["access_token"]
    first = at.make("Kind_1__c", Name="one")
    at.make("Kind_0__c", Name="zero", Next__c=first)
    assert "one" == at.soql("SELECT Next__r.Name FROM Kind_0__c")[0]["Next__r"]["Name"]
