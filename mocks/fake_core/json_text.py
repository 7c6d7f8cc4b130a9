"""JSON as clients and vendors write it, read and written alike by every fake.

Rule: what is no JSON in UTF-8 is a ValueError, whatever the bytes: NaN (Python's own idea of JSON), brackets without
end. Half a surrogate pair is no text: it becomes U+FFFD, as in a database of UTF-8. What is read can be written again:
depth has an end long before Python's stack has one, wherever on the stack that happens.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

DEPTH_MAX = 200  # of arrays and objects in one another


def dumps(value: Any) -> str:
    """Compact, unsorted, unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def loads(
    data: bytes, *, parse_int: Callable[[str], Any] | None = None, parse_float: Callable[[str], Any] | None = None
) -> Any:
    """What *data* says; the two functions read numbers where a vendor has its own idea of them."""
    try:
        given = json.loads(
            data.decode("utf-8"), parse_int=parse_int, parse_float=parse_float, parse_constant=_refuse_constant
        )
        if data.count(b"[") + data.count(b"{") > DEPTH_MAX:
            _refuse_depth(given)
        return _whole_characters(given) if b"\\ud" in data.lower() else given
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _refuse_depth(given: Any) -> None:
    """ValueError for what is nested too deep; without recursion, as the depth is what is not known."""
    level = [given]
    for _ in range(DEPTH_MAX):
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list)))
        level = [each for values in inner for each in values]
    if any(isinstance(one, (dict, list)) for one in level):
        raise ValueError("nested too deep")


def _whole_characters(given: Any) -> Any:
    text = json.dumps(given, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
