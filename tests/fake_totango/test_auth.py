"""Who may call: the app-token, regions, two tokens of one service, two services that know nothing of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_core.errors import MisuseError
from fake_totango import ApiToken, TenantConfig, create_app

from .conftest import OTHER_TOKEN, TOKEN, Api

EU = "https://api-eu1.totango.com"


@pytest.mark.evidence("client-derived", "Totango's Zendesk app: authentication_failed; the status is assumed")
@pytest.mark.parametrize(
    "headers",
    [
        {"app-token": ""}, {"app-token": "wrong"}, {"app-token": TOKEN + " x"}, {"app-token": f"Bearer {TOKEN}"},
        {"app-token": "", "Authorization": TOKEN}, {"app-token": "", "Authorization": f"Bearer {TOKEN}"},
    ],
)  # fmt: skip
def test_a_wrong_token(api: Api, headers: dict[str, str]) -> None:
    """401 and the type that the vendor's own app looks for. Only the old list takes Authorization."""
    answer = api.get("/api/v3/activity-types", headers=headers)

    assert (401, "authentication_failed") == (answer.status_code, answer.json()["error"]["type"])
    assert 401 == api.get("/api/v3/activity-types", headers=dict.fromkeys(api.session.headers)).status_code


@pytest.mark.evidence("assumed", "shapes of refusals were seen in one client only")
def test_the_shape_of_a_refusal_can_be_chosen(api: Api) -> None:
    """Status of a bad token, shape of errors, and the 200 with `errors` that the Zendesk app looks for."""
    wrong = {"app-token": "wrong"}
    api.switch(unauthorized_status=403, error_body="message")
    assert (403, {"message": "Authentication failed"}) == (
        (answer := api.get("/api/v3/activity-types", headers=wrong)).status_code, answer.json(),
    )  # fmt: skip
    api.switch(error_body="text", v1_refusals="errors_200")
    assert "Authentication failed" == api.get("/api/v3/activity-types", headers=wrong).text
    bad = api.search("accounts", terms=[17])
    assert (200, {"errors"}) == (bad.status_code, set(bad.json()))
    assert 400 == api.search("events", terms=[17]).status_code
    api.switch(v1_refusals="failed")
    bad = api.search("accounts", terms=[17])
    told = bad.json()
    assert (400, "failed", "terms is not valid: [17]") == (bad.status_code, told["status"], told["_error"])


@pytest.mark.evidence("documented", "Search API: US and EU have hosts of their own")
def test_a_service_lives_in_one_region(make_api: Callable[..., Api]) -> None:
    """The other region's host does not know the token (assumed), knows nothing, or serves it, by a switch."""
    us, eu = make_api(), make_api(region="EU")

    assert (200, 401) == (us.get("/api/v3/activity-types").status_code, eu.get("/api/v3/activity-types").status_code)
    assert (401, 200) == tuple(one.get("/api/v3/activity-types", host=EU).status_code for one in (us, eu))
    assert 200 == us.get("/api/v3/activity-types", host="https://app.totango.com").status_code
    us.switch(wrong_region="not_found")
    assert 404 == us.get("/api/v3/activity-types", host=EU).status_code
    us.switch(wrong_region="serve")
    assert 200 == us.get("/api/v3/activity-types", host=EU).status_code


@pytest.mark.evidence("assumed", "tokens belong to people of one service")
def test_two_tokens_of_one_service_see_the_same(api: Api) -> None:
    """What one made the other reads; who made it is the token's person; the journal names the caller."""
    note_id = api.note()
    other = {"app-token": OTHER_TOKEN}
    answer = api.post("/api/v3/tasks", headers=other,
                      json={"account_id": "a1", "title": "x", "activity_type_id": "support"})  # fmt: skip

    assert ("jo@us.example", "al@us.example") == (
        api.record("touchpoints", note_id)["created_by"], api.record("tasks", answer.json()["id"])["assigner"],
    )  # fmt: skip
    assert {"Jo", "Al"} <= {entry["who"] for entry in api.control.journal()}


@pytest.mark.evidence("assumed", "services are apart")
def test_two_services_share_nothing(make_api: Callable[..., Api]) -> None:
    """A token of one is a stranger to the other; records, events, deletions, jobs and settings are apart."""
    one = make_api()
    two = make_api(tokens=[ApiToken("token-of-the-second")], service_id="SP-0000-22")
    two.session.headers["app-token"] = "token-of-the-second"
    task_id = one.task()
    one.imported("tasks", "X1", account_id="a1", title="x")
    one.delete("/_standin/totango/records/tasks/X1")
    one.post("/_standin/totango/jobs", json={"object": "tasks", "direction": "inbound"})
    one.control.seed({"settings": {"activity_types": [{"activity_type_id": "mine", "display_name": "Mine"}]}})

    assert 401 == two.get("/api/v3/tasks", params={"id": task_id}, headers={"app-token": TOKEN}).status_code
    assert [] == two.get("/api/v3/tasks", params={"id": task_id}).json()
    assert ([], 0) == (two.events(), two.get("/_standin/totango/deletions").json()["total"])
    assert [] == two.get("/_standin/totango/jobs").json()["jobs"]
    assert "mine" not in two.get("/api/v3/activity-types").text


@pytest.mark.evidence("assumed", "ours")
def test_credentials_say_how_to_reach_the_service(api: Api) -> None:
    """URL, the first token, service id and region."""
    told = api.control.credentials()

    assert {
        "url": "https://api.totango.com",
        "token": TOKEN,
        "service_id": "SP-0000-11",
        "region": "US",
    }.items() <= told.items()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"region": "APAC"}, "no region 'APAC'"),
        ({"switches": {"nope": 1}}, "no switch 'nope'"),
        ({"switches": {"content_limit": 5}}, "content_limit cannot be 5"),
        ({"error_texts": {"nope": "x"}}, "error_texts: no error 'nope'"),
        ({"error_texts": {"missing": "{nobody}"}}, "missing: {nobody} is no plain word of this text: there are name"),
        ({"error_texts": {"missing": "{"}}, "write a brace twice to show it"),
        ({"settings": {"nope": []}}, "no setting 'nope'"),
        ({"settings": {"team": [{"name": "x"}]}}, "the setting team cannot be"),
        ({"settings": {"active_lists": {"1": "a1"}}}, "the setting active_lists cannot be"),
    ],
)
def test_a_wrong_configuration_is_misuse(config: dict[str, Any], words: str) -> None:
    """One line that says what is wrong and what there is."""
    with pytest.raises(MisuseError, match=words):
        create_app(org=TenantConfig(**config))


@pytest.mark.evidence("assumed", "ours")
def test_error_texts_can_be_replaced(make_api: Callable[..., Api]) -> None:
    """Who knows the vendor's words puts them in; those the message names are filled in."""
    api = make_api(error_texts={"missing": "Missing required parameter: {name}"})

    answer = api.post("/api/v3/tasks", json={})
    assert "Missing required parameter: account_id" == answer.json()["error"]["message"]
