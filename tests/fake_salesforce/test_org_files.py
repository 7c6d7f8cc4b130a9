"""Org files laid over the standard objects: what they add and change, and how a bad one is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_core.errors import MisuseError
from fake_salesforce.describes import describe
from fake_salesforce.schema.object_files import load_schema

from .schemas import field_of, get, planhat_org


def test_the_example_org_adds_fields_to_standard_objects() -> None:
    """An org file adds custom fields, and standard fields a fresh org lacks."""
    schema = planhat_org()
    key = field_of(schema, "Task.planhat_id__C")
    assert ("string", 40, True, True, True, True) == (
        key.type, key.length, key.unique, key.external_id, key.id_lookup, key.custom,
    )  # fmt: skip
    assert field_of(schema, "Task.Outcome__c").restricted_picklist
    assert 255 == field_of(schema, "Task.Outcome__c").length
    assert not field_of(schema, "Task.Type").custom
    assert None is get(load_schema(), "Task").field("Planhat_Id__c"), "the standard schema was changed"


def test_the_example_org_adds_an_object() -> None:
    """A custom object has the system fields, a Name, a prefix from a00 on, and relationships with __r."""
    schema = planhat_org()
    plan = get(schema, "Success_Plan__c")
    assert "a00" == plan.key_prefix
    assert plan is schema.by_prefix("a00")
    names = [field.name for field in plan.fields]
    assert ["Id", "IsDeleted", "Name", "CreatedDate"] == names[:4]
    assert "OwnerId" not in names, "a detail has its master's owner"
    assert ["Account__c"] == [field.name for field in plan.required_fields]
    assert "Account__r" == field_of(schema, "Success_Plan__c.Account__c").relationship_name
    child = schema.child(get(schema, "Account"), "Success_Plans__r")
    assert child is not None
    assert child.cascade_delete
    assert "Success_Plan__c" in field_of(schema, "Task.WhatId").reference_to
    assert schema.child(plan, "Tasks")
    assert not field_of(schema, "Success_Plan__c.Notes__c").filterable
    assert "Draft" == field_of(schema, "Success_Plan__c.Stage__c").default


def test_prefixes_follow_the_order_of_the_file() -> None:
    """Custom objects get a00, a01 ... in the order they stand in; a list of them is the same each time."""
    extra: dict[str, Any] = {"objects": {f"Thing{n}__c": {} for n in range(70)}}
    schema = load_schema(extra)
    assert "a00 a01 a0A a0a a10" == " ".join(str(get(schema, f"Thing{n}__c").key_prefix) for n in (0, 1, 10, 36, 62))


def test_automatic_numbers() -> None:
    """A custom object may number its rows instead of naming them."""
    extra = {"objects": {"Ticket__c": {"name_field": {"label": "Number", "auto_number": "T-{0000}"}}}}
    name = field_of(load_schema(extra), "Ticket__c.Name")
    assert ("T-{0000}", "Number", False, False) == (name.auto_number, name.label, name.createable, name.updateable)
    text = field_of(load_schema({"objects": {"Thing__c": {}}}), "Thing__c.Name")
    thing = get(load_schema({"objects": {"Thing__c": {}}}), "Thing__c")
    assert ["Id", "OwnerId", "IsDeleted", "Name", "CreatedDate"] == [field.name for field in thing.fields][:5]
    assert (True, True, False, "Thing Name") == (text.createable, text.updateable, text.required, text.label)


def test_an_org_may_set_its_own_statuses() -> None:
    """Rows of an org file replace the standard statuses, in the table and in the picklist."""
    schema = load_schema(
        {
            "rows": {
                "TaskStatus": [{"MasterLabel": "Open", "IsDefault": True}, {"MasterLabel": "Shut", "IsClosed": True}]
            }
        }
    )
    status = field_of(schema, "Task.Status")
    assert (["Open", "Shut"], "Open") == ([entry.value for entry in status.picklist], status.default)
    assert ["Shut"] == [row["ApiName"] for row in schema.rows("TaskStatus") if row.get("IsClosed")]


def test_an_org_may_change_a_standard_picklist() -> None:
    """Values, default and restriction of a standard picklist can be the org's own."""
    extra = {
        "objects": {"account": {"fields": {"industry": {"values": ["A", "B"], "default": "B", "restricted": True}}}}
    }
    industry = field_of(load_schema(extra), "Account.Industry")
    assert (["A", "B"], "B", True) == (
        [entry.value for entry in industry.picklist], industry.default, industry.restricted_picklist,
    )  # fmt: skip


