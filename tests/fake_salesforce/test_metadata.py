"""The schema: standard objects from data files, and the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fake_salesforce.record_ids import canonical
from fake_salesforce.schema import object_files, object_words
from fake_salesforce.schema.metadata import DELETED_AT, Field, Schema, SObject
from fake_salesforce.schema.object_files import load_schema

from .schemas import field_of, get, planhat_org

GRADES = {"recorded", "documented", "client-derived", "assumed"}
SCHEMA = load_schema()
FIELDS = [(sobject, field) for sobject in SCHEMA.sobjects for field in sobject.fields]
every_object = pytest.mark.parametrize("sobject", SCHEMA.sobjects, ids=lambda each: each.name)


def words(**given: Any) -> dict[str, Any]:
    """Attributes a field is to have."""
    return given


# --- The data files are whole ---------------------------------------------------------------------


def test_no_object_file_is_forgotten() -> None:
    """Every file in data/objects is read."""
    folder = Path(object_files.__file__).parents[1] / "data" / "objects"
    assert sorted(path.stem for path in folder.glob("*.toml")) == sorted(object_words.OBJECT_FILES)


@every_object
def test_evidence_of_every_object_and_field(sobject: SObject) -> None:
    """Each object and field says where its facts come from, and how sure they are."""
    carriers: list[SObject | Field] = [sobject, *sobject.fields]
    for each in carriers:
        assert each.grade in GRADES, each.name
        assert each.source.strip(), each.name


@every_object
def test_shape_of_every_object(sobject: SObject) -> None:
    """An object has an Id, at most one name field, one field of a name, and a key prefix of its own."""
    assert "Id" == sobject.fields[0].name
    assert sum(field.name_field for field in sobject.fields) <= 1
    names = [field.name.lower() for field in sobject.fields]
    assert len(names) == len(set(names))
    if sobject.view is not None:
        assert sobject.key_prefix is None  # its rows are another object's
        return
    assert sobject.key_prefix is not None
    assert 3 == len(sobject.key_prefix)
    assert ("ContentDocument" if "ContentNote" == sobject.name else sobject.name) == getattr(
        SCHEMA.by_prefix(sobject.key_prefix), "name", None
    )


@pytest.mark.parametrize(("sobject", "field"), FIELDS, ids=lambda each: each.name)
def test_every_picklist_default_is_one_of_its_values(sobject: SObject, field: Field) -> None:
    """A picklist has at most one default, it is one of the values, and it is what an omitted field gets."""
    values = [entry.value for entry in field.picklist]
    assert len(values) == len(set(values))
    if field.type == "picklist":
        assert values, f"{sobject.name}.{field.name} has no values"
        marked = [entry.value for entry in field.picklist if entry.default]
        assert ([] if field.default is None else [field.default]) == marked
        assert all(len(value) <= field.length for value in values)


@pytest.mark.parametrize(("sobject", "field"), FIELDS, ids=lambda each: each.name)
def test_every_reference_target_is_known(sobject: SObject, field: Field) -> None:
    """A reference points at objects of this schema or at names listed as external."""
    assert field.is_reference == bool(field.reference_to)
    for target in field.reference_to:
        assert SCHEMA.sobject(target) or target in object_files.known_external_names(), target
    if len(field.reference_to) > 1:
        assert field.polymorphic, f"{sobject.name}.{field.name}"


def test_no_external_name_is_needless() -> None:
    """A name listed as external is the target of something, and not an object of this schema."""
    targets = {target for _, field in FIELDS for target in field.reference_to}
    external = object_files.known_external_names()
    assert set() == {name for name in external if SCHEMA.sobject(name)}
    # With features and custom fields off, some names are only reachable from an org file.
    assert {"Calendar", "Individual", "UserLicense"} <= targets & external


@every_object
def test_names_of_relationships_are_unambiguous(sobject: SObject) -> None:
    """A path or a sub-query names one relationship."""
    up = [field.relationship_name for field in sobject.references if field.relationship_name]
    assert len(up) == len(set(up))
    down = [(child.name, child.child.name) for child in SCHEMA.children(sobject) if child.name]
    assert len(down) == len(set(down))


@every_object
def test_parts_name_a_compound_of_the_same_object(sobject: SObject) -> None:
    """The parts of an address or a person's name stand beside it."""
    for field in sobject.fields:
        if field.compound_field_name is not None:
            assert sobject.field(field.compound_field_name), field.name


