"""WHERE, by example: null, letter case, ids, LIKE, IN, multi-select picklists, semi-joins."""

# ruff: noqa: E501 - tables read best with a case to a line
from __future__ import annotations

from typing import Any

import pytest

from fake_salesforce.record_ids import mint

SUBJECTS = [None, "Call", "CALL", "call Ünal", "50% off", "a_b", "back\\slash", "it's", "ß", "line\nbreak"]


@pytest.fixture(scope="module")
def texts(make_desk: Any) -> Any:
    desk = make_desk()
    for subject in SUBJECTS:
        desk.put("Task", Subject=subject, Status="x")
    return desk


def subjects(desk: Any, where: Any) -> Any:
    return desk.column(f"SELECT Subject FROM Task WHERE {where} ORDER BY Id")


@pytest.mark.parametrize(("where", "expected"), [
    ("Subject = 'call'", ["Call", "CALL"]),
    ("Subject = 'CALL ünal'", ["call Ünal"]),
    ("Subject != 'call'", [None, *SUBJECTS[3:]]),
    ("Subject <> 'call'", [None, *SUBJECTS[3:]]),
    ("Subject = null", [None]),
    ("Subject = ''", [None]),
    ("Subject != null", SUBJECTS[1:]),
    ("Subject != ''", SUBJECTS[1:]),
    ("NOT Subject = 'call'", [None, *SUBJECTS[3:]]),
    ("(NOT Subject LIKE 'c%')", [None, *SUBJECTS[4:]]),
    ("Subject < 'b'", ["50% off", "a_b"]),
    ("Subject >= 'call' AND Subject <= 'call'", ["Call", "CALL"]),
    ("(NOT Subject > 'zzz')", [each for each in SUBJECTS if each != "ß"]),
    ("Subject IN ('CALL', 'SS', 'it\\'s')", ["Call", "CALL", "it's"]),
    ("Subject IN ('STRASSE', 'CALL ÜNAL')", ["call Ünal"]),
    ("Subject IN ('call', null)", [None, "Call", "CALL"]),
    ("Subject NOT IN ('call')", [None, *SUBJECTS[3:]]),
    ("Subject NOT IN ('call', null)", SUBJECTS[3:]),
    ("Subject NOT IN ('call', '')", SUBJECTS[3:]),
    ("Subject LIKE 'call'", ["Call", "CALL"]),
    ("Subject LIKE 'CALL%'", ["Call", "CALL", "call Ünal"]),
    ("Subject LIKE '%ünal'", ["call Ünal"]),
    ("Subject LIKE 'CALL Ü%'", ["call Ünal"]),
    ("Subject LIKE '%l'", ["Call", "CALL", "call Ünal"]),
    ("Subject LIKE 'C_ll'", ["Call", "CALL"]),
    ("Subject LIKE '_'", ["ß"]),
    ("Subject LIKE '%'", SUBJECTS[1:]),
    ("Subject LIKE '50\\%%'", ["50% off"]),
    ("Subject LIKE '5\\%%'", []),
    ("Subject LIKE 'a\\_b'", ["a_b"]),
    ("Subject LIKE '_\\_b'", ["a_b"]),
    ("Subject LIKE 'a\\_\\_'", []),
    ("Subject LIKE 'back\\\\slash'", ["back\\slash"]),
    ("Subject LIKE '%\\\\%'", ["back\\slash"]),
    ("Subject = 'back\\\\slash'", ["back\\slash"]),
    ("Subject = 'it\\'s'", ["it's"]),
    ("Subject = 'line\\nbreak'", ["line\nbreak"]),
    ("Subject = 'line\nbreak'", ["line\nbreak"]),
    ("Subject = '\\u0063all \\u00dcnal'", ["call Ünal"]),
    ("Subject LIKE null", []),
    ("Subject > null", []),
    ("IsClosed = false", SUBJECTS),
    ("IsClosed != false", []),
    ("IsClosed = null", []),
    ("Score__c = null", SUBJECTS),
    ("What.Name != 'x'", SUBJECTS),
    ("(Subject = 'call' AND Status = 'X') OR Subject = null", [None, "Call", "CALL"]),
])  # fmt: skip
def test_texts(texts: Any, where: Any, expected: Any) -> None:
    """Text compares without regard to case; null is equal to nothing but null, so != and NOT keep it."""
    assert expected == subjects(texts, where)