TASK = "objects.Task.fields.X__c"


def task_field(**row: Any) -> dict[str, Any]:
    """An org file that adds the field X__c to Task."""
    return {"objects": {"Task": {"fields": {"X__c": row}}}}


def one_object(**row: Any) -> dict[str, Any]:
    """An org file with the object Thing__c."""
    return {"objects": {"Thing__c": row}}


BAD_FILES: list[tuple[dict[str, Any], str]] = [
    (task_field(type="blob"), f"{TASK}: type 'blob' is not faked; use one of"),
    (task_field(type="string"), f"{TASK}: type 'string' has no length; say"),
    (task_field(type="string(300)"), f"{TASK}: length 300 is too long; use"),
    (task_field(type="double"), f"{TASK}: type 'double' has no size; say"),
    (task_field(type="string(x)"), f"{TASK}: type 'string(x)' has no size; say"),
    (task_field(type=40), f"{TASK}.type: is 40; make it a text"),
    (task_field(type="date", required="yes"), f"{TASK}.required: is 'yes'; make it true or false"),
    (task_field(), f"{TASK}: has no type; say"),
    ({"objects": {"Task": {"fields": {"X__c": "string(4)"}}}}, f"{TASK}: is 'string(4)'; make it a table"),
    (task_field(type="date", tpye=1), f"{TASK}: 'tpye' is unknown; use"),
    (task_field(type="date", unique=True), f"{TASK}: a date cannot be unique; use"),
    (task_field(type="picklist"), f"{TASK}: a picklist needs its values; say"),
    (task_field(type="picklist", values=["A", "A"]), f"{TASK}: a value stands there twice; remove"),
    (task_field(type="picklist", values=["A", 3]), f"{TASK}.values: is 3; make it a table"),
    (task_field(type="picklist", values=[{"label": "A"}]), f"{TASK}.values: {{'label': 'A'}} has no value; give"),
    (task_field(type="picklist", values=["A"], default="B"), f"{TASK}: default 'B' is not one of its values; use"),
    (task_field(type="boolean", default="yes"), f"{TASK}: default 'yes' does not fit a boolean; give"),
    (task_field(type="double(3,0)", default=True), f"{TASK}: default True does not fit a double; give"),
    (task_field(type="date", default="2026-01-01"), f"{TASK}: a default for a date is not faked; leave"),
    (task_field(type="reference"), f"{TASK}: a reference needs its targets; say"),
    (task_field(type="reference", to=["Nope"]), f"{TASK}: target 'Nope' is no object; name"),
    (task_field(type="reference", to=[3]), f"{TASK}.to: holds 3; make it a list of texts"),
    (task_field(type="reference", to=["Account"], on_delete="x"), f"{TASK}: on_delete 'x'; use one of"),
    (task_field(type="reference", to=["Account"], children="a b"), f"{TASK}: children 'a b' is no name; use"),
    ({"objects": {"Task": {"fields": {"Nope": {"type": "date"}}}}}, "objects.Task.fields.Nope: Task has no such"),
    (
        {"objects": {"Task": {"fields": {"Subject": {"type": "date"}}}}},
        "objects.Task.fields.Subject: 'type' is unknown",
    ),
    ({"objects": {"Task": {"fields": {"IsClosed": {"default": "x"}}}}}, "objects.Task.fields.IsClosed: is a boolean"),
    ({"objects": {"Task": {"label": "To do"}}}, "objects.Task: 'label' is unknown; use fields"),
    ({"objects": {"Thing": {}}}, "objects.Thing: is no standard object here; custom objects end in __c"),
    ({"objects": {"Thing__c": {}, "thing__C": {}}}, "objects.thing__C: stands there twice; remove"),
    (one_object(colour=1), "objects.Thing__c: 'colour' is unknown; use"),
    (one_object(key_prefix="001"), "objects.Thing__c: key_prefix '001'; use"),
    ({"objects": {"A__c": {}, "B__c": {"key_prefix": "a00"}}}, "objects.B__c: its key_prefix is taken; choose"),
    (one_object(fields={"A__c": {"type": "date"}, "a__c": {"type": "date"}}), "objects.Thing__c.fields.a__c: stands"),
    (
        one_object(fields={f"{n}__c": {"type": "reference", "to": ["Account"], "children": "Things"} for n in "AB"}),
        "objects.Thing__c.fields.B__c: children 'Things__r' of Account is also Thing__c.A__c; choose",
    ),
    ({"objects": {"Thing__c": 3}}, "objects.Thing__c: is 3; make it a table"),
    ({"objects": ["Thing__c"]}, "the file.objects: is ['Thing__c']; make it a table"),
    ({"features": ["warp"]}, "features: 'warp' is unknown; use"),
    ({"features": "portals"}, "the file.features: is 'portals'; make it a list"),
    ({"rows": {"Account": []}}, "rows.Account: cannot be given here; use one of"),
    ({"rows": {"TaskStatus": []}}, "rows.TaskStatus: is []; make it a list of tables"),
    ({"rows": {"TaskStatus": [{"IsClosed": True}]}}, "rows.TaskStatus[1]: has no MasterLabel; give"),
    (
        {"rows": {"TaskStatus": [{"MasterLabel": "A", "IsClosed": 1}]}},
        "rows.TaskStatus[1]: IsClosed is 1; give a boolean",
    ),
    (
        {"rows": {"TaskStatus": [{"MasterLabel": "A", "IsWon": True}]}},
        "rows.TaskStatus[1]: TaskStatus has no 'IsWon'; use",
    ),
    ({"rows": {"TaskStatus": [{"MasterLabel": "A"}] * 2}}, "rows.TaskStatus: 'A' stands there twice; remove"),
]


