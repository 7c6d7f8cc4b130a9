"""Metrics and user activity: pushed to their own host without a token, read back where Planhat shows them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fake_planhat.operations.activity import ACTIVITY_CHANNEL
from fake_planhat.routes import NOT_FAKED, ROUTES

from .conftest import COMPANY_ID, OTHER_ID, TOKEN, Api
from .edge_probes import STRANGER, metric, push, tenant_id

ANN = "5e0000000000000000000001"
PUSHES = ["/dimensiondata", "/analytics", "/analytics/bulk"]


@pytest.fixture
def people(api: Api) -> Api:
    api.control.seed(
        {"endusers": [{"_id": ANN, "companyId": COMPANY_ID, "companyName": "Acme", "email": "ann@x.example",
                       "externalId": "a", "updatedAt": "2025-01-01T00:00:00.000Z"}]}
    )  # fmt: skip
    return api


def activities(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.control.events(channel=ACTIVITY_CHANNEL)["events"]
    return found


@pytest.mark.evidence("documented", "developer documentation, Metrics: a list's row")
def test_a_value_is_read_back(api: Api) -> None:
    """A pushed value is a row of /dimensiondata, with the object's and the company's ids in it."""
    pushed = push(api, "/dimensiondata", metric(date="2026-01-02T10:00:00Z"))

    (row,) = api.get("/dimensiondata").json()

    assert (200, {"processed": 1, "errors": []}) == (pushed.status_code, pushed.json())
    assert ["_id", "dimensionId", "time", "value", "model", "parentId", "companyId", "companyName"] == list(row)
    assert ("logins", "2026-01-02T10:00:00.000Z", 5, "Company", COMPANY_ID, COMPANY_ID, "Acme") == tuple(
        row[key] for key in list(row)[1:]
    )


@pytest.mark.evidence(
    "documented", "developer documentation, Metrics: models Company (default), EndUser, Asset, Project"
)
def test_values_of_endusers(people: Api) -> None:
    """Another model is named; its row tells the object and the object's company. No date means now."""
    push(people, "/dimensiondata", [metric(externalId="a", model="EndUser", value=2.5)])

    (row,) = people.get("/dimensiondata").json()

    assert ("EndUser", ANN, COMPANY_ID, "Acme") == (row["model"], row["parentId"], row["companyId"], row["companyName"])
    assert (2.5, "2026-01-05T09:00:00.000Z") == (row["value"], row["time"])


@pytest.mark.evidence("documented", "developer documentation, Metrics: Company (default), EndUser, Asset, Project")
@pytest.mark.parametrize(("model", "path"), [("Asset", "/assets"), ("Project", "/projects")])
def test_values_of_other_models(api: Api, model: str, path: str) -> None:
    """An asset or a project is named by its own externalId, and no other model's."""
    made = api.made(path, {"companyId": OTHER_ID, "name": "x", "externalId": "acme"})

    push(api, "/dimensiondata", [metric(model=model), metric()])

    own, company = api.get("/dimensiondata").json()
    assert (model, made["_id"], OTHER_ID, "Bolt") == tuple(
        own[key] for key in ("model", "parentId", "companyId", "companyName")
    )
    assert ("Company", COMPANY_ID) == (company["model"], company["parentId"])


@pytest.mark.evidence("assumed", "the answer's keys are documented, an entry of errors is not (switch metric_errors)")
@pytest.mark.parametrize(
    ("item", "text"),
    [
        (metric(dimensionId=None), "dimensionId is required"),
        (metric(value=None), "value is required"),
        (metric(externalId=""), "externalId is required"),
        (metric(value="many"), 'Cast to Number failed for value "many" at path "value"'),
        (metric(date="yesterday"), 'Cast to date failed for value "yesterday" at path "date"'),
        (metric(externalId="nobody"), "externalId not found"),
        (metric(externalId="001A"), "externalId not found"),
        (metric(model="Invoice"), "`Invoice` is not a valid enum value for path `model`."),
        (7, "Bad Request"),
    ],
)
def test_items_are_independent(api: Api, item: Any, text: str) -> None:
    """An item that cannot be taken is told in `errors`; the one before and the one after are kept, and it is 200."""
    answer = push(api, "/dimensiondata", [metric(dimensionId="a"), item, metric(dimensionId="b", value=0)])

    assert (200, 2) == (answer.status_code, answer.json()["processed"])
    assert [{"message": text, "index": 1, "item": item}] == answer.json()["errors"]
    assert [("a", 5), ("b", 0)] == [(one["dimensionId"], one["value"]) for one in api.get("/dimensiondata").json()]


