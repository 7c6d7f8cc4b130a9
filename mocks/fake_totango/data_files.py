"""Reads the vocabulary of this fake: the TOML files under data/."""

from __future__ import annotations

from fake_core.data_files import reader

read_toml = reader("fake_totango")
