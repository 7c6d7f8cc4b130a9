"""Describes in files, in whatever wrapping a client saved them.

Rule 1: a file is JSON: a describe, a list of describes, a global describe, or one of these inside the `result` of the
sf command line's `--json`. UTF-8 or, as a shell on Windows redirects it, UTF-16.
Rule 2: what is no describe is one clear line with the file's name; nothing is skipped silently.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_core.errors import MisuseError

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_HOW = "save one with `sf sobject describe --sobject NAME --json > FILE`"


@dataclass
class Describes:
    """What files say about an org: full describes by object name, and entries of a global describe."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_describes(paths: Iterable[Path]) -> Describes:
    """The describes in files and folders (their `*.json`, deep). Raises MisuseError."""
    found = Describes()
    for path in paths:
        for one in _files(path):
            _take(_json(one), str(one), found)
    if not found.objects and not found.entries:
        raise MisuseError(f"no describes given: {_HOW}")
    return found


def _files(path: Path) -> Sequence[Path]:
    if path.is_dir():
        files = sorted(path.rglob("*.json"))
        if not files:
            raise MisuseError(f"{path}: no *.json in this folder; {_HOW}")
        return files
    if not path.is_file():
        raise MisuseError(f"{path}: there is no such file or folder")
    return [path]


def _json(path: Path) -> Any:
    try:
        raw = path.read_bytes()
        encoding = next((name for mark, name in _BOMS if raw.startswith(mark)), "utf-8")
        return json.loads(raw.decode(encoding))
    except OSError as error:
        raise MisuseError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise MisuseError(f"{path}: is no JSON ({error}); {_HOW}") from error


def _take(value: Any, where: str, found: Describes) -> None:
    """Put what *value* holds into *found*."""
    if isinstance(value, dict) and "result" in value and "status" in value:
        if value["status"] != 0:
            raise MisuseError(f"{where}: the command that wrote it failed: {value.get('message', 'no message')}")
        value = value["result"]
    if isinstance(value, list):
        for number, one in enumerate(value, start=1):
            if isinstance(one, str):
                raise MisuseError(f"{where}: a list of names, not of describes; {_HOW}")
            _take(one, f"{where}[{number}]", found)
    elif isinstance(value, dict) and isinstance(value.get("sobjects"), list):
        for number, entry in enumerate(value["sobjects"], start=1):
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                raise MisuseError(f"{where}: sobjects[{number}] has no name")
            found.entries[entry["name"]] = entry
    elif isinstance(value, dict) and isinstance(value.get("objectDescribe"), dict):
        found.entries[str(value["objectDescribe"].get("name"))] = value["objectDescribe"]
    elif isinstance(value, dict) and isinstance(value.get("name"), str) and isinstance(value.get("fields"), list):
        found.objects[value["name"]] = value
    else:
        raise MisuseError(f"{where}: is no describe of an object (no name and fields); {_HOW}")


def parts(found: Describes) -> Iterator[str]:
    """What was read, in words, for a summary line."""
    fields = sum(len(one["fields"]) for one in found.objects.values())
    yield f"{len(found.objects)} objects with {fields} fields"
    only = sorted(set(found.entries) - set(found.objects))
    if only:
        yield f"{len(only)} more of the global describe without a describe of their own"
