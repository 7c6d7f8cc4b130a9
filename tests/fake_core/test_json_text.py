"""JSON that fakes read: what is no JSON, and what nobody could write again, is refused before anything is done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from fake_core import json_text
from fake_core.refusals import TableError

DEPTH = json_text.DEPTH_MAX


class Refusal(TableError):
    TABLE: ClassVar[Mapping[str, Any]] = {"bad": {"status": 400, "text": "{value} is none of {known}"}}
    OURS = frozenset({"known"})


def nested(depth: int, *, inner: str = "") -> bytes:
    pair = ('{"a":[', "]}") if inner == "both" else ("[", "]")
    count = depth // 2 if inner == "both" else depth
    return (pair[0] * count + pair[1] * count).encode()


@pytest.mark.parametrize("inner", ["", "both"])
def test_depth_has_an_end(inner: str) -> None:
    """What is deeper than that is a ValueError, wherever the stack of whoever reads it ends; wide is not deep."""
    assert nested(DEPTH, inner=inner) == json_text.dumps(json_text.loads(nested(DEPTH, inner=inner))).encode()
    for depth in (DEPTH + 2, 500, *range(900, 1_000, 2), 100_000):
        with pytest.raises(ValueError, match="nested too deep"):
            json_text.loads(nested(depth, inner=inner))
    assert [[]] * 10_000 == json_text.loads(json.dumps([[]] * 10_000).encode())


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "null"),
        (True, "true"),
        ("x", "x"),
        ({"a": [1.5, None]}, '{"a": [1.5, null]}'),
        ("y" * 101, "y" * 100 + "..."),
    ],
)
def test_a_refusal_tells_a_value_as_it_was_sent(value: Any, told: str) -> None:
    """As JSON and its beginning only; what is ours to tell is whole."""
    assert f"{told} is none of {'z' * 500}" == Refusal("bad", value=value, known="z" * 500).text
