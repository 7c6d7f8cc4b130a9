"""A tenant described by a TOML file: how any vendor's is read, and how a mistake in it is told.

The vendor says which tables its files have (`Table`); switches, error texts, settings and seed data it checks itself,
under `naming`, so that its words come with the file and the table.
Rule 1: a mistake is one MisuseError line: file, table, key, what to do.
Rule 2: seed rows are what the control plane's `seed` takes, so a moment is a text or a number as the API shows it: a
        date of TOML's own would leave open which.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any

from fake_core.errors import MisuseError

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Kind:
    """What a key may hold: in words, and as a test."""

    words: str
    fits: Callable[[Any], bool]


TEXT = Kind('a text in quotes, like "this"', lambda value: isinstance(value, str) and value != "")
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
COUNT = Kind(
    "a whole number from 0",
    lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53,
)
NUMBER = Kind(
    "a whole number from 1",
    lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53,
)
LISTS = Kind(
    'lists of texts, like {Task = ["read"]}',
    lambda value: (
        isinstance(value, dict)
        and all(isinstance(one, list) and all(isinstance(each, str) for each in one) for one in value.values())
    ),
)


@dataclass(frozen=True)
class Table:
    """A table of the file: its keys (None: any, which the vendor checks); *many* for an array of tables."""

    keys: Mapping[str, Kind] | None = None
    required: tuple[str, ...] = ()
    many: bool = False


ANY = Table()


@dataclass(frozen=True)
class TenantFile:
    """A file that was read: its path, the tenant's name, and what each table says."""

    path: str
    name: str
    _given: Mapping[str, Any] = field(repr=False)

    def table(self, name: str) -> dict[str, Any]:
        """The keys of a table that may be left out."""
        return dict(self._given.get(name, {}))

    def rows(self, name: str) -> list[dict[str, Any]] | None:
        """The tables of an array; None where there is none."""
        rows: list[dict[str, Any]] | None = self._given.get(name)
        return rows


@contextmanager
def naming(path: str, table: str) -> Iterator[None]:
    """What is misused while the block runs is told with the file (if there is one) and the table."""
    try:
        yield
    except MisuseError as error:
        if not path:
            raise
        raise MisuseError(f"{path}: {table} {error}") from error


def read_tenant_file(path: str, tables: Mapping[str, Table]) -> TenantFile:
    """The file at *path*, which has *tables* and a `[tenant]` with a name; raises MisuseError (rule 1)."""
    given = _parsed(path)
    for name, value in given.items():
        table = tables.get(name)
        if table is None:
            raise MisuseError(f"{path}: no table {name!r}: a file of this vendor has {', '.join(tables)}")
        for label, row in _rows(path, name, value, table):
            _check(path, label, row, table)
    name = given.get("tenant", {}).pop("name", "") or _NOT_IN_A_NAME.sub("-", Path(path).stem).strip("-_") or "tenant"
    if _NOT_IN_A_NAME.search(name) or not name[0].isalnum():
        raise MisuseError(f"{path}: [tenant] name {name!r}: use letters, digits, - and _")
    return TenantFile(path, name, given)


def check_twice(path: str, table: str, key: str, rows: list[dict[str, Any]]) -> None:
    """Raises MisuseError where two of *rows* have the same *key*."""
    seen: list[Any] = []
    for row in rows:
        if row[key] in seen:
            raise MisuseError(f"{path}: [[{table}]] {key} {row[key]!r} is there twice: give each its own")
        seen.append(row[key])


def check_texts(given: Mapping[str, Any], texts: Mapping[str, str]) -> None:
    """Error texts that replace *texts*: of known errors, with no other words in braces. Raises MisuseError."""
    for key, text in given.items():
        if key not in texts:
            raise MisuseError(f"no error {key!r}: there are {', '.join(texts)}")
        if not isinstance(text, str):
            raise MisuseError(f"{key}: {_shown(text)} is not {TEXT.words}")
        known = _words(texts[key])
        try:
            unknown = sorted(_words(text) - known)
        except ValueError as error:
            raise MisuseError(f"{key}: {_shown(text)}: {error}; write a brace twice to show it") from None
        if unknown:
            has = f"there are {', '.join(sorted(known))}" if known else "it has none"
            raise MisuseError(f"{key}: {{{unknown[0]}}} is no plain word of this text: {has}")


def _words(text: str) -> set[str]:
    pieces = Formatter().parse(text)
    return {f"{name}!" if spec or how else name for _, name, spec, how in pieces if name is not None}


def _parsed(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise MisuseError(f"{path}: there is no such file: give the path of a TOML file") from None
    except tomllib.TOMLDecodeError as error:
        raise MisuseError(f"{path}: cannot be read as TOML: {error}") from None
    except UnicodeDecodeError as error:
        raise MisuseError(f"{path}: cannot be read as TOML: not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise MisuseError(f"{path}: cannot be read as TOML: nested too deeply") from None
    except (OSError, ValueError) as error:
        raise MisuseError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _rows(path: str, name: str, value: Any, table: Table) -> list[tuple[str, dict[str, Any]]]:
    if table.many:
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise MisuseError(f"{path}: {name}: write each under [[{name}]]")
        return [(f"[[{name}]] {number}:", one) for number, one in enumerate(value, 1)]
    if not isinstance(value, dict):
        raise MisuseError(f"{path}: {name}: write its keys under [{name}]")
    return [(f"[{name}]", value)]


def _check(path: str, label: str, row: Mapping[str, Any], table: Table) -> None:
    for key, value in row.items():
        if table.keys is None:
            _check_plain(f"{path}: {label} {key}", value)
            continue
        kind = table.keys.get(key)
        if kind is None:
            raise MisuseError(f"{path}: {label} no key {key!r}: there are {', '.join(table.keys)}")
        if not kind.fits(value):
            raise MisuseError(f"{path}: {label} {key}: {_shown(value)} is not {kind.words}")
    for key in table.required:
        if key not in row:
            raise MisuseError(f"{path}: {label} {key} is missing: write {key} = {table.keys[key].words}")  # type: ignore[index]


def _check_plain(where: str, value: Any) -> None:
    """Only what JSON has, too (rule 2)."""
    if isinstance(value, dict):
        for key, one in value.items():
            _check_plain(f"{where}.{key}", one)
    elif isinstance(value, list):
        for number, one in enumerate(value, 1):
            _check_plain(f"{where}[{number}]", one)
    elif isinstance(value, float) and not math.isfinite(value):
        raise MisuseError(f"{where}: {value} is no number in JSON: write another, or leave the key out")
    elif isinstance(value, int) and abs(value) >= 2**63:
        raise MisuseError(f"{where}: {_shown(value)} is too large a number: write fewer digits")
    elif not isinstance(value, (str, int, float)):
        raise MisuseError(f"{where}: {value} is a moment of TOML's own: write it as the API shows it, in quotes")


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return "a number of so many digits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
