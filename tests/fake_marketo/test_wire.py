"""Who calls, what a call means, faults, seed data, and that two tenants share nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from crm_contracts.vendors import create_tenants
from fake_core import FrozenClock, MisuseError
from fake_core.testing import play_tenants
from fake_core.web import STAND_IN_HEADER
from fake_marketo import TenantConfig, User, create_app

from .conftest import SIA, TASK_ID, URL, USERS, Api


@pytest.mark.parametrize("path", ["/me", "/nothing", "/../../admin", "/reminders/0", "/reminders/007", "/reminders/x"])
@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
def test_every_answer_says_that_it_stands_in(api: Api, method: str, path: str) -> None:
    """Answers, refusals and paths that are not there carry the header; none of them is taken for the vendor's."""
    answer = api.call(method, path)

    assert answer.headers[STAND_IN_HEADER].startswith("Sales Insight Actions has no public API")
    assert answer.status_code in {200, 404, 405}


def test_nothing_stands_outside_the_marked_paths(api: Api) -> None:
    """No path of a vendor is imitated: outside /_standin/sia/ there is nothing."""
    for path in ("/", "/api/tasks", "/rest/v1/leads.json", "/reminders"):
        answer = api.session.get(URL + path)
        assert (404, "NO_ROUTE") == (answer.status_code, answer.json()["error"])
        assert answer.headers[STAND_IN_HEADER]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer ANN", "Bearer annx", "Basic YW5uOg==", "ann"])
def test_a_token_is_a_users(api: Api, header: str) -> None:
    """Whose token it is, is who calls; nobody's token is refused before anything else is looked at."""
    del api.session.headers["Authorization"]
    given = {"Authorization": header} if header else {}
    answer = api.session.post(f"{SIA}/reminders", headers=given, data=b"{")

    assert (401, "UNAUTHORIZED") == (answer.status_code, answer.json()["error"])


def test_who_calls(api: Api) -> None:
    """A user learns who they are and in which tenant; no answer shows a token."""
    told = api.as_("bo").told("GET", "/me")

    assert ("understudy-sia", 2, "Asia/Tokyo") == (told["tenant"], told["user"]["id"], told["user"]["time_zone"])
    for path in ("/me", "/users", "/users/2"):
        assert "token" not in api.call("GET", path).text
    assert ["Ann", "Bo"] == [one["name"] for one in api.told("GET", "/users")["items"]]
    assert ["Bo", "Ann"] == [one["who"] for one in api.control.journal()][:2]


def test_people_are_their_owners_unless_shared(api: Api) -> None:
    """Another user's person is not there: not in the list, not by id, not as a reference."""
    bo = api.as_("bo")

    assert ([1, 2], [1]) == tuple([one["id"] for one in who.told("GET", "/people")["items"]] for who in (api, bo))
    assert (404, "NOT_FOUND") == bo.refused("GET", "/people/2")
    assert (400, "UNKNOWN_REFERENCE") == bo.refused("POST", "/reminders", {"name": "x", "person": 2})
    assert [(400, "UNKNOWN_REFERENCE")] * 2 == [
        bo.refused("POST", "/diagnostics", {"operation": "read", "code": "X", "reminder": one})
        for one in (api.remind()["id"], 999)
    ]