@pytest.mark.evidence("documented", "developer documentation, Metrics: cId, dimid, from, to in days, limit, offset")
@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", [1, 2, 3, 4]),
        (f"cId={COMPANY_ID}", [1, 2, 3]),
        (f"cid={OTHER_ID}", [4]),
        ("cId=extid-acme,srcid-001B", [1, 2, 3, 4]),
        ("cId=nobody", []),
        ("dimid=b", [2, 4]),
        ("dimid=B", []),
        ("from=20455", [2, 3, 4]),
        ("to=20455", [1, 2]),
        ("from=20455&to=20455", [2]),
        ("from=20456&dimid=a", [3]),
        ("from=soon", [1, 2, 3, 4]),
        ("limit=2", [1, 2]),
        ("limit=2&offset=1", [2, 3]),
        ("offset=9", []),
        ("limit=10001", [1, 2, 3, 4]),
    ],
)
def test_filters_of_values(api: Api, query: str, values: list[int]) -> None:
    """Which values a list shows; days count from 1970 and are included on both ends."""
    rows = [("acme", "a", "2026-01-01T23:59:59.999Z"), ("acme", "b", "2026-01-02T00:00:00Z"),
            ("acme", "a", "2026-01-03"), ("bolt", "b", "2026-01-04T12:00:00Z")]  # fmt: skip
    push(
        api,
        "/dimensiondata",
        [
            metric(externalId=company, dimensionId=dimension, value=n, date=date)
            for n, (company, dimension, date) in enumerate(rows, 1)
        ],
    )

    assert values == [one["value"] for one in api.get(f"/dimensiondata?{query}").json()]


@pytest.mark.evidence("assumed", "a value a day: switch metric_same_day")
def test_a_new_value_of_the_day_keeps_the_row(api: Api) -> None:
    """The second value of a day replaces the first under the same `_id`; another day, object or dimension is apart."""
    push(api, "/dimensiondata", metric(date="2026-01-02T01:00:00Z"))
    first = api.get("/dimensiondata").json()[0]["_id"]

    again = [
        metric(value=6, date="2026-01-02T23:00:00Z"),
        metric(value=7, date="2026-01-03"),
        metric(value=8, date="2026-01-02", externalId="bolt"),
        metric(value=9, date="2026-01-02", dimensionId="x"),
    ]
    push(api, "/dimensiondata", again)

    rows = api.get("/dimensiondata").json()
    assert [6, 7, 8, 9] == [one["value"] for one in rows]
    assert (first, "2026-01-02T23:00:00.000Z") == (rows[0]["_id"], rows[0]["time"])


@pytest.mark.evidence("documented", "developer documentation, HTTP response codes; recorded with an empty body (Hull)")
@pytest.mark.parametrize("path", PUSHES)
@pytest.mark.parametrize("body", ["[]", "{}", '[7, null, "x"]', "nonsense", "", '{"email": ', "\x00"])
def test_always_200(api: Api, path: str, body: str) -> None:
    """The sink answers 200 to whatever comes, asks for no credentials, and keeps what can be kept."""
    before = api.fake.store.contents()

    answer = push(api, path, data=body.encode())

    assert 200 == answer.status_code
    assert ("" if path != "/dimensiondata" else 0) == (answer.json()["processed"] if answer.text else "")
    assert before == api.fake.store.contents()


@pytest.mark.evidence("documented", "developer documentation: no auth header; clients send one all the same")
@pytest.mark.parametrize("authorization", ["Bearer wrong", f"Bearer {TOKEN}", "Basic eDp5", "nonsense"])
def test_credentials_are_not_looked_at(api: Api, authorization: str) -> None:
    """What a client shows besides does not matter: the tenant is named in the path."""
    answer = push(api, "/dimensiondata", metric(), headers={"Authorization": authorization})

    assert (200, 1) == (answer.status_code, answer.json()["processed"])


@pytest.mark.evidence("documented", "developer documentation, Authentication and limits")
def test_pushes_are_not_limited(make_api: Any) -> None:
    """Past both limits of the API pushes go on, count for nothing, and carry none of its headers."""
    api = make_api(switches={"rate_limits": "enforce", "soft_limit": "refuse"}, hard_calls_per_second=1)
    assert [200, 429] == [api.get("/users").status_code for _ in range(2)]

    answers = [push(api, path, {"email": "x@x.example"}) for path in PUSHES]

    assert [200] * 3 == [one.status_code for one in answers]
    assert not any(name.lower().startswith("x-rate") for one in answers for name in one.headers)
    assert 1 == api.control.limits()["hard_calls_per_second"]["used"]


