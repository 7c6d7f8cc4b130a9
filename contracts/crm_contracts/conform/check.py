"""What a check is, and reading all of them. README.md tells the words of a file.

Rule 1: a check that cannot be read ends everything, with the file, the check and the word: a slip is never a pass.
Rule 2: each check names what it holds (operationId), how well that is known (grade) and from where (source).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from crm_contracts.conform.words import fill_case
from crm_contracts.ledger.entry import GRADES
from fake_core.errors import MisuseError

if TYPE_CHECKING:
    from crm_contracts.conform.play import Play

__all__ = ["Check", "checks", "held", "read"]

_CASE_WORD = re.compile(r"\[\[\w+\]\]")
STEP_WORDS = frozenset(
    [
        "call",
        "query",
        "headers",
        "json",
        "form",
        "body",
        "status",
        "at",
        "equals",
        "has",
        "lacks",
        "keys",
        "kinds",
        "count",
        "text",
        "says",
        "answers",
        "silent",
        "keep",
        "until",
        "pause",
        "wait",
        "control",
        "what",
        "unmarked",
        "refused",
    ]
)
CHECK_WORDS = frozenset(
    ["name", "title", "operations", "entry", "grade", "source", "needs", "step", "cases", "unmarked", "calls"]
)
FILE_WORDS = frozenset(["grade", "source", "operations", "needs", "check", "headers"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One behaviour of a vendor.

    *name* is `VENDOR/AREA/CASE`, *title* the behaviour in one sentence. *entry* is the ledger's id of what it holds
    ("" = found by what it expects: `entries.entry_of`). *needs* are what a target must have (`control`,
    `field Account.Key__c`, `object Plan__c`, `fresh`). *steps* are calls as data, or *function* makes them. *calls* is
    how many calls it takes, with the one that cleans up.
    """

    name: str
    title: str
    operations: Sequence[str]
    grade: str
    source: str
    entry: str = ""
    needs: Sequence[str] = ()
    steps: Sequence[Mapping[str, Any]] = ()
    function: Callable[[Play], None] | None = None
    calls: int = 0
    unmarked: str = ""

    @property
    def vendor(self) -> str:
        return self.name.partition("/")[0]

    @property
    def fake_only(self) -> bool:
        """Whether only a fake's control plane can bring it about."""
        return "control" in self.needs


_FUNCTIONS: dict[str, Check] = {}


def held(
    name: str,
    title: str,
    *,
    operations: Sequence[str],
    grade: str,
    source: str,
    calls: int,
    entry: str = "",
    needs: Sequence[str] = (),
) -> Callable[[Callable[[Play], None]], Callable[[Play], None]]:
    """Register a function as the check *name*."""

    def keep(function: Callable[[Play], None]) -> Callable[[Play], None]:
        assert name not in _FUNCTIONS, name
        check = Check(
            name=name,
            title=title,
            operations=operations,
            grade=grade,
            source=source,
            entry=entry,
            needs=needs,
            function=function,
            calls=calls,
        )
        _judge(check, function.__module__)
        _FUNCTIONS[name] = check
        return function

    return keep


@cache
def checks(vendor: str) -> tuple[Check, ...]:
    """Every check of *vendor*: the files in the order of their names, then the functions. Raises MisuseError."""
    found: list[Check] = []
    folder = files("crm_contracts.conform").joinpath("data", vendor)
    if folder.is_dir():
        for place in sorted(folder.iterdir(), key=lambda one: one.name):
            if place.name.endswith(".toml") and not place.name.startswith("org"):
                found += read(place.read_text("utf-8"), f"{vendor}/{place.name}", vendor)
    package = import_module("crm_contracts.conform.functions")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    found += [check for name, check in _FUNCTIONS.items() if check.vendor == vendor]
    names = [check.name for check in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise MisuseError(f"conform: {twice[0]} is the name of two checks: give one another")
    return tuple(found)


def read(text: str, place: str, vendor: str) -> list[Check]:
    """The checks of one file. Raises MisuseError: file, check, word."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MisuseError(f"{place}: no TOML: {error}") from error
    _only(told, FILE_WORDS, place)
    return [check for row in told.get("check", ()) for check in _family(row, told, place, vendor)]


def _family(row: Mapping[str, Any], told: Mapping[str, Any], place: str, vendor: str) -> Iterator[Check]:
    """One check, or one for each of its cases."""
    _only(row, CHECK_WORDS, f"{place}: {row.get('name')}")
    for case in row.get("cases", [{}]):
        whole = fill_case({key: value for key, value in row.items() if key != "cases"}, case)
        whole |= {key: case[key] for key in ("grade", "source", "entry", "needs") if key in case}
        steps = tuple(_step(one, told, f"{place}: {whole.get('name')}") for one in whole.get("step", ()))
        check = Check(
            name=f"{vendor}/{whole.get('name', '')}",
            title=whole.get("title", ""),
            operations=tuple(whole.get("operations", told.get("operations", ()))),
            grade=whole.get("grade", told.get("grade", "")),
            source=whole.get("source", told.get("source", "")),
            entry=whole.get("entry", ""),
            needs=tuple(whole.get("needs", told.get("needs", ()))),
            steps=steps,
            calls=whole.get("calls", len(steps) + _cleaning(steps)),
            unmarked=whole.get("unmarked", ""),
        )
        _judge(check, place)
        yield check


def _cleaning(steps: Sequence[Mapping[str, Any]]) -> int:
    """How many calls take away what a check made: about one for each that makes something."""
    return max(1, len([step for step in steps if str(step.get("call", "")).startswith("POST ")]))


def _step(row: Mapping[str, Any], told: Mapping[str, Any], place: str) -> dict[str, Any]:
    _only(row, STEP_WORDS, place)
    if ("call" in row) == ("control" in row):
        raise MisuseError(f"{place}: a step is one `call` or one `control`")
    if "call" in row and "status" not in row:
        raise MisuseError(f"{place}: {row['call']}: say which `status` it has")
    return {**row, "headers": {**told.get("headers", {}), **row.get("headers", {})}} if "call" in row else dict(row)


def _judge(check: Check, place: str) -> None:
    """Rule 2."""
    where = f"{place}: {check.name or 'a check'}"
    if check.name.count("/") < 2 or " " in check.name:
        raise MisuseError(f"{where}: a name is VENDOR/AREA/CASE, without blanks")
    if not check.title.endswith(".") or "\n" in check.title:
        raise MisuseError(f"{where}: the title is one sentence")
    if check.grade not in GRADES:
        raise MisuseError(f"{where}: grade {check.grade!r} is none of {', '.join(GRADES)}")
    if not check.source or not check.operations:
        raise MisuseError(f"{where}: name its source and its operations")
    if not check.steps and check.function is None:
        raise MisuseError(f"{where}: it has no step")
    unfilled = _CASE_WORD.search(f"{check.name} {check.title} {check.steps}")
    if unfilled:
        raise MisuseError(f"{where}: no case says {unfilled[0]}")
    if any("control" in step for step in check.steps) and not check.fake_only:
        raise MisuseError(f"{where}: it uses the control plane: say so in `needs`")


def _only(row: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    unknown = sorted(set(row) - known)
    if unknown:
        raise MisuseError(f"{place}: {unknown[0]!r} is no word here; there are {', '.join(sorted(known))}")
