"""The switches of this fake: what nobody could tell us about Totango. Source: data/switches.toml."""

from __future__ import annotations

from typing import Any

from fake_core.switches import switches_of
from fake_totango.data_files import read_toml

_ROWS = read_toml("switches.toml")
SWITCHES = switches_of(_ROWS)
UNKNOWNS: list[dict[str, Any]] = _ROWS["unknowns"]
