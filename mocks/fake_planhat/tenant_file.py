"""A tenant of Planhat described by a TOML file: what docs/tenants.md shows."""

from __future__ import annotations

from typing import Any

from fake_core.errors import MisuseError
from fake_core.switches import Switches
from fake_core.tenant_file import ANY, LISTS, NUMBER, TEXT, Table, check_texts, check_twice, naming, read_tenant_file
from fake_planhat.errors import ERRORS
from fake_planhat.models import MODELS, TICKET
from fake_planhat.switches import SWITCHES
from fake_planhat.tenant import METRICS, OPERATIONS, ApiToken, Settings, TenantConfig

_TABLES = {
    "tenant": Table({"name": TEXT, "tenant_id": TEXT}),
    "tokens": Table(
        {"value": TEXT, "name": TEXT, "user_id": TEXT, "email": TEXT, "permissions": LISTS},
        required=("value",),
        many=True,
    ),
    "limits": Table(
        dict.fromkeys(
            ("soft_calls_per_minute", "hard_calls_per_second", "parallel_calls_max", "body_bytes_max"), NUMBER
        )
    ),
    "switches": ANY,
    "error_texts": ANY,
    "settings": ANY,
    "seed": ANY,
}


def read_tenant(path: str) -> TenantConfig:
    """The tenant that the file at *path* describes; MisuseError: file, table, key, what to do."""
    file = read_tenant_file(path, _TABLES)
    words: dict[str, Any] = {"name": file.name, "file": path, **file.table("tenant"), **file.table("limits")}
    rows = file.rows("tokens")
    if rows is not None:
        check_twice(path, "tokens", "value", rows)
        words["tokens"] = tuple(_token(path, number, row) for number, row in enumerate(rows, 1))
    words |= {"switches": file.table("switches"), "error_texts": file.table("error_texts"), "seed": file.table("seed")}
    with naming(path, "[switches]"):
        Switches(SWITCHES, words["switches"])
    with naming(path, "[error_texts]"):
        check_texts(words["error_texts"], {key: row["text"] for key, row in ERRORS.items()})
    config = TenantConfig(**words, settings=file.table("settings"))
    with naming(path, "[settings]"):
        Settings(config)
    return config


def _token(path: str, number: int, row: dict[str, Any]) -> ApiToken:
    given = row.pop("permissions", None)
    if given is None:
        return ApiToken(**row)
    models = [*(model.name for model in (*MODELS, TICKET)), METRICS]
    for model, operations in given.items():
        where = f"{path}: [[tokens]] {number}: permissions.{model}:"
        if model not in models:
            raise MisuseError(f"{where} there is no such model: choose of {', '.join(models)}")
        for operation in operations:
            if operation not in OPERATIONS:
                raise MisuseError(f"{where} no operation {operation!r}: choose of {', '.join(OPERATIONS)}")
    return ApiToken(**row, permissions={model: frozenset(operations) for model, operations in given.items()})
