"""Bulk upsert beyond the documented example: matching, order, errors, permissions, the number of statements."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from fake_planhat import ApiToken

from .conftest import COMPANY_ID, OTHER_ID, TOKEN, USER_ID, Api


def counts(answer: Any) -> tuple[int, int, int]:
    result = answer.json()
    return result["created"], result["updated"], result["nonupdates"]


@pytest.mark.evidence("documented", "developer documentation, Bulk upsert; help article on uniqueness")
def test_priority_of_keys(api: Api) -> None:
    """`_id` wins over sourceId, sourceId over externalId, externalId over e-mail; the lesser keys are then changed."""
    made = api.made("/endusers", {"companyId": COMPANY_ID, "email": "a@x.example"})
    path = f"/endusers/{made['_id']}"
    steps = [
        {"_id": made["_id"], "sourceId": "s", "externalId": "e"},
        {"sourceId": "s", "externalId": "e2"},
        {"externalId": "e2", "companyId": COMPANY_ID, "email": "b@x.example"},
        {"email": "b@x.example", "phone": "1"},
    ]

    for step in steps:
        assert (0, 1, 0) == counts(api.put("/endusers", [step])), step

    row = api.row(path)
    assert ("s", "e2", "b@x.example", "1") == (row["sourceId"], row["externalId"], row["email"], row["phone"])


@pytest.mark.evidence("documented", "help article on uniqueness: externalId is unique per company")
def test_external_id_is_matched_in_its_company(api: Api) -> None:
    """The same externalId in another company is another record; without a company the first one is meant."""
    items = [{"externalId": "e", "companyId": company, "subject": "x"} for company in (COMPANY_ID, OTHER_ID)]

    assert (2, 0, 0) == counts(api.put("/conversations", items))
    assert (0, 1, 1) == counts(
        api.put("/conversations", [items[0], {**items[1], "subject": "y"}]),
    )
    changed = api.put("/conversations", [{"externalId": "e", "subject": "z"}]).json()["modified"]
    assert [min(one["_id"] for one in api.get("/conversations").json())] == changed


@pytest.mark.evidence("assumed", "order of processing is not documented")
def test_items_see_what_earlier_items_did(api: Api) -> None:
    """A later item matches a record an earlier one made, moved to another key, or renamed."""
    answer = api.put(
        "/tasks",
        [
            {"sourceId": "a", "companyId": COMPANY_ID, "action": "1"},
            {"sourceId": "a", "action": "2"},
            {"sourceId": "a", "action": "2"},
        ],
    )
    task_id = answer.json()["upsertedIds"][0]
    moved = api.put(
        "/tasks",
        [
            {"_id": task_id, "sourceId": "b"},
            {"sourceId": "a", "companyId": COMPANY_ID},
            {"sourceId": "b", "action": "3"},
        ],
    )

    assert (1, 1, 1) == counts(answer)
    assert (1, 2, 0) == counts(moved)
    assert "3" == api.row(f"/tasks/{task_id}")["action"]


@pytest.mark.evidence("documented", "developer documentation, Bulk upsert")
def test_failed_items_name_themselves_and_leave_the_rest(api: Api) -> None:
    """Inserts that fail are in createdErrors, updates that fail in updatedErrors; the others are carried out."""
    api.task(sourceId="s")
    items: list[Any] = [
        {"action": "no company"},
        {"sourceId": "s", "startTime": "never"},
        {"_id": "0" * 24, "action": "x"},
        {"_id": "short"},
        7,
        {"sourceId": "s", "status": "done"},
        {"sourceId": "s", "action": "good"},
    ]

    answer = api.put("/tasks", items)

    result = answer.json()
    assert (206, (0, 1, 0)) == (answer.status_code, counts(answer))
    assert [(0, "companyId is required"), (4, "Bad Request")] == [
        (one["index"], one["message"]) for one in result["createdErrors"]
    ]
    assert [1, 2, 3, 5] == [one["index"] for one in result["updatedErrors"]]
    assert items[1] == result["updatedErrors"][0]["item"]
    assert "good" == api.row("/tasks/srcid-s")["action"]


@pytest.mark.evidence("documented", "developer documentation, HTTP response codes and Bulk upsert")
@pytest.mark.parametrize(
    ("permitted", "status", "outcome", "refused"),
    [(set(), 403, (0, 0, 0), 2), ({"create"}, 403, (1, 0, 0), 1), ({"create", "update"}, 200, (1, 1, 0), 0)],
)
def test_permissions_per_operation(
    make_api: Any, permitted: set[str], status: int, outcome: tuple[int, int, int], refused: int
) -> None:
    """What a token may not do is in permissionErrors, with a 403; what it may is done."""
    tokens = [ApiToken(TOKEN), ApiToken("some", permissions={"Task": frozenset(permitted)})]
    api = make_api(tokens=tokens)
    api.task(sourceId="s")
    items = [{"companyId": COMPANY_ID, "action": "new"}, {"sourceId": "s", "action": "changed"}]

    answer = api.put("/tasks", items, headers={"Authorization": "Bearer some"})

    assert (status, outcome, refused) == (answer.status_code, counts(answer), len(answer.json()["permissionErrors"]))


@pytest.mark.evidence("documented", "developer documentation, Bulk upsert: 5,000 items")
def test_five_thousand_items_are_a_handful_of_statements(api: Api) -> None:
    """5,000 items are looked up and written together; 5,001 are refused."""
    items = [
        {"sourceId": f"s{n}", "companyId": "srcid-001A", "ownerId": USER_ID, "action": f"{n}"} for n in range(5_000)
    ]
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    engine = api.fake.store._engine
    sa.event.listen(engine, "before_cursor_execute", note)
    inserted = api.put("/tasks", items)
    same = api.put("/tasks", items)
    closed = api.put("/tasks", [{"sourceId": one["sourceId"], "status": "Done"} for one in items])
    sa.event.remove(engine, "before_cursor_execute", note)

    assert [(5_000, 0, 0), (0, 0, 5_000), (0, 5_000, 0)] == [counts(one) for one in (inserted, same, closed)]
    assert len(statements) < 25, statements
    assert 400 == api.put("/tasks", [*items, {}]).status_code
    assert 2_000 == len(api.get("/conversations?limit=2000").json())


@pytest.mark.evidence("documented", "developer documentation, each model's bulk section")
@pytest.mark.parametrize(
    ("path", "item"),
    [
        ("/companies", {"externalId": "new", "name": "N"}),
        ("/endusers", {"externalId": "new", "companyId": COMPANY_ID}),
        ("/users", {"externalId": "new", "email": "n@us.example", "firstName": "N", "lastName": "N"}),
        ("/tasks", {"sourceId": "new", "companyId": COMPANY_ID}),
        ("/conversations", {"externalId": "new", "companyId": COMPANY_ID}),
    ],
)
def test_every_model_has_a_bulk_route(api: Api, path: str, item: dict[str, Any]) -> None:
    """The same item is created, then left alone, then changed."""
    outcomes = [counts(api.put(path, [body])) for body in (item, item, {**item, "custom": {"X": 1}})]

    assert [(1, 0, 0), (0, 0, 1), (0, 1, 0)] == outcomes


@pytest.mark.evidence("assumed", "unknown keys of a body are dropped silently: the one with an empty name, too")
@pytest.mark.parametrize("value", [["x"], True, "extid-nowhere"])
def test_a_property_with_an_empty_name_is_no_reference(api: Api, value: Any) -> None:
    """A model without a company takes no key of a body, not even the one named by the empty text, for its company."""
    sheet = api.made("/timesheets", {"dateFrom": 20454, "dateTo": 20460})
    person = {"email": "n@us.example", "firstName": "N", "lastName": "O", "": value}

    told = [
        api.put("/users", [person]),
        api.put("/companies", [{"externalId": "acme", "name": "N", "": value}]),
        api.put(f"/timesheets/{sheet['_id']}", {"": value}),
    ]

    assert [200, 200, 200] == [one.status_code for one in told], told
