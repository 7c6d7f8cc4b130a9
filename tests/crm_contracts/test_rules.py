"""The rules as data: complete, well formed, and each held by a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_contracts import rules

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


def test_the_rules_of_the_product_and_of_its_api_are_all_there() -> None:
    """P1 to P29 and H1 to H6, in order."""
    expected = [f"P{n}" for n in range(1, 30)] + [f"H{n}" for n in range(1, 7)]

    assert expected == list(rules.load())


@pytest.mark.parametrize("rule", rules.load().values(), ids=lambda rule: rule.id)
def test_a_rule_says_where_it_comes_from(rule: rules.Rule) -> None:
    """A rule without a public source is assumed and says what was decided."""
    assert rule.text.endswith(".")
    assert bool(rule.source) is True
    if rule.source == "not published":
        assert ("assumed", True) == (rule.grade, bool(rule.decided))


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


def test_the_table_tells_verified_from_named_from_none(tmp_path: Path) -> None:
    """Only a test that runs verifies a rule."""
    (tmp_path / "test_it.py").write_text(A_TEST_FILE)

    states = {row.rule.id: row.state for row in rules.table(tmp_path)}

    assert ("verified", "named", "none") == (states["P1"], states["H1"], states["P29"])


def test_the_printed_table_has_a_line_for_each_rule(tmp_path: Path) -> None:
    """`understudy rules` prints every rule once, between a heading and a sum."""
    lines = rules.render_rules(tmp_path).splitlines()

    assert [*rules.load()] == [line.split()[0] for line in lines[1:-1]]
    assert "35 rules: 0 verified, 0 named, 35 none" == lines[-1]


@pytest.mark.parametrize("row", rules.table(TESTS), ids=lambda row: row.rule.id)
def test_each_rule_is_named_by_a_test_that_runs(row: rules.Row) -> None:
    """A rule nobody tests is a wish."""
    assert "verified" == row.state, f"no running test carries @pytest.mark.rule({row.rule.id!r})"
