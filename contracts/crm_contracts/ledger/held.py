"""Which tests hold an entry, read from the tests without running them.

Rule 1: a test holds an entry when it says so where it is held to it: in `tests/held.toml` (the suite fails a test that
does not show what it is said to show there), by `@pytest.mark.ledger("ID")`, in the row of the fake's
`data/behaviours.toml`, or as a check of `understudy conform` (its `entry`).
Rule 2: an id with a `*` in a marker is every entry that fits: the test runs once for each, and a test sees to that.
Rule 3: a test that is switched off as a whole (skip, xfail) holds nothing.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from crm_contracts import rules
from crm_contracts.ledger.entry import KINDS, Entry

_OFF = re.compile(r"mark\.(skip|xfail)\b")
_TEST = re.compile(r"^\s*def (test\w*)|^(Test\w*) = [\w.]+\.TestCase$", re.MULTILINE)
NEEDED = tuple(KINDS)  # an entry of any kind has a test, unless it says why nothing causes it


def checkout_tests() -> Path | None:
    """The tests of this checkout; an installed wheel carries none."""
    beside = Path(__file__).parents[3] / "tests"
    return beside if (beside / "held.toml").is_file() else None


def held_by(entries: list[Entry], folder: Path | None) -> dict[str, list[str]]:
    """Entry id -> the tests that hold it (`tests/...py::test_x`), those of *folder* and of the data."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in entries:
        found[one.id] += one.tests
    if folder is None:
        return dict(found)
    for test, said in said_in(folder).items():
        for each in said:
            found[each].append(test)
    for test, marked in marked_in(folder).items():
        for each in marked:
            for name in [each] if "*" not in each else [one.id for one in entries if fnmatchcase(one.id, each)]:
                found[name].append(test)
    for one in entries:
        if one.kind == "rule":
            found[one.id] += _of_rules(folder).get(one.id.rpartition("/")[2], ())
    for one in entries:
        if not found[one.id] and one.kind in {"operation", "stand-in", "not-faked"} and one.operation:
            found[one.id] += _of_answers(one, found)
    return {name: list(dict.fromkeys(tests)) for name, tests in found.items()}


@cache
def _of_rules(folder: Path) -> dict[str, list[str]]:
    """Numbered rule -> the tests that check it."""
    found: dict[str, list[str]] = defaultdict(list)
    for named in rules.named_in(folder):
        for rule in named.rules if named.checks else ():
            found[rule].append(f"{folder.name}/{named.test}")
    return dict(found)


@cache
def said_in(folder: Path) -> dict[str, list[str]]:
    """held.toml: test -> entries."""
    rows: Mapping[str, list[str]] = tomllib.loads((folder / "held.toml").read_text(encoding="utf-8"))
    return dict(rows)


@cache
def marked_in(folder: Path) -> dict[str, tuple[str, ...]]:
    """Test function -> the ids that its markers name: its own and its module's."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        text = path.read_text(encoding="utf-8")
        if "mark.ledger" not in text:
            continue
        where = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        tree = ast.parse(text, filename=str(path))
        outer = [node.value for node in tree.body if isinstance(node, ast.Assign) and _is_mark(node)]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not _is_off(node):
                ids = tuple(name for one in [*outer, *node.decorator_list] for name in _ids(one))
                if ids:
                    found[f"{where}::{node.name}"] = ids
    return found


def functions_in(folder: Path, file: str) -> set[str]:
    """The names of the tests of a file that are not switched off; *file* as in an id of a test."""
    place = folder.parent / file
    if not place.is_file():
        return set()
    text = place.read_text(encoding="utf-8")
    if not _OFF.search(text):  # parsing is slow, and most files switch nothing off
        return {name for names in _TEST.findall(text) for name in names if name}
    tree = ast.parse(text)
    machines = {  # `TestMachine = Machine.TestCase`, of Hypothesis
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr == "TestCase"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return machines | {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not _is_off(node)
    }


def _of_answers(one: Entry, found: Mapping[str, list[str]]) -> list[str]:
    """An operation is held by who holds its success, or what it answers where it has none."""
    mine = sorted(name for name in found if name.startswith(f"{one.id}/") and name.rpartition("/")[2].isdigit())
    good = [name for name in mine if name.rpartition("/")[2] < "400"] or mine
    return [test for name in good for test in found[name]][:1]


def _is_mark(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)


def _is_off(node: ast.FunctionDef) -> bool:
    return any(
        isinstance(call := (one.func if isinstance(one, ast.Call) else one), ast.Attribute)
        and call.attr in {"skip", "xfail"}
        for one in node.decorator_list
    )


def _ids(mark: ast.expr) -> Iterator[str]:
    for node in ast.walk(mark):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "ledger":
            yield from (one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str))
