"""Any text gives a result or a refusal, and leaves the store as it was."""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fake_salesforce.errors import SalesforceError
from fake_salesforce.soql import NotFaked

WORDS = [
    "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "INCLUDES", "EXCLUDES", "NULL", "true", "GROUP BY", "HAVING", "ORDER BY",
    "ASC", "DESC", "NULLS FIRST", "LIMIT", "OFFSET", "ALL ROWS", "FOR VIEW", "USING SCOPE", "mine", "WITH", "USER_MODE", "TYPEOF", "WHEN", "THEN",
    "ELSE", "END", "COUNT()", "COUNT(Id)", "MAX(", "FIELDS(ALL)", "toLabel(", "CALENDAR_YEAR(", "(", ")", ",", ".", "=", "!=", "<>", "<", ">=",
    "'", "''", "'x'", "'%_\\%'", "\\", '"', ";", "--", "/*", ":x", "1", "-1", "1.5", "1e9", "USD5", "2026-01-05", "2026-13-45", "2026-01-05T00:00:00Z",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "12:00:00", "TODAY", "LAST_N_DAYS:3", "LAST_N_DAYS:99999999999999", "THIS_FISCAL_YEAR",
    "Id", "Name", "Subject", "Task", "Account", "Contacts", "Who.Name", "Account.Name", "What.Type", "Topics__c", "Score__c", "ActivityDate",
    "CreatedDate", "IsClosed", "001Ud0000000001IAA", "'001Ud0000000001IAA'", "é", "\0", "\ud800", "😀", "\n", "\t", "$",
]  # fmt: skip
FRAGMENTS = [
    "SELECT Id FROM Task WHERE", "SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE", "SELECT Subject, COUNT(Id) FROM Task GROUP BY",
    "Subject = 'x'", "Subject LIKE '%a%'", "AND (", "OR (NOT", "ORDER BY Subject", "WhoId IN (SELECT Id FROM Contact)", "FROM Task", "FROM Account",
]  # fmt: skip
texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join),
    st.lists(st.sampled_from([*FRAGMENTS, *WORDS]), max_size=10).map(
        lambda parts: " ".join(["SELECT Id FROM", *parts])
    ),
    st.lists(st.sampled_from([*FRAGMENTS, *WORDS]), max_size=8).map(
        lambda parts: " ".join(["SELECT Id FROM Task WHERE", *parts])
    ),
)


@given(text=texts)
@example("SELECT Id FROM Task WHERE Subject = '\ud800'")
@example("SELECT Id FROM Task WHERE Subject LIKE '%\0%'")
@example("SELECT Id FROM Task WHERE Subject = '\\ud83d\\ude00' OR Subject = '\\ud83d'")
@example("SELECT Id FROM Task WHERE CreatedDate > 0001-01-01T00:00:00+14:00")
@example("SELECT Id FROM Task WHERE CreatedDate > 9999-12-31T23:59:59-12:00")
@example("SELECT Id FROM Task WHERE CreatedDate = NEXT_N_YEARS:999999999")
@example("SELECT Id FROM Task WHERE Score__c > " + "9" * 390)
@example("SELECT Id FROM Task WHERE Score__c > " + "9" * 401)
@example("SELECT Id FROM Task WHERE NumberOfEmployees = 9223372036854775808")
@example("SELECT Id FROM Account WHERE NumberOfEmployees = 9223372036854775808")
@example("SELECT Id FROM Task LIMIT 99999999999999999999999999 OFFSET 0")
def test_any_text(org: Any, text: Any) -> None:
    """A query ends in a result, in a vendor's error, or in NotFaked; never in anything else."""
    try:
        answer: Any = org.query(text).records
    except SalesforceError as error:
        answer = (error.status, error.as_item())
    except NotFaked as unplayed:
        answer = unplayed.feature

    assert json.dumps(answer)
    assert not isinstance(answer, tuple) or answer[0] == 400


HOSTILE = [
    "'; DROP TABLE Task; --", "\\'; DROP TABLE Task; --", "' OR 1=1 --", "x' UNION SELECT 1 --", "%", "_", "\\", "\\\\", "\\%", "'", '"', "é\0ß", "\0",
    "; ATTACH DATABASE '/tmp/x' AS y", "😀", "\u202e", "a\nb", "?", ":name", ":span1_start", "%(x)s", "{x}", "(SELECT 1)", "NULL", "x" * 4_000,
]  # fmt: skip


def quoted(value: Any) -> Any:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values(desk: Any, value: Any) -> None:
    """A value is only ever a value: it is found as it was stored, and nothing else changes."""
    stored = desk.put("Task", Subject=value, Status="x")
    desk.put("Task", Subject="other", Status="x")
    before = desk.store.contents()

    assert [stored] == desk.column(f"SELECT Id FROM Task WHERE Subject = {quoted(value)}")
    assert [stored] == desk.column(f"SELECT Id FROM Task WHERE Subject IN ({quoted(value)})")
    assert [value] == desk.column("SELECT Subject FROM Task WHERE Subject != 'other'")
    if "\0" not in value:
        pattern = quoted(value).replace("%", "\\%").replace("_", "\\_")
        assert [stored] == desk.column(f"SELECT Id FROM Task WHERE Subject LIKE {pattern}")
    for unescaped in (
        f"SELECT Id FROM Task WHERE Subject = '{value}'",
        f"SELECT Id FROM {value}",
        f"SELECT {value} FROM Task",
        value,
    ):
        with suppress(SalesforceError, NotFaked):
            desk.query(unescaped)
    assert before == desk.store.contents()


@given(
    value=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
        lambda text: "\0" not in text
    ),
    extra=st.text(alphabet="aB%_\\é", max_size=3),
)
def test_any_value_is_found(org: Any, value: Any, extra: Any) -> None:
    """Whatever text is compared, escaped as the manual says, finds rows with that text and no others."""
    from sqlalchemy import update

    table = org.schema.sobject("Lead").table
    text = value + extra
    with org.store.begin() as conn:
        conn.execute(update(table).values(Company=text))

    pattern = quoted(text).replace("%", "\\%").replace("_", "\\_")
    assert 1 == org.query(f"SELECT Id FROM Lead WHERE Company = {quoted(text)}").total_size
    assert 1 == org.query(f"SELECT Id FROM Lead WHERE Company LIKE {pattern}").total_size
    assert 0 == org.query(f"SELECT Id FROM Lead WHERE Company != {quoted(text)}").total_size
    assert 0 == org.query(f"SELECT Id FROM Lead WHERE Company = {quoted(text + 'x')}").total_size
