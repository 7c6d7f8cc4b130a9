"""The routes Planhat has and this fake does not play, from data/not_faked.toml."""

from __future__ import annotations

from dataclasses import dataclass

from fake_planhat.data_files import read_toml

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


def _read() -> tuple[NotFaked, ...]:
    data = read_toml("not_faked.toml")
    rows = [
        NotFaked(pattern.format(name=one["name"]), method, f"/{one['path']}{tail}", group["why"])
        for group in data["routes"]
        for one in group["collections"]
        for method, tail, pattern in (_OPERATIONS[name] for name in group["operations"])
    ]
    singles = [NotFaked(one["operationId"], one["method"], one["path"], one["why"]) for one in data["single"]]
    return (*singles, *rows)


NOT_FAKED = _read()