@pytest.mark.evidence("documented", "developer documentation, Authentication and limits: 32 MB")
def test_a_body_of_more_than_32_mb(api: Api) -> None:
    """The limit of a push is 32 MB; the answer past it is assumed."""
    answer = push(api, "/analytics/bulk", data=b"[" + b" " * 33_554_432 + b"]")

    assert (413, "request entity too large") == (answer.status_code, answer.text)
    assert 200 == push(api, "/analytics/bulk", data=b"[" + b" " * 33_554_430 + b"]").status_code


@pytest.mark.evidence("documented", "developer documentation: one analytics host, regardless of region")
def test_each_host_has_its_own_routes(api: Api) -> None:
    """The analytics host knows pushes only, the API's hosts everything else: without a token those say 401."""
    pushes = {"pushDimensionData", "pushActivity", "pushActivities", "streamActivities"}
    there: dict[str, set[str]] = {
        "analytics.planhat.com": set(),
        "api.planhat.com": set(),
        "api-eu3.planhat.com": set(),
    }
    known = [(method, rule, name) for method, rule, name, _ in ROUTES if name != "receiveWebhook"]  # it is known by 404
    known += [(row.method, row.path, row.operation_id) for row in NOT_FAKED]
    for method, rule, name in known:
        path = re.sub("<[a-z_]+>", tenant_id(api), rule)
        for host, names in there.items():
            if 404 != api.session.request(method, f"https://{host}{path}", headers={"Authorization": ""}).status_code:
                names.add(name)

    others = {name for _, _, name in known} - pushes
    at_analytics = pushes | {"segment"}  # where a client (cruds 1.9.0) sends it
    assert {"analytics.planhat.com": at_analytics, "api.planhat.com": others, "api-eu3.planhat.com": others} == there


@pytest.mark.evidence("documented", "developer documentation: one analytics host, regardless of region")
def test_a_served_fake_has_all_routes_at_one_port(planhat_http: Any) -> None:
    """On 127.0.0.1 the same port takes calls of the API and pushes."""
    told = planhat_http.credentials
    headers = {"Authorization": f"Bearer {told['token']}"}
    company = {"name": "Acme", "externalId": "acme"}
    planhat_http.session.post(f"{planhat_http.url}/companies", json=company, headers=headers).raise_for_status()

    url = f"{planhat_http.url}/dimensiondata"
    pushed = planhat_http.session.post(f"{url}/{told['tenant']}", json=metric())

    assert {"processed": 1, "errors": []} == pushed.json()
    assert 5 == planhat_http.session.get(url, headers=headers).json()[0]["value"]


@pytest.mark.evidence("documented", "developer documentation: 200 always; what is dropped is a switch")
@pytest.mark.parametrize("path", PUSHES)
def test_a_stranger_s_tenant_id(people: Api, path: str) -> None:
    """Under a tenant id that is nobody's the answer is the same and nothing is kept."""
    before = people.fake.store.contents()

    answer = push(people, path, metric(email="ann@x.example"), tenant=STRANGER)

    assert 200 == answer.status_code
    assert before == people.fake.store.contents()


@pytest.mark.evidence("documented", "developer documentation of 2017, User Tracking: keys and defaults")
def test_an_activity_is_kept(people: Api) -> None:
    """Who, where, what and when; weight and count are 1 and the date is now when they are not told."""
    push(people, "/analytics", {"email": "ann@x.example", "action": "Logged in", "info": {"theme": "Blue"}})
    push(people, "/analytics", {"externalId": "a", "weight": 7, "date": "Thu, 01 Jan 2026 10:00:00 GMT"})

    first, second = activities(people)

    assert (ANN, COMPANY_ID, "Logged in", {"theme": "Blue"}) == tuple(
        first[key] for key in ("enduserId", "companyId", "action", "info")
    )
    assert ("2026-01-05T09:00:00.000Z", 1, 1) == (first["date"], first["weight"], first["count"])
    assert (ANN, "2026-01-01T10:00:00.000Z", 7) == (second["enduserId"], second["date"], second["weight"])


