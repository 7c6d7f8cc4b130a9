"""The checks as data: what each is called, why it matters, what to do; and the facts about vendors that they use."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from crm_contracts.findings import Level

__all__ = ["Row", "codes", "facts", "rows"]


@dataclass(frozen=True, slots=True)
class Row:
    """One check. *title* is a sentence that holds when it passes, *nothing* says what was not there to look at.

    *yields_to* are checks that know the cause: where one of them tells of a request, this one does not.
    """

    name: str
    title: str
    level: Level
    why: str
    remedy: str
    grade: str
    source: str
    nothing: str = "no such call was made"
    yields_to: Sequence[str] = ()


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(files("crm_contracts.integration").joinpath("checks.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def rows() -> dict[str, Row]:
    """Every check by its name, in the order of the table."""
    return {name: Row(name=name, **row) for name, row in _table()["check"].items()}


@lru_cache(maxsize=1)
def codes() -> dict[str, dict[str, Any]]:
    """Salesforce's error codes that tell of a program at fault: what to do, and a level where it is not an error."""
    found: dict[str, dict[str, Any]] = _table()["code"]
    return found


def facts(vendor: str) -> dict[str, Any]:
    """What the checks have to know of *vendor*; nothing of one that is not ours."""
    found: dict[str, Any] = _table()["facts"].get(vendor, {})
    return found
