"""The switches of this fake: what nobody could tell us about the product. Source: data/switches.toml."""

from __future__ import annotations

from fake_core.switches import switches_of
from fake_marketo.data_files import read_toml

SWITCHES = switches_of(read_toml("switches.toml"))