@pytest.mark.parametrize(("extra", "line"), BAD_FILES, ids=[line for _, line in BAD_FILES])
def test_a_bad_org_file_gets_one_clear_line(extra: dict[str, Any], line: str) -> None:
    """A mistake in an org file is named: where, what, and what to do."""
    with pytest.raises(MisuseError) as caught:
        load_schema(extra)
    message = str(caught.value)
    assert message.startswith(f"org file: {line}")
    assert "\n" not in message
    assert "; " in message


WORDS = st.sampled_from(["string(40)", "picklist", "reference", "double(3,1)", "Account", "cascade", "A"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["Task", "T__c", "fields", "X__c", "Type", "type", "to", "values", "default", "label", "unique",
                         "name_field", "auto_number", "children", "on_delete", "TaskStatus", "MasterLabel", "value"]),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


NAMES = st.sampled_from(["Task", "task", "Account", "Thing__c", "thing__c", "Other__c", "Nope", "a b__c"])
FIELD_NAMES = st.sampled_from(["X__c", "x__c", "Y__c", "Type", "Status", "Subject", "WhatId", "OwnerId", "Id", "é__c"])
FIELD_ROWS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string(40)", "string", "picklist", "reference", "double(3,1)", "textarea(999)",
                                 "boolean", "email", "url(9)", "int(4)", "date", "percent(3)", "multipicklist(40)",
                                 "x(1,2,3)"]),
        "to": st.lists(NAMES | JSON, max_size=2),
        "values": st.lists(st.sampled_from(["A", "B", ""]) | st.fixed_dictionaries({"value": JSON}) | JSON, max_size=3),
        "default": st.sampled_from(["A", "B", True, 3, 2.5]) | JSON,
        "children": st.sampled_from(["Things", "Tasks", "x y"]) | JSON,
        "on_delete": st.sampled_from(["clear", "cascade", "restrict"]) | JSON,
        "required": st.booleans() | JSON,
        "unique": st.booleans(),
        "external_id": st.booleans(),
        "restricted": st.booleans(),
        "auto_number": st.sampled_from(["T-{000}", ""]) | JSON,
        "label": st.text(max_size=5) | JSON,
    },
)  # fmt: skip
OBJECTS = st.dictionaries(
    NAMES,
    JSON | st.fixed_dictionaries(
        {},
        optional={
            "fields": JSON | st.dictionaries(FIELD_NAMES, FIELD_ROWS | JSON, max_size=3),
            "activities": st.booleans(),
            "key_prefix": st.sampled_from(["a00", "a01", "001", ""]),
            "name_field": JSON,
        },
    ),
    max_size=3,
)  # fmt: skip
STATUSES = st.lists(st.fixed_dictionaries({"MasterLabel": st.sampled_from(["A", "B", " "])}, optional={
    "IsDefault": st.booleans(), "IsClosed": st.booleans() | JSON, "ApiName": JSON, "SortOrder": JSON,
}), max_size=3)  # fmt: skip


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "objects": OBJECTS | JSON,
            "features": st.lists(st.sampled_from(["portals", "record_types"]), max_size=2) | JSON,
            "rows": st.dictionaries(st.sampled_from(["TaskStatus", "CaseStatus"]), STATUSES | JSON) | JSON,
        },
    )
)
def test_any_org_file_is_taken_or_refused(extra: dict[str, Any]) -> None:
    """Whatever an org file holds, it makes a schema one can use, or a MisuseError; nothing else."""
    try:
        schema = load_schema(extra)
    except MisuseError:
        return
    tables = [name for name in schema.metadata.tables if not name.startswith("understudy_")]
    assert len(schema.sobjects) == len(tables)
    for sobject in schema.sobjects:
        json.dumps(describe.object_describe(schema, sobject, "60.0"))


