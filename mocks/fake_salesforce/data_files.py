"""The data files of this package, read once each."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """The parsed TOML of `data/<name>`. Do not change what comes back: it is shared."""
    return tomllib.loads(resources.files("fake_salesforce").joinpath("data", name).read_text("utf-8"))