# --- What the facts say ----------------------------------------------------------------------------


@pytest.mark.evidence("recorded", "describes recorded by CumulusCI, v48 to v60")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Account.Name", words(type="string", length=255, label="Account Name", nillable=False, name_field=True)),
        ("Account.Phone", words(type="phone", length=40, nillable=True, createable=True, groupable=True)),
        ("Account.AnnualRevenue", words(type="currency", precision=18, scale=0, groupable=False, sortable=True)),
        ("Account.BillingLatitude", words(type="double", precision=18, scale=15, compound_field_name="BillingAddress")),
        ("Account.BillingState", words(label="Billing State/Province", length=80)),
        ("Account.BillingAddress", words(type="address", createable=False, sortable=False, column=False)),
        ("Account.Description", words(type="textarea", length=32000, filterable=False, sortable=False)),
        ("Contact.LastName", words(length=80, required=True, compound_field_name="Name")),
        ("Contact.Name", words(length=121, createable=False, updateable=False, name_field=True)),
        ("Contact.Email", words(type="email", length=80, id_lookup=True)),
        ("Lead.Company", words(length=255, required=True)),
        ("Lead.Status", words(length=255, default="Open - Not Contacted", restricted_picklist=False)),
        ("Lead.OwnerId", words(reference_to=("Group", "User"), polymorphic=True, name_pointing=True)),
        ("Opportunity.StageName", words(length=255, required=True, default=None)),
        ("Opportunity.Probability", words(type="percent", precision=3, scale=0, defaulted_on_create=True)),
        ("Opportunity.ContactId", words(createable=True, updateable=False, relationship_name=None)),
        ("Case.CaseNumber", words(name_field=True, createable=False, auto_number="{00000000}")),
        ("Case.Priority", words(default="Medium")),
        ("Event.ShowAs", words(default="Busy", restricted_picklist=True, length=40)),
        ("Event.Subject", words(type="combobox", length=255, groupable=False)),
        ("Event.EventSubtype", words(createable=True, updateable=False, restricted_picklist=True)),
        ("Account.Id", words(type="id", length=18, label="Account ID", id_lookup=True, createable=False)),
        ("Account.CreatedDate", words(type="datetime", createable=False, defaulted_on_create=True)),
    ],
)
def test_recorded_fields(path: str, expected: dict[str, Any]) -> None:
    """Fields have the types, sizes and flags that real describes have."""
    field = field_of(SCHEMA, path)
    assert expected == {name: getattr(field, name) for name in expected}


@pytest.mark.evidence("documented", "Object Reference v67, Task")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Task.Subject", words(type="combobox", length=255, name_field=True, nillable=True)),
        ("Task.Status", words(default="Not Started", nillable=False, required=False, restricted_picklist=False)),
        ("Task.Priority", words(default="Normal", nillable=False, required=False)),
        ("Task.WhoId", words(reference_to=("Contact", "Lead"), relationship_name="Who", polymorphic=True)),
        ("Task.TaskSubtype", words(createable=True, updateable=False, restricted_picklist=True)),
        ("Task.CompletedDateTime", words(type="datetime", createable=False, updateable=False)),
        ("Task.AccountId", words(createable=False, updateable=False)),
        ("Task.IsClosed", words(createable=False, default=False)),
        ("Task.Description", words(type="textarea", length=32000)),
    ],
)
def test_documented_task_fields(path: str, expected: dict[str, Any]) -> None:
    """Task has the fields of its documentation."""
    field = field_of(SCHEMA, path)
    assert expected == {name: getattr(field, name) for name in expected}


@pytest.mark.evidence("documented", "Object Reference v62 and v67, required fields of each object")
@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("Account", ["Name"]),
        ("Contact", ["LastName"]),
        ("Lead", ["LastName", "Company"]),
        ("Opportunity", ["Name", "StageName", "CloseDate"]),
        ("Case", []),
        ("Task", []),
        ("Event", []),
        ("User", ["Username", "LastName", "Email", "Alias", "CommunityNickname", "TimeZoneSidKey", "LocaleSidKey",
                  "EmailEncodingKey", "ProfileId", "LanguageLocaleKey"]),
    ],
)  # fmt: skip
def test_required_on_create(name: str, required: list[str]) -> None:
    """What a create must name: not nillable, createable and without a default."""
    assert required == [field.name for field in get(SCHEMA, name).required_fields]