def test_what_a_call_means(api: Api) -> None:
    """The journal and faults speak of reminders, settings and failures by verbs that every vendor shares."""
    reminder = api.remind()["id"]
    for method, path, body in [
        ("GET", "/reminders", None), ("GET", f"/reminders/{reminder}", None), ("PATCH", f"/reminders/{reminder}", {}),
        ("POST", f"/reminders/{reminder}/complete", None), ("GET", f"/reminders/{reminder}/activity-detail", None),
        ("DELETE", f"/reminders/{reminder}", None), ("PATCH", "/settings", {}), ("GET", "/settings", None),
        ("POST", "/diagnostics", {"operation": "read", "code": "X"}), ("POST", "/diagnostics/1/acknowledge", None),
        ("PUT", f"/logged-activities/{TASK_ID}", None), ("GET", "/me", None), ("GET", "/command-center", None),
        ("GET", "/people", None), ("GET", "/users/1", None), ("GET", "/nothing", None),
    ]:  # fmt: skip
        api.call(method, path, body)

    assert [
        ("create", "Reminder"), ("list", "Reminder"), ("read", "Reminder"), ("update", "Reminder"),
        ("update", "Reminder"), ("read", "ActivityDetail"), ("delete", "Reminder"), ("update", "Settings"),
        ("read", "Settings"), ("create", "Diagnostic"), ("update", "Diagnostic"), ("create", "LoggedActivity"),
        ("read", "User"), ("list", "Reminder"), ("list", "Person"), ("read", "User"), ("other", ""),
    ] == [(one["verb"], one["object"]) for one in api.control.journal()]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "status", "made"), [("unavailable", 503, 0), ("error_after", 500, 1), ("session_expired", 401, 0)]
)
def test_a_scripted_fault(api: Api, kind: str, status: int, made: int) -> None:
    """A fault answers in the stand-in's words, and what it says of acting is so."""
    api.control.add_fault(kind=kind, verb="create", object="Reminder")
    answer = api.call("POST", "/reminders", {"name": "x"})

    assert (status, True) == (answer.status_code, STAND_IN_HEADER in answer.headers)
    assert made == len(api.listed())


def test_a_lost_answer(api: Api) -> None:
    """The server acts, the connection breaks: the reminder is there."""
    api.control.add_fault(kind="lost_response", verb="create", object="Reminder")
    with pytest.raises(requests.ConnectionError):
        api.remind()

    assert 1 == len(api.listed())


@pytest.mark.parametrize("kind", ["limit_reached", "row_locked", "item_refused"])
def test_faults_that_this_product_does_not_have(api: Api, kind: str) -> None:
    """No limit, no lock and no batch is known: to script one is a tester's mistake, told at once."""
    with pytest.raises(MisuseError, match=kind):
        api.control.add_fault(kind=kind)

    assert [] == api.control.faults()


GOOD: dict[str, Any] = {
    "users": [{"id": 3, "name": "Cy", "email": "c@x.example", "token": "cy"}],
    "switches": {"default_type": "Call"},
}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"tasks": []}, "no part 'tasks'"),
        ({"reminders": {}}, "reminders is an array"),
        ({"reminders": [1]}, r"reminders\[0\]: The body is a JSON object"),
        ({"reminders": [{"name": "a"}, {"name": "b", "priority": "low"}]}, r"reminders\[1\]: priority is one of"),
        ({"reminders": [{"name": "a", "person": 9}]}, r"reminders\[0\]: person names no record"),
        ({"people": [{"name": "P", "owner": 9}]}, r"people\[0\]: owner names no record"),
        ({"people": [{"name": "P"}]}, "owner is missing"),
        ({"users": [{"name": "X", "email": "x@x.example", "token": "ann"}]}, "token 'ann' is another"),
        (
            {"users": [{"name": "X", "email": "x@x.example", "token": "x", "time_zone": "Mars/X"}]},
            "a time zone such as",
        ),
        ({"settings": [{"user": 1, "task_sync": "maybe"}]}, "task_sync is one of off, on"),
        ({"switches": {"default_type": "Fax"}}, "default_type cannot be"),
    ],
    ids=str,
)
def test_seed_data_that_cannot_be(api: Api, data: Any, words: str) -> None:
    """It is told in one line, where and what; nothing of the call is kept, switches included."""
    before = api.fake.store.snapshot()
    given = {**GOOD, **data, "users": [*GOOD["users"], *data.get("users", [])]}
    with pytest.raises(MisuseError, match=words):
        api.control.seed(given)

    assert before == api.fake.store.snapshot()