@pytest.mark.evidence("recorded", "fact: 15-character ids may differ in case only")
def test_ids(desk: Any) -> None:
    """15 and 18 characters are the same id; ids that differ in case are different; order is of the characters."""
    ids = [desk.put("Account", Name=str(n)) for n in range(3)]
    desk.put("Contact", LastName="x", Name="x", AccountId=ids[1])

    for where in (
        f"Id = '{ids[1]}'", f"Id = '{ids[1][:15]}'", f"Id IN ('{ids[1][:15]}', '{ids[1]}')", f"Id = '{ids[1].lower()}'",
        f"Id > '{ids[0]}' AND Id < '{ids[2][:15]}'",
    ):  # fmt: skip
        assert [ids[1]] == desk.column(f"SELECT Id FROM Account WHERE {where}"), where
    assert [ids[0], ids[2]] == desk.column(f"SELECT Id FROM Account WHERE Id != '{ids[1]}' ORDER BY Id")
    assert 1 == desk.query(f"SELECT Id FROM Contact WHERE AccountId = '{ids[1][:15]}'").total_size
    assert 0 == desk.query(f"SELECT Id FROM Contact WHERE Id = '{ids[1]}'").total_size
    assert 0 == desk.query("SELECT Id FROM Contact WHERE AccountId = ''").total_size


def test_ids_that_differ_in_case(desk: Any) -> None:
    """Two ids may differ in nothing but case."""
    lower, upper = mint("001", 36), mint("001", 10)
    desk.serials["Account"] = 9
    assert upper == desk.put("Account", Name="upper")
    desk.serials["Account"] = 35
    assert lower == desk.put("Account", Name="lower")
    assert lower[:15].lower() == upper[:15].lower()

    assert ["lower"] == desk.column(f"SELECT Name FROM Account WHERE Id = '{lower[:15]}'")
    assert ["upper"] == desk.column(f"SELECT Name FROM Account WHERE Id = '{upper[:15]}'")


def test_case_sensitive_field(desk: Any) -> None:
    """A field flagged case-sensitive compares as it is written, under LIKE too."""
    for value in ("Ab*", "ab*", "[x]"):
        desk.put("Task", Ext__c=value, Subject=value, Status="x")

    assert ["Ab*"] == subjects(desk, "Ext__c = 'Ab*'")
    assert ["Ab*"] == subjects(desk, "Ext__c LIKE 'A%'")
    assert ["ab*"] == subjects(desk, "Ext__c LIKE 'ab*'")
    assert ["[x]"] == subjects(desk, "Ext__c LIKE '[_]'")
    assert [] == subjects(desk, "Ext__c LIKE 'A_'")
    assert ["ab*", "[x]"] == subjects(desk, "Ext__c NOT IN ('Ab*')")


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Querying Multi-Select Picklists")
@pytest.mark.parametrize(("where", "expected"), [
    ("Topics__c = 'Red'", ["Red"]),
    ("Topics__c = 'blue;red'", ["Red;Blue"]),
    ("Topics__c != 'Red'", [None, "Red;Blue", "Grün;50%"]),
    ("Topics__c INCLUDES ('red')", ["Red", "Red;Blue"]),
    ("Topics__c INCLUDES ('Red;Blue', 'GRÜN')", ["Red;Blue", "Grün;50%"]),
    ("Topics__c INCLUDES ('5_%')", []),
    ("Topics__c INCLUDES ('')", []),
    ("Topics__c INCLUDES ('50%')", ["Grün;50%"]),
    ("Topics__c EXCLUDES ('Red')", [None, "Grün;50%"]),
    ("Topics__c EXCLUDES ('Red;Blue')", [None, "Red", "Grün;50%"]),
    ("Topics__c IN ('Blue;Red', null)", [None, "Red;Blue"]),
    ("Topics__c = null", [None]),
])  # fmt: skip
def test_multi_select(desk: Any, where: Any, expected: Any) -> None:
    """= is the whole set; INCLUDES takes one group of values or another; EXCLUDES keeps what INCLUDES does not."""
    for value in (None, "Red", "Red;Blue", "Grün;50%"):
        desk.put("Task", Topics__c=value, Subject=value, Status="x")

    assert expected == subjects(desk, where)


