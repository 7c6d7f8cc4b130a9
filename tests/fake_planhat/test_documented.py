"""Every request and answer printed on Planhat's Task page, played: same keys, same order, same values."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = json.loads((Path(__file__).parents[2] / "fixtures/documented/planhat-task.json").read_text("utf-8"))
KINDS = {
    "id": re.compile(r"[0-9a-f]{24}"),
    "stamp": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z"),
}


def masked(value: Any, volatile: list[str], path: str = "") -> Any:
    """*value* with each volatile part replaced by the name of its kind, or by itself when it is of the wrong kind."""
    if isinstance(value, dict):
        return {key: masked(one, volatile, f"{path}.{key}" if path else key) for key, one in value.items()}
    if isinstance(value, list):
        return [masked(one, volatile, f"{path}.*") for one in value]
    if path in volatile:
        kind = "id" if path.rpartition(".")[2] in {"_id", "*"} else "stamp"
        return kind if KINDS[kind].fullmatch(str(value)) else value
    return value


@pytest.mark.evidence("documented", "developer documentation, Task")
@pytest.mark.parametrize("exchange", PAGE["exchanges"], ids=lambda one: one["name"])
def test_printed_exchange(make_api: Any, exchange: dict[str, Any]) -> None:
    """What the Task page prints is what the fake answers, byte for byte but for fresh ids and stamps."""
    api = make_api(world=False)
    api.control.seed(exchange["before"])
    request, expected = exchange["request"], exchange["answer"]

    answer = api.call(request["method"], request["path"], request.get("body"))

    volatile = exchange["volatile"]
    assert expected["status"] == answer.status_code
    assert json.dumps(masked(expected["body"], volatile)) == json.dumps(masked(answer.json(), volatile))


@pytest.mark.evidence("documented", "developer documentation, Task")
def test_printed_life_in_one_go(make_api: Any) -> None:
    """Create, update by sourceId, get and delete follow from each other as the page tells them."""
    api = make_api(world=False)
    create, update = PAGE["exchanges"][:2]
    api.control.seed(create["before"])

    made = api.post("/tasks", create["request"]["body"]).json()
    changed = api.put(f"/tasks/{made['_id']}", update["request"]["body"]).json()

    assert list(update["answer"]["body"]) == list(changed)
    assert changed["sourceId"] == api.row("/tasks/srcid-sfdc-1234")["sourceId"]
    assert {"n": 1, "ok": 1, "deletedCount": 1} == api.delete(f"/tasks/{made['_id']}").json()
    assert 404 == api.get(f"/tasks/{made['_id']}").status_code


def test_every_section_is_played() -> None:
    """The page has six kinds of request."""
    methods = {(one["request"]["method"], one["request"]["path"].count("/")) for one in PAGE["exchanges"]}

    assert {("POST", 1), ("PUT", 2), ("GET", 2), ("GET", 1), ("DELETE", 2), ("PUT", 1)} == methods
