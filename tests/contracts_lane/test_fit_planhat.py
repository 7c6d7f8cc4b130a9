"""What the Planhat lane makes of a drawn case that is meant to be valid, and what its document has to tell of bodies.

Hypothesis draws names and values from the texts of our own source, too: `_id`, `days`, or a key that the seed took.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from werkzeug.test import Client

from crm_contracts.openapi import load
from crm_contracts.openapi.fit_planhat import lane as make_lane
from crm_contracts.openapi.lane import Lane
from fake_planhat.models import MODELS, TICKET, Model

SCHEMAS: dict[str, Any] = load("planhat")["components"]["schemas"]
WRITTEN = [one for one in (*MODELS, TICKET) if f"{one.name}In" in SCHEMAS]
NAMES = {"firstName": "A", "lastName": "B"}


@pytest.fixture(scope="module")
def lane() -> Lane:
    return make_lane()


def drawn(lane: Lane, operation_id: str, body: Any) -> Any:
    """A case of an operation with *body*, as Schemathesis draws a valid one."""
    operation = lane.operations[operation_id]
    valid = SimpleNamespace(mode=GenerationMode.POSITIVE)
    return SimpleNamespace(
        operation=operation,
        method=operation.method.upper(),
        path=operation.path,
        path_parameters={},
        body=body,
        meta=SimpleNamespace(components={ParameterLocation.BODY: valid}),
    )


def said_of(schema: dict[str, Any]) -> set[str]:
    """The properties that *schema* or a part of it names."""
    parts = [schema, *schema.get("allOf", ()), *schema.get("anyOf", ())]
    named = [SCHEMAS[one["$ref"].rpartition("/")[2]] for one in parts if "$ref" in one]
    return {name for one in parts for name in one.get("properties", ())}.union(*map(said_of, named))


@pytest.mark.parametrize(
    ("operation_id", "body"),
    [
        ("bulkUpsertCompanies", [{"name": "N", "_id": "x"}]),
        ("bulkUpsertCompanies", [{"name": "N", "_id": 5}]),
        ("bulkUpsertCompanies", [{"name": "N", "_id": True}]),
        ("bulkUpsertUsers", [{"email": "n@example.com", "_id": "0" * 24, **NAMES}]),
        ("bulkUpsertCompanies", [{"name": "N", "sourceId": "s", "externalId": "acme"}]),
        ("bulkUpsertUsers", [{"email": "u@example.com", "externalId": "x", **NAMES}]),
        ("createCompany", {"name": "N", "externalId": "acme"}),
        ("createConversation", {"companyId": "extid-acme", "externalId": "c-1"}),
    ],
)
def test_a_key_that_no_valid_case_may_have_is_fitted(lane: Lane, operation_id: str, body: Any) -> None:
    """An item's `_id` names a record that is there, and a key of the seed's rows is not given to a second one."""
    fake = lane.fake
    fake.reset()
    case = drawn(lane, operation_id, body)

    lane.fit(case, lane)
    answer = Client(fake).open(case.path, method=case.method, json=case.body, headers=lane.headers())

    assert 200 == answer.status_code, answer.text


def test_an_item_with_an_id_updates_the_record_it_names(lane: Lane) -> None:
    """Whatever text was drawn as `_id` becomes the `_id` of a record of the seed; nothing is inserted."""
    lane.fake.reset()
    case = drawn(lane, "bulkUpsertCompanies", [{"name": "N", "_id": "x"}])

    lane.fit(case, lane)
    answer = Client(lane.fake).put(case.path, json=case.body, headers=lane.headers()).get_json()

    assert ([], lane.seeded["companies"][:1]) == (answer["upsertedIds"], answer["modified"])


@pytest.mark.parametrize("model", WRITTEN, ids=lambda model: model.name)
@pytest.mark.parametrize("kind", ["In", "Create"])
def test_what_the_fake_casts_the_document_names(model: Model, kind: str) -> None:
    """A property that may be refused for its type is no unknown one: the document gives its type."""
    schema = SCHEMAS.get(f"{model.name}{kind}", SCHEMAS[f"{model.name}In"])

    assert set() == {one.name for one in model.properties if not one.auto} - said_of(schema)
