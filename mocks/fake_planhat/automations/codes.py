"""Replacement codes: `<<object.companyId>>`, `<<Step 1.owner>>`, filled with what a run knows.

Source: developer documentation, Automations: headers and body of a webhook are built from replacement codes. How a
value that is no text is written is ours: alone in a JSON text it stays what it is, within a text it is JSON, and what
is not there is the empty text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fake_planhat.store import dumps

# Blanks around a code are cut off later: a pattern with two ways to read them would take for ever.
CODE = re.compile(r"<<([^<>]+)>>")
OBJECT = "object"
_STEP = re.compile(r"Step ([1-9]\d{0,2})")


def step_code(number: int) -> str:
    """How a later step names the outcome of step *number*, counted from 1."""
    return f"Step {number}"


def codes_in(template: Any) -> list[str]:
    """Every code in *template*, without its brackets."""
    if isinstance(template, str):
        return [code.strip() for code in CODE.findall(template)]
    if isinstance(template, Mapping):
        return [code for one in template.values() for code in codes_in(one)]
    if isinstance(template, list):
        return [code for one in template for code in codes_in(one)]
    return []


def is_known(code: str, *, steps: int) -> bool:
    """Whether *code* names the object, or one of the *steps* before."""
    head, _, rest = code.partition(".")
    step = _STEP.fullmatch(head)
    return (head == OBJECT and rest != "") or (step is not None and int(step[1]) <= steps)


def fill(template: Any, scope: Mapping[str, Any]) -> Any:
    """*template* with every code replaced; *scope* holds `object` and `Step N`."""
    if isinstance(template, str):
        alone = CODE.fullmatch(template)
        return _value(alone[1], scope) if alone else fill_text(template, scope)
    if isinstance(template, Mapping):
        return {key: fill(one, scope) for key, one in template.items()}
    if isinstance(template, list):
        return [fill(one, scope) for one in template]
    return template


def fill_text(template: str, scope: Mapping[str, Any]) -> str:
    """*template* with every code replaced by a text."""
    return CODE.sub(lambda code: as_text(_value(code[1], scope)), template)


def as_text(value: Any) -> str:
    """How *value* stands in a text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else dumps(value)


def reach(value: Any, path: str) -> Any:
    """What *path* leads to in *value*, None for nowhere: keys and positions with dots between, a key may hold dots."""
    if not path:
        return value
    if isinstance(value, list):
        head, _, rest = path.partition(".")
        place = int(head) if head.isascii() and head.isdigit() and len(head) < 6 else len(value)
        return reach(value[place], rest) if place < len(value) else None
    if not isinstance(value, Mapping):
        return None
    if path in value:
        return value[path]
    for dot in re.finditer(r"\.", path):
        if path[: dot.start()] in value:
            return reach(value[path[: dot.start()]], path[dot.end() :])
    return None


def _value(code: str, scope: Mapping[str, Any]) -> Any:
    head, _, rest = code.strip().partition(".")
    return reach(scope.get(head), rest)
