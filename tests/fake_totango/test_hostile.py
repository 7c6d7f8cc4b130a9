"""Totango under calls that no decent client sends: refused in the vendor's words, and nothing half written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from tests.hostile import Call, ask, calls, fair, slips

from fake_core import Fake, FrozenClock, IdSource
from fake_totango import ApiToken, TenantConfig, create_app
from fake_totango.routes import OPEN, ROUTES

from .conftest import TOKEN, URL, WORLD

TOKEN_HEADER = ("app-token", TOKEN)
SEED: dict[str, Any] = {
    **WORLD,
    "users": [{"account_id": "a1", "id": "u@x.example"}],
    "tasks": [{"id": 3, "account_id": "a1", "title": "Call", "external_id": "X1"}],
    "touchpoints": [{"id": 4, "account_id": "a1", "content": "Met.", "event_id": "e4", "external_id": "X1"}],
    "campaign_touches": [{"id": "ct", "account_id": "a1"}],
    "jobs": [{"id": "j", "object": "tasks", "direction": "inbound"}],
    "settings": {
        "successplays": [{"id": "sp", "active": True, "manual": True, "task": {"title": "Play"}}],
        "active_lists": {"1": None},
    },
    "switches": {"rate_limits": "off"},
}
QUERIES = [
    {"terms": [], "fields": [{"type": "string", "term": "status_group"}], "count": 2, "offset": 0},
    {"terms": [{"type": "date", "term": "date", "gte": 10**4_000, "joker": 1}], "fields": [], "count": 1, "offset": 0},
    {"terms": [{"type": "or", "or": [{"type": "number", "term": "x", "eq": 1e308}]}], "fields": [{}], "count": 1000}
    | {"offset": 10**15, "sort_by": "health", "sort_order": "DESC"},
]
QUERY = {"query": json.dumps(QUERIES[0])}
TOUCHPOINT = {
    "account_id": "a1", "content": "Met.", "subject": "S", "activity_type_id": "support", "touchpointType": "t",
    "create_date": 1_461_110_400_000, "created_by": "u@x.example", "disable_sync": True, "touchpoint_tags": "t,u",
    "parentId": 4,
}  # fmt: skip
TASK = {
    "account_id": "a1", "title": "Call", "description": "D", "due_date": "2026-01-06", "priority": 1,
    "status": "closed", "assignee": "u@x.example", "activity_type_id": "support",
}  # fmt: skip
PIXEL = {"sdr_s": "SP-0000-11", "sdr_o": "new", "sdr_u": "u", "sdr_a": "Login", "sdr_m": "App", "sdr_o.x": "1"}
RIGHT: dict[str, dict[str, Any]] = {
    "createTouchpoint": TOUCHPOINT | {"participantList": [{"userid": "u@x.example"}]},
    "updateTouchpoint": {**TOUCHPOINT, "event_id": "e4", "note_id": 4},
    "deleteTouchpoint": {"account_id": "a1", "event_id": "e4"},
    "createTask": TASK, "updateTask": TASK, "updateTaskByBody": TASK | {"id": 3}, "getTask": {"id": 3},
    "listEvents": {"account_id": "a1"}, "searchEvents": QUERY, "searchAccounts": QUERY, "searchUsers": QUERY,
    "searchCollections": QUERY, "runManualSuccessPlay": {"successplayId": "sp", "accountId": "a1"},
    "listActive": {"length": 1, "offset": 0}, "lookUpDomain": {"service_id": "SP-0000-11"}, "trackByGet": PIXEL,
    "trackByPost": PIXEL, "listRecords": {"updated_from": 0, "count": 1, "offset": 0},
    "importRecord": {"account_id": "a1", "title": "Call", "subject": "S", "content": "C", "updated_at": 2**40},
    "listDeletions": {"kind": "tasks", "deleted_from": 0},
    "createJob": {"object": "tasks", "direction": "outbound", "filter": "x", "connection": {"user": "u"}, "pair": "j"},
    "updateJob": {"name": "n", "create_new": True, "schedule": {"kind": "daily"}},
}  # fmt: skip
PLACES: dict[str, list[Any]] = {
    "account_id": ["a1"], "note_id": [4], "task_id": [3], "kind": ["tasks", "touchpoints"], "job_id": ["j"],
    "key": ["x1", "X1", "3", "4", "new"], "list_id": ["1"],
}  # fmt: skip
READS = [
    "/api/v2/events/?account_id=a1", "/api/v2/accounts/a1/", "/api/v1/accounts/active_list/1/current.json",
    "/api/v3/tasks?id=3", "/_standin/totango/records/tasks", "/_standin/totango/records/touchpoints",
    "/_standin/totango/deletions", "/_standin/totango/jobs",
]  # fmt: skip
SEARCHES = [path for _, path, name, _ in ROUTES if name.startswith("search")]


MORE = settings(max_examples=3 * settings().max_examples)  # calls are quick


@pytest.fixture(scope="module")
def seeded() -> Iterator[tuple[Fake, bytes]]:
    """A service with a little of everything, and how it was made."""
    fake = create_app(clock=FrozenClock(), org=TenantConfig(tokens=[ApiToken(TOKEN)], seed=SEED))
    yield fake, fake.store.snapshot()
    fake.close()


@pytest.mark.evidence("assumed", "what Totango answers to garbage is not known")
@MORE
@given(call=calls(ROUTES, places=PLACES, right=RIGHT))
def test_any_call_of_any_route(seeded: tuple[Fake, bytes], call: Call) -> None:
    """Answered without a failure of ours; what is refused or only read changes nothing; all can be read afterwards."""
    fake, start = seeded
    fake.store.restore(start)
    before = fake.store.contents()
    pixel = call.path.startswith("/pixel.gif") and call.method in {"GET", "HEAD", "POST"}

    answer = ask(fake, URL, call, TOKEN_HEADER)

    fair(call, answer)
    if answer.status >= 400 and call.method != "HEAD":
        assert {"type", "message"} == set(json.loads(answer.body)["error"])
    if pixel:
        assert (200, b"GIF89a") == (answer.status, answer.body[:6] or b"GIF89a")
    if answer.status >= 400 or (call.method in {"GET", "HEAD"} and not pixel):
        assert before == fake.store.contents()
    query = f"query={json.dumps(QUERIES[0])}".encode()
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    again = [*(Call("GET", path) for path in READS), *(Call("POST", path, form, query) for path in SEARCHES)]
    assert {200} == {ask(fake, URL, one, TOKEN_HEADER).status for one in again}


@pytest.mark.evidence("assumed", "ours")
def test_one_value_is_wrong(seeded: tuple[Fake, bytes]) -> None:
    """Every place of a path and every field with each value that no client means: carried out, or refused whole."""
    fake, start = seeded
    fake.store.restore(start)
    before = fake.store.contents()
    for call in slips(ROUTES, places=PLACES, right=RIGHT):
        fake.store.restore(start)
        answer = ask(fake, URL, call, TOKEN_HEADER)
        fair(call, answer)
        if answer.status >= 400:
            assert {"type", "message"} == set(json.loads(answer.body)["error"])
            assert before == fake.store.contents()


@pytest.mark.evidence("assumed", "as above")
@given(call=calls([one for one in ROUTES if one[2] not in OPEN], places=PLACES, right=RIGHT))
def test_any_call_of_nobodys(seeded: tuple[Fake, bytes], call: Call) -> None:
    """Without a token that is known nothing is read and nothing is told, whatever else a call holds."""
    fake, start = seeded
    fake.store.restore(start)
    before = fake.store.contents()
    for shown in ("", "\xff", f"{TOKEN},{TOKEN}", TOKEN.upper(), "x" * 10_000):
        answer = ask(fake, URL, call, ("app-token", shown), ("Authorization", f"Bearer {TOKEN}"))
        fair(call, answer)
        assert answer.status in {401, 404, 405}
    assert before == fake.store.contents()


@pytest.mark.evidence("assumed", "ours")
def test_two_fakes_made_alike_agree() -> None:
    """The same calls have the same answers, and leave the same journal and the same rows, refusals and all."""
    asked = [*slips(ROUTES, places=PLACES, right=RIGHT)][::7]
    told = []
    for _ in range(2):
        fake = create_app(clock=FrozenClock(), ids=IdSource(5), org=TenantConfig(tokens=[ApiToken(TOKEN)], seed=SEED))
        answers = [ask(fake, URL, call, TOKEN_HEADER) for call in asked]
        told.append((answers, fake.exchanges(0), fake.store.snapshot()))
        fake.close()

    assert told[0] == told[1]
