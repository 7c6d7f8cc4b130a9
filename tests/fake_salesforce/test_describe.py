"""Describe answers: keys, order and values as recorded."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fake_salesforce.describes import describe
from fake_salesforce.schema.metadata import Schema
from fake_salesforce.schema.object_files import load_schema

SCHEMA = load_schema()
ORG_FILE = Path(__file__).parents[2] / "fixtures" / "orgs" / "planhat.toml"
RECORDED = ("recorded", "describes recorded by CumulusCI, v48 to v60")

GLOBAL_KEYS = (
    "activateable associateEntityType associateParentEntity createable custom customSetting deepCloneable "
    "deletable deprecatedAndHidden feedEnabled hasSubtypes isInterface isSubtype keyPrefix label labelPlural "
    "layoutable mergeable mruEnabled name queryable replicateable retrieveable searchable triggerable undeletable "
    "updateable urls "
)
FULL_KEYS = (
    "actionOverrides activateable associateEntityType associateParentEntity childRelationships compactLayoutable "
    "createable custom customSetting deepCloneable defaultImplementation deletable deprecatedAndHidden extendedBy "
    "extendsInterfaces feedEnabled fields hasSubtypes implementedBy implementsInterfaces isInterface isSubtype "
    "keyPrefix label labelPlural layoutable listviewable lookupLayoutable mergeable mruEnabled name "
    "namedLayoutInfos networkScopeFieldName queryable recordTypeInfos replicateable retrieveable searchLayoutable "
    "searchable sobjectDescribeOption supportedScopes triggerable undeletable updateable urls "
)
FIELD_KEYS = (
    "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete "
    "caseSensitive compoundFieldName controllerName createable custom defaultValue defaultValueFormula "
    "defaultedOnCreate dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId "
    "extraTypeInfo filterable filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber "
    "htmlFormatted idLookup inlineHelpText label length mask maskType name nameField namePointing nillable "
    "permissionable picklistValues polymorphicForeignKey precision queryByDistance referenceTargetField "
    "referenceTo relationshipName relationshipOrder restrictedDelete restrictedPicklist scale searchPrefilterable "
    "soapType sortable type unique updateable writeRequiresMasterRead "
)


def keys(text: str) -> list[str]:
    return text.split()


def full(name: str, version: str = "60.0", schema: Schema = SCHEMA) -> dict[str, Any]:
    sobject = schema.sobject(name)
    assert sobject is not None
    return describe.object_describe(schema, sobject, version)


def field(path: str, schema: Schema = SCHEMA) -> dict[str, Any]:
    name, _, wanted = path.partition(".")
    found: dict[str, Any] = next(each for each in full(name, schema=schema)["fields"] if each["name"] == wanted)
    return found


@pytest.mark.evidence(*RECORDED)
@pytest.mark.parametrize("name", [each.name for each in SCHEMA.sobjects])
def test_keys_and_their_order(name: str) -> None:
    """Every describe and every field of it has all recorded keys, in the recorded order."""
    answer = full(name)
    assert keys(FULL_KEYS) == list(answer)
    assert 57 == len(keys(FIELD_KEYS))
    for each in answer["fields"]:
        assert keys(FIELD_KEYS) == list(each), each["name"]


@pytest.mark.evidence(*RECORDED)
def test_global_describe() -> None:
    """The global describe lists every object with its flags and links."""
    answer = describe.global_describe(SCHEMA, "60.0")
    assert ["encoding", "maxBatchSize", "sobjects"] == list(answer)
    assert ("UTF-8", 200) == (answer["encoding"], answer["maxBatchSize"])
    for entry in answer["sobjects"]:
        assert keys(GLOBAL_KEYS) == list(entry)
    account = next(entry for entry in answer["sobjects"] if entry["name"] == "Account")
    flags = {key: value for key, value in account.items() if isinstance(value, bool)}
    assert {
        "activateable", "custom", "customSetting", "deepCloneable", "deprecatedAndHidden", "hasSubtypes", "isInterface",
        "isSubtype",
    } == {key for key, value in flags.items() if not value}  # fmt: skip
    assert "uiNewRecord" not in account["urls"]
    assert "/services/data/v60.0/sobjects/Account/{ID}" == account["urls"]["rowTemplate"]


@pytest.mark.evidence(*RECORDED)
@pytest.mark.parametrize(("name", "mergeable"), [("Account", True), ("Contact", True), ("Lead", True), ("Case", False)])
def test_what_can_be_merged(name: str, mergeable: bool) -> None:
    """Only accounts, contacts and leads can be merged."""
    assert mergeable == full(name)["mergeable"]


@pytest.mark.evidence("recorded", "Event.ShowAs in a describe recorded by CumulusCI")
def test_a_whole_field() -> None:
    """One field, key by key, as it was recorded."""
    recorded = json.loads(
        '{"aggregatable":true,"aiPredictionField":false,"autoNumber":false,"byteLength":120,"calculated":false,'
        '"calculatedFormula":null,"cascadeDelete":false,"caseSensitive":false,"compoundFieldName":null,'
        '"controllerName":null,"createable":true,"custom":false,"defaultValue":"Busy","defaultValueFormula":null,'
        '"defaultedOnCreate":true,"dependentPicklist":false,"deprecatedAndHidden":false,"digits":0,'
        '"displayLocationInDecimal":false,"encrypted":false,"externalId":false,"extraTypeInfo":null,"filterable":true,'
        '"filteredLookupInfo":null,"formulaTreatNullNumberAsZero":false,"groupable":true,"highScaleNumber":false,'
        '"htmlFormatted":false,"idLookup":false,"inlineHelpText":null,"label":"Show Time As","length":40,"mask":null,'
        '"maskType":null,"name":"ShowAs","nameField":false,"namePointing":false,"nillable":true,"permissionable":false,'
        '"picklistValues":[{"active":true,"defaultValue":true,"label":"Busy","validFor":null,"value":"Busy"}],'
        '"polymorphicForeignKey":false,"precision":0,"queryByDistance":false,"referenceTargetField":null,'
        '"referenceTo":[],"relationshipName":null,"relationshipOrder":null,"restrictedDelete":false,'
        '"restrictedPicklist":true,"scale":0,"searchPrefilterable":false,"soapType":"xsd:string","sortable":true,'
        '"type":"picklist","unique":false,"updateable":true,"writeRequiresMasterRead":false}'
    )
    ours = field("Event.ShowAs")
    assert recorded["picklistValues"] == ours["picklistValues"][:1]
    assert {**recorded, "picklistValues": None} == {**ours, "picklistValues": None}


@pytest.mark.evidence(*RECORDED)
@pytest.mark.parametrize(
    ("path", "byte_length", "soap_type", "default"),
    [
        ("Account.Id", 18, "tns:ID", None),
        ("Account.Name", 765, "xsd:string", None),
        ("Account.YearStarted", 12, "xsd:string", None),
        ("Account.Description", 96000, "xsd:string", None),
        ("Account.DandbCompanyId", 18, "tns:ID", None),
        ("Account.IsDeleted", 0, "xsd:boolean", False),
        ("Account.AnnualRevenue", 0, "xsd:double", None),
        ("Account.NumberOfEmployees", 0, "xsd:int", None),
        ("Account.BillingAddress", 0, "urn:address", None),
        ("Account.LastActivityDate", 0, "xsd:date", None),
        ("Account.CreatedDate", 0, "xsd:dateTime", None),
        ("Lead.Status", 765, "xsd:string", "Open - Not Contacted"),
    ],
)
def test_bytes_and_soap_types(path: str, byte_length: int, soap_type: str, default: object) -> None:
    """Text takes three bytes a character, ids eighteen, the rest none."""
    ours = field(path)
    assert (byte_length, soap_type, default) == (ours["byteLength"], ours["soapType"], ours["defaultValue"])


@pytest.mark.evidence("recorded", "references in the Account describe recorded by CumulusCI")
@pytest.mark.parametrize(
    ("name", "expected"), [("ParentId", True), ("DandbCompanyId", True), ("MasterRecordId", False)]
)
def test_search_prefilterable(name: str, expected: bool) -> None:
    """A reference that permissions apply to can narrow a lookup search."""
    assert expected == field(f"Account.{name}")["searchPrefilterable"]


@pytest.mark.evidence(*RECORDED)
def test_child_relationships() -> None:
    """Children stand in the order of their names, each with the recorded keys."""
    children = full("Account")["childRelationships"]
    assert {
        "cascadeDelete": False, "childSObject": "Account", "deprecatedAndHidden": False, "field": "ParentId",
        "junctionIdListNames": [], "junctionReferenceTo": [], "relationshipName": "ChildAccounts",
        "restrictedDelete": False,
    } == next(each for each in children if each["field"] == "ParentId")  # fmt: skip
    places = [(each["childSObject"], each["field"]) for each in children]
    assert sorted(places) == places


@pytest.mark.evidence(*RECORDED)
def test_record_types_scopes_and_links() -> None:
    """Objects have the Master record type; links carry the version; the interface has its own host."""
    event = full("Event", "59.0")
    assert [
        {
            "active": True, "available": True, "defaultRecordTypeMapping": True, "developerName": "Master",
            "master": True, "name": "Master", "recordTypeId": "012000000000000AAA",
            "urls": {"layout": "/services/data/v59.0/sobjects/Event/describe/layouts/012000000000000AAA"},
        }
    ] == event["recordTypeInfos"]  # fmt: skip
    assert [
        {"label": "All accounts", "name": "everything"},
        {"label": "My accounts", "name": "mine"},
        {"label": "My team's accounts", "name": "team"},
    ] == full("Account", "48.0")["supportedScopes"]
    account = SCHEMA.sobject("Account")
    assert account is not None
    links = describe.object_describe(SCHEMA, account, "48.0", host="https://example.my.salesforce.com")["urls"]
    assert [
        ("compactLayouts", "/services/data/v48.0/sobjects/Account/describe/compactLayouts"),
        ("rowTemplate", "/services/data/v48.0/sobjects/Account/{ID}"),
        ("approvalLayouts", "/services/data/v48.0/sobjects/Account/describe/approvalLayouts"),
        ("uiDetailTemplate", "https://example.my.salesforce.com/{ID}"),
        ("uiEditTemplate", "https://example.my.salesforce.com/{ID}/e"),
        ("defaultValues", "/services/data/v48.0/sobjects/Account/defaultValues?recordTypeId&fields"),
        ("listviews", "/services/data/v48.0/sobjects/Account/listviews"),
        ("describe", "/services/data/v48.0/sobjects/Account/describe"),
        ("uiNewRecord", "https://example.my.salesforce.com/001/e"),
        ("quickActions", "/services/data/v48.0/sobjects/Account/quickActions"),
        ("layouts", "/services/data/v48.0/sobjects/Account/describe/layouts"),
        ("sobject", "/services/data/v48.0/sobjects/Account"),
    ] == list(links.items())


@pytest.mark.evidence(
    "recorded", "v48 lacks three keys that a later describe of Contact has; the version between is assumed"
)
def test_older_versions_lack_keys() -> None:
    """Version 48 knows no associated entities and no describe option."""
    gone = {"associateEntityType", "associateParentEntity", "sobjectDescribeOption"}
    assert gone == set(keys(FULL_KEYS)) - set(full("Contact", "48.0"))


def test_basic_describe_carries_recent_items() -> None:
    """GET /sobjects/X answers the global entry and what the caller looked at last."""
    account = SCHEMA.sobject("Account")
    assert account is not None
    recent = [{"Id": "001000000000001AAA", "Name": "Acme"}]
    answer = describe.basic_describe(SCHEMA, account, "60.0", recent_items=recent)
    assert ["objectDescribe", "recentItems"] == list(answer)
    assert recent == answer["recentItems"]
    assert describe.global_entry(SCHEMA, account, "60.0") == answer["objectDescribe"]


def test_answers_are_built_once() -> None:
    """The same question to the same schema gets the same object; another version another one."""
    assert full("Task") is full("Task")
    assert full("Task") is not full("Task", "59.0")
    assert full("Task") is not full("Task", schema=load_schema(tomllib.loads(ORG_FILE.read_text("utf-8"))))


def test_custom_fields_and_objects() -> None:
    """What an org file adds is described like everything else."""
    schema = load_schema(tomllib.loads(ORG_FILE.read_text("utf-8")))
    key = field("Task.Planhat_Id__c", schema)
    assert (True, True, True, True, 120) == (
        key["custom"], key["externalId"], key["unique"], key["idLookup"], key["byteLength"],
    )  # fmt: skip
    plan = full("Success_Plan__c", schema=schema)
    assert (True, "a00", "Success Plans") == (plan["custom"], plan["keyPrefix"], plan["labelPlural"])
    master = field("Success_Plan__c.Account__c", schema)
    assert (0, True, False) == (master["relationshipOrder"], master["cascadeDelete"], master["nillable"])
    json.dumps(plan)


def test_hosts_that_clients_name_are_not_kept() -> None:
    """However many hosts clients come by, the kept answers do not grow, and the usual one stays as it was."""
    usual = full("Task")
    kept = len(SCHEMA.described)
    task = SCHEMA.sobject("Task")
    assert task is not None
    for n in range(5):
        answer = describe.object_describe(SCHEMA, task, "60.0", host=f"https://host{n}.example")
        assert f"https://host{n}.example/00T/e" == answer["urls"]["uiNewRecord"]
        assert keys(FULL_KEYS) == list(answer)
    assert kept == len(SCHEMA.described)
    assert usual is full("Task")
    assert "https://understudy.my.salesforce.com/00T/e" == usual["urls"]["uiNewRecord"]


@pytest.mark.evidence("recorded", "the describes of CumulusCI: Contact v59, Lead v59, Event, Case v48, in their order")
@pytest.mark.parametrize(
    ("name", "version", "scopes"),
    [
        ("Contact", "59.0", "everything mine scopingRule team"),
        ("Lead", "59.0", "everything mine queue_owned scopingRule team user_owned"),
        ("Opportunity", "59.0", "everything mine scopingRule team"),
        ("Event", "59.0", "delegated everything mine scopingRule team"),
        ("Case", "48.0", "everything genericteam mine queue_owned team_by_role user_owned"),
        ("Account", "48.0", "everything mine team"),
        ("OpportunityContactRole", "48.0", "everything"),
    ],
)
def test_scopes_as_recorded(name: str, version: str, scopes: str) -> None:
    assert scopes.split() == [each["name"] for each in full(name, version)["supportedScopes"]]


ACCOUNT = "compactLayouts rowTemplate approvalLayouts listviews describe quickActions layouts sobject"
ROW = "createable deletable layoutable queryable replicateable retrieveable triggerable updateable"
MAIN = f"{ROW} feedEnabled mruEnabled searchable undeletable"


@pytest.mark.evidence("recorded", "global describe v52 recorded by CumulusCI")
@pytest.mark.parametrize(
    ("name", "prefix", "true", "links"),
    [
        ("Account", "001", f"{MAIN} mergeable", ACCOUNT),
        ("Contact", "003", f"{MAIN} mergeable", ACCOUNT),
        ("Opportunity", "006", f"{MAIN} deepCloneable", ACCOUNT),
        ("Campaign", "701", f"{MAIN} deepCloneable".replace("feedEnabled ", ""), ACCOUNT),
        (
            "Case", "500", MAIN,
            ACCOUNT.replace("listviews", "caseArticleSuggestions caseRowArticleSuggestions listviews"),
        ),
        ("CampaignMember", "00v", ROW, "compactLayouts rowTemplate describe layouts sobject"),
        ("OpportunityContactRole", "00K", ROW, "compactLayouts rowTemplate describe quickActions layouts sobject"),
        ("Organization", "00D", "queryable replicateable retrieveable updateable", "rowTemplate describe sobject"),
        ("UndecidedEventRelation", None, "queryable retrieveable", "rowTemplate describe sobject"),
        (
            "User", "005", f"{MAIN}".replace("deletable ", "", 1).replace(" undeletable", ""),
            "compactLayouts rowTemplate namedLayouts passwordUtilities describe quickActions layouts sobject",
        ),
    ],
)  # fmt: skip
def test_entries_of_the_global_describe_as_recorded(name: str, prefix: str | None, true: str, links: str) -> None:
    sobject = SCHEMA.sobject(name)
    assert sobject is not None
    entry = describe.global_entry(SCHEMA, sobject, "52.0")
    assert prefix == entry["keyPrefix"]
    assert set(true.split()) == {key for key, value in entry.items() if value is True}
    assert links.split() == list(entry["urls"])


@pytest.mark.evidence("recorded", "describe of OpportunityContactRole, v48 (CumulusCI)")
def test_an_object_that_lists_no_record_type() -> None:
    """Its describe has no master record type, IsDeleted comes last, and the plural is its label."""
    role = full("OpportunityContactRole", "48.0")
    assert [] == role["recordTypeInfos"]
    assert "IsDeleted" == role["fields"][-1]["name"]
    assert "Opportunity Contact Role" == role["labelPlural"]
    assert not any(each["permissionable"] for each in role["fields"])
    assert (
        "/services/data/v48.0/sobjects/OpportunityContactRole/defaultValues?recordTypeId&fields"
        == (role["urls"]["defaultValues"])
    )


@pytest.mark.evidence("recorded", "describe of Event in a scratch org (CumulusCI)")
def test_children_of_an_event() -> None:
    """Lists of invitees stand for relations; occurrences are not told to go with their series."""
    children = {each["relationshipName"]: each for each in full("Event")["childRelationships"]}
    accepted = children["AcceptedEventRelations"]
    assert ["AcceptedEventInviteeIds"] == accepted["junctionIdListNames"]
    assert ["Calendar", "Contact", "Lead", "User"] == accepted["junctionReferenceTo"]
    assert [False, True, True] == [
        children[name]["cascadeDelete"] for name in ("RecurringEvents", "EventRelations", "Attachments")
    ]
    assert list(full("Event")["urls"]) == [
        "compactLayouts", "rowTemplate", "uiDetailTemplate", "uiEditTemplate", "eventSeriesUpdates", "describe",
        "uiNewRecord", "quickActions", "layouts", "sobject",
    ]  # fmt: skip
