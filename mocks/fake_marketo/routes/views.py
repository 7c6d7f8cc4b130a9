"""Thin views: read, call one operation, answer a status and a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import request

from fake_marketo.errors import SiaError
from fake_marketo.operations.call import Call
from fake_marketo.operations.lists import known_only
from fake_marketo.routes.wire import read_object

Answer = tuple[int, Any]
View = Callable[..., Answer]


def _parameters() -> dict[str, str]:
    """What stands behind the question mark, each once; SiaError (bad_parameter)."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise SiaError("bad_parameter", name=name, wanted="given once", value=" and ".join(values))
    return request.args.to_dict()


def shows(operation: Callable[..., Any]) -> View:
    """A view of one thing: no parameters but what the path names."""

    def view(call: Call, **path: str) -> Answer:
        known_only(_parameters())
        return 200, operation(call, *path.values())

    return view


def lists(operation: Callable[[Call, Mapping[str, str]], Any]) -> View:
    """A view of a list, by parameters."""

    def view(call: Call) -> Answer:
        return 200, operation(call, _parameters())

    return view


def takes(operation: Callable[..., Any], *, status: int = 200) -> View:
    """A view that takes a body."""

    def view(call: Call, **path: str) -> Answer:
        known_only(_parameters())
        return status, operation(call, *path.values(), read_object(request.get_data()))

    return view
