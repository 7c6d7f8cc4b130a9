"""The facts of this package's data files, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """A TOML file beside this module."""
    return tomllib.loads(resources.files("crm_sync.actions").joinpath(name).read_text("utf-8"))
