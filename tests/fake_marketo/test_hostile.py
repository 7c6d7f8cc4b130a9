"""Sales Insight Actions under calls that no decent client sends: refused in its words, nothing half written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from tests.hostile import Call, ask, calls, fair, slips

from fake_core import Fake, FrozenClock, IdSource
from fake_core.web import STAND_IN_HEADER
from fake_marketo import TenantConfig, create_app
from fake_marketo.routes import ROUTES

from .conftest import OTHER_ID, TASK_ID, URL, USERS, WORLD

ANN = ("Authorization", "Bearer ann")
SEED: dict[str, Any] = {
    **WORLD,
    "reminders": [{"id": 1, "name": "Call Pat", "person": 1, "campaign_step": 1}, {"id": 2, "name": "gone"}],
    "diagnostics": [{"id": 1, "operation": "read", "code": "QUERY_TIMEOUT"}],
    "logged_activities": [{"id": 1, "sf_task_id": TASK_ID}],
}
REMINDER = {
    "name": "Call", "type": "Call", "status": "complete", "priority": "high", "due_date": "2026-01-05",
    "details": "a\nb", "assignee": 2, "person": 1, "campaign_step": 1, "call_outcome": "o", "sf_task_id": OTHER_ID,
}  # fmt: skip
RIGHT: dict[str, dict[str, Any]] = {
    "createReminder": REMINDER, "updateReminder": REMINDER,
    "listReminders": {
        "changed_since": "2026-01-05T09:00:00Z", "include_deleted": "true", "limit": 1, "sf_task_id": TASK_ID,
    },
    "createDiagnostic": {"operation": "create", "code": "INVALID_TYPE", "message": "m", "reminder": 1},
    "listDiagnostics": {"category": "Other", "acknowledged": "true", "cursor": "~1"},
    "updateSettings": {"task_sync": "on", "activity_detail_template": "{{activity_subject}}\n{{x}}"},
    "previewActivityDetail": {"activity_subject": "s", "activity_detail_template": "{{" * 500},
}  # fmt: skip
PLACES: dict[str, list[Any]] = {
    "user_id": [1, 2], "person_id": [1, 2], "reminder_id": [1, 2], "diagnostic_id": [1],
    "sf_task_id": [TASK_ID, OTHER_ID],
}  # fmt: skip
PREFIX = "/_standin/sia"
READS = ("/reminders?include_deleted=true", "/command-center", "/settings", "/diagnostics", "/logged-activities")


MORE = settings(max_examples=3 * settings().max_examples)  # calls are quick


@pytest.fixture(scope="module")
def seeded() -> Iterator[tuple[Fake, bytes]]:
    """A tenant with a little of everything, and how it was made."""
    fake = create_app(clock=FrozenClock(), org=TenantConfig(users=USERS, seed=SEED))
    yield fake, fake.store.snapshot()
    fake.close()


@pytest.mark.evidence("assumed", "ours")
@MORE
@given(call=calls(ROUTES, places=PLACES, right=RIGHT))
def test_any_call_of_any_route(seeded: tuple[Fake, bytes], call: Call) -> None:
    """Answered without a failure of ours; what is refused or only read changes nothing; all can be read afterwards."""
    fake, start = seeded
    fake.store.restore(start)
    before = fake.store.contents()

    answer = ask(fake, URL, call, ANN)

    fair(call, answer)
    assert STAND_IN_HEADER in dict(answer.headers)
    if answer.status >= 400 and call.method != "HEAD":
        assert {"error", "message"} == set(json.loads(answer.body))
    if answer.status >= 400 or call.method in {"GET", "HEAD"}:
        assert before == fake.store.contents()
    assert {200} == {ask(fake, URL, Call("GET", PREFIX + path), ANN).status for path in READS}


@pytest.mark.evidence("assumed", "ours")
def test_one_value_is_wrong(seeded: tuple[Fake, bytes]) -> None:
    """Every place of a path and every field with each value that no client means: carried out, or refused whole."""
    fake, start = seeded
    fake.store.restore(start)
    before = fake.store.contents()
    for call in slips(ROUTES, places=PLACES, right=RIGHT):
        fake.store.restore(start)
        answer = ask(fake, URL, call, ANN)
        fair(call, answer)
        if answer.status >= 400:
            assert {"error", "message"} == set(json.loads(answer.body))
            assert before == fake.store.contents()


@pytest.mark.evidence("assumed", "ours")
@given(call=calls(ROUTES, places=PLACES, right=RIGHT))
def test_any_call_of_nobodys(seeded: tuple[Fake, bytes], call: Call) -> None:
    """Without a token that is a user's nothing is read and nothing is told, whatever else a call holds."""
    fake, start = seeded
    fake.store.restore(start)
    before = fake.store.contents()
    for shown in (
        "",
        "Bearer ",
        "Bearer \xff",
        "Bearer ann,ann",
        "Bearer ANN",
        "Basic YW5uOg==",
        "Bearer " + "x" * 9_999,
    ):
        answer = ask(fake, URL, call, ("Authorization", shown))
        fair(call, answer)
        assert answer.status in {401, 404, 405}
    assert before == fake.store.contents()


@pytest.mark.evidence("assumed", "ours")
@pytest.mark.parametrize("name", ["limit", "changed_since", "anything"])
def test_a_parameter_given_twice(seeded: tuple[Fake, bytes], name: str) -> None:
    """It is refused by name: nobody would know which one counts."""
    answer = ask(seeded[0], URL, Call("GET", f"{PREFIX}/reminders?{name}=1&{name}=2"), ANN)

    assert (400, "BAD_PARAMETER") == (answer.status, json.loads(answer.body)["error"])
    assert f"{name} is given once, not 1 and 2" in json.loads(answer.body)["message"]


@pytest.mark.evidence("assumed", "ours")
def test_an_unknown_key_is_told_all_that_there_are(seeded: tuple[Fake, bytes]) -> None:
    """The list of keys is whole, however long; a caller's own value is cut."""
    body = json.dumps({"x" * 500: 1}).encode()
    told = json.loads(ask(seeded[0], URL, Call("POST", f"{PREFIX}/reminders", (), body), ANN).body)["message"]

    assert ("x" * 100 + "... to write") in told
    assert "call_outcome, call_reason, sf_task_id." in told


@pytest.mark.evidence("assumed", "ours")
@pytest.mark.parametrize(
    ("value", "words"), [(None, "not null."), (True, "not true."), ({"a": [1]}, 'not {"a": [1]}.')]
)
def test_a_value_is_told_as_it_was_sent(seeded: tuple[Fake, bytes], value: Any, words: str) -> None:
    """In JSON, not in the language that this fake is written in."""
    body = json.dumps({"name": value}).encode()

    assert words in json.loads(ask(seeded[0], URL, Call("POST", f"{PREFIX}/reminders", (), body), ANN).body)["message"]


@pytest.mark.evidence("assumed", "ours")
def test_two_fakes_made_alike_agree() -> None:
    """The same calls have the same answers, and leave the same journal and the same rows, refusals and all."""
    asked = [*slips(ROUTES, places=PLACES, right=RIGHT)][::7]
    told = []
    for _ in range(2):
        fake = create_app(clock=FrozenClock(), ids=IdSource(5), org=TenantConfig(users=USERS, seed=SEED))
        answers = [ask(fake, URL, call, ANN) for call in asked]
        told.append((answers, fake.exchanges(0), fake.store.snapshot()))
        fake.close()

    assert told[0] == told[1]
