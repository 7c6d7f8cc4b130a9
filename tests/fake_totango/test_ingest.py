"""The pixel: a picture whatever was sent; accounts and users appear with their attributes."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import NOW, Api

SDR = "https://sdr.totango.com"
SDR_EU = "https://sdr-eu1.totango.com"
SERVICE = "SP-0000-11"
GIF = b"GIF89a\x01\x00\x01\x00"
LOGIN = {
    "sdr_s": SERVICE,
    "sdr_o": "u1235",
    "sdr_u": "someone@somewhere.example",
    "sdr_a": "Login",
    "sdr_m": "Application",
}


def track(api: Api, method: str = "GET", *, host: str = SDR, path: str = "/pixel.gif", **given: Any) -> None:
    """One call of the pixel, which answers a picture."""
    options: dict[str, Any] = {"params" if method == "GET" else "data": given}
    answer = api.session.request(method, host + path, **options)
    assert (200, "image/gif", GIF) == (answer.status_code, answer.headers["Content-Type"], answer.content[:10])


def account(api: Api, account_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/api/v2/accounts/{account_id}/").json()["account"]
    return found


def attributes(api: Api, account_id: str) -> dict[str, Any]:
    return {name: one["val"] for name, one in account(api, account_id)["attributes"].items()}


@pytest.mark.evidence("documented", "HTTP API: activity tracking; what is not there is created")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_activity_makes_account_and_user(api: Api, method: str) -> None:
    """By GET or POST, and with a slash at the end or without; both have been active now."""
    track(api, method, path="/pixel.gif/", **LOGIN, **{"sdr_o.account_name": "ACME Inc."})

    (user,) = api.hits("users")
    made = account(api, "u1235")
    assert ("u1235", "ACME Inc.", NOW) == (made["name"], made["display_name"], made["last_activity_time"])
    assert ("someone@somewhere.example", "u1235", NOW) == (
        user["name"], user["account"]["name"], user["first_activity_time"],
    )  # fmt: skip


@pytest.mark.evidence(
    "documented", "HTTP API - Quick Reference: sdr_o.NAME and sdr_u.NAME are attributes; sdr_odn by clients"
)
def test_attributes_are_merged(api: Api) -> None:
    """What is sent is set, what is not sent stays; no activity, no activity time; the old name parameter works."""
    track(api, sdr_s=SERVICE, sdr_o="a9", sdr_odn="Nine", **{"sdr_o.Contract Value": "10", "sdr_o.Region": "EU"})
    track(api, sdr_s=SERVICE, sdr_o="a9", sdr_u="u", **{"sdr_o.Region": "US", "sdr_u.Role": "Admin"})

    assert {"Contract Value": "10", "Region": "US"} == attributes(api, "a9")
    assert ("Nine", None) == (account(api, "a9")["display_name"], account(api, "a9")["last_activity_time"])
    (user,) = api.hits("users", fields=[{"type": "string_attribute", "attribute": "Role"}])
    assert ["Admin"] == user["selected_fields"]


@pytest.mark.evidence("documented", "HTTP API: 200 means a connection, not that the request is right")
@pytest.mark.parametrize(
    "given",
    [
        {}, {"sdr_s": SERVICE}, {"sdr_o": "a9"}, {"sdr_s": "SP-9999-11", "sdr_o": "a9"},
        {"sdr_s": SERVICE, "sdr_o": " "}, {"sdr_s": SERVICE, "sdr_o": "a9", "sdr_a": "Login"},
        {"sdr_s": SERVICE, "sdr_o": "a9", "sdr_a": "Login", "sdr_u": "u"}, {"x": "\x00\udcff" * 3},
    ],
)  # fmt: skip
def test_what_is_wrong_is_lost_without_a_word(api: Api, given: dict[str, str]) -> None:
    """Another service, no account, half an activity: a picture, and nothing happened."""
    before = api.fake.store.contents()

    track(api, **{name: value.encode("utf-8", "replace").decode() for name, value in given.items()})
    track(api, "POST", **{name: value.encode("utf-8", "replace").decode() for name, value in given.items()})

    assert before == api.fake.store.contents()


@pytest.mark.evidence("client-derived", "documentation of an integration: the wrong region silently drops the data")
def test_the_other_regions_host_drops_everything(make_api: Any) -> None:
    """A service of the US is not reached through the EU's host, nor the other way round; no error tells."""
    us, eu = make_api(), make_api(region="EU", service_id="SP-0000-22")
    track(us, host=SDR_EU, **LOGIN)
    track(eu, **{**LOGIN, "sdr_s": "SP-0000-22"})

    assert ([], []) == (us.hits("users"), eu.session.post(
        "https://api-eu1.totango.com/api/v1/search/users", data={"query": '{"terms":[],"fields":[]}'}
    ).json()["response"]["users"]["hits"])  # fmt: skip
    track(eu, host=SDR_EU, **{**LOGIN, "sdr_s": "SP-0000-22"})
    found = eu.session.get("https://api-eu1.totango.com/api/v2/accounts/u1235/")
    assert 200 == found.status_code


@pytest.mark.evidence("documented", "HTTP API: sdr.totango.com is the collection gateway")
def test_the_gateway_takes_nothing_but_the_pixel(api: Api) -> None:
    """The API is not at the gateway; the pixel is also answered at the API's host, as one client sends it there."""
    assert 404 == api.get("/api/v3/activity-types", host=SDR).status_code
    track(api, host="https://api.totango.com", **LOGIN)
    assert "u1235" == account(api, "u1235")["name"]


@pytest.mark.evidence("assumed", "whether usage shows as events is not known")
def test_usage_makes_no_event(api: Api) -> None:
    """An activity moves activity times only."""
    track(api, **{**LOGIN, "sdr_o": "a1"})

    assert [] == api.events()


@pytest.mark.evidence("client-derived", "Totango's Zendesk app: site t11 means the EU")
def test_the_region_lookup_needs_no_token(make_api: Any) -> None:
    """By service id: EU is t11; an unknown service is 404, none 400."""
    us, eu = make_api(), make_api(region="EU")
    for api in (us, eu):
        del api.session.headers["app-token"]

    assert "t11" == eu.get("/domains/", params={"service_id": SERVICE}).json()["site"]
    assert "t11" != us.get("/domains/", params={"service_id": SERVICE}).json()["site"]
    assert (404, 400) == (
        us.get("/domains/", params={"service_id": "SP-9"}).status_code, us.get("/domains/").status_code,
    )  # fmt: skip
