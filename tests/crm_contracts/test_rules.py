"""The rules as data: complete, well formed, and each held by a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crm_contracts import rules
from crm_contracts.cli import understudy

TESTS = Path(__file__).parents[1]

A_TEST_FILE = """
import pytest
pytestmark = [pytest.mark.rule("P3")]

@pytest.mark.rule("P1", "P2")
@pytest.mark.parametrize("one", [pytest.param(1, marks=[pytest.mark.rule("P6"), pytest.mark.xfail])])
def test_one(): ...

@pytest.mark.skip("later")
@pytest.mark.rule("H1")
def test_two(): ...

@pytest.mark.rule("P4")
class TestMany:
    @pytest.mark.rule("P5")
    def test_three(self): ...
    def helper(self): ...

TestMachine = Machine.TestCase
"""


def test_the_rules_of_the_products_and_their_apis_are_all_there() -> None:
    """P1 to P29 and H1 to H6 of Planhat, T1 to T45 of Totango, M1 to M27 of Marketo, A1 to A40, in order."""
    expected = [
        f"{letter}{n}"
        for letter, last in (("P", 29), ("H", 6), ("T", 45), ("M", 27), ("A", 40))
        for n in range(1, last + 1)
    ]

    assert expected == list(rules.load())


@pytest.mark.parametrize("rule", rules.load().values(), ids=lambda rule: rule.id)
def test_a_rule_says_where_it_comes_from(rule: rules.Rule) -> None:
    """A rule without a public source is assumed and says what was decided."""
    assert rule.text.endswith(".")
    assert bool(rule.source) is True
    if rule.source == "not published":
        assert ("assumed", True) == (rule.grade, bool(rule.decided))


def test_a_rule_of_a_vendor_stands_in_its_file() -> None:
    """The letter of a rule tells its vendor."""
    letters = {(rule.vendor, rule.id[0]) for rule in rules.load().values()}

    assert {("planhat", "P"), ("planhat", "H"), ("totango", "T"), ("marketo", "M"), ("agents", "A")} == letters


def test_a_rule_that_a_test_names_exists() -> None:
    """A marker with a letter of the rules names one that is there."""
    known = rules.load()
    named = {name for entry in rules.named_in(TESTS) for name in entry.rules}

    assert set() == {name for name in named if name[0] in "PHTMA"} - set(known)


def test_names_are_read_from_function_class_and_module(tmp_path: Path) -> None:
    """A marker on the module or class counts for each test inside; a skipped test does not verify."""
    (tmp_path / "test_it.py").write_text(A_TEST_FILE)

    named = {entry.test: (entry.rules, entry.checks) for entry in rules.named_in(tmp_path)}

    assert {
        "test_it.py::test_one": (("P3", "P1", "P2", "P6"), True),
        "test_it.py::test_two": (("P3", "H1"), False),
        "test_it.py::TestMany::test_three": (("P3", "P4", "P5"), True),
        "test_it.py::TestMachine": (("P3",), True),
    } == named


def test_files_of_environments_are_not_read(tmp_path: Path) -> None:
    """What a client under test brings along is not ours, and may not even be text."""
    (tmp_path / "clients" / ".one").mkdir(parents=True)
    (tmp_path / "clients" / ".one" / "test_it.py").write_bytes(b"\xa4")

    assert [] == rules.named_in(tmp_path)


def test_the_table_tells_verified_from_named_from_none(tmp_path: Path) -> None:
    """Only a test that runs verifies a rule."""
    (tmp_path / "test_it.py").write_text(A_TEST_FILE)

    states = {row.rule.id: row.state for row in rules.table(tmp_path)}

    assert ("verified", "named", "none") == (states["P1"], states["H1"], states["P29"])


@pytest.mark.parametrize(
    ("rule", "folder", "state"),
    [
        ("T4", "fake_totango", "verified"),
        ("T4", "fake_marketo", "named"),
        ("T4", "crm_sync", "named"),
        ("T9", "fake_totango", "named"),
        ("T9", "crm_sync", "verified"),
    ],
)
def test_a_rule_is_verified_where_it_lives(tmp_path: Path, rule: str, folder: str, state: str) -> None:
    """T4 lives in Totango's fake, T9 in the sync: a test of something else shows only a part."""
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "test_it.py").write_text(f"@pytest.mark.rule({rule!r})\ndef test_it(): ...\n")
    states = {row.rule.id: row.state for row in rules.table(tmp_path)}

    assert state == states[rule]


def test_the_printed_table_has_a_line_for_each_rule(tmp_path: Path) -> None:
    """`understudy rules` prints every rule once, between a heading and a sum."""
    lines = rules.render_rules(tmp_path).splitlines()

    assert [*rules.load()] == [line.split()[0] for line in lines[1:-1]]
    assert "147 rules: 0 verified, 0 named, 147 none" == lines[-1]


@pytest.mark.parametrize(
    ("only", "rows", "last"),
    [
        ({"vendor": "planhat", "state": "named"}, ["H1"], "1 rules: 0 verified, 1 named, 0 none"),
        ({"vendor": "planhat", "lives": "fake", "state": "verified"}, [], "0 rules: 0 verified, 0 named, 0 none"),
        ({"state": "verified"}, ["P1", "P2", "P3", "P4", "P5", "P6"], "6 rules: 6 verified, 0 named, 0 none"),
    ],
)
def test_the_table_is_cut_down_to_what_is_asked(
    tmp_path: Path, only: dict[str, Any], rows: list[str], last: str
) -> None:
    """`--vendor`, `--lives` and `--state` leave out rows, and the sum counts those that are left."""
    (tmp_path / "test_it.py").write_text(A_TEST_FILE)

    lines = rules.render_rules(tmp_path, **only).splitlines()

    assert (rows, last) == ([line.split()[0] for line in lines[1:-1]], lines[-1])


def test_the_command_names_where_a_rule_lives_and_its_tests(tmp_path: Path) -> None:
    """`understudy rules --lives fake --vendor planhat --names` prints what the fake has to hold and by which tests."""
    (tmp_path / "test_it.py").write_text(A_TEST_FILE)
    options = ["rules", "--tests", str(tmp_path), "--lives", "fake", "--vendor", "planhat", "--names"]

    printed = CliRunner().invoke(understudy, options, catch_exceptions=False).output.splitlines()

    held = [rule.id for rule in rules.load().values() if (rule.vendor, rule.lives) == ("planhat", "fake")]
    assert held == [line.split()[0] for line in printed[1 : 1 + len(held)]]
    assert ["", "H1", "  test_it.py::test_two"] == printed[-3:]


OF_THE_SYNC_TO_COME = [
    rule.id for rule in rules.load().values() if rule.vendor in {"totango", "marketo"} and rule.lives == "sync"
]


@pytest.mark.parametrize(
    "row", [row for row in rules.table(TESTS) if row.rule.id not in OF_THE_SYNC_TO_COME], ids=lambda row: row.rule.id
)
def test_each_rule_is_named_by_a_test_that_runs(row: rules.Row) -> None:
    """A rule nobody tests is a wish; the sync plays Planhat's integration so far, so the others' rules may wait."""
    assert "verified" == row.state, f"no running test carries @pytest.mark.rule({row.rule.id!r})"