@pytest.mark.evidence("recorded", "child relationships of Account and Contact, recorded by CumulusCI")
@pytest.mark.parametrize(
    ("parent", "child", "field", "name", "cascade", "restricted"),
    [
        ("Account", "Account", "ParentId", "ChildAccounts", False, False),
        ("Account", "Contact", "AccountId", "Contacts", True, False),
        ("Account", "Opportunity", "AccountId", "Opportunities", True, False),
        ("Account", "Case", "AccountId", "Cases", False, True),
        ("Account", "Task", "WhatId", "Tasks", True, False),
        ("Account", "Task", "AccountId", None, False, False),
        ("Account", "Event", "WhatId", "Events", True, False),
        ("Account", "Event", "AccountId", None, False, False),
        ("Account", "Lead", "ConvertedAccountId", None, False, False),
        ("Contact", "Case", "ContactId", "Cases", False, True),
        ("Contact", "Contact", "ReportsToId", None, False, False),
        ("Contact", "Event", "WhoId", "Events", True, False),
        ("Contact", "Opportunity", "ContactId", "Opportunities", False, False),
    ],
)
def test_recorded_child_relationships(
    parent: str, child: str, field: str, name: str | None, cascade: bool, restricted: bool
) -> None:
    """Children are named, deleted along or in the way as the real describes say."""
    found = [
        (each.name, each.cascade_delete, each.restricted_delete)
        for each in SCHEMA.children(get(SCHEMA, parent))
        if (each.child.name, each.field.name) == (child, field)
    ]
    assert [(name, cascade, restricted)] == found


@pytest.mark.evidence("recorded", "describes recorded by CumulusCI; User, UserRole and Task documented")
def test_names_of_parents() -> None:
    """A standard relationship is called as its field without Id; a few have no name."""
    nameless = {
        "Task.RecurrenceActivityId", "Event.RecurrenceActivityId", "Opportunity.ContactId",
        "User.DelegatedApproverId", "UserRole.ParentRoleId",
    }  # fmt: skip
    for sobject, field in FIELDS:
        if field.is_reference:
            expected = None if f"{sobject.name}.{field.name}" in nameless else field.name.removesuffix("Id")
            assert expected == field.relationship_name, f"{sobject.name}.{field.name}"


@pytest.mark.evidence("documented", "Object Reference: objects without IsDeleted")
@pytest.mark.parametrize("name", ["User", "Organization", "RecordType", "TaskStatus", "OpportunityStage", "Profile"])
def test_objects_without_a_recycle_bin(name: str) -> None:
    """Some objects have no IsDeleted."""
    assert not get(SCHEMA, name).has_recycle_bin
    assert DELETED_AT not in get(SCHEMA, name).table.c


@pytest.mark.evidence("recorded", "absent from the recorded describe of a fresh org")
def test_a_fresh_org_has_no_task_type() -> None:
    """Task.Type is not there until an org adds it, and neither are fields of features that are off."""
    assert None is get(SCHEMA, "Task").field("Type")
    assert None is get(SCHEMA, "Task").field("WhoCount")
    assert None is get(SCHEMA, "Account").field("RecordTypeId")
    with_features = load_schema({"features": ["shared_activities", "record_types"]})
    assert get(with_features, "Task").field("WhoCount")
    assert get(with_features, "Account").field("RecordTypeId")


@pytest.mark.evidence("documented", "Object Reference v67, TaskStatus and TaskPriority; stage defaults assumed")
def test_rows_behind_statuses_and_stages() -> None:
    """Statuses and stages are rows with ids, and what derived fields follow from."""
    assert ["Completed"] == [row["ApiName"] for row in SCHEMA.rows("TaskStatus") if row["IsClosed"]]
    assert ["High"] == [row["ApiName"] for row in SCHEMA.rows("TaskPriority") if row["IsHighPriority"]]
    assert ["Closed Won"] == [row["ApiName"] for row in SCHEMA.rows("OpportunityStage") if row["IsWon"]]
    assert ["Closed - Converted"] == [row["ApiName"] for row in SCHEMA.rows("LeadStatus") if row["IsConverted"]]
    assert ["Closed"] == [row["ApiName"] for row in SCHEMA.rows("CaseStatus") if row["IsClosed"]]
    for name in SCHEMA.objects_with_rows:
        for row in SCHEMA.rows(name):
            assert row["Id"] == canonical(row["Id"])
            assert all(get(SCHEMA, name).field(column) for column in row)


