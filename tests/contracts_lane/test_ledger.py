"""The ledger page is the data's, and its data speaks of operations that exist."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from crm_contracts.ledger import render_ledger
from crm_contracts.openapi import operations
from crm_contracts.openapi.exclusions import exclusions
from crm_contracts.vendors import VENDORS

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"
DEVIATIONS = tomllib.loads(files("crm_contracts").joinpath("deviations.toml").read_text(encoding="utf-8"))["deviation"]
NAMES = {vendor: [one.operation_id for one in operations(vendor)] for vendor in VENDORS}


def test_the_page_is_up_to_date() -> None:
    """docs/ledger.md is what `understudy ledger --write docs/ledger.md` writes now (`make docs`)."""
    assert render_ledger() == PAGE.read_text(encoding="utf-8")


def test_the_page_shows_everything() -> None:
    """Every operation, switch, exclusion and deviation is on the page."""
    page = render_ledger()
    switches = tomllib.loads(files("fake_planhat").joinpath("data/switches.toml").read_text(encoding="utf-8"))
    named = [f"`{name}`" for names in NAMES.values() for name in names]
    named += [f"`{name}`" for name in switches if name != "unknowns"]
    told = [row.reason for row in exclusions()] + [row["differs"] for row in DEVIATIONS]

    assert [] == [one for one in named + told if one not in page]


@pytest.mark.parametrize("row", DEVIATIONS, ids=lambda row: row["differs"][:40])
def test_a_deviation_is_about_operations_that_exist(row: dict[str, object]) -> None:
    """Every pattern of a deviation names an operation of its vendor."""
    patterns = row.get("operations", [])
    assert isinstance(patterns, list)
    names = NAMES.get(str(row["vendor"]), [])

    assert [] == [one for one in patterns if not any(re.fullmatch(one, name) for name in names)]


def test_a_switch_that_is_named_exists() -> None:
    """Where the Planhat document, the deviations or the exclusions name a switch, the fake has it."""
    switches = tomllib.loads(files("fake_planhat").joinpath("data/switches.toml").read_text(encoding="utf-8"))
    texts = [
        files("crm_contracts.openapi").joinpath("planhat.yaml"),
        files("crm_contracts").joinpath("deviations.toml"),
    ]
    named = {name for one in texts for name in re.findall(r"\(switch (\w+)", one.read_text(encoding="utf-8"))}

    assert set() == named - set(switches)
