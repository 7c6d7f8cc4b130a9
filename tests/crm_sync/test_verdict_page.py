"""docs/decisions.md is the tables', and it tells everything that stands in them."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from crm_contracts.rules import load
from crm_sync import decide_rows, verdict
from crm_sync.cli import sync
from crm_sync.decisions_page import render_decisions

PAGE = Path(__file__).parents[2] / "docs" / "decisions.md"
ROWS = (*verdict.ROWS, *decide_rows.ROWS)


def test_the_page_is_up_to_date() -> None:
    """docs/decisions.md is what `understudy sync decisions --write docs/decisions.md` writes now (`make docs`)."""
    assert render_decisions() == PAGE.read_text(encoding="utf-8")


def test_the_page_shows_every_row_and_counts_every_case() -> None:
    """Each row stands on the page with its reason and rule, in order, and the cases add up."""
    shown = re.findall(r"^\| \d+ \| .+ \| .+ \| (.+) \| (.+) \| ([\d,]+) \|$", render_decisions(), re.MULTILINE)

    assert [(row.because, row.rule) for row in ROWS] == [(because, rule) for because, rule, _ in shown]
    assert 8_748_000 + 3_888 == sum(int(cases.replace(",", "")) for *_, cases in shown)


def test_every_rule_that_is_named_is_a_rule() -> None:
    """The rules of vendors stand in the rules' own tables; I and F name invariants and failure modes."""
    named = {rule for row in ROWS for rule in row.rule.split()}

    assert set() == {rule for rule in named if rule[0] not in "IF"} - set(load())
    assert [] == [rule for rule in named if not re.fullmatch(r"[PTMIF]\d+", rule)]


def test_every_value_has_its_meaning_on_the_page() -> None:
    """No word of a condition or of an outcome is left unexplained."""
    explained = set(re.findall(r"^\| ([\w ]+) \| .+ \|$", render_decisions().partition("## Whole")[0], re.MULTILINE))
    words = [values for name, values in verdict.DIMENSIONS.items() if name not in {"updates", "conflict"}]

    said = {getattr(value, "value", "") for values in words for value in values if isinstance(value, str)}
    actions = {action.value for action in verdict.Action}
    assert set() == ({one.replace("_", " ") for one in said} | actions) - explained


def test_a_page_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A wrong path is told in one line, with what to do."""
    told = CliRunner().invoke(sync, ["decisions", "--write", str(tmp_path / "no" / "page.md")])

    assert (1, 1) == (told.exit_code, len(told.output.splitlines()))
    assert "cannot be written" in told.output
