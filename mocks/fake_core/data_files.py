"""Reads a fake's vocabulary: the TOML files under the data/ folder of its package."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.resources import files
from typing import Any


def reader(package: str) -> Callable[[str], dict[str, Any]]:
    """A function that reads a data file of *package* by its name, relative to data/."""

    def read_toml(name: str) -> dict[str, Any]:
        return tomllib.loads((files(package) / "data" / name).read_text(encoding="utf-8"))

    return read_toml
