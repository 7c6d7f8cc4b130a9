"""The numbered rules as data, and which tests hold them.

Rule 1: a rule is a row of a TOML file in this folder; nothing else in the project defines one.
Rule 2: a test holds a rule by naming it: ``@pytest.mark.rule("P7", "H2")``. The names are read
from the tests' source, so that the table is true without running anything.
Rule 3: a rule is verified where it lives: one of a fake by a test that asks the fake, one of the sync by a test outside
the fakes' rooms. What is shown elsewhere is only a part of it.
Source of the rules themselves: the `source` of each row.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

__all__ = ["FILES", "Named", "Row", "Rule", "chosen", "load", "named_in", "render_rules", "table"]

FILES = (
    "planhat.toml",
    "planhat_api.toml",
    "totango.toml",
    "marketo.toml",
    "agents.toml",
)  # the vendor is what stands before "_" or "."
GRADES = ("recorded", "documented", "client-derived", "assumed")
KINDS = (
    *("model", "identity", "completion", "inheritance", "flow", "api"),
    *("conflict", "window", "deletion", "people", "campaign", "settings", "view"),
)
LIVES = ("fake", "sync")
STATES = ("verified", "named", "none")
# Files whose tests ask a fake for what its vendor does; {} is the vendor.
_ASK_A_FAKE = ("fake_{}/", "properties/test_reference_{}", "crm_contracts/test_api_rules_hold.py")


@dataclass(frozen=True)
class Rule:
    """One rule of *vendor* in our words, where it comes from, and what we decided ourselves ("" if nothing).

    *lives* says what has to hold it: the vendor's fake, or the sync that plays the vendor's own integration.
    """

    vendor: str
    id: str
    text: str
    source: str
    grade: str
    kind: str
    lives: str
    decided: str = ""


@dataclass(frozen=True)
class Named:
    """One test that names a rule. `checks` is False for a test marked skip or xfail as a whole."""

    test: str
    rules: tuple[str, ...]
    checks: bool


@dataclass(frozen=True)
class Row:
    """A rule with its state: verified (a running test where it lives names it), named (only others do), none."""

    rule: Rule
    state: str
    tests: tuple[str, ...]


def load() -> dict[str, Rule]:
    """All rules by id, in the order of the files. A malformed row is our bug: AssertionError."""
    rules: dict[str, Rule] = {}
    for name in FILES:
        text = files(__package__).joinpath(name).read_text(encoding="utf-8")
        for rule_id, row in tomllib.loads(text).items():
            assert rule_id not in rules, f"{rule_id} is defined twice, the second time in {name}"
            rule = Rule(vendor=re.split(r"[_.]", name)[0], id=rule_id, **row)
            assert rule.grade in GRADES, f"{rule_id}: grade {rule.grade!r} is none of {GRADES}"
            assert rule.kind in KINDS, f"{rule_id}: kind {rule.kind!r} is none of {KINDS}"
            assert rule.lives in LIVES, f"{rule_id}: lives {rule.lives!r} is none of {LIVES}"
            rules[rule_id] = rule
    return rules


def named_in(tests_dir: Path) -> list[Named]:
    """Every test below *tests_dir* with a rule marker: its own, its class's or its module's."""
    found: list[Named] = []
    for path in sorted(tests_dir.rglob("test_*.py")):
        if any(part.startswith(".") for part in path.relative_to(tests_dir).parts):
            continue  # an environment that holds a client under test, and that client's own tests
        text = path.read_text(encoding="utf-8")
        if ".rule(" not in text:  # parsing is slow, and most files name none
            continue
        tree = ast.parse(text, filename=str(path))
        where = path.relative_to(tests_dir).as_posix()
        found.extend(_named_in_body(tree.body, where, _module_marks(tree)))
    return found


def table(tests_dir: Path) -> list[Row]:
    """One row for each rule, in the order of the files."""
    named = named_in(tests_dir)
    return [_row(rule, named) for rule in load().values()]


def chosen(rows: list[Row], *, vendor: str = "", lives: str = "", state: str = "") -> list[Row]:
    """The rows of one vendor, of one place, in one state; "" takes all."""
    return [
        row
        for row in rows
        if vendor in {"", row.rule.vendor} and lives in {"", row.rule.lives} and state in {"", row.state}
    ]


def render_rules(tests_dir: Path | None = None, *, names: bool = False, **only: str) -> str:
    """The table as text, one line for each rule: id, state, where it lives, grade, number of tests, text.

    Without *tests_dir* (an installed wheel carries no tests) the state column says "-". *names* adds the tests of each
    rule; *only* goes to `chosen`.
    """
    rows = table(tests_dir) if tests_dir else [Row(rule, "-", ()) for rule in load().values()]
    rows = chosen(rows, **only)
    lines = [f"{'rule':<5} {'state':<9} {'lives':<6} {'grade':<15} {'tests':>5}  text"]
    for row in rows:
        rule = row.rule
        lines.append(f"{rule.id:<5} {row.state:<9} {rule.lives:<6} {rule.grade:<15} {len(row.tests):>5}  {rule.text}")
    counts = ", ".join(f"{sum(row.state == state for row in rows)} {state}" for state in STATES if tests_dir)
    lines.append(f"{len(rows)} rules" + (f": {counts}" if counts else ""))
    if names:
        lines += [line for row in rows if row.tests for line in ("", row.rule.id, *(f"  {test}" for test in row.tests))]
    return "\n".join(lines)


def _row(rule: Rule, named: list[Named]) -> Row:
    naming = [entry for entry in named if rule.id in entry.rules]
    if any(entry.checks and _is_where_it_lives(rule, entry.test) for entry in naming):
        state = "verified"
    else:
        state = "named" if naming else "none"
    return Row(rule, state, tuple(entry.test for entry in naming))


def _is_where_it_lives(rule: Rule, test: str) -> bool:
    asks_the_fake = test.startswith(tuple(room.format(rule.vendor) for room in _ASK_A_FAKE))
    return asks_the_fake if rule.lives == "fake" else not asks_the_fake


_Marks = tuple[tuple[str, ...], bool]  # the rules named, and whether the test is switched off


def _named_in_body(body: list[ast.stmt], where: str, outer: _Marks) -> Iterator[Named]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            marks = _join(outer, _marks(node.decorator_list))
            yield from _named_in_body(node.body, f"{where}::{node.name}", marks)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            rules, off = _join(outer, _marks(node.decorator_list))
            if rules:
                yield Named(f"{where}::{node.name}", rules, checks=not off)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
            # `TestMachine = Machine.TestCase`: a Hypothesis machine; the module's mark names rules.
            names = [t.id for t in node.targets if isinstance(t, ast.Name)]
            if outer[0] and node.value.attr == "TestCase" and names:
                yield Named(f"{where}::{names[0]}", outer[0], checks=not outer[1])


def _module_marks(tree: ast.Module) -> _Marks:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
        ):
            many = isinstance(node.value, ast.List | ast.Tuple)
            return _marks(list(node.value.elts) if many else [node.value])  # type: ignore[attr-defined]
    return (), False


def _marks(decorators: list[ast.expr]) -> _Marks:
    """The rules that decorators name, those on single parameters included, and whether the test is off."""
    rules = tuple(
        arg.value
        for decorator in decorators
        for node in ast.walk(decorator)
        if isinstance(node, ast.Call) and _attribute(node.func) == "rule"
        for arg in node.args
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    )
    named = (_attribute(node.func if isinstance(node, ast.Call) else node) for node in decorators)
    return rules, any(name in {"skip", "xfail"} for name in named)


def _attribute(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def _join(left: _Marks, right: _Marks) -> _Marks:
    return left[0] + right[0], left[1] or right[1]
