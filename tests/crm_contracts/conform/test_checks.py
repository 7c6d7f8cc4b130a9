"""The checks as data: each says what it holds, how well that is known, and can be read."""

from __future__ import annotations

import pytest
from tests.crm_contracts.conform.written import CHECK

from crm_contracts.conform.check import checks, read
from crm_contracts.conform.cli import BUDGET
from crm_contracts.conform.run import planned
from crm_contracts.openapi.documents import operations
from crm_contracts.vendors import VENDORS
from fake_core.errors import MisuseError


@pytest.mark.parametrize("vendor", VENDORS)
def test_operations_are_the_documents(vendor: str) -> None:
    """A check names operations of the vendor's document, and none that is not faked."""
    there = {one.operation_id for one in operations(vendor) if not one.not_faked}

    assert set() == {(check.name, one) for check in checks(vendor) for one in check.operations if one not in there}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('title = "It is so."', 'title = "It is so"', "the title is one sentence"),
        ('grade = "assumed"', 'grade = "known"', "grade 'known' is none of"),
        ('source = "nobody"', "", "name its source"),
        ('name = "area/case"', 'name = "case"', "a name is VENDOR/AREA/CASE"),
        ("status = 200", "", "say which `status`"),
        ("status = 200", "state = 200", "'state' is no word here"),
        ('call = "GET /"', "control = { advance = 1 }", "it uses the control plane"),
        ('"GET /"', '"GET /[[what]]"', "no case says"),
        ("[[check.step]]", "[[check.stap]]", "'stap' is no word here"),
    ],
)
def test_a_slip_is_told(before: str, after: str, told: str) -> None:
    """A check that cannot be read ends everything with the file and the word."""
    with pytest.raises(MisuseError, match=told) as error:
        read(CHECK.replace(before, after), "x.toml", "salesforce")

    assert "x.toml" in str(error.value)


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_budget_is_enough_for_all(vendor: str) -> None:
    """Who names no budget has every check of a vendor asked."""
    assert BUDGET >= sum(calls for _, _, calls in planned(checks(vendor)))


def test_a_family_is_a_check_of_each_case() -> None:
    """The words of a case are filled in, in the name, too, and may be of any kind."""
    row = CHECK.replace('"area/case"', '"area/[[case]]"').replace("status = 200", 'status = "[[is]]"')
    row = row.replace(
        "[[check.step]]", 'cases = [{ case = "a", is = 200 }, { case = "b", is = [204, 404] }]\n[[check.step]]'
    )
    found = read(row, "x.toml", "salesforce")

    assert ["salesforce/area/a", "salesforce/area/b"] == [one.name for one in found]
    assert [200, [204, 404]] == [one.steps[0]["status"] for one in found]
