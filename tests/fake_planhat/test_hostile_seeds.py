"""What a tester may hand to the control plane by mistake: one line says so, or it is kept; nothing breaks or hangs."""

from __future__ import annotations

from typing import Any

import pytest

from fake_core import MisuseError
from fake_planhat.automations.codes import codes_in

from .conftest import Api

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
