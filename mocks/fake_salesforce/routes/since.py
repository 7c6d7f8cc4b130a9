"""Resources that came with a later version of the API than the oldest one played.

Rule 1: before its version a resource is not there: NOT_FOUND, as any path that nobody knows.
Source: each guide's "available in API version ... and later"; the versions are in data/resources.toml.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_salesforce.data_files import load
from fake_salesforce.errors import salesforce_error
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import Call


def since(path: str, view: Callable[..., Answer]) -> Callable[..., Answer]:
    """*view* as it is for the versions that have *path* (below the version); raises NOT_FOUND for the others."""
    found = [first for stem, first in load("resources.toml")["since"]["paths"].items() if path.startswith(stem)]
    if not found:
        return view

    def guarded(call: Call, **more: Any) -> Answer:
        if call.number < found[0]:
            raise salesforce_error("NOT_FOUND")
        return view(call, **more)

    return guarded
