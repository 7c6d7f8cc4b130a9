"""Which differences of an org hit a mapping: a field that a sync reads or writes.

Rule 1: the mapping is asked of the sync as anybody would, `understudy sync fields`; what it says is data. A sync that
is not ours names its fields in a TOML file: fields = ["Task.Subject", "Contact.*"].
Rule 2: a path over a relationship (`Owner.Email`) uses the field that holds the id and the field at its end.
Rule 3: a difference of a whole object hits a mapping that uses the object, unless it is about its record types or
child relationships, through which no mapping goes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crm_contracts.orgs.drift import NO_CONSEQUENCE, Drift
from fake_core.errors import MisuseError

__all__ = ["Mapped", "mapped_by", "read_mapping"]

_APART = ("record type ", "child relationship ")
_FIELD = re.compile(r"\w+\.(\w+|\*)")


@dataclass(frozen=True, slots=True)
class Mapped:
    """*uses* are words by `object.field` in lower case, where `object.*` stands for all fields; *objects* are the names
    of those that the mapping itself names, by the same in lower case.
    """

    name: str
    uses: Mapping[str, list[str]] = field(default_factory=dict)
    objects: Mapping[str, str] = field(default_factory=dict)

    def hit_by(self, drift: Drift) -> list[str]:
        """What uses the field that *drift* is about, in words; nothing: it hits no mapped field."""
        if drift.means == NO_CONSEQUENCE:
            return []
        name, _, of = drift.at.lower().partition(".")
        if not of:  # Rule 3
            used = name in self.objects and not drift.what.startswith(_APART)
            return [f"the mapping uses {drift.at}"] if used else []
        return [*self.uses.get(f"{name}.{of}", ()), *self.uses.get(f"{name}.*", ())]


def read_mapping(choice: str) -> list[dict[str, Any]]:
    """The uses that a profile, a configuration or a list of fields names. Raises MisuseError."""
    path = Path(choice)
    if path.is_file():
        try:
            data = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise MisuseError(f"--mapped {choice}: is no TOML: {error}") from error
        if "fields" in data:
            return _listed(choice, data)
    return _asked(choice)


def _listed(choice: str, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    for key in data:
        if key != "fields":
            raise MisuseError(f"--mapped {choice}: {key!r} is unknown: a list of fields has fields and nothing else")
    names = data["fields"]
    if not isinstance(names, list) or not names:
        raise MisuseError(f'--mapped {choice}: fields: a list is needed, as fields = ["Task.Subject", "Contact.*"]')
    for one in names:
        if not isinstance(one, str) or not _FIELD.fullmatch(one):
            raise MisuseError(f"--mapped {choice}: fields: {one!r} is not like Task.Subject or Contact.*")
    split = [one.split(".") for one in names]
    return [{"object": name, "field": of, "use": "", "name": "", "section": choice} for name, of in split]


def _asked(choice: str) -> list[dict[str, Any]]:
    """Rule 1."""
    command = [sys.executable, "-m", "crm_contracts", "sync", "fields", "--json", "--", choice]
    rooms = os.pathsep.join(one for one in sys.path if one)
    done = subprocess.run(  # noqa: S603 - our own command
        command, env=os.environ | {"PYTHONPATH": rooms}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (
            (done.stderr.strip().splitlines() or ["no message"])[-1].removeprefix("Error: ").removeprefix(f"{choice}: ")
        )
        raise MisuseError(f"--mapped {choice}: {said}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def mapped_by(name: str, uses: list[dict[str, Any]], *described: Mapping[str, Mapping[str, Any]]) -> Mapped:
    """The uses by field, with relationships as the describes of either org know them."""
    found: dict[str, list[str]] = {}
    for use in uses:
        for at in _ends(use["object"], use["field"], described):
            words = _words(use)
            if words not in found.setdefault(at.lower(), []):
                found[at.lower()].append(words)
    return Mapped(name, found, {use["object"].lower(): use["object"] for use in uses})


def _ends(name: str, path: str, described: tuple[Mapping[str, Mapping[str, Any]], ...]) -> Iterator[str]:
    """Rule 2."""
    relationship, dot, end = path.partition(".")
    if not dot:
        yield f"{name}.{path}"
        return
    for describes in described:
        for one in describes.get(name, {}).get("fields", ()):
            if str(one.get("relationshipName")).lower() == relationship.lower():
                yield f"{name}.{one['name']}"
                yield from (f"{target}.{end}" for target in one.get("referenceTo") or ())


def _words(use: Mapping[str, Any]) -> str:
    """`subject of Task:Task, both ways`, `read beside Task:Task`."""
    if not use["use"]:
        return f"named in {use['section']}"
    if use["use"] == "read":
        return f"read beside {use['section']}"
    way = "both ways" if use["sends"] and use["receives"] else "written" if use["sends"] else "read"
    return f"{use['name'] or use['use']} of {use['section']}, {way}"
