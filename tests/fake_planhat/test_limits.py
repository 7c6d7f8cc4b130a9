"""The limits: 200 calls a minute that are reported, 150 a second and 50 side by side that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from fake_planhat import ApiToken

from .conftest import COMPANY_ID, TOKEN, USER_ID, Api
from .edge_probes import beside_as_many

CALLS: list[tuple[str, str, Any]] = [
    ("GET", "/users", None),
    ("GET", f"/companies/{COMPANY_ID}", None),
    ("GET", "/leancompanies", None),
    ("GET", "/dimensiondata", None),
    ("POST", "/tasks", {"companyId": COMPANY_ID}),
    ("PUT", "/tasks", [{"companyId": COMPANY_ID}]),
    ("PUT", "/tasks", [{}]),
    ("PUT", f"/companies/{COMPANY_ID}", {"phase": "x"}),
    ("DELETE", f"/tasks/{COMPANY_ID}", None),
    ("POST", "/dock/segment", {}),
]


@pytest.mark.evidence("documented", "developer documentation, Authentication and limits")
@pytest.mark.ledger("planhat/limit/hard_calls_per_second")
@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_the_hard_limit(make_api: Any, method: str, path: str, body: Any) -> None:
    """The 151st call within a second is 429 `Too many requests`, whatever it is; a second later it passes."""
    api: Api = make_api(switches={"rate_limits": "enforce"})
    for _ in range(150):
        assert 200 == api.get("/myprofile").status_code
    before = api.fake.store.contents()

    refused = api.call(method, path, body)

    assert (429, "Too many requests") == (refused.status_code, refused.text)
    assert ("200", "49") == (refused.headers["X-Rate-Limit-Limit"], refused.headers["X-Rate-Limit-Remaining"])
    assert before == api.fake.store.contents()
    api.clock.advance(1)
    assert 429 != api.call(method, path, body).status_code


@pytest.mark.evidence("documented", "developer documentation, Authentication and limits")
@pytest.mark.ledger("planhat/limit/soft_calls_per_minute")
def test_the_soft_limit_is_reported(make_api: Any) -> None:
    """Past 200 calls a minute the headers say 0 and calls are answered; a minute later there are 199 again."""
    api = make_api(switches={"rate_limits": "enforce"})
    remaining = []
    for n in range(202):
        if n % 100 == 0:
            api.clock.advance(1)
        answer = api.get("/myprofile")
        assert 200 == answer.status_code
        remaining.append(int(answer.headers["X-Rate-Limit-Remaining"]))

    assert [*range(199, -1, -1), 0, 0] == remaining
    api.clock.advance(60)
    assert "199" == api.get("/myprofile").headers["X-Rate-Limit-Remaining"]


@pytest.mark.evidence("assumed", "switch soft_limit")
def test_the_soft_limit_may_refuse(make_api: Any) -> None:
    """With soft_limit = refuse the 201st call of a minute is 429, and Retry-After says when (switch retry_after)."""
    api = make_api(switches={"rate_limits": "enforce", "soft_limit": "refuse", "retry_after": True})
    for n in range(200):
        if n == 100:
            api.clock.advance(30)
        assert 200 == api.get("/myprofile").status_code

    refused = api.get("/myprofile")

    assert (429, "Too many requests", "30") == (refused.status_code, refused.text, refused.headers["Retry-After"])
    api.clock.advance(30)
    assert 200 == api.get("/myprofile").status_code


@pytest.mark.evidence("assumed", "switch retry_after: one client reads the header if it is there")
def test_retry_after_is_off_by_default(make_api: Any) -> None:
    """A 429 carries no Retry-After unless it is asked for."""
    api = make_api(switches={"rate_limits": "enforce"}, hard_calls_per_second=0)

    assert (429, None) == (api.get("/users").status_code, api.get("/users").headers.get("Retry-After"))


@pytest.mark.evidence("documented", "developer documentation, Authentication and limits: bursts up to 50 in parallel")
@pytest.mark.ledger("planhat/limit/parallel_calls_max")
@pytest.mark.parametrize(("others", "status"), [(49, 200), (50, 429)])
def test_side_by_side(make_api: Any, others: int, status: int) -> None:
    """Fifty calls may be under way together; one more is refused, and passes when they are done."""
    api = make_api(switches={"rate_limits": "enforce"})

    assert status == beside_as_many(api, others)
    assert 200 == api.get("/users").status_code


@pytest.mark.evidence("documented", "developer documentation of 2017: on every response")
def test_headers_on_every_answer(make_api: Any) -> None:
    """200, 206, 400, 401, 403, 404, 413, 429, 500, 501 and 503 all carry both headers."""
    tokens = [ApiToken(TOKEN, user_id=USER_ID), ApiToken("none", permissions={})]
    api: Api = make_api(tokens=tokens, switches={"rate_limits": "enforce"}, body_bytes_max=1_000)
    for kind, status in (("error_after", 500), ("unavailable", 503)):
        api.control.add_fault(kind=kind, verb="read", object="User")
        assert status == api.get("/myprofile").status_code
    answers = [
        api.get("/users"),
        api.put("/tasks", [{}, {"companyId": COMPANY_ID}]),
        api.post("/tasks", {}),
        api.get("/users", headers={"Authorization": "Bearer wrong"}),
        api.get("/users", headers={"Authorization": "Bearer none"}),
        api.get("/nowhere"),
        api.post("/tasks", {"description": "x" * 1_000}),
        api.call("POST", "/v1/mcp"),
    ]
    api.control.set_limit("hard_calls_per_second", 0)
    answers.append(api.get("/users"))

    assert [200, 206, 400, 401, 403, 404, 413, 501, 429] == [one.status_code for one in answers]
    assert all(
        {"X-Rate-Limit-Limit", "X-Rate-Limit-Remaining"} <= {name for name in one.headers if name.startswith("X-Rate")}
        for one in answers
    )


@pytest.mark.evidence("assumed", "what a call without a token costs is not documented")
def test_a_stranger_s_calls_count(make_api: Any) -> None:
    """A call is counted before its token is looked at: 401 is no way around the limit."""
    api = make_api(switches={"rate_limits": "enforce"}, hard_calls_per_second=1)
    stranger = {"Authorization": "Bearer wrong"}

    assert [401, 429] == [api.get("/users", headers=stranger).status_code for _ in range(2)]