@pytest.mark.parametrize(("where", "expected"), [
    ("Score__c = 1", ["1.0"]), ("Score__c = 1.0", ["1.0"]), ("Score__c > -0.5", ["0.0", "1.0", "2.5"]), ("Score__c IN (2.50, 0)", ["0.0", "2.5"]),
    ("Score__c = +1", ["1.0"]), ("Score__c = .5", []), ("Score__c != 1", ["None", "-1.0", "0.0", "2.5"]), ("Score__c < 99999999999999999999999", ["-1.0", "0.0", "1.0", "2.5"]),
])  # fmt: skip
def test_numbers(desk: Any, where: Any, expected: Any) -> None:
    """Numbers compare as numbers, whatever way they are written."""
    for value in (None, -1.0, 0.0, 1.0, 2.5):
        desk.put("Task", Score__c=value, Subject=str(value), Status="x")

    assert expected == subjects(desk, where)


@pytest.mark.evidence("documented", "SOQL and SOSL Reference, Semi-Joins with IN and Anti-Joins")
def test_semi_joins(org: Any) -> None:
    """IN (SELECT ...) finds rows with a match; NOT IN those without, also where the field is null."""

    def names(where: Any, sobject: Any = "Account") -> Any:
        return org.column(f"SELECT Name FROM {sobject} WHERE {where} ORDER BY Id")

    assert ["Acme"] == names("Id IN (SELECT AccountId FROM Contact)")
    assert ["acme two", "ÉCOLE"] == names("Id NOT IN (SELECT AccountId FROM Contact)")
    assert ["Jo Jones", "Smith"] == names("AccountId IN (SELECT Id FROM Account WHERE Industry = 'energy')", "Contact")
    assert ["Zed"] == names("AccountId NOT IN (SELECT Id FROM Account)", "Contact")
    assert ["Acme"] == names("Id IN (SELECT AccountId FROM Contact WHERE FirstName = 'jo') AND Industry = 'Energy'")
    assert ["Acme"] == names("Id IN (SELECT AccountId FROM Contact) AND Id NOT IN (SELECT AccountId FROM Opportunity)")
    assert ["Acme"] == names(
        "Id IN (SELECT AccountId FROM Contact WHERE Account.Name = 'acme' AND CreatedDate <= TODAY)"
    )


def test_parents_in_conditions(org: Any) -> None:
    """A row without the parent has null for all its fields: OR keeps it, = null finds it."""

    def names(where: Any) -> Any:
        return org.column(f"SELECT Name FROM Contact WHERE {where} ORDER BY Id")

    assert ["Zed"] == names("Account.Name = null")
    assert ["Jo Jones", "Smith"] == names("Account.Name != null")
    assert ["Zed"] == names("Account.Name = 'none' OR LastName = 'zed'")
    assert ["Jo Jones", "Smith", "Zed"] == names("Account.Owner.Name = 'ada admin' OR Account.Id = null")


def test_many_terms(org: Any) -> None:
    """Thousands of OR terms and of values in IN are served."""
    terms = " OR ".join(f"Name = 'n{n}'" for n in range(1_500))
    values = ",".join(f"'n{n}'" for n in range(5_000))

    assert ["Acme"] == org.column(f"SELECT Name FROM Account WHERE {terms} OR Name = 'acme'")
    assert ["Acme"] == org.column(f"SELECT Name FROM Account WHERE Name IN ({values},'acme')")
    assert ["Acme", "acme two", "ÉCOLE"] == org.column(f"SELECT Name FROM Account WHERE (NOT ({terms})) ORDER BY Id")
    numbers = ",".join("1234567890"[n % 10] for n in range(49_000))
    with pytest.raises(Exception, match="QUERY_TOO_COMPLICATED"):
        org.query(f"SELECT Id FROM Account WHERE AnnualRevenue IN ({numbers})")
