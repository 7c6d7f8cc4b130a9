"""A Totango service described by a TOML file: what docs/tenants.md shows."""

from __future__ import annotations

from typing import Any

from fake_core.errors import MisuseError
from fake_core.switches import Switches
from fake_core.tenant_file import ANY, NUMBER, TEXT, Table, check_texts, check_twice, naming, read_tenant_file
from fake_totango.errors import ERRORS
from fake_totango.switches import SWITCHES
from fake_totango.tenant import REGIONS, ApiToken, Settings, TeamMember, TenantConfig

_TABLES = {
    "tenant": Table({"name": TEXT, "service_id": TEXT, "region": TEXT}),
    "tokens": Table({"value": TEXT, "name": TEXT, "email": TEXT}, required=("value",), many=True),
    "team": Table({"email": TEXT, "name": TEXT, "uuid": TEXT}, required=("email", "name", "uuid"), many=True),
    "limits": Table({"calls_per_minute": NUMBER, "body_bytes_max": NUMBER}),
    "switches": ANY,
    "error_texts": ANY,
    "settings": ANY,
    "seed": ANY,
}


def read_tenant(path: str) -> TenantConfig:
    """The service that the file at *path* describes; MisuseError: file, table, key, what to do."""
    file = read_tenant_file(path, _TABLES)
    words: dict[str, Any] = {"name": file.name, "file": path, **file.table("tenant"), **file.table("limits")}
    if words.get("region", "US") not in REGIONS:
        raise MisuseError(f"{path}: [tenant] region: no region {words['region']!r}: choose of {', '.join(REGIONS)}")
    tokens, team = file.rows("tokens"), file.rows("team")
    if tokens is not None:
        check_twice(path, "tokens", "value", tokens)
        words["tokens"] = tuple(ApiToken(**row) for row in tokens)
    if team is not None:
        words["team"] = tuple(TeamMember(**row) for row in team)
    words |= {name: file.table(name) for name in ("switches", "error_texts", "settings", "seed")}
    with naming(path, "[switches]"):
        Switches(SWITCHES, words["switches"])
    with naming(path, "[error_texts]"):
        check_texts(words["error_texts"], {key: row["text"] for key, row in ERRORS.items()})
    config = TenantConfig(**words)
    with naming(path, "[settings]"):
        Settings(config)
    return config
