"""tap-totango 0.5.0 from PyPI, a Singer tap, unmodified: it takes no address but api.totango.com and the EU host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.clients.elsewhere import control, own_or_skip, run
from tests.clients.served import Served, serve

SEED = {
    "accounts": [
        {"id": f"acc-{n}", "name": f"Account {n}", "attributes": {"status_group": "paying"}} for n in range(5)
    ],
    "users": [{"id": "ann@acc.example", "account_id": "acc-1", "name": "Ann"}],
    "touchpoints": [
        {"account_id": "acc-1", "subject": f"Met {n}", "content": "We met.", "activity_type_id": "support"}
        for n in range(3)
    ],
    "tasks": [{"account_id": "acc-1", "title": "Call"}],
}
NOTES = [{"type": "event_property", "name": "event_type", "eq": "note"}]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own_or_skip("two", "tap-totango")
    with serve(tmp_path_factory.mktemp("tap"), "--tls", vendor="totango") as one:
        yield one


@pytest.fixture
def totango(served: Served) -> Served:
    control(served).reset()
    control(served).seed(SEED)
    return served


def records(totango: Served, folder: Path, **config: Any) -> dict[str, list[dict[str, Any]]]:
    """What the tap emits, by stream."""
    path = folder / "config.json"
    path.write_text(json.dumps({"auth_token": totango.words["token"], **config}), "utf-8")
    lines = run(totango, "two", "--config", str(path), program="tap-totango").splitlines()
    found: dict[str, list[dict[str, Any]]] = {}
    for line in map(json.loads, lines):
        if line["type"] == "RECORD":
            found.setdefault(line["stream"], []).append(line["record"])
    return found


def test_three_streams(totango: Served, tmp_path: Path) -> None:
    """Accounts and users stand under `hits` of their own kind, events under theirs; an unknown field is null."""
    health = {"type": "string", "term": "health", "field_display_name": "Health rank"}

    found = records(totango, tmp_path, account_id="acc-1", events_terms=NOTES, accounts_fields=[health])

    assert [f"acc-{n}" for n in range(5)] == [one["name"] for one in found["accounts"]]
    assert [[None]] * 5 == [one["selected_fields"] for one in found["accounts"]]
    assert [("ann@acc.example", "Ann")] == [(one["name"], one["display_name"]) for one in found["users"]]
    # The tap reads the events of an account once for each account: its own doing.
    events = {one["id"]: one for one in found["events"]}
    assert {"Met 0", "Met 1", "Met 2"} == {one["properties"]["subject"] for one in events.values()}
    assert {("note", "acc-1", "support", "We met.")} == {
        (one["type"], one["account"]["id"], one["properties"]["activity_type_id"], one["note_content"]["text"])
        for one in events.values()
    }


def test_offsets_are_records_here_and_pages_there(totango: Served, tmp_path: Path) -> None:
    """The paging trap: for accounts an offset is a record's number, for events a page's."""
    pages = [
        records(
            totango,
            tmp_path,
            account_id="acc-1",
            events_terms=NOTES,
            **{f"{stream}_{key}": value for stream in ("accounts", "events") for key, value in one.items()},
        )
        for one in ({"count": 2, "offset": 0}, {"count": 2, "offset": 1})
    ]

    assert [["acc-0", "acc-1"], ["acc-1", "acc-2"]] == [[one["name"] for one in page["accounts"]] for page in pages]
    subjects = [sorted({one["properties"]["subject"] for one in page["events"]}) for page in pages]
    assert [2, 1] == [len(one) for one in subjects]
    assert {"Met 0", "Met 1", "Met 2"} == {*subjects[0], *subjects[1]}


def test_a_limit_is_waited_for(totango: Served, tmp_path: Path) -> None:
    """After a 429 the tap calls again: the stream is whole."""
    plane = control(totango)
    plane.add_fault(vendor="totango", kind="limit_reached", verb="list", object="User")

    found = records(totango, tmp_path, account_id="acc-1")

    assert ["ann@acc.example"] == [one["name"] for one in found["users"]]
    users = [one["status"] for one in plane.journal() if one["path"] == "/api/v1/search/users"]
    assert [429, 200] == users
