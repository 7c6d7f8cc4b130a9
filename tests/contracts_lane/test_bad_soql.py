"""SOQL that no decent client sends: the vendor's error, and an unchanged store."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts_lane.caller import DOCUMENTS, FOUND, Caller, calling

from crm_contracts.openapi import fit_salesforce
from crm_contracts.openapi.lanes import make_lane
from crm_contracts.openapi.soql_text import statements

LANE = make_lane("salesforce")
ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
QUERY = next(one for one in FOUND if one.operation_id == "query")
SOQL_GARBAGE = (
    "",
    " ",
    "SELECT",
    "SELECT Id FROM",
    "SELECT * FROM Task",
    "SELECT Id FROM Task; DELETE FROM Task",
    "'; DROP TABLE Task; --",
    "SELECT Id FROM Task WHERE Subject = 'x' OR 1=1 --'",
    "SELECT Id FROM Task UNION SELECT Id FROM User",
    "SELECT sqlite_version() FROM Task",
    "SELECT Id FROM sqlite_master",
    "SELECT Id FROM Task WHERE Subject LIKE '" + "%" * 4_000 + "'" + "x",
    "SELECT Id FROM Task WHERE " + "(" * 20_000 + "Id = null",
    "SELECT Id FROM Task WHERE " + " AND ".join(["Subject = 'x'"] * 9_000),
    "SELECT Id FROM Task LIMIT 99999999999999999999",
    "SELECT Id FROM Task WHERE Subject = 'x\\q'",
    "SELECT Id FROM Task WHERE Subject = '\x00'",
    "SELECT Id FROM Task ORDER BY Id; ATTACH DATABASE 'x' AS y",
)


@pytest.fixture(scope="module")
def call() -> Iterator[Caller]:
    with calling({"salesforce": LANE}) as made:
        yield made


@pytest.fixture(autouse=True)
def _clean() -> None:
    LANE.fake.reset()


@pytest.mark.parametrize("soql", SOQL_GARBAGE, ids=range(len(SOQL_GARBAGE)))
def test_hostile_soql(call: Caller, soql: str) -> None:
    """SOQL that is SQL, endless or nothing is harmless, and refused in the vendor's words."""
    before = call.contents(QUERY)
    call.expect_harmless(QUERY, call(QUERY, query={"q": soql}), before)


@ONCE
@given(soql=st.text(max_size=60))
def test_text_that_is_no_soql(call: Caller, soql: str) -> None:
    """Any text: 400 with a code and a message."""
    before = call.contents(QUERY)
    call.expect_refusal(QUERY, call(QUERY, query={"q": soql}), before, 400)


@ONCE
@given(data=st.data())
def test_damaged_soql(call: Caller, data: st.DataObject) -> None:
    """A valid statement with a piece lost, doubled or replaced has an answer, and changes nothing."""
    pieces = re.findall(r"\w+|\s+|.", data.draw(statements(DOCUMENTS["salesforce"], fit_salesforce.OBJECTS)))
    at = data.draw(st.integers(0, len(pieces) - 1))
    damage = data.draw(
        st.sampled_from(("", pieces[at] * 2, "'", "(", ")", "\\", ":", "\x00", "😀", " FROM ", " null ", "9" * 40))
    )
    soql = "".join([*pieces[:at], damage, *pieces[at + 1 :]])
    before = call.contents(QUERY)
    call.expect_harmless(QUERY, call(QUERY, query={"q": soql}), before)
