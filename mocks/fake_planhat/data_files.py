"""Reads the vocabulary of this fake: the TOML files under data/."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any


def read_toml(name: str) -> dict[str, Any]:
    """The data file *name*, relative to data/."""
    return tomllib.loads((files("fake_planhat") / "data" / name).read_text(encoding="utf-8"))
