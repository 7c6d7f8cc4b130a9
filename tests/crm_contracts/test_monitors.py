"""The monitors on hand-made exchanges: each single request must be one that the settings allow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crm_contracts.world import monitors
from crm_contracts.world.model import Model
from crm_contracts.world.settings import OFF, RECEIVE, SEND, Settings
from crm_contracts.world.violations import BrokenFrame, DirectionIgnored, FalselyDeleted, LensBroken

SF_ID = "00T000000000001AAA"


def exchange(vendor: str, verb: str, name: str, body: Any = None, path: str = "/x") -> dict[str, Any]:
    method = {"update": "PUT", "delete": "DELETE", "list": "GET", "query": "GET"}.get(verb, "POST")
    text = json.dumps(body) if body is not None else ""
    return {
        "vendor": vendor, "verb": verb, "object": name, "method": method, "path": path,
        "request": text, "status": 200, "fault": None,
    }  # fmt: skip


PATCH_TASK = exchange("salesforce", "update", "Task", {"Subject": "A"}, f"/sobjects/Task/{SF_ID}")
PUT_TASK = exchange("planhat", "update", "Task", {"action": "A"}, "/tasks/60")
ID_BACK = exchange("planhat", "update", "Task", {"sourceId": SF_ID}, "/tasks/60")
LIST_NOTES = exchange("planhat", "list", "Conversation")


@pytest.mark.rule("P8", "P29")
@pytest.mark.parametrize(
    ("one", "owed", "expected"),
    [
        (ID_BACK, {SF_ID}, True),
        (ID_BACK, set(), False),
        (PUT_TASK, {SF_ID}, False),
        (exchange("planhat", "update", "Task", {"sourceId": SF_ID, "action": "A"}), {SF_ID}, False),
        (exchange("planhat", "update", "Conversation", {"externalId": SF_ID}), {SF_ID}, True),
        (PATCH_TASK, {SF_ID}, False),
    ],
)
def test_an_id_that_is_owed_and_nothing_else(one: dict[str, Any], owed: set[str], expected: bool) -> None:
    """What completes an interrupted creation is the id alone, and only one that was owed."""
    assert expected is monitors.writes_back(one, owed)


@pytest.mark.rule("P2", "P25")
@pytest.mark.parametrize(
    ("one", "settings", "found"),
    [
        (PATCH_TASK, Settings(), None),
        (PATCH_TASK, Settings(task=RECEIVE, conversation=OFF), DirectionIgnored),
        (PUT_TASK, Settings(), None),
        (PUT_TASK, Settings(task=SEND), DirectionIgnored),
        (exchange("planhat", "list", "Task"), Settings(task=OFF), DirectionIgnored),
        (exchange("salesforce", "query", "Task"), Settings(task=OFF), None),
        (ID_BACK, Settings(task=SEND), None),
        (LIST_NOTES, Settings(conversation=OFF), DirectionIgnored),
        (exchange("salesforce", "query", "Task"), Settings(task=OFF, conversation=OFF), DirectionIgnored),
        (exchange("salesforce", "login", ""), Settings(task=OFF, conversation=OFF), None),
        (exchange("planhat", "delete", "Task"), Settings(), FalselyDeleted),
        (exchange("salesforce", "update", "Account"), Settings(), BrokenFrame),
        (exchange("planhat", "bulk", "Task", [{"_id": "1", "action": "A"}]), Settings(task=SEND), DirectionIgnored),
    ],
)  # fmt: skip
def test_a_request_is_judged_by_the_settings(
    one: dict[str, Any], settings: Settings, found: type[Exception] | None
) -> None:
    """Not Syncing makes no request; a direction excludes writes; nothing is deleted; customers are not touched."""
    if found is None:
        monitors.check([one], settings, Model())
    else:
        with pytest.raises(found):
            monitors.check([one], settings, Model())


@pytest.mark.rule("F47", "I16")
@pytest.mark.parametrize(
    ("text", "found"), [("a\0b", True), (r"a\u0000b", False), ("\\\0", True), ("\\\\u0000", False), ("plain", False)]
)
def test_a_nul_is_never_sent(text: str, found: bool) -> None:
    """Neither to Salesforce nor to Planhat; the letters of its escape are a text like any other."""
    for one in (
        exchange("salesforce", "update", "Task", {"Subject": text}, f"/sobjects/Task/{SF_ID}"),
        exchange("planhat", "bulk", "Task", [{"_id": "1", "action": text}]),
    ):
        if found:
            with pytest.raises(LensBroken):
                monitors.check([one], Settings(), Model())
        else:
            monitors.check([one], Settings(), Model())


def test_reading_and_logging_in_are_no_writes() -> None:
    """Quiescence counts changes, not questions."""
    questions = [exchange("salesforce", "login", ""), exchange("salesforce", "query", "Task"), LIST_NOTES]

    assert [PUT_TASK] == monitors.writes([*questions, PUT_TASK])
