"""The ledger page is the data's, and its data speaks of operations that exist."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from crm_contracts.ledger import all_entries, data_of, entries, entry_for, find, near, render_ledger, render_page
from crm_contracts.ledger.cli import ledger
from crm_contracts.ledger.entry import GRADES, better, weaker
from crm_contracts.ledger.held import checkout_tests
from crm_contracts.openapi import operations
from crm_contracts.openapi.exclusions import exclusions
from crm_contracts.vendors import TITLES, VENDORS

DOCS = Path(__file__).parents[2] / "docs"
DEVIATIONS = tomllib.loads(files("crm_contracts").joinpath("deviations.toml").read_text(encoding="utf-8"))["deviation"]
SWITCHES = {vendor: data_of(vendor, "switches.toml") for vendor in VENDORS}
NAMES = {vendor: [one.operation_id for one in operations(vendor)] for vendor in VENDORS}


def test_the_pages_are_up_to_date() -> None:
    """docs/ledger.md and docs/ledger/*.md are what `understudy ledger --write docs` writes now (`make docs`)."""
    pages = {f"ledger/{vendor}.md": render_page(vendor, checkout_tests()) for vendor in VENDORS}
    pages["ledger.md"] = render_ledger(checkout_tests())

    assert [] == [name for name, text in pages.items() if text != (DOCS / name).read_text(encoding="utf-8")]


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_page_of_a_vendor_shows_everything(vendor: str) -> None:
    """Every operation, entry, stand-in, switch, open question, exclusion and deviation is on the vendor's page."""
    page = render_page(vendor)
    rows = [one for one in entries(vendor) if one.kind != "answer"]
    named = [f"`{name}`" for name in NAMES[vendor]]
    named += [f"`{one.id.partition('/')[2]}`" for one in rows if one.kind != "switch"]
    named += [f"`{name}`" for name in SWITCHES[vendor] if name != "unknowns"]
    told = [row.reason for row in exclusions() if row.vendor == vendor]
    told += [row["differs"] for row in DEVIATIONS if row["vendor"] == vendor]
    told += [row["question"] for row in SWITCHES[vendor].get("unknowns", ())]
    told += [one.stand_in for one in operations(vendor) if one.stand_in]

    assert [] == [one for one in named + told if one not in page]


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_page_lists_what_is_assumed(vendor: str) -> None:
    """Every assumed entry stands in the part of the page that lists them."""
    part = render_page(vendor).partition("## Assumed")[2]
    assumed = [one for one in entries(vendor) if one.grade == "assumed"]
    named = [f"`{one.id.partition('/')[2]}`" for one in assumed if one.kind != "answer"]
    statuses = re.findall(r"`(\w+)` ([\d ]+)", part.partition("**answer**")[2])
    listed = {(name, int(status)) for name, found in statuses for status in found.split()}

    assert [] == [one for one in named if one not in part]
    assert {(one.operation, one.status) for one in assumed if one.kind == "answer"} == listed


def test_the_first_page_has_a_part_for_each_vendor() -> None:
    """No vendor is forgotten, nor a vendor's switches."""
    heads = re.findall("^## (.*)$", render_ledger(), re.MULTILINE)

    assert [TITLES[one] for one in VENDORS] == [one for one in heads if one in TITLES.values()]
    for vendor in VENDORS:
        assert bool(SWITCHES[vendor]) == (f"## What {TITLES[vendor]} leaves open" in render_page(vendor))


def test_where_no_tests_are_installed_none_are_counted() -> None:
    """In an installed wheel nobody knows what tests hold: the pages say so, and name no number."""
    glance = render_ledger().partition("## At a glance")[2].partition("## ")[0]

    assert ["?"] * len(VENDORS) == re.findall(r"\| (\S+) \|$", glance, re.MULTILINE)[-len(VENDORS) :]
    assert "the tests stand in the checkout" in glance
    assert {"?"} == {
        row.split("|")[-2].strip() for row in render_page("marketo").splitlines() if row.startswith("| rule:")
    }


def test_an_id_is_of_one_entry() -> None:
    """Ids are unique, begin with their vendor, and are found."""
    rows = all_entries()
    ids = [one.id for one in rows]

    assert sorted(set(ids)) == sorted(ids)
    assert [] == [one.id for one in rows if not one.id.startswith(f"{one.vendor}/") or find(one.id) != one]
    assert [] == [one.id for one in rows if re.search(r"[\s`|]", one.id)]


def test_an_answer_is_found_by_what_it_says() -> None:
    """An answer leads to its error row, by code and, where a code has several rows, by its words."""
    missing = entry_for("salesforce", "createRecord", 400, "REQUIRED_FIELD_MISSING")
    column = entry_for("salesforce", "createRecord", 400, "INVALID_FIELD", "No such column 'X' on sobject of type Task")
    text = entry_for("planhat", "createTask", 400, message="companyId is required")
    plain = entry_for("salesforce", "createRecord", 201)

    assert missing is not None
    assert column is not None
    assert text is not None
    assert plain is not None
    assert "salesforce/error/REQUIRED_FIELD_MISSING" == missing.id
    assert "salesforce/error/INVALID_FIELD.no_such_column" == column.id
    assert "planhat/error/required" == text.id
    assert "salesforce/createRecord/201" == plain.id
    assert find("salesforce/createRecord/400/REQUIRED_FIELD_MISSING") == missing
    assert entry_for("salesforce", "createRecord", 418) is None
    assert find("salesforce/createRecord/400/NO_SUCH_CODE") is None
    assert find("salesforce/noSuchOperation/400/REQUIRED_FIELD_MISSING") is None
    assert "salesforce/error/MALFORMED_ID" in near("salesforce/error/MALFORMD_ID")


def test_a_refusal_is_known_no_better_than_its_rows() -> None:
    """The grade of a refusal is the weaker of its operation's and that of the best known row of its status."""
    order = tuple(GRADES)
    for vendor in VENDORS:
        rows = entries(vendor)
        operation = {one.operation: one.grade for one in rows if one.kind in {"operation", "stand-in"}}
        for one in rows:
            if one.kind == "answer" and one.status >= 400 and one.operation in operation:
                best = [row.grade for row in rows if row.kind == "error" and row.status == one.status]
                expected = weaker(operation[one.operation], better(*best)) if best else "assumed"
                assert (one.id, order.index(expected)) == (one.id, order.index(one.grade))


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


def test_the_command_tells_all_of_an_entry() -> None:
    """Source, driver and tests of one entry; a list of those of a grade; JSON."""
    one = CliRunner().invoke(ledger, ["salesforce/createRecord/400/REQUIRED_FIELD_MISSING"])
    listed = CliRunner().invoke(ledger, ["--vendor", "totango", "--kind", "error", "--grade", "documented"])
    told = CliRunner().invoke(ledger, ["planhat/error/required", "--json"])

    assert 0 == one.exit_code, one.output
    assert "fake_salesforce/data/errors.toml [errors/REQUIRED_FIELD_MISSING]" in one.output
    assert re.search(r"^held by +tests/", one.output, re.MULTILINE)
    assert ["totango/error/too_many_requests", "4 entries"] == [
        listed.output.splitlines()[0].split()[0],
        listed.output.splitlines()[-1],
    ]
    assert ["assumed", True] == [json.loads(told.output)["grade"], bool(json.loads(told.output)["tests"])]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["salesforce/error/MALFORMD_ID"], "did you mean salesforce/error/MALFORMED_ID"),
        (["nonsense"], "understudy ledger --vendor salesforce"),
        (["--write", "docs/ledger.md"], "this is no folder"),
    ],
)
def test_a_wrong_call_is_one_line(words: list[str], said: str) -> None:
    """An id that is none gets the ids that look like it, and the exit status of a wrong call."""
    done = CliRunner().invoke(ledger, words)

    assert (2, 1) == (done.exit_code, len(done.output.strip().splitlines()))
    assert said in done.output
