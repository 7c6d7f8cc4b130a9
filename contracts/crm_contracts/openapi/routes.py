"""Which operation of a vendor's OpenAPI document a request is.

Rule 1: a path that says more of itself wins: `/jobs/query/{job_id}/results` before `/query/{locator}`.
Rule 2: a slash at the end makes no difference (Salesforce's clients write both), `{rest}` takes any number of segments.
Rule 3: HEAD is looked up as GET; Salesforce's `_HttpMethod=PATCH` on a POST is a PATCH.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from crm_contracts.openapi.documents import Operation, load, operations

__all__ = ["Found", "Router", "router"]


KNOWN_MAX = 2_000  # paths that are remembered


@dataclass(frozen=True, slots=True)
class Found:
    """An operation, and what its path's parameters are in a request."""

    operation: Operation
    path: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Route:
    pattern: re.Pattern[str]
    by_method: Mapping[str, Operation]


class Router:
    """The operations of one vendor's document. Raises MisuseError (in `router`) where the YAML reader is missing."""

    def __init__(self, vendor: str) -> None:
        self.document: dict[str, Any] = load(vendor)
        by_path: dict[str, dict[str, Operation]] = {}
        for one in operations(vendor, self.document):
            by_path.setdefault(one.path, {})[one.method] = one
        paths = sorted(by_path, key=_openness)
        self._routes = [_Route(_pattern(path), by_path[path]) for path in paths]
        self._known: dict[tuple[str, str], Found | None] = {}

    def find(self, method: str, path: str) -> Found | None:
        """The operation of a request, None for a method or a path that the document does not have."""
        key = (method, path)
        if key not in self._known:
            if len(self._known) > KNOWN_MAX:
                self._known.clear()
            self._known[key] = self._find(method, path)
        return self._known[key]

    def _find(self, method: str, path: str) -> Found | None:
        method = "GET" if method == "HEAD" else method
        for route in self._matching(path):
            operation = route.by_method.get(method)
            if operation is not None:
                match = route.pattern.fullmatch(path)
                assert match is not None
                return Found(operation, {name: unquote(value) for name, value in match.groupdict().items()})
        return None

    def methods(self, path: str) -> list[str]:
        """The methods that the document has for *path*."""
        return sorted({method for route in self._matching(path) for method in route.by_method})

    def row(self, operation: Operation) -> dict[str, Any]:
        """What the document says of *operation*."""
        found: dict[str, Any] = self.document["paths"][operation.path][operation.method.lower()]
        return found

    def parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Its parameters, those of its path among them."""
        rows = [
            *self.document["paths"][operation.path].get("parameters", ()),
            *self.row(operation).get("parameters", ()),
        ]
        return [self.resolved(row) for row in rows]

    def resolved(self, row: dict[str, Any]) -> dict[str, Any]:
        """*row*, or what its `$ref` names."""
        while "$ref" in row:
            found: Any = self.document
            for part in row["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            row = found
        return row

    def _matching(self, path: str) -> list[_Route]:
        return [route for route in self._routes if route.pattern.fullmatch(path)]


def _openness(path: str) -> tuple[bool, list[bool], str]:
    """The less of a path is open, the earlier it is tried."""
    return "{rest}" in path, [part.startswith("{") for part in path.strip("/").split("/")], path


def _pattern(path: str) -> re.Pattern[str]:
    parts = []
    for part in re.split(r"(\{[a-zA-Z_]+\})", path.rstrip("/")):
        if part.startswith("{"):
            parts.append(f"(?P<{part[1:-1]}>{'.+?' if part == '{rest}' else '[^/]+?'})")
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts) + "/?")


@lru_cache(maxsize=8)
def router(vendor: str) -> Router:
    """The operations of *vendor*; a document is read once in a process."""
    return Router(vendor)
