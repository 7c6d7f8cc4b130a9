"""Rows and describes of the seven standard objects are what the document's field tables say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from werkzeug.test import Client

from crm_contracts.openapi import fit_salesforce, load

DOCUMENT = load("salesforce")
SCHEMAS = DOCUMENT["components"]["schemas"]
DATA = fit_salesforce.DATA
TYPES = {
    "string": {"string", "textarea", "phone", "url", "email", "picklist", "combobox", "id", "reference"},
    "boolean": {"boolean"},
    "integer": {"int"},
    "number": {"double", "currency", "percent"},
    "Date": {"date"},
    "DateTime": {"datetime"},
    "Address": {"address"},
}


@pytest.fixture(scope="module")
def org() -> Iterator[Any]:
    """The lane's org: its rows by object, and a caller."""
    lane = fit_salesforce.lane()
    client, headers = Client(lane.fake), lane.headers()

    def get(path: str) -> Any:
        answer = client.get(DATA + path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    yield get, lane.seeded["ids"]
    lane.fake.close()


def said(schema: dict[str, Any]) -> tuple[str, bool]:
    """What an output schema says: a key of TYPES, and whether null is allowed."""
    options = schema.get("anyOf", [schema])
    null = any(one.get("type") == "null" or "null" in one.get("type", ()) for one in options)
    first = options[0]
    if "$ref" in first:
        return first["$ref"].rpartition("/")[2], null
    kinds = first["type"] if isinstance(first["type"], list) else [first["type"]]
    return kinds[0], null


@pytest.mark.evidence("recorded", "describes and rows of Developer scratch orgs, v48 to v60 (CumulusCI)")
@pytest.mark.parametrize("sobject", fit_salesforce.OBJECTS)
def test_a_whole_row_is_as_documented(org: Any, sobject: str) -> None:
    """GET without fields= gives attributes first, then every field of the describe in its order."""
    get, ids = org
    row = get(f"/sobjects/{sobject}/{ids[sobject][0]}")
    schema = {"$ref": f"#/components/schemas/{sobject}Row", "components": {"schemas": SCHEMAS}}
    found = [
        f"{'/'.join(map(str, one.instance_path))}: {one.message}"
        for one in jsonschema_rs.validator_for(schema).iter_errors(row)
    ]
    described = [field["name"] for field in get(f"/sobjects/{sobject}/describe")["fields"]]

    assert [] == found
    assert ["attributes", *described] == list(row)


@pytest.mark.evidence("recorded", "describes of Developer scratch orgs, v48 to v60 (CumulusCI)")
@pytest.mark.parametrize("sobject", fit_salesforce.OBJECTS)
def test_the_describe_says_what_the_document_says_of_rows(org: Any, sobject: str) -> None:
    """Type and nillable of each field agree with the output schema of the row."""
    get, _ = org
    fields = {field["name"]: field for field in get(f"/sobjects/{sobject}/describe")["fields"]}
    wrong = []
    for name, schema in SCHEMAS[f"{sobject}Row"]["properties"].items():
        if name == "attributes":
            continue
        kind, null = said(schema)
        field = fields[name]
        if field["type"] not in TYPES[kind] or (kind != "Address" and null != field["nillable"]):
            wrong.append((name, kind, null, field["type"], field["nillable"]))

    assert [] == wrong


@pytest.mark.evidence("recorded", "describes of Developer scratch orgs, v48 to v60 (CumulusCI)")
@pytest.mark.parametrize("flag", ["createable", "updateable"])
@pytest.mark.parametrize("sobject", fit_salesforce.OBJECTS)
def test_the_describe_says_what_the_document_says_of_bodies(org: Any, sobject: str, flag: str) -> None:
    """Who may write a field, how long its text may be and which values it takes agree with the body schemas."""
    get, _ = org
    fields = {field["name"]: field for field in get(f"/sobjects/{sobject}/describe")["fields"]}
    bodies = SCHEMAS[f"{sobject}{'Create' if flag == 'createable' else 'Update'}"]["properties"]
    wrong: list[tuple[Any, ...]] = []
    for name, schema in bodies.items():
        field = fields[name]
        longest = schema.get("maxLength", field["length"])
        if not field[flag] or longest != field["length"]:
            wrong.append((name, field[flag], longest, field["length"]))
        values = {one["value"] for one in field["picklistValues"]}
        if field["type"] == "picklist" and not {one for one in schema.get("enum", ()) if one} <= values:
            wrong.append((name, schema["enum"], values))

    assert [] == wrong


@pytest.mark.parametrize("sobject", [one for one in fit_salesforce.OBJECTS if one != "Event"])
def test_what_the_describe_requires_the_document_requires(org: Any, sobject: str) -> None:
    """Required on create: not nillable, createable and without a default (an event's times follow their own rule)."""
    get, _ = org
    required = {
        field["name"]
        for field in get(f"/sobjects/{sobject}/describe")["fields"]
        if field["createable"] and not field["nillable"] and not field["defaultedOnCreate"]
    }

    assert set(SCHEMAS[f"{sobject}Create"].get("required", ())) == required
