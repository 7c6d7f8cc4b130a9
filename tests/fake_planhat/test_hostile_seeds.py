"""What a tester may hand to the control plane by mistake: one line says so, or it is kept; nothing breaks or hangs."""

from __future__ import annotations

from typing import Any

import pytest

from fake_core import MisuseError
from fake_planhat.automations.codes import codes_in

from .conftest import URL, Api

STEP = {"kind": "webhook", "url": "http://127.0.0.1:9/"}


def automation(**changes: Any) -> dict[str, Any]:
    return {"name": "a", "trigger": "created", "model": "Task", "steps": [STEP], **changes}


@pytest.mark.parametrize("value", [[], {}, ["Task"], None, 5], ids=repr)
@pytest.mark.parametrize(
    "place",
    [
        lambda value: automation(model=value),
        lambda value: automation(trigger=value),
        lambda value: automation(steps=[{**STEP, "kind": value}]),
        lambda value: automation(steps=[{**STEP, "method": value}]),
        lambda value: automation(steps=[{**STEP, "url": value}]),
        lambda value: automation(steps=[{"kind": "get", "model": value, "id": "x"}]),
    ],
    ids=["model", "trigger", "kind", "method", "url", "model of a step"],
)
def test_any_json_where_a_word_is_due(api: Api, place: Any, value: Any) -> None:
    """A value of another type is a mistake that is told, as a wrong word is."""
    with pytest.raises(MisuseError, match="the automation 'a'"):
        api.control.seed({"automations": [place(value)]})


@pytest.mark.parametrize("template", ["<<" + " " * 30_000, "<<" * 30_000, "<<a " + " >" * 30_000])
def test_a_code_that_never_closes(template: str) -> None:
    """Is read at once: a reader that tries every way to part the blanks would need days."""
    assert [] == codes_in(template)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"custom": 5}, "custom of tasks is an object, not 5"),
        ({"users": "x"}, "users of tasks is an array, not 'x'"),
        ({"description": []}, r"description of tasks is a text, not \[\]"),
        ({"isArchived": 1}, "isArchived of tasks is true or false, not 1"),
        ({"repeatDays": True}, "repeatDays of tasks is a number, not True"),
        ({"startTime": {}}, "startTime of tasks is a text, not {}"),
        ({"ownerId": 7}, "ownerId of tasks is a text, not 7"),
    ],
)
def test_a_property_of_another_type(api: Api, document: dict[str, Any], told: str) -> None:
    """A row that no answer could show is told, not stored: later calls would stumble over it."""
    before = api.fake.store.contents()

    with pytest.raises(MisuseError, match=told):
        api.control.seed({"companies": [{"name": "new"}], "tasks": [{"name": "kept"}, document]})
    assert before == api.fake.store.contents()


def test_what_no_model_knows_is_kept(api: Api) -> None:
    """Null stands anywhere, and a key of no model means whatever it means."""
    seeded = {"_id": "5" * 24, "custom": None, "users": None, "startTime": None, "extra": [1, {}]}
    api.control.seed({"tasks": [seeded]})

    assert seeded == {key: value for key, value in api.row(f"/tasks/{'5' * 24}").items() if key in seeded}


@pytest.mark.parametrize(
    "body", [b'{"tasks":' + b"[" * 5_000 + b"]" * 5_000 + b"}", b'{"a":NaN}', b"\xff{}", b"{", b"[]"]
)
def test_bytes_that_are_no_json(api: Api, body: bytes) -> None:
    """The control plane refuses what it cannot read, however deep it is nested."""
    answer = api.session.post(f"{URL}/__understudy__/seed", data=body)

    assert (400, ["error"]) == (answer.status_code, list(answer.json()))


def test_half_a_surrogate_pair(api: Api) -> None:
    """Becomes U+FFFD, as in a call of the API."""
    answer = api.session.post(
        f"{URL}/__understudy__/seed", data=b'{"tasks":[{"_id":"%s","action":"a\\ud83d"}]}' % (b"5" * 24)
    )

    assert (200, "a\ufffd") == (answer.status_code, api.row(f"/tasks/{'5' * 24}")["action"])