def test_seed_data_makes_a_world(api: Api) -> None:
    """Every part can be seeded, keeps its ids and moments, and replaces what has the same id."""
    api.control.seed(GOOD)
    seeded = api.control.seed({
        "reminders": [{"id": 40, "name": "old", "created_at": "2025-12-31T23:00:00+01:00", "sf_task_id": TASK_ID,
                       "deleted_at": "2026-01-01T00:00:00Z"}, {"name": "new"}],
        "settings": [{"user": 3, "task_sync": "on", "enabled_at": "2026-01-01T00:00:00Z", "previously_enabled": True}],
        "diagnostics": [{"operation": "create", "code": "INVALID_TYPE", "reminder": 40}],
        "logged_activities": [{"sf_task_id": TASK_ID}],
    })  # fmt: skip
    old, new = api.told("GET", "/reminders", include_deleted="true")["items"]

    assert {"reminders": [40, 41], "settings": [3], "diagnostics": [1], "logged_activities": [1]} == seeded
    assert (40, "2025-12-31T22:00:00.000Z", "Call") == (old["id"], old["created_at"], old["type"])
    assert ([41], 41) == (api.listed(), new["id"])
    assert ("on", True) == tuple(
        api.as_("cy").told("GET", "/settings")[one] for one in ("task_sync", "previously_enabled")
    )
    assert ["Access/Validation"] == [one["category"] for one in api.told("GET", "/diagnostics")["items"]]


def test_two_tenants_share_nothing(make_api: Callable[..., Api]) -> None:
    """A token of one is nobody's in the other; equal ids are different records."""
    one = make_api(tenant_id="one")
    other = make_api(tenant_id="other", users=[User(id=1, name="Dee", email="d@x.example", token="dee")]).as_("dee")
    mine, theirs = one.remind(name="mine"), other.remind(name="theirs")
    one.switch(default_type="Call")

    assert mine["id"] == theirs["id"]
    assert [401, 401] == [
        one.as_("dee").call("GET", "/me").status_code,
        other.as_("ann").call("GET", "/me").status_code,
    ]
    assert ("mine", "theirs") == tuple(who.told("GET", "/reminders/1")["name"] for who in (one, other))
    assert ("Call", "Custom") == (one.remind()["type"], other.remind()["type"])


def test_a_store_in_a_file_is_found_again(tmp_path: Path) -> None:
    """Rows and switches outlive the process; the seed of the start is not put in a second time."""
    url = f"sqlite:///{tmp_path / 'sia.sqlite'}"
    seed = {"reminders": [{"name": "first"}]}
    fake = create_app(clock=FrozenClock(), data=url, org=TenantConfig(seed=seed))
    token = fake.credentials(URL)["token"]
    api = Api(fake, token)
    api.switch(default_type="Call")
    api.edit({"id": 1}, name="edited")
    fake.close()
    again = create_app(clock=FrozenClock(), data=url, org=TenantConfig(seed=seed))
    names = [one["name"] for one in Api(again, token).told("GET", "/reminders")["items"]]
    kind = Api(again, token).remind()["type"]
    again.close()

    assert (["edited"], "Call") == (names, kind)


def test_a_body_past_the_limit(make_api: Callable[..., Api]) -> None:
    """A body that is too large is refused, and nothing of it is kept."""
    api = make_api(body_bytes_max=1_000)

    assert (413, "TOO_LARGE") == api.refused("POST", "/reminders", {"name": "x" * 1_000})
    assert [] == api.listed()


@pytest.mark.parametrize("body", [b"\xff", b'{"name": NaN}', b"[]", b"", b"[" * 100_000])
def test_a_body_that_is_no_object(api: Api, body: bytes) -> None:
    """Neither bytes that are no UTF-8 nor Python's own numbers are JSON."""
    answer = api.session.post(f"{SIA}/reminders", data=body)

    assert 400 == answer.status_code
    assert answer.json()["error"] in {"BAD_JSON", "NOT_AN_OBJECT"}
    assert [] == api.listed()