@pytest.mark.evidence("documented", "developer documentation of 2017, User Tracking: API Bulk and API Stream")
@pytest.mark.parametrize("how", ["bulk", "csv"])
def test_activities_in_bulk(people: Api, how: str) -> None:
    """The array's keys are id and cId; a CSV has them in its first line. Items without e-mail and id are ignored."""
    rows = [["acme", "a", "Ann", "", "2", "Logged in", "2026-01-01", "3"],
            ["", "", "Nobody", "", "1", "Logged in", "2026-01-01", "1"]]  # fmt: skip
    header = ["cId", "id", "name", "email", "weight", "action", "date", "count"]
    if how == "bulk":
        answer = push(people, "/analytics/bulk", [dict(zip(header, row, strict=True)) for row in rows])
    else:
        text = "\n".join(",".join(row) for row in [header, *rows])
        answer = push(people, "/analytics/stream/csv", data=text.encode(), method="PUT")

    (kept,) = activities(people)

    assert (200, "") == (answer.status_code, answer.text)
    assert (ANN, 2, 3, "Logged in", "2026-01-01T00:00:00.000Z") == tuple(
        kept[key] for key in ("enduserId", "weight", "count", "action", "date")
    )


@pytest.mark.evidence("documented", "developer documentation of 2017, User Tracking: companyExternalId")
@pytest.mark.parametrize(
    ("said", "companies"),
    [
        ({"email": "new@x.example", "companyExternalId": "acme"}, [COMPANY_ID]),
        ({"externalId": "n", "companyExternalId": "bolt"}, [OTHER_ID]),
        ({"email": "new@acme.example"}, [COMPANY_ID]),
        ({"email": "new@x.example"}, []),
        ({"email": "new@x.example", "companyExternalId": "nobody"}, []),
        ({"name": "New", "companyExternalId": "acme"}, []),
    ],
)
def test_new_endusers(api: Api, said: dict[str, str], companies: list[str]) -> None:
    """Who is not there is made in the company that is told, or whose domain the e-mail has; otherwise nobody is."""
    push(api, "/analytics", {**said, "name": "New", "action": "Logged in"})
    push(api, "/analytics/bulk", [{**said, "action": "Logged in"}] * 2)

    people = api.get("/endusers").json()

    assert companies == [one["companyId"] for one in people]
    assert all("New" == one["name"] for one in people)
    assert 3 * (len(said) > 1 or "email" in said) * ("email" in said or "externalId" in said) == len(activities(api))


@pytest.mark.evidence("documented", "help article on uniqueness: one e-mail may stand in several companies")
def test_an_activity_goes_to_the_company_that_is_told(people: Api) -> None:
    """The same e-mail in two companies: the company of the activity decides."""
    twin = people.made("/endusers", {"companyId": OTHER_ID, "email": "ann@x.example"})["_id"]

    for company in ("acme", "bolt"):
        push(people, "/analytics", {"email": "ann@x.example", "companyExternalId": company})

    assert [ANN, twin] == [one["enduserId"] for one in activities(people)]


@pytest.mark.evidence("assumed", "switch activity_last_active")
def test_last_active_only_moves_forward(people: Api) -> None:
    """The newest date stays, whatever order activities come in; updatedAt is no business of theirs."""
    for date in ("2026-01-03", "2026-01-01", "2026-01-02"):
        push(people, "/analytics", {"externalId": "a", "date": date})

    row = people.row(f"/endusers/{ANN}")

    assert ("2026-01-03T00:00:00.000Z", "2025-01-01T00:00:00.000Z") == (row["lastActive"], row["updatedAt"])
    assert "2026-01-03T00:00:00.000Z" == people.row(f"/companies/{COMPANY_ID}")["lastActive"]


@pytest.mark.evidence("assumed", "no API reads activities: the control plane does")
def test_the_feed_of_activities(people: Api) -> None:
    """Activities are numbered in the order they came and read since a number; a reset empties the feed."""
    push(people, "/analytics/bulk", [{"id": "a", "action": action} for action in "xyz"])

    since = people.control.events(1, ACTIVITY_CHANNEL)

    assert (3, ["y", "z"]) == (since["last"], [one["action"] for one in since["events"]])
    assert (3, []) == tuple(people.control.events(-1, ACTIVITY_CHANNEL).values())
    people.control.reset()
    assert {"last": 0, "events": []} == people.control.events(channel=ACTIVITY_CHANNEL)


def test_what_a_push_means(api: Api) -> None:
    """Faults and journal call a push a creation of values or of activities."""
    api.control.add_fault(kind="unavailable", verb="create", object="DimensionData")

    answer = push(api, "/dimensiondata", metric())
    push(api, "/analytics", {"email": "x@x.example"})
    api.get("/dimensiondata")

    assert (503, None) == (answer.status_code, answer.headers.get("X-Rate-Limit-Limit"))
    meant = [(one["verb"], one["object"], one["status"]) for one in api.control.journal()]
    assert [
        ("create", "DimensionData", 503), ("create", "UserActivity", 200), ("list", "DimensionData", 200),
    ] == meant  # fmt: skip
    assert json.loads(api.control.journal()[0]["request"]) == metric()
