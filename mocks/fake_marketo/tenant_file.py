"""A tenant of Sales Insight Actions described by a TOML file: what docs/tenants.md shows."""

from __future__ import annotations

from typing import Any

from fake_core.switches import Switches
from fake_core.tenant_file import ANY, FLAG, NUMBER, TEXT, Table, check_twice, naming, read_tenant_file
from fake_marketo.switches import SWITCHES
from fake_marketo.tenant import TenantConfig, User

_USER = {"id": NUMBER, "name": TEXT, "email": TEXT, "token": TEXT, "time_zone": TEXT, "sf_user_id": TEXT}
_TABLES = {
    "tenant": Table({"name": TEXT, "tenant_id": TEXT}),
    "users": Table({**_USER, "sf_connected": FLAG}, required=("id", "name", "email", "token"), many=True),
    "limits": Table({"body_bytes_max": NUMBER}),
    "switches": ANY,
    "seed": ANY,
}


def read_tenant(path: str) -> TenantConfig:
    """The tenant that the file at *path* describes; MisuseError: file, table, key, what to do."""
    file = read_tenant_file(path, _TABLES)
    words: dict[str, Any] = {"name": file.name, "file": path, **file.table("tenant"), **file.table("limits")}
    rows = file.rows("users")
    if rows is not None:
        for key in ("id", "token"):
            check_twice(path, "users", key, rows)
        words["users"] = tuple(User(**row) for row in rows)
    words |= {"switches": file.table("switches"), "seed": file.table("seed")}
    with naming(path, "[switches]"):
        Switches(SWITCHES, words["switches"])
    return TenantConfig(**words)
