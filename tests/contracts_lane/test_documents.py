"""The documents and the routes name the same operations, and a document is well formed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from tests.contracts_lane.caller import FOUND, Caller, calling

import fake_salesforce.app
from crm_contracts.ledger import GRADES, data_of
from crm_contracts.openapi import Operation, load, operations
from crm_contracts.openapi.documents import template
from crm_contracts.openapi.lanes import make_lanes
from crm_contracts.vendors import HOSTS, VENDORS
from fake_core.web import STAND_IN_HEADER
from fake_salesforce.operations.not_faked import resources

BELOW_VERSION = "/services/data/<version>"
BELOW_ASYNC = "/services/async/<version>"
DOCUMENTED = {vendor: operations(vendor) for vendor in VENDORS}
NOT_FAKED = [one for vendor in VENDORS for one in DOCUMENTED[vendor] if one.not_faked]
WORDS = {
    "key": "5f1e3c1a7f0b4c399d0e0c5a",
    "tenant": "t",
    "tenant_id": "t",
    "process": "Discount",
    "version": "v60.0",
    "sobject": "Task",
    "api": "u",
    "event_id": "00U",
    "record_id": "00T",
    "rest": "x",
}


def routes(vendor: str) -> dict[str, tuple[str, str]]:
    """operationId -> (method, path template) of the fake's tables."""
    if vendor != "salesforce":
        table = import_module(f"fake_{vendor}.routes").ROUTES
        return {name: (method, template(rule)) for method, rule, name, _ in table}
    open_routes = [(method, rule, name) for method, rule, name, _ in fake_salesforce.app.OPEN_ROUTES]
    below = [(method, BELOW_VERSION + rule, name) for method, rule, name, _ in fake_salesforce.app.ROUTES]
    below += [(method, BELOW_ASYNC + rule, name) for method, rule, name, _ in fake_salesforce.app.ASYNC_ROUTES]
    return {name: (method, template(rule)) for method, rule, name in open_routes + below}


def not_faked(vendor: str) -> set[str]:
    """operationIds of the fake's own list of what it does not play, as far as they are routes."""
    if vendor != "salesforce":
        return {one.operation_id for one in import_module(f"fake_{vendor}.routes").NOT_FAKED}
    return {name for name, row in resources().items() if "path" in row}


def references(node: Any) -> Iterator[str]:
    """Every $ref below *node*."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for one in node.values():
            yield from references(one)
    if isinstance(node, list):
        for one in node:
            yield from references(one)


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_operation_has_a_route_and_every_route_an_operation(vendor: str) -> None:
    """Method, path and operationId of the document are those of the route table."""
    documented = {one.operation_id: (one.method, one.path) for one in DOCUMENTED[vendor] if not one.not_faked}

    assert documented == routes(vendor)


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_not_faked_is_in_the_document(vendor: str) -> None:
    """What a fake lists as not faked is documented as such, and nothing else is."""
    documented = {one.operation_id for one in DOCUMENTED[vendor] if one.not_faked}

    assert documented == not_faked(vendor)


@pytest.mark.parametrize("vendor", VENDORS)
def test_operation_ids_are_unique_and_have_evidence(vendor: str) -> None:
    """Each operation is named once and says how it is known."""
    names = [one.operation_id for one in DOCUMENTED[vendor]]

    assert sorted(set(names)) == sorted(names)
    assert [] == [one for one in DOCUMENTED[vendor] if one.grade not in GRADES or not one.source]


@pytest.mark.parametrize("vendor", VENDORS)
def test_nothing_of_a_document_leads_nowhere_or_is_forgotten(vendor: str) -> None:
    """Every reference has its component, and every component but the row schemas is referred to."""
    document = load(vendor)
    named = {
        f"#/components/{kind}/{name}"
        for kind, parts in document["components"].items()
        if kind != "securitySchemes"
        for name in parts
    }
    bodies = {
        one
        for item in document["paths"].values()
        for row in item.values()
        if isinstance(row, dict)
        for one in row.get("x-bodies", {}).values()
    }
    used = set(references(document)) | bodies
    unused = {one for one in named - used if not one.endswith("Row")}

    assert (set(), set()) == (used - named, unused)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_document_is_openapi(vendor: str) -> None:
    """Schemathesis' own validation finds nothing wrong with the document."""
    import schemathesis

    schema = schemathesis.openapi.from_dict(load(vendor))
    schema.validate()

    assert len(DOCUMENTED[vendor]) == schema.statistic.operations.total


@pytest.fixture(scope="module")
def call() -> Iterator[Caller]:
    """A caller of every fake, each seeded as its lane is."""
    with calling(make_lanes()) as made:
        yield made


@pytest.mark.parametrize("one", NOT_FAKED, ids=lambda one: f"{one.vendor}-{one.operation_id}")
def test_what_is_not_faked_answers_501(call: Caller, one: Operation) -> None:
    """An operation that the vendor has and the fake does not play says so: 501 NOT_FAKED."""
    words = {name: WORDS.get(name, "x") for name in re.findall(r"{(\w+)}", one.path)}
    path = one.path.format_map(words)
    answer = call.clients[one.vendor].open(
        path, method=one.method, json={}, headers=call.lanes[one.vendor].headers(path), base_url=HOSTS[one.vendor]
    )

    assert (501, True) == (answer.status_code, "NOT_FAKED" in answer.text)


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_fake_and_the_document_name_the_same_stand_ins(vendor: str) -> None:
    """data/stand_ins.toml and x-stand-in speak of the same operations, each assumed and each played."""
    stand_ins = [one for one in DOCUMENTED[vendor] if one.stand_in]

    assert {one.operation_id for one in stand_ins} == set(data_of(vendor, "stand_ins.toml"))
    assert [] == [one for one in stand_ins if one.grade != "assumed" or one.not_faked]


@pytest.mark.parametrize("token", ["real", None], ids=["known", "stranger"])
@pytest.mark.parametrize("one", FOUND, ids=lambda one: f"{one.vendor}-{one.operation_id}")
def test_a_stand_in_says_so_and_nothing_else_does(call: Caller, one: Operation, token: str | None) -> None:
    """Every answer of a stand-in, refusals included, carries X-Understudy-Stand-In; no other operation's does."""
    call.lanes[one.vendor].fake.reset()
    answer = call(one, token=token)

    assert bool(one.stand_in) == bool(answer.headers.get(STAND_IN_HEADER, ""))
