"""`understudy org import` and `org diff`: a real org's describes become a fake org, and drift is told."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from crm_contracts.cli import understudy
from crm_contracts.orgs.drift import Drift, compare
from crm_contracts.orgs.toml_text import to_toml
from fake_core.errors import MisuseError
from fake_core.transport import InProcess
from fake_salesforce import create_app

HOST = "https://acme.my.salesforce.com"
Describe = dict[str, Any]


class Org:
    """A fake org, reached over HTTP."""

    def __init__(self, choice: str | None = None) -> None:
        self.fake = create_app(org=choice)
        self.session = requests.Session()
        self.session.mount(HOST, InProcess([self.fake]).adapter())
        self.session.headers["Authorization"] = f"Bearer {self.fake.credentials(HOST)['access_token']}"

    def describe(self, name: str, version: str = "60.0") -> Describe:
        answer = self.session.get(f"{HOST}/services/data/v{version}/sobjects/{name}/describe", timeout=60)
        assert answer.status_code == 200, answer.text
        found: Describe = answer.json()
        return found

    def post(self, name: str, **row: Any) -> requests.Response:
        return self.session.post(f"{HOST}/services/data/v60.0/sobjects/{name}", json=row, timeout=60)

    def query(self, soql: str) -> list[dict[str, Any]]:
        answer = self.session.get(f"{HOST}/services/data/v60.0/query", params={"q": soql}, timeout=60)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["records"]
        return rows


@pytest.fixture(scope="module")
def standard() -> dict[str, Describe]:
    org = Org()
    return {name: org.describe(name) for name in ("Account", "Contact", "Task", "Opportunity", "Case")}


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(understudy, [str(word) for word in words])


def refused(*words: str | Path) -> str:
    result = run(*words)
    assert isinstance(result.exception, MisuseError), result.output
    return str(result.exception)


def field_of(described: Describe, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in described["fields"] if each["name"] == name)
    return found


def custom(like: dict[str, Any], name: str, **changed: Any) -> dict[str, Any]:
    return {**like, "name": name, "label": name, "custom": True, "nameField": False, "nillable": True, **changed}


def real_account(standard: dict[str, Describe]) -> Describe:
    """What an org of ten years might say: 800 more fields, of many kinds, keys of another API version, record types."""
    account = copy.deepcopy(standard["Account"])
    text = field_of(account, "AccountNumber")
    picklist = field_of(account, "Industry")
    for number in range(200):
        account["fields"] += [
            custom(
                text, f"Text_{number}__c", length=10 + number, byteLength=30 + 3 * number, inlineHelpText='a "b"\n\\'
            ),
            custom(
                picklist,
                f"Choice_{number}__c",
                restrictedPicklist=True,
                picklistValues=[
                    {"active": True, "defaultValue": False, "label": "Ä", "validFor": "gAAA", "value": "A"},
                    {"active": number % 2 == 0, "defaultValue": False, "label": "B", "validFor": None, "value": "B"},
                ],
                controllerName="Industry",
                dependentPicklist=True,
            ),
            custom(
                field_of(account, "AnnualRevenue"),
                f"Sum_{number}__c",
                precision=16,
                scale=number % 5,
                calculated=True,
                calculatedFormula="Amount__c * 2",
                createable=False,
                updateable=False,
            ),
            custom(text, f"Key_{number}__c", externalId=True, unique=True, idLookup=True, caseSensitive=True),
        ]
    for each in account["fields"]:
        each["aKeyOfALaterVersion"] = None
        del each["aiPredictionField"]
    account["recordTypeInfos"].append(
        {
            "active": True,
            "available": True,
            "defaultRecordTypeMapping": False,
            "developerName": "Partner",
            "master": False,
            "name": "Partner",
            "recordTypeId": "0125000000000abAAA",
            "urls": {"layout": "/services/data/v60.0/sobjects/Account/describe/layouts/0125000000000abAAA"},
        }
    )
    account["childRelationships"].append(
        {
            "cascadeDelete": True,
            "childSObject": "Unheard_Of__c",
            "deprecatedAndHidden": False,
            "field": "Account__c",
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": "Unheard__r",
            "restrictedDelete": False,
        }
    )
    return account


def save(folder: Path, name: str, value: Any, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(json.dumps(value, ensure_ascii=False), encoding)
    return path


def test_a_describe_of_a_thousand_fields_round_trips_key_by_key(tmp_path: Path, standard: dict[str, Describe]) -> None:
    account = real_account(standard)
    out = tmp_path / "acme.toml"
    result = run("org", "import", save(tmp_path, "account.json", account), "-o", out)
    assert result.exit_code == 0, result.output
    assert f"1 objects with {len(account['fields'])} fields" in result.output
    assert "key by key" in result.output

    got = Org(str(out)).describe("Account")
    assert {key: got[key] for key in account} == account
    assert set(got) == set(account)
    assert [each["name"] for each in got["fields"]] == [each["name"] for each in account["fields"]]
    assert run("org", "diff", out, tmp_path / "account.json").exit_code == 0


def test_the_fake_of_an_import_acts_on_it(tmp_path: Path, standard: dict[str, Describe]) -> None:
    out = tmp_path / "acme.toml"
    run("org", "import", save(tmp_path, "account.json", real_account(standard)), "-o", out)
    org = Org(str(out))

    assert org.post("Account", Name="Acme", Text_0__c="short", Key_1__c="k1", Choice_0__c="A").status_code == 201
    assert [row["Text_0__c"] for row in org.query("SELECT Text_0__c FROM Account WHERE Key_1__c = 'k1'")] == ["short"]
    for row, code in (
        ({"Text_0__c": "x" * 11}, "STRING_TOO_LONG"),
        ({"Choice_1__c": "B"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),  # inactive there
        ({"Key_1__c": "k1"}, "DUPLICATE_VALUE"),
        ({"Sum_0__c": 1}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Nonsense__c": 1}, "INVALID_FIELD"),
    ):
        answer = org.post("Account", Name="Acme 2", **row)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code), row


def test_fields_a_user_cannot_see_are_not_there_and_still_derived(
    tmp_path: Path, standard: dict[str, Describe]
) -> None:
    task = copy.deepcopy(standard["Task"])
    unseen = {"IsClosed", "IsHighPriority", "CompletedDateTime", "AccountId", "CallType"}
    task["fields"] = [each for each in task["fields"] if each["name"] not in unseen]
    status = field_of(task, "Status")["picklistValues"]
    status.append({"active": True, "defaultValue": False, "label": "Parked", "validFor": None, "value": "Parked"})
    out = tmp_path / "acme.toml"
    assert run("org", "import", save(tmp_path, "task.json", task), "-o", out).exit_code == 0
    org = Org(str(out))

    assert org.describe("Task") == task
    made = org.post("Task", Subject="Call", Status="Completed")
    assert made.status_code == 201
    row = org.session.get(f"{HOST}/services/data/v60.0/sobjects/Task/{made.json()['id']}", timeout=60).json()
    assert not unseen & set(row)
    answer = org.post("Task", Subject="Call", CallType="Inbound")
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"
    (parked,) = org.query("SELECT ApiName, IsClosed FROM TaskStatus WHERE ApiName = 'Parked'")
    assert parked["IsClosed"] is False


def test_a_custom_object_with_its_lookup(tmp_path: Path, standard: dict[str, Describe]) -> None:
    plan = {
        **copy.deepcopy(standard["Account"]),
        "name": "Plan__c",
        "label": "Plan",
        "labelPlural": "Plans",
        "custom": True,
        "keyPrefix": "a7Q",
        "childRelationships": [],
        "recordTypeInfos": [],
        "urls": {"sobject": "/services/data/v58.0/sobjects/Plan__c", "odd": "/services/data/v58.0/odd"},
    }
    keep = ("Id", "IsDeleted", "Name", "CreatedDate", "LastModifiedDate", "SystemModstamp", "OwnerId", "ParentId")
    plan["fields"] = [copy.deepcopy(field_of(plan, name)) for name in keep]
    plan["fields"][-1].update(name="Account__c", custom=True, relationshipName="Account__r", referenceTo=["Account"])
    account = copy.deepcopy(standard["Account"])
    account["childRelationships"].append(
        {
            "cascadeDelete": True,
            "childSObject": "Plan__c",
            "deprecatedAndHidden": False,
            "field": "Account__c",
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": "Plans__r",
            "restrictedDelete": False,
        }
    )
    out = tmp_path / "acme.toml"
    assert run("org", "import", save(tmp_path, "all.json", [plan, account]), "-o", out).exit_code == 0
    org = Org(str(out))

    assert org.describe("Plan__c", "58.0") == plan
    assert org.describe("Plan__c", "62.0")["urls"]["odd"] == "/services/data/v62.0/odd"
    owner = org.post("Account", Name="Acme").json()["id"]
    made = org.post("Plan__c", Name="P", Account__c=owner).json()
    assert made["id"].startswith("a7Q")
    (row,) = org.query("SELECT Name, (SELECT Name FROM Plans__r) FROM Account WHERE Name = 'Acme'")
    assert [each["Name"] for each in row["Plans__r"]["records"]] == ["P"]
    org.session.delete(f"{HOST}/services/data/v60.0/sobjects/Account/{owner}", timeout=60)
    assert org.query("SELECT Id FROM Plan__c") == []


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda one: one, id="as any client saves it"),
        pytest.param(lambda one: {"status": 0, "result": one, "warnings": []}, id="sf --json"),
        pytest.param(lambda one: [one], id="a list"),
        pytest.param(lambda one: {"status": 0, "result": [one]}, id="sf --json of a list"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_as_clients_save_them(
    tmp_path: Path, standard: dict[str, Describe], wrap: Callable[[Any], Any], encoding: str
) -> None:
    (tmp_path / "deep").mkdir()
    save(tmp_path / "deep", "contact.json", wrap(standard["Contact"]), encoding)
    result = run("org", "import", tmp_path)
    assert result.exit_code == 0
    assert "[imported.Contact]" in result.stdout


def test_a_global_describe_tells_what_is_not_there(tmp_path: Path, standard: dict[str, Describe]) -> None:
    everything = {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [{"name": "Account", "label": "Account"}, {"name": "Zoo__c", "label": "Zoo"}],
    }
    one = save(tmp_path, "global.json", everything)
    two = save(tmp_path, "account.json", standard["Account"])
    assert "add describes of the objects" in refused("org", "import", one)
    result = run("org", "import", one, two)
    assert "1 more of the global describe without a describe of their own" in result.stderr
    result = run("org", "diff", "enterprise", one, two)
    assert "not in the fake, and not described: Zoo__c" in result.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ('{"status": 1, "message": "No org", "result": {}}', "failed: No org"),
        ('["Account", "Contact"]', "a list of names"),
        ('{"name": "Account"}', "is no describe"),
        ('{"name": "Account", "fields": []}', "no label"),
        ('{"name": "Account", "label": "A", "labelPlural": "As", "fields": []}', "no field Id"),
        (
            '{"name": "Account", "label": "A", "labelPlural": "As", "fields": [{"name": "Id"}]}',
            "without a name or a type",
        ),
        ("7", "is no describe"),
    ],
)
def test_what_is_no_describe_is_one_clear_line(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, "utf-8")
    out = tmp_path / "out.toml"
    told = refused("org", "import", path, "-o", out)
    assert says in told
    assert "\n" not in told
    assert not out.exists()


def test_nothing_is_written_over_unasked(tmp_path: Path, standard: dict[str, Describe]) -> None:
    one = save(tmp_path, "contact.json", standard["Contact"])
    out = tmp_path / "out.toml"
    out.write_text("mine", "utf-8")
    assert "--force" in refused("org", "import", one, "-o", out)
    assert out.read_text("utf-8") == "mine"
    assert run("org", "import", one, "-o", out, "--force").exit_code == 0
    assert "no such file" in refused("org", "import", tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"label": "A"}, "has no label_plural"),
        ({"label": "A", "label_plural": "B", "abilities": [], "fields": {}}, "has no Id"),
        (
            {"label": "A", "label_plural": "B", "abilities": [], "fields": {"Id": {"type": "id", "x": 1}}},
            "'x' is unknown",
        ),
        ({"label": "A", "label_plural": "B", "abilities": [], "fields": {"Id": {"type": "?"}}}, "cannot be read"),
        ({"label": "A", "label_plural": "B", "abilities": [], "fields": {"Id": {}}}, "cannot be read"),
    ],
)
def test_an_edited_import_that_is_wrong_is_one_clear_line(tmp_path: Path, table: dict[str, Any], says: str) -> None:
    path = tmp_path / "org.toml"
    path.write_text(to_toml({"imported": {"Zoo__c": table}}), "utf-8")
    with pytest.raises(MisuseError, match=says):
        create_app(org=str(path))


# --- drift ------------------------------------------------------------------------------------------


def drifts(fake: Describe, real: Describe, *, everything: bool = False) -> list[Drift]:
    return list(compare({fake["name"]: fake}, {real["name"]: real}, everything=everything))


@pytest.mark.parametrize(
    ("field", "key", "value", "says"),
    [
        ("Industry", "restrictedPicklist", True, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST there"),
        ("Name", "length", 80, "STRING_TOO_LONG there"),
        ("Name", "length", 400, "STRING_TOO_LONG here"),
        ("Name", "type", "textarea", "JSON_PARSER_ERROR"),
        ("AnnualRevenue", "scale", 4, "rounded to other decimals"),
        ("Site", "nillable", False, "REQUIRED_FIELD_MISSING there"),
        ("Name", "nillable", True, "must expect null"),
        ("Site", "createable", False, "INVALID_FIELD_FOR_INSERT_UPDATE there"),
        ("Site", "updateable", False, "one direction of the sync stops"),
        ("CreatedDate", "updateable", True, "is INVALID_FIELD_FOR_INSERT_UPDATE here"),
        ("Site", "externalId", True, "here it is 404"),
        ("Site", "unique", True, "there the second is DUPLICATE_VALUE"),
        ("Site", "caseSensitive", True, "matching differs"),
        ("ParentId", "referenceTo", ["Account", "Lead"], "FIELD_INTEGRITY_EXCEPTION"),
        ("ParentId", "relationshipName", "Mother", "INVALID_FIELD on one side"),
        ("Site", "filterable", False, "polling by it stops"),
        ("Site", "label", "Place", "another label"),
    ],
)
def test_each_difference_of_a_field_says_what_it_means(
    standard: dict[str, Describe], field: str, key: str, value: Any, says: str
) -> None:
    real = copy.deepcopy(standard["Account"])
    was = field_of(real, field)[key]
    assert was != value
    field_of(real, field)[key] = value
    (drift,) = drifts(standard["Account"], real)
    assert (drift.at, drift.what) == (f"Account.{field}", key)
    assert says in drift.means
    (back,) = drifts(real, standard["Account"])
    assert (back.fake, back.real) == (drift.real, drift.fake)


@pytest.mark.parametrize(
    ("change", "what", "says"),
    [
        (lambda one: one["fields"].pop(5), "field", "the whole request fails"),
        (lambda one: one["fields"].append(custom(one["fields"][5], "New__c")), "field", "cannot be tested here"),
        (lambda one: one["childRelationships"].clear(), "child relationship", "INVALID_TYPE there"),
        (lambda one: one["recordTypeInfos"].clear(), "record type Master", "refused there"),
        (lambda one: one.update(createable=False), "createable", "one side only"),
        (lambda one: one.update(keyPrefix="00x"), "keyPrefix", "another prefix"),
        (lambda one: field_of(one, "Industry")["picklistValues"].pop(0), "picklist value", "refused there"),
        (lambda one: field_of(one, "Industry")["picklistValues"][0].update(active=False), "active", "cannot be chosen"),
        (lambda one: field_of(one, "Industry")["picklistValues"][0].update(label="X"), "label", "toLabel()"),
    ],
)
def test_each_difference_of_an_object_says_what_it_means(
    standard: dict[str, Describe], change: Callable[[Describe], Any], what: str, says: str
) -> None:
    real = copy.deepcopy(standard["Account"])
    change(real)
    found = drifts(standard["Account"], real)
    assert found
    for drift in found:
        assert what in drift.what
        assert says in drift.means


def test_what_matters_to_no_sync_is_told_only_when_asked_for(standard: dict[str, Describe]) -> None:
    real = copy.deepcopy(standard["Account"])
    field_of(real, "Site")["htmlFormatted"] = True
    real["mruEnabled"] = False
    assert drifts(standard["Account"], real) == []
    assert [each.what for each in drifts(standard["Account"], real, everything=True)] == ["mruEnabled", "htmlFormatted"]


def test_of_two_lists_only_what_differs_is_shown(standard: dict[str, Describe]) -> None:
    real = copy.deepcopy(standard["Task"])
    field_of(real, "WhatId")["referenceTo"].append("Plan__c")
    (drift,) = drifts(standard["Task"], real)
    assert (drift.fake, drift.real) == ("no more", "Plan__c")


def test_diff_tells_programs_and_people(tmp_path: Path, standard: dict[str, Describe]) -> None:
    real = copy.deepcopy(standard["Contact"])
    field_of(real, "LastName")["length"] = 40
    one = save(tmp_path, "contact.json", real)
    result = run("org", "diff", "enterprise", one)
    assert result.exit_code == 1
    assert (
        "Contact.LastName: length: fake 80, real 40 - a text that fits here is STRING_TOO_LONG there" in result.stdout
    )
    assert "1 difference in 1 of 1 object" in result.stderr
    (line,) = run("org", "diff", "--json", "enterprise", one).stdout.splitlines()
    assert json.loads(line)["at"] == "Contact.LastName"
    assert refused("org", "diff", "nowhere", one).startswith("nowhere: neither an edition")
    assert "no such file" in refused("org", "diff", "enterprise", tmp_path / "nowhere.json")


# --- TOML -------------------------------------------------------------------------------------------

_PLAIN = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=8))
_ROWS = st.dictionaries(st.text(max_size=5), _PLAIN, max_size=4)
_DEEP = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=5), _DEEP | st.lists(_ROWS), max_size=4)))
def test_what_is_written_is_read_back(data: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(data)) == data
