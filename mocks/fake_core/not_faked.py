"""The routes a vendor has and its fake does not play: each answers 501 NOT_FAKED and stands in the ledger.

Source: the vendor's data/not_faked.toml. `[[single]]` is one route: operationId, method, path, why. `[[routes]]` is the
same `operations` (create, list, bulkUpsert, get, update, delete) on several `collections` ({path, name}), with one why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# operation -> method, path behind the collection's own, how the operationId is made
_OPERATIONS = {
    "create": ("POST", "", "create{name}"),
    "list": ("GET", "", "list{name}s"),
    "bulkUpsert": ("PUT", "", "bulkUpsert{name}s"),
    "get": ("GET", "/<key>", "get{name}"),
    "update": ("PUT", "/<key>", "update{name}"),
    "delete": ("DELETE", "/<key>", "delete{name}"),
}


@dataclass(frozen=True)
class NotFaked:
    """One route that answers 501."""

    operation_id: str
    method: str
    path: str
    why: str

    def body(self) -> bytes:
        """The JSON that the route answers, the same for every vendor."""
        message = f"{self.method} {self.path} ({self.operation_id}) is not faked: {self.why}."
        return json.dumps({"error": "NOT_FAKED", "operationId": self.operation_id, "message": message}).encode()


def not_faked(data: Mapping[str, Any]) -> tuple[NotFaked, ...]:
    """The rows of a not_faked.toml."""
    rows = [
        NotFaked(pattern.format(name=one["name"]), method, f"/{one['path']}{tail}", group["why"])
        for group in data.get("routes", ())
        for one in group["collections"]
        for method, tail, pattern in (_OPERATIONS[name] for name in group["operations"])
    ]
    singles = [NotFaked(one["operationId"], one["method"], one["path"], one["why"]) for one in data.get("single", ())]
    return (*singles, *rows)
