"""The API calls of the day."""

from __future__ import annotations

from typing import Any

import pytest

from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_core.faults import Fault
from fake_salesforce import OrgConfig, create_app


@pytest.mark.evidence("recorded", "heroku/sf-functions-python: headers")
def test_usage_is_on_every_answer_of_a_session(org: Any) -> None:
    """2xx, 204, 404, 400 and 405 carry the usage, one more each; versions and 401 do not."""
    record_id = org.make("Account", Name="x")
    answers = [
        org.get("/limits"),
        org.patch(f"/sobjects/Account/{record_id}", {}),
        org.get("/sobjects/Nope/1"),
        org.post("/sobjects/Account", {}),
        org.call("PUT", "/sobjects/Account", {}),
        org.get("/tabs"),
        org.get("/no/such/resource/at/all"),
    ]
    assert [200, 204, 404, 400, 405, 501, 404] == [answer.status for answer in answers]
    assert [f"api-usage={n}/100000" for n in range(2, 9)] == [answer.headers["sforce-limit-info"] for answer in answers]
    assert "sforce-limit-info" not in org.get("/services/data").headers
    assert "sforce-limit-info" not in org.get("/limits", headers={"Authorization": "Bearer x"}).headers
    assert 8 == org.fake.limits["api_requests"].used()


def test_limits_resource_is_live(org: Any) -> None:
    """DailyApiRequests counts down; other limits keep their documented maximum."""
    for _ in range(4):
        body = org.get("/limits/").json

    assert {"Max": 100_000, "Remaining": 99_996} == body["DailyApiRequests"]
    assert {"Max": 1500, "Remaining": 1500, "CreateCustom": {"Max": 1000, "Remaining": 1000}} == body["PermissionSets"]
    assert {"Max": 0, "Remaining": 0} == body["DailyStreamingApiEvents"]["Understudy"]
    assert "DailyBulkApiBatches" in body
    assert "DailyBulkApiRequests" in org.get("/services/data/v48.0/limits").json


@pytest.mark.rule("A27")
@pytest.mark.evidence("client-derived", "public issues: TotalRequests Limit exceeded.")
def test_the_daily_limit(org: Any) -> None:
    """Past the limit every call is 403, nothing is written, and a day later calls are free again."""
    window = org.fake.limits["api_requests"]
    limit, window.limit = window.limit, 2
    try:
        org.get("/limits")
        org.clock.advance(3600)
        org.make("Account", Name="x")
        before = org.rows
        answer = org.post("/sobjects/Account", {"Name": "y"})
        assert (403, b'[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]') == (
            answer.status,
            answer.body,
        )
        assert "api-usage=2/2" == answer.headers["sforce-limit-info"]
        assert before == org.rows
        org.clock.advance(23 * 3600 + 120)
        org.token = org.fake.credentials("https://x")["access_token"]
        assert [200, 403] == [org.get("/limits").status, org.get("/limits").status]
    finally:
        window.limit = limit


@pytest.mark.parametrize(
    ("edition", "limit"),
    [("Professional", 15_000), ("Enterprise", 100_000), ("Unlimited", 500_000), ("Developer", 15_000)],
)
@pytest.mark.rule("A27")
def test_limit_by_edition(edition: str, limit: int) -> None:
    """The edition gives the limit."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(edition=edition))

    assert limit == fake.limits["api_requests"].limit
    fake.close()


def test_limit_by_configuration() -> None:
    """An explicit number wins; an edition that does not exist is the tester's mistake."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(edition="Developer", api_requests_max=7))

    assert 7 == fake.limits["api_requests"].limit
    fake.close()
    with pytest.raises(MisuseError, match="Enterprise"):
        create_app(org=OrgConfig(edition="Gold"))


def test_limit_fault(org: Any) -> None:
    """A scripted limit answers as the real one does, and passes."""
    org.fake.faults.add(Fault(kind="limit_reached", verb="create"))

    assert (403, "REQUEST_LIMIT_EXCEEDED") == org.post("/sobjects/Account", {"Name": "x"}).error[:2]
    assert 201 == org.post("/sobjects/Account", {"Name": "x"}).status


@pytest.mark.evidence("recorded", "CumulusCI: recordCount")
def test_record_count(org: Any) -> None:
    """Unknown and empty objects are left out."""
    org.make("Account", Name="x")
    org.make("Account", Name="y")

    answer = org.get("/limits/recordCount?sObjects=account,Contact,Nope")
    assert {"sObjects": [{"count": 2, "name": "Account"}]} == answer.json