def test_half_a_surrogate_pair_is_replaced(api: Api) -> None:
    """What is no text cannot be kept: U+FFFD stands for it."""
    answer = api.session.post(f"{SIA}/reminders", data=b'{"name": "a\\ud800b", "details": "\\ud83d\\ude00"}')

    assert ("a\ufffdb", "\U0001f600") == (answer.json()["name"], answer.json()["details"])


def test_a_method_that_a_path_does_not_take(api: Api) -> None:
    """It is 405, and the answer names those that it takes."""
    answer = api.call("PUT", "/reminders")

    assert (405, "METHOD") == (answer.status_code, answer.json()["error"])
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_an_id_is_written_one_way(api: Api) -> None:
    """Zeros in front make another text, and no id."""
    made = api.remind()["id"]
    paths = [f"/reminders/{text}" for text in (f"0{made}", f"+{made}", f"{made}.0", f" {made}", "１")]

    assert [404] * 5 == [api.call("GET", path).status_code for path in paths]


def test_failures_are_a_users_own(api: Api) -> None:
    """Nobody else sees or acknowledges them; a list may ask for one category."""
    for code in ("INVALID_TYPE", "QUERY_TIMEOUT"):
        api.told("POST", "/diagnostics", {"operation": "read", "code": code})
    [one] = api.told("GET", "/diagnostics", category="Intermittent")["items"]

    assert "QUERY_TIMEOUT" == one["code"]
    assert (404, "NOT_FOUND") == api.as_("bo").refused("POST", f"/diagnostics/{one['id']}/acknowledge")
    assert (400, "BAD_PARAMETER") == api.refused("GET", "/diagnostics", category="intermittent")
    assert [] == api.as_("bo").told("GET", "/diagnostics")["items"]


def test_the_command_center_is_in_the_order_of_days(api: Api) -> None:
    """By due date, then by id, whatever was edited last."""
    later, first, second = (api.remind(due_date=f"2026-01-0{day}") for day in (6, 5, 5))
    api.clock.advance(1)
    api.edit(first, details="edited")

    assert [first["id"], second["id"], later["id"]] == [
        one["id"] for one in api.told("GET", "/command-center")["items"]
    ]


def test_a_seeded_reminder_is_its_assignees(api: Api) -> None:
    """Who made it is who has it, where the seed does not say."""
    api.control.seed({"reminders": [{"name": "x", "assignee": 2}]})

    assert [2] == [one["creator"] for one in api.as_("bo").told("GET", "/reminders")["items"]]
    assert [] == api.listed()


def test_a_person_that_is_not_shared_keeps_the_assignee(api: Api) -> None:
    """A reminder of somebody else's cannot change to a person of one's own."""
    made = api.remind(person=1, assignee=2)

    assert (400, "NOT_SHARED") == api.refused("PATCH", f"/reminders/{made['id']}", {"person": 2})
    assert (400, "NOT_SHARED") == api.refused("PATCH", f"/reminders/{made['id']}", {"person": None})


def test_two_tenants_behind_one_address() -> None:
    """The token says whose a call is; a token of neither is refused in the stand-in's words."""
    dee = User(id=1, name="Dee", email="d@x.example", token="dee")
    tenants = create_tenants("marketo", {"one": TenantConfig(users=USERS), "two": TenantConfig(users=[dee])})
    with play_tenants(tenants, URL) as played:
        api = Api(played["one"].fake)
        session = played["one"].session

        def me(token: str) -> Any:
            return session.get(f"{SIA}/me", headers={"Authorization": f"Bearer {token}"})

        names = [me(token).json()["user"]["name"] for token in ("ann", "bo", "dee")]
        stranger = me("nobody")
        api.remind()
        theirs = session.get(f"{SIA}/reminders", headers={"Authorization": "Bearer dee"}).json()["items"]
    tenants.close()

    assert ["Ann", "Bo", "Dee"] == names
    assert (401, "UNAUTHORIZED") == (stranger.status_code, stranger.json()["error"])
    assert [] == theirs
