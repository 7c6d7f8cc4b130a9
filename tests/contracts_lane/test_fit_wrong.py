"""What the lanes make of a drawn case that is meant to be wrong: the vendor, too, sees that it is.

Each case is one that a night's lane drew and that the fake rightly took.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from werkzeug.test import Client

from crm_contracts.openapi.lanes import make_lanes

LANES = make_lanes()
VALID, WRONG = (SimpleNamespace(mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
WITHOUT_A_COMPANY = [
    {"companyId": "extid-acme", "sourceId": "Au", "email": "au@acme.example"},
    {"sourceId": "Au", "email": "au@acme.example"},
]


@pytest.mark.parametrize(
    ("vendor", "operation_id", "path", "query", "body"),
    [
        ("planhat", "bulkUpsertEndusers", {}, {}, WITHOUT_A_COMPANY),
        ("salesforce", "createRecord.Contact", {"version": "v62.0"}, {}, {"LastName": "Müller", "Email": " \t"}),
        ("totango", "listActive", {"list_id": "1"}, {"length": ""}, None),
        ("totango", "listActive", {"list_id": "1"}, {"offset": ""}, None),
    ],
)
def test_a_wrong_case_is_not_taken_as_it_stands(
    vendor: str, operation_id: str, path: dict[str, str], query: dict[str, str], body: Any
) -> None:
    """Whoever is meant to be refused is, at least in part."""
    lane = LANES[vendor]
    lane.fake.reset()
    operation = lane.operations[operation_id]
    where = ParameterLocation.QUERY if query else ParameterLocation.BODY
    case = SimpleNamespace(
        operation=operation,
        method=operation.method.upper(),
        path=operation.path,
        path_parameters=dict(path),
        query=dict(query),
        body=body,
        media_type="application/json",
        meta=SimpleNamespace(components={ParameterLocation.PATH: VALID, where: WRONG}),
    )

    lane.fit(case, lane)
    answer = Client(lane.fake).open(
        case.path.format(**case.path_parameters),
        method=case.method,
        query_string=case.query,
        headers=lane.headers(case.path),
        **({} if body is None else {"json": case.body}),
    )

    assert answer.status_code in {206, 400}, answer.text