# --- Looking things up -----------------------------------------------------------------------------


def test_names_are_found_in_any_case() -> None:
    """Objects, fields and relationships are found whatever the case, and answered in their own."""
    task = get(SCHEMA, "tAsK")
    assert "Task" == task.name
    assert "WhatId" == field_of(SCHEMA, "TASK.whatid").name
    assert field_of(SCHEMA, "Task.WhatId") is SCHEMA.parent(task, "WHAT")
    child = SCHEMA.child(get(SCHEMA, "account"), "contacts")
    assert child is not None
    assert ("Contacts", "Contact", "AccountId") == (child.name, child.child.name, child.field.name)


def test_what_is_not_there_is_none() -> None:
    """Looking up an unknown name answers None."""
    task = get(SCHEMA, "Task")
    assert [None] * 5 == [
        SCHEMA.sobject("Nope__c"), task.field("Nope"), SCHEMA.parent(task, "Nope"),
        SCHEMA.child(task, "Nope"), SCHEMA.by_prefix("zzz"),
    ]  # fmt: skip


def test_the_standard_schema_is_shared() -> None:
    """Without an org file the schema is read once, and other keys of a configuration change nothing."""
    assert load_schema() is load_schema({}) is load_schema({"org": {"edition": "Enterprise"}})


def prefixes(schema: Schema) -> list[str | None]:
    """Of the custom objects, by name."""
    return [one.key_prefix for one in schema.sobjects if one.name.endswith("__c")]


def test_a_schema_is_what_its_org_file_says() -> None:
    """Files that say the same in the same order share one; the order of new objects decides their prefixes."""
    file: dict[str, dict[str, Any]] = {"objects": {"A__c": {"fields": {}}, "B__c": {"fields": {}}}}
    turned = {"objects": dict(reversed(file["objects"].items()))}
    one, other = load_schema(file), load_schema(turned)

    assert one is load_schema({**file, "org": {"edition": "Enterprise"}})
    for number in range(10):
        load_schema({"objects": {f"Other{number}__c": {"fields": {}}}})
    assert prefixes(one) == prefixes(other)[::-1]
    assert [prefixes(one), prefixes(other)] == [prefixes(load_schema(said)) for said in (file, turned)]
    assert get(load_schema(file), "A__c").field("New__c") is None
    file["objects"]["A__c"]["fields"]["New__c"] = {"type": "string(9)"}
    assert get(load_schema(file), "A__c").field("New__c") is not None


# --- Tables ----------------------------------------------------------------------------------------


@every_object
def test_tables(sobject: SObject) -> None:
    """A table has one column for each stored field; compounds have none, checkboxes are never null."""
    hidden = [DELETED_AT] if sobject.has_recycle_bin else []
    assert [field.name for field in sobject.fields if field.column] + hidden == list(sobject.table.c.keys())
    assert ["Id"] == [column.name for column in sobject.table.primary_key]
    for field in sobject.columns:
        if field.type == "boolean":
            assert not sobject.table.c[field.name].nullable


def test_tables_can_be_created_and_are_indexed() -> None:
    """SQLite takes the tables, and uses an index for ids, references, external ids and stamps."""
    schema = planhat_org()
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        schema.metadata.create_all(connection)
        for where in (
            "\"Id\" = 'x'",
            "\"WhatId\" = 'x'",
            "\"WhoId\" IN ('x', 'y')",
            "\"Planhat_Id__c\" = 'x' COLLATE NOCASE",
            "\"Subject\" = 'x' COLLATE NOCASE",
            "\"Status\" = 'x' COLLATE NOCASE",
            "\"SystemModstamp\" > 'x'",
            "\"LastModifiedDate\" > 'x'",
            "\"ActivityDate\" = 'x'",
        ):
            plan = connection.exec_driver_sql(f'EXPLAIN QUERY PLAN SELECT * FROM "Task" WHERE {where}').all()
            assert "USING INDEX" in str(plan), (where, plan)
    engine.dispose()
