"""The segment dock: identify and track, shown the tenant's id as the user name of Basic."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from fake_planhat.operations.activity import ACTIVITY_CHANNEL

from .conftest import COMPANY_ID, OTHER_ID, TOKEN, Api
from .edge_probes import segment, tenant_id

ANN = "5e0000000000000000000001"
TRAITS = {"name": "Peter Gibbons", "email": "peter@initech.example", "companyId": "acme"}


@pytest.fixture
def people(api: Api) -> Api:
    api.control.seed({"endusers": [{"_id": ANN, "companyId": COMPANY_ID, "email": "ann@x.example", "externalId": "a"}]})
    return api


def activities(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.control.events(channel=ACTIVITY_CHANNEL)["events"]
    return found


@pytest.mark.evidence("documented", "developer documentation of 2017, Segment: access by the tenant token and a colon")
def test_who_may(api: Api) -> None:
    """Basic with the tenant's id passes; a Private App's token, another id, a missing colon and nothing do not."""
    body = {"type": "identify", "traits": TRAITS}
    without_colon = base64.b64encode(tenant_id(api).encode()).decode()
    others = [f"Bearer {TOKEN}", f"Basic {without_colon}", ""]

    codes = [segment(api, body, user=user).status_code for user in (tenant_id(api), TOKEN, "nobody")]
    codes += [
        api.post("/dock/segment", body, headers={"Authorization": one}, auth=lambda request: request).status_code
        for one in others
    ]

    assert [200, 401, 401, 401, 401, 401] == codes
    assert 1 == len(api.get("/endusers").json())


@pytest.mark.evidence("documented", "developer documentation of 2017, Segment: expected data formats")
def test_track_is_an_activity(people: Api) -> None:
    """An event of a known user is an activity of that enduser, found by user id or e-mail."""
    by_id = {"type": "track", "user_id": "a", "event": "downloaded a report", "properties": {"pages": 3}}
    by_email = {"type": "Track", "event": "logged in", "traits": {"email": "ann@x.example"}, "timestamp": "2026-01-02"}

    answers = [segment(people, body) for body in (by_id, by_email)]

    first, second = activities(people)
    assert [(200, ""), (200, "")] == [(one.status_code, one.text) for one in answers]
    assert ("segment", ANN, "downloaded a report", {"pages": 3}) == tuple(
        first[key] for key in ("source", "enduserId", "action", "info")
    )
    assert (ANN, "logged in", "2026-01-02T00:00:00.000Z") == tuple(
        second[key] for key in ("enduserId", "action", "date")
    )


@pytest.mark.evidence("documented", "developer documentation of 2017, Segment: ignored events")
@pytest.mark.parametrize(
    "body",
    [
        {"type": "page", "user_id": "a"},
        {"type": "group", "user_id": "a", "traits": TRAITS},
        {"user_id": "a", "event": "x"},
        {"type": None, "user_id": "a"},
        {"type": ["track"], "user_id": "a"},
        {"type": "track", "event": "x"},
        {"type": "identify", "traits": {"name": "Nobody", "companyId": "acme"}},
        {"type": "track", "anonymousId": "1234", "event": "x", "traits": "none"},
        {},
        [],
        [7, {"type": "page", "user_id": "a"}],
    ],
)
def test_what_is_ignored(people: Api, body: Any) -> None:
    """Any other type, and a call without user id and e-mail, is 200 and leaves nothing."""
    before = people.fake.store.contents()

    answer = segment(people, body)

    assert (200, "") == (answer.status_code, answer.text)
    assert before == people.fake.store.contents()


@pytest.mark.evidence("documented", "developer documentation of 2017, Segment: creating users automatically")
@pytest.mark.parametrize(
    ("body", "made"),
    [
        ({"type": "identify", "user_id": "12345", "traits": TRAITS}, ("12345", TRAITS["email"], COMPANY_ID)),
        ({"type": "identify", "traits": {**TRAITS, "id": "67"}}, ("67", TRAITS["email"], COMPANY_ID)),
        ({"type": "identify", "traits": TRAITS}, (None, TRAITS["email"], COMPANY_ID)),
        ({"type": "track", "user_id": "9", "event": "x", "properties": {"companyId": "bolt"}}, ("9", None, OTHER_ID)),
        ({"type": "identify", "traits": {"email": "p@acme.example"}}, (None, "p@acme.example", COMPANY_ID)),
        ({"type": "identify", "user_id": "1", "traits": {"companyId": "nobody"}}, None),
        ({"type": "track", "user_id": "1", "event": "x"}, None),
    ],
)
def test_unknown_users(api: Api, body: dict[str, Any], made: tuple[Any, ...] | None) -> None:
    """An unknown user is made when the company is told (or its domain is the e-mail's), and discarded otherwise."""
    for _ in range(2):
        assert 200 == segment(api, body).status_code

    people = api.get("/endusers").json()

    seen = [(one.get("externalId"), one.get("email"), one["companyId"]) for one in people]
    assert ([] if made is None else [made]) == seen


@pytest.mark.evidence("assumed", "switch segment_identify_updates")
def test_identify_renames(people: Api) -> None:
    """identify writes the name and e-mail of a known user; what clashes is not written, and nobody is told."""
    people.made("/endusers", {"companyId": COMPANY_ID, "externalId": "b", "email": "bob@x.example"})
    segment(people, {"type": "identify", "user_id": "a", "traits": {"name": "Ann", "email": "ann@new.example"}})
    assert ("Ann", "ann@new.example") == tuple(people.row(f"/endusers/{ANN}")[key] for key in ("name", "email"))

    clash = segment(people, {"type": "identify", "traits": {"id": "zzz", "email": "bob@x.example", "name": "B"}})

    assert 200 == clash.status_code
    assert 2 == len(people.get("/endusers").json())
    assert [] == activities(people)


@pytest.mark.evidence("documented", "developer documentation, Authentication and limits")
def test_the_dock_is_limited_as_the_api_is(make_api: Any) -> None:
    """Segment's calls are calls of the API: they count, and carry the headers."""
    api = make_api(switches={"rate_limits": "enforce"}, hard_calls_per_second=1)

    answers = [segment(api, {}) for _ in range(2)]

    assert [200, 429] == [one.status_code for one in answers]
    assert ["199", "198"] == [one.headers["X-Rate-Limit-Remaining"] for one in answers]


@pytest.mark.evidence("documented", "developer documentation, HTTP response codes: 400")
@pytest.mark.parametrize("body", [b"nonsense", b"7", b"[7"])
def test_what_cannot_be_read_is_refused(api: Api, body: bytes) -> None:
    """The dock is the API's: a body that cannot be read is 400."""
    answer = api.call("POST", "/dock/segment", data=body, auth=(tenant_id(api), ""))

    assert (400, "Bad Request") == (answer.status_code, answer.text)
