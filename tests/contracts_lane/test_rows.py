"""Rows and describes of the seven standard objects are what the document's field tables say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from werkzeug.test import Client

from crm_contracts.openapi import fit_salesforce, load
from crm_contracts.openapi.lane import Lane

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
def lane() -> Iterator[Lane]:
    """The Salesforce lane, seeded."""
    made = fit_salesforce.lane()
    yield made
    made.fake.close()


@pytest.fixture(scope="module")
def org(lane: Lane) -> Any:
    """A caller of the lane's org, and its rows by object."""
    client, headers = Client(lane.fake), lane.headers()

    def get(path: str) -> Any:
        answer = client.get(DATA + path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    return get, lane.seeded["ids"]


def degrees(most: int) -> list[float | str]:
    """Coordinates up to the pole or the date line and beyond, as numbers and as texts."""
    within = [str(most), f"-{most}.0", f"{most}.000000", f"{most - 1}.999999", "0.5"]
    beyond = [f"{most}.000001", f"-{most + 1}", f"{most}0"]
    return [most, -most, most - 0.5, most + 0.000001, -most - 1, *within, *beyond]


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


@pytest.mark.parametrize(
    ("sobject", "part", "values"),
    [
        *((one, "Latitude", degrees(90)) for one in ("Account", "Contact", "Lead")),
        *((one, "Longitude", degrees(180)) for one in ("Account", "Contact", "Lead")),
        ("Opportunity", "Probability", [999, -999, 1000, "999.49", "999.5", "998.9", "-99.9", "100", "1000"]),
    ],
)
def test_the_document_takes_the_numbers_that_the_fake_takes(
    lane: Lane, sobject: str, part: str, values: list[float | str]
) -> None:
    """The ends of a field's range are the same in both."""
    client, headers = Client(lane.fake), lane.headers()
    row = f"{DATA}/sobjects/{sobject}/{lane.seeded['ids'][sobject][0]}"
    bodies = [SCHEMAS[f"{sobject}{kind}"]["properties"] for kind in ("Create", "Update")]
    fields = [(name, schema) for body in bodies for name, schema in body.items() if name.endswith(part)]

    assert fields
    for name, schema in fields:
        taken = [client.patch(row, json={name: one}, headers=headers).status_code == 204 for one in values]
        document = jsonschema_rs.validator_for(schema)
        assert taken == [document.is_valid(one) for one in values]
        assert {True, False} == set(taken)


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
