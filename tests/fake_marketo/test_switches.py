"""Every switch in every position: what can be seen from outside changes, and only as its row says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_core import MisuseError
from fake_marketo import TenantConfig, create_app
from fake_marketo.switches import SWITCHES

from .conftest import TASK_ID, Api


def type_of_one_without(api: Api) -> str:
    return str(api.remind()["type"])


def blank_name(api: Api) -> int:
    return api.call("POST", "/reminders", {"name": "  "}).status_code


def _touched(api: Api, **body: Any) -> bool:
    before = api.remind()
    api.clock.advance(1)
    return bool(before["updated_at"] != api.edit(before, **body)["updated_at"])


def touched_by_nothing(api: Api) -> bool:
    return _touched(api, name="Call Pat")


def touched_by_the_link(api: Api) -> list[bool]:
    return [_touched(api, sf_task_id=TASK_ID), _touched(api, sf_task_id=TASK_ID, name="x")]


def second_link(api: Api) -> list[int]:
    one, other = api.remind(sf_task_id=TASK_ID), api.remind()
    statuses = [
        api.call("POST", "/reminders", {"name": "x", "sf_task_id": TASK_ID}).status_code,
        api.call("PATCH", f"/reminders/{other['id']}", {"sf_task_id": TASK_ID}).status_code,
        api.call("PATCH", f"/reminders/{one['id']}", {"sf_task_id": TASK_ID}).status_code,
    ]
    for reminder in api.listed():
        api.told("DELETE", f"/reminders/{reminder}")
    return [*statuses, api.call("POST", "/reminders", {"name": "x", "sf_task_id": TASK_ID}).status_code]


def assigned_for_nobody_shared(api: Api) -> list[int]:
    made = api.remind(person=2)
    return [
        api.call("POST", "/reminders", {"name": "x", "assignee": 2, **more}).status_code for more in ({}, {"person": 2})
    ] + [api.call("PATCH", f"/reminders/{made['id']}", {"assignee": 2}).status_code]


def seen_by_the_maker(api: Api) -> tuple[list[int], int]:
    made = api.remind(person=1, assignee=2)
    return api.listed(), api.call("PATCH", f"/reminders/{made['id']}", {"name": "x"}).status_code


def since_its_own_moment(api: Api) -> int:
    return len(api.listed(changed_since=api.remind()["updated_at"]))


def _shown(api: Api, **keys: Any) -> int:
    api.remind(**keys)
    return len(api.told("GET", "/command-center")["items"])


def overdue(api: Api) -> int:
    return _shown(api, due_date="2026-01-04")


def complete(api: Api) -> int:
    return _shown(api, due_date="2026-01-05", status="complete")


def _text(api: Api, template: str) -> str:
    body = {"activity_detail_template": template, "activity_subject": "S"}
    return str(api.told("POST", "/activity-detail-preview", body)["text"])


def capital_letters(api: Api) -> str:
    return _text(api, "{{Activity_Subject}} {{activity_subject}}")


def unknown_field(api: Api) -> str:
    return _text(api, "a{{who}}b")


def saved_again(api: Api) -> bool:
    moments = []
    for _ in range(2):
        moments.append(api.told("PATCH", "/settings", {"task_sync": "on"})["enabled_at"])
        api.clock.advance(1)
    return bool(moments[0] != moments[1])


def categories(api: Api) -> list[str]:
    told = []
    for message in ("Read TIMEOUT.", "No such column 'x'"):
        body = {"operation": "read", "code": "INVALID_FIELD", "message": message}
        told.append(api.told("POST", "/diagnostics", body)["category"])
    return told


SEEN: list[tuple[str, Callable[[Api], Any], dict[Any, Any]]] = [
    ("default_type", type_of_one_without, {one: one for one in ("Email", "Call", "InMail", "Custom")}),
    ("blank_name", blank_name, {"refuse": 400, "accept": 201}),
    ("noop_update_touches", touched_by_nothing, {False: False, True: True}),
    ("link_touches", touched_by_the_link, {False: [False, True], True: [True, True]}),
    ("duplicate_link", second_link, {"accept": [201, 200, 200, 201], "refuse": [409, 409, 200, 201]}),
    ("assign_unshared", assigned_for_nobody_shared, {"refuse": [400, 400, 400], "accept": [201, 201, 200]}),
    ("creator_sees", seen_by_the_maker, {True: ([1], 200), False: ([], 404)}),
    ("changed_since", since_its_own_moment, {"closed": 1, "open": 0}),
    ("command_center_overdue", overdue, {"hide": 0, "show": 1}),
    ("command_center_complete", complete, {"hide": 0, "show": 1}),
    ("template_names", capital_letters, {"any_case": "S S", "exact": "{{Activity_Subject}} S"}),
    ("template_unknown_field", unknown_field, {"keep": "a{{who}}b", "empty": "ab"}),
    ("resave_enables", saved_again, {False: False, True: True}),
    ("diagnostics_by_message", categories, {False: ["Intermittent"] * 2, True: ["Intermittent", "Other"]}),
]


def test_every_switch_is_seen_in_every_position() -> None:
    """The table below has each switch with all its values."""
    assert {name: set(row.values) for name, row in SWITCHES.items()} == {name: set(seen) for name, _, seen in SEEN}


@pytest.mark.evidence("assumed", "data/switches.toml")
@pytest.mark.parametrize(("name", "look", "seen"), SEEN, ids=[name for name, _, _ in SEEN])
def test_a_switch_does_what_its_row_says(api: Api, name: str, look: Callable[[Api], Any], seen: dict[Any, Any]) -> None:
    """Each position shows, the default without being set."""
    assert seen[SWITCHES[name].default] == look(api)
    for value, expected in seen.items():
        api.fake.reset()
        api.switch(**{name: value})
        assert expected == look(api)


def test_switches_live_with_the_rows(api: Api) -> None:
    """A reset puts a switch back; a snapshot holds it."""
    api.switch(default_type="Call")
    kept = api.fake.store.snapshot()
    api.fake.reset()
    after_reset = api.remind()["type"]
    api.fake.store.restore(kept)

    assert ("Custom", "Call") == (after_reset, api.remind()["type"])


@pytest.mark.parametrize(
    ("switches", "words"), [({"x": 1}, "no switch 'x'"), ({"duplicate_link": "no"}, "choose one of 'accept', 'refuse'")]
)
def test_a_switch_that_is_not_there(switches: dict[str, Any], words: str) -> None:
    """An unknown name or value is a tester's mistake, told when the fake is made."""
    with pytest.raises(MisuseError, match=words):
        create_app(org=TenantConfig(switches=switches))
