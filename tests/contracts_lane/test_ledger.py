"""The ledger page is the data's, and its data speaks of operations that exist."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from crm_contracts.ledger import data_of, render_ledger
from crm_contracts.openapi import operations
from crm_contracts.openapi.exclusions import exclusions
from crm_contracts.vendors import TITLES, VENDORS

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"
DEVIATIONS = tomllib.loads(files("crm_contracts").joinpath("deviations.toml").read_text(encoding="utf-8"))["deviation"]
SWITCHES = {vendor: data_of(vendor, "switches.toml") for vendor in VENDORS}
NAMES = {vendor: [one.operation_id for one in operations(vendor)] for vendor in VENDORS}


def test_the_page_is_up_to_date() -> None:
    """docs/ledger.md is what `understudy ledger --write docs/ledger.md` writes now (`make docs`)."""
    assert render_ledger() == PAGE.read_text(encoding="utf-8")


def test_the_page_shows_everything() -> None:
    """Every operation, stand-in, switch, open question, exclusion and deviation is on the page."""
    page = render_ledger()
    named = [f"`{name}`" for names in NAMES.values() for name in names]
    named += [f"`{name}`" for switches in SWITCHES.values() for name in switches if name != "unknowns"]
    told = [row.reason for row in exclusions()] + [row["differs"] for row in DEVIATIONS]
    told += [row["question"] for switches in SWITCHES.values() for row in switches.get("unknowns", ())]
    told += [one.stand_in for vendor in VENDORS for one in operations(vendor) if one.stand_in]

    assert [] == [one for one in named + told if one not in page]


def test_the_page_has_a_part_for_each_vendor() -> None:
    """No vendor is forgotten, nor a vendor's switches."""
    heads = re.findall("^## (.*)$", render_ledger(), re.MULTILINE)

    assert [TITLES[one] for one in VENDORS] == [one for one in heads if one in TITLES.values()]
    assert [f"What {TITLES[one]} leaves open" for one in VENDORS if SWITCHES[one]] == [
        one for one in heads if one.endswith("leaves open")
    ]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_switch_answers_a_question_that_is_asked(vendor: str) -> None:
    """The number of an open question that a switch answers is on the list of questions."""
    switches = SWITCHES[vendor]
    asked = {row["number"] for row in switches.get("unknowns", ())}
    answered = {row["unknown"] for name, row in switches.items() if name != "unknowns" and "unknown" in row}

    assert set() == answered - asked


@pytest.mark.parametrize("row", DEVIATIONS, ids=lambda row: row["differs"][:40])
def test_a_deviation_is_about_operations_that_exist(row: dict[str, object]) -> None:
    """Every pattern of a deviation names an operation of its vendor."""
    patterns = row.get("operations", [])
    assert isinstance(patterns, list)
    names = NAMES.get(str(row["vendor"]), [])

    assert [] == [one for one in patterns if not any(re.fullmatch(one, name) for name in names)]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_switch_that_is_named_exists(vendor: str) -> None:
    """Where a vendor's document, its deviations or its exclusions name a switch, the fake has it."""
    texts = [files("crm_contracts.openapi").joinpath(f"{vendor}.yaml").read_text(encoding="utf-8")]
    texts += [row["differs"] for row in DEVIATIONS if row["vendor"] == vendor]
    texts += [row.reason for row in exclusions() if row.vendor == vendor]
    named = {name for text in texts for name in re.findall(r"\(switch (\w+)", text)}

    assert set() == named - set(SWITCHES[vendor])
