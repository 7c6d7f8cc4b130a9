"""Scripted faults in Totango's words, what calls mean, seed data, snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from fake_core.errors import MisuseError
from fake_core.faults import Fault
from fake_totango.faults import meaning

from .conftest import TOKEN, Api

MEANINGS = [
    ("POST", "/api/v3/touchpoints/", "create", "Touchpoint"),
    ("PUT", "/api/v3/touchpoints/1", "update", "Touchpoint"),
    ("DELETE", "/api/v3/touchpoints/1", "delete", "Touchpoint"),
    ("POST", "/api/v3/tasks", "create", "Task"),
    ("PUT", "/api/v3/tasks", "update", "Task"),
    ("GET", "/api/v3/tasks", "read", "Task"),
    ("DELETE", "/api/v3/tasks/1", "delete", "Task"),
    ("GET", "/api/v2/events/", "list", "Event"),
    ("POST", "/api/v2/events/search", "list", "Event"),
    ("POST", "/api/v1/search/accounts", "list", "Account"),
    ("POST", "/api/v1/search/users", "list", "User"),
    ("POST", "/api/v1/search/accounts/collections", "list", "Touchpoint"),
    ("GET", "/api/v2/accounts/a1/", "read", "Account"),
    ("GET", "/api/v3/accounts/a1/plan_summary", "read", "Account"),
    ("GET", "/api/v1/accounts/active_list/1/current.json", "list", "Account"),
    ("POST", "/api/v2/automations/run-manual-successplay", "create", "Task"),
    ("POST", "/pixel.gif", "update", "Account"),
    ("GET", "/_standin/totango/records/campaign_touches", "list", "CampaignTouch"),
    ("PUT", "/_standin/totango/records/tasks/x", "update", "Task"),
    ("DELETE", "/_standin/totango/records/touchpoints/x", "delete", "Touchpoint"),
    ("GET", "/_standin/totango/deletions", "list", "Deletion"),
    ("GET", "/_standin/totango/jobs", "list", "Job"),
    ("PUT", "/_standin/totango/jobs/j", "update", "Job"),
    ("GET", "/api/v3/activity-types", "other", ""),
    ("GET", "/nope/nope", "other", ""),
]


@pytest.mark.parametrize(("method", "path", "verb", "object_"), MEANINGS)
def test_what_a_call_means(method: str, path: str, verb: str, object_: str) -> None:
    """The journal, and faults addressed by meaning, know every operation."""
    assert (verb, object_) == meaning({"REQUEST_METHOD": method, "PATH_INFO": path})


@pytest.mark.evidence("assumed", "words of an unavailable service are not known")
@pytest.mark.parametrize(
    ("kind", "status", "acted"),
    [("unavailable", 503, 0), ("session_expired", 401, 0), ("limit_reached", 429, 0), ("error_after", 500, 1)],
)
def test_faults_in_the_vendors_words(api: Api, kind: str, status: int, acted: int) -> None:
    """Each ends in an answer that Totango could give; error_after acted, the others did not."""
    api.control.add_fault(kind=kind, verb="create", object="Touchpoint")

    answer = api.post("/api/v3/touchpoints/", json={"account_id": "a1", "content": "x"})

    assert (status, "100") == (answer.status_code, answer.headers["RateLimit-Limit"])
    assert kind != "limit_reached" or ("Too many requests", "60") == (answer.json(), answer.headers["Retry-After"])
    assert (answer.headers["RateLimit-Remaining"] == "0") == (kind == "limit_reached")
    assert acted == len(api.events())
    assert 200 == api.post("/api/v3/touchpoints/", json={"account_id": "a1", "content": "x"}).status_code


@pytest.mark.parametrize("kind", ["row_locked", "item_refused", "lock_held"])
def test_a_fault_that_totango_cannot_have_is_misuse(api: Api, kind: str) -> None:
    """Totango locks no rows and has no bulk calls: who asks for such a fault hears so at once, and none waits."""
    with pytest.raises(MisuseError, match=kind):
        api.control.add_fault(kind=kind, verb="create", object="Task")

    assert [] == api.control.faults()


@pytest.mark.parametrize("path", ["/pixel.gif", "/domains/"])
def test_nor_where_no_token_is_shown(api: Api, path: str) -> None:
    """The ingest and the look-up of regions let no fault pass in silence that came past the control plane."""
    api.fake.faults.add(Fault(kind="row_locked"))

    with pytest.raises(MisuseError, match="row_locked"):
        api.get(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"nope": []}, "no part 'nope'"),
        ({"tasks": {}}, "tasks is an array of objects"),
        ({"tasks": [17]}, "tasks is an array of objects"),
        ({"tasks": [{"title": "x"}]}, "text as account_id"),
        ({"tasks": [{"account_id": "nope"}]}, "no account 'nope'"),
        ({"tasks": [{"account_id": "a1", "id": "x"}]}, "the id 'x' of tasks"),
        ({"touchpoints": [{"account_id": "a1", "updated_at": "today"}]}, "updated_at cannot be 'today'"),
        ({"touchpoints": [{"account_id": "a1", "updated_at": 10**20}]}, "updated_at cannot be 100000000000000000000"),
        (
            {"touchpoints": [{"account_id": "a1", "participantList": []}]},
            "no key 'participantList': there are account_id",
        ),
        ({"touchpoints": [{"account_id": "a1", "participants": [1]}]}, "participants is an array of texts"),
        ({"touchpoints": [{"account_id": "a1", "disable_sync": 1}]}, "disable_sync cannot be 1"),
        ({"tasks": [{"account_id": "a1", "title": 5}]}, "title cannot be 5"),
        ({"tasks": [{"account_id": "a1", "priority": 4}]}, "a priority is 1, 2 or 3, a status open or closed"),
        ({"tasks": [{"account_id": "a1", "status": []}]}, "a priority is 1, 2 or 3, a status open or closed"),
        ({"tasks": [{"account_id": "a1", "due": "2026-01-06"}]}, "tasks: no key 'due'"),
        ({"campaign_touches": [{"account_id": "a1", "users_count": -1}]}, "users_count cannot be -1"),
        ({"users": [{"account_id": "a1", "id": "u", "last_activity_time": "now"}]}, "last_activity_time cannot be"),
        ({"accounts": [{"id": "x", "attribute": {}}]}, "accounts: no key 'attribute'"),
        ({"accounts": [{"name": "x"}]}, "text as id"),
        ({"accounts": [{"id": "x", "attributes": []}]}, "attributes cannot be"),
        ({"users": [{"id": "u"}]}, "text as account_id"),
        ({"campaign_touches": [{"account_id": "a1", "kind": "Weekly"}]}, "the kind Ongoing or One time"),
        ({"jobs": [{"id": "j", "object": "tasks"}]}, "direction is required"),
        ({"settings": {"nope": 1}}, "no setting 'nope'"),
        ({"settings": []}, "settings is an object"),
        ({"switches": {"retry_after": "x"}}, "cannot be 'x'"),
    ],
)
def test_wrong_seed_data_is_misuse_and_changes_nothing(api: Api, data: dict[str, Any], words: str) -> None:
    """One line says what is wrong; what stood before it in the same call is not kept."""
    before = api.fake.store.contents()
    good = {"accounts": [{"id": "new"}], "switches": {"content_limit": 3000}}

    with pytest.raises(MisuseError, match=words):
        api.control.seed({**good, **data})
    assert before == api.fake.store.contents()
    assert 200 == api.post("/api/v3/touchpoints/", json={"account_id": "a1", "content": "x" * 3_001}).status_code


def test_seeded_records_are_like_made_ones(api: Api) -> None:
    """They keep their ids, get what they do not say, and have their events; seeding again replaces."""
    for title in ("first", "second"):
        told = api.control.seed({
            "tasks": [{"id": 5, "account_id": "a1", "title": title, "external_id": "T5"}],
            "touchpoints": [{"id": 6, "account_id": "a1", "content": title}],
            "campaign_touches": [{"id": "ct", "account_id": "a1", "name": title}],
        })  # fmt: skip

    assert {"tasks": [5], "touchpoints": [6], "campaign_touches": ["ct"]} == told
    assert ("second", "t5", 2, "open") == tuple(
        api.row(5)[key] for key in ("title", "external_id", "priority", "status")
    )
    assert {"task", "note", "campaign_touch"} == {event["type"] for event in api.events()}
    assert 3 == len(api.events())


def test_a_snapshot_holds_everything(api: Api) -> None:
    """Records, events, deletions, jobs, settings, switches and serial numbers come back together."""
    api.task()
    api.imported("tasks", "X1", account_id="a1", title="x")
    api.delete("/_standin/totango/records/tasks/X1")
    api.post("/_standin/totango/jobs", json={"object": "tasks", "direction": "inbound"})
    taken = api.control.snapshot()
    before = api.fake.store.snapshot()

    api.note()
    api.switch(content_limit=3000)
    api.control.seed({"settings": {"activity_types": []}})
    api.control.restore(taken)

    assert before == api.fake.store.snapshot()
    first = api.note()
    api.control.restore(taken)
    assert first == api.note()


def test_a_file_keeps_everything(tmp_path: Any) -> None:
    """A service opened again from its file has its records and its switches."""
    from fake_core import FrozenClock
    from fake_totango import ApiToken, TenantConfig, create_app

    url = f"sqlite:///{tmp_path}/totango.db"
    org = TenantConfig(tokens=[ApiToken(TOKEN)])
    first = create_app(clock=FrozenClock(), data=url, org=org)
    api = Api(first)
    api.control.seed({"accounts": [{"id": "a1"}], "switches": {"events_order": "oldest_first"}})
    task_id = api.task()
    first.close()

    again = create_app(clock=FrozenClock(), data=url, org=org)
    assert "Call" == Api(again).row(task_id)["title"]
    assert again.store.parts["settings"].dump()["switches"]["events_order"] == "oldest_first"
    again.close()