LABELS = st.text(max_size=12)
GOOD_ROWS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["string(40)", "email", "double(8,2)"])},
        optional={"label": LABELS, "unique": st.booleans(), "external_id": st.booleans(), "required": st.booleans()},
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["date", "datetime", "time", "currency(18,2)", "percent(3,0)", "textarea(32768)", "url"]
            )
        },
        optional={"label": LABELS, "required": st.booleans(), "help": LABELS},
    ),
    st.fixed_dictionaries({"type": st.just("boolean")}, optional={"default": st.booleans()}),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["picklist", "multipicklist(100)"]),
            "values": st.just(["A", {"value": "b", "label": "B"}]),
        },
        optional={"restricted": st.booleans(), "default": st.just("A")},
    ).filter(lambda row: row["type"] == "picklist" or "default" not in row),
    st.fixed_dictionaries(
        {"type": st.just("reference"), "to": st.sampled_from([["Account"], ["User", "Contact"], ["Own__c"]])},
        optional={"on_delete": st.sampled_from(["clear", "cascade", "restrict"]), "required": st.booleans()},
    ),
)
GOOD_FIELDS = st.dictionaries(st.sampled_from(["A__c", "B_2__c", "Long_Name__c", "d__c"]), GOOD_ROWS)


@settings(max_examples=max(20, settings().max_examples // 3))
@given(own=GOOD_FIELDS, to_task=GOOD_FIELDS, activities=st.booleans())
def test_good_org_files_are_taken_whole(own: dict[str, Any], to_task: dict[str, Any], activities: bool) -> None:
    """Every field of a correct org file is there, stored, and described as it was asked for."""
    objects = {"Own__c": {"fields": own, "activities": activities}, "Task": {"fields": to_task}}
    schema = load_schema({"objects": objects})
    engine = sa.create_engine("sqlite://")
    schema.metadata.create_all(engine, tables=[get(schema, name).table for name in objects])
    engine.dispose()
    assert activities == ("Own__c" in field_of(schema, "Task.WhatId").reference_to)
    for name, rows in (("Own__c", own), ("Task", to_task)):
        sobject = get(schema, name)
        described = {each["name"]: each for each in describe.object_describe(schema, sobject, "60.0")["fields"]}
        for key, row in rows.items():
            assert key in sobject.table.c
            entry = described[key]
            assert row["type"].partition("(")[0] == entry["type"]
            assert row.get("unique", False) == entry["unique"]
            assert row.get("external_id", False) == entry["externalId"]
            assert row.get("restricted", False) == entry["restrictedPicklist"]
            assert row.get("default", False if row["type"] == "boolean" else None) == entry["defaultValue"]
            must = row.get("required", False) or row.get("on_delete") == "cascade"
            assert (must or row["type"] == "boolean") == (not entry["nillable"])
            assert entry["custom"]
