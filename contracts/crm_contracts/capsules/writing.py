"""From a `Capsule` to its text, in the order in which somebody reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from crm_contracts.capsules.capsule import FORMAT, Capsule, Customer
from crm_contracts.capsules.yaml_text import dump
from fake_core.errors import MisuseError

__all__ = ["to_data", "to_text", "write_capsule", "write_whole"]

_FLOW = ("customers", "people", "owners", "start", "ops")


def to_data(capsule: Capsule) -> dict[str, Any]:
    """The capsule as plain data; what is at its default is left out."""
    org = {"external_id": capsule.external_id, "task_fields": dict(capsule.task_fields)}
    every: dict[str, Any] = {
        "title": capsule.title,
        "saw": capsule.saw,
        "failure": capsule.failure,
        "source": capsule.source,
        "profile": capsule.profile,
        "settings": dict(capsule.settings),
        "org": {name: value for name, value in org.items() if value},
        "clock": "" if capsule.clock == Capsule.clock else capsule.clock.isoformat().replace("+00:00", "Z"),
        "customers": {name: _customer(one) for name, one in capsule.customers.items()},
        "people": [dict(one) for one in capsule.people],
        "owners": [dict(one) for one in capsule.owners],
        "start": [op.to_dict() for op in capsule.start],
        "ops": [op.to_dict() for op in capsule.ops],
        "breaks": capsule.breaks,
        "engine": {capsule.engine.kind: capsule.engine.name} if capsule.engine else {},
        "expect": {handle: dict(sides) for handle, sides in capsule.expect.items()},
        "questions": list(capsule.questions),
        "log": capsule.log,
        "versions": dict(capsule.versions),
    }
    return {"capsule": FORMAT, **{name: _plain(value) for name, value in every.items() if value or name == "ops"}}


def to_text(capsule: Capsule) -> str:
    """The capsule as YAML."""
    return dump(to_data(capsule), flow=_FLOW)


def write_capsule(capsule: Capsule, path: Path) -> None:
    """Write the file whole, or not at all. Raises MisuseError where it cannot be written."""
    write_whole(to_text(capsule), path)


def write_whole(text: str, path: Path) -> None:
    """Write *text* whole, or not at all. Raises MisuseError where it cannot be written."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise MisuseError(f"{path}: {error.strerror}") from None


def _customer(one: Customer) -> dict[str, Any]:
    return {f.name: getattr(one, f.name) for f in fields(one) if getattr(one, f.name) != f.default}


def _plain(value: Any) -> Any:
    """Tuples as lists, mappings of any kind as dicts: what YAML can say."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
