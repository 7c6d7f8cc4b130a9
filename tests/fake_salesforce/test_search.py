"""SOSL and the searches without it: what is found, in which fields, and every refusal.

Evidence: SOSL reference (FIND, IN, RETURNING, LIMIT); REST API Developer Guide (Search, Parameterized Search); texts of
restforce #688, simple-salesforce #415, force-rest-api #92.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fake_salesforce.conftest import DATA, EXTRA, HOST, Answer, Caller

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app
from fake_salesforce.sosl import words

ROWS: list[tuple[str, dict[str, Any]]] = [
    ("Account", {"Name": "Acme Motors", "Website": "https://acme.example", "Phone": "(415) 555-1212", "Site": "Oslo"}),
    ("Account", {"Name": "Widgets & Sons", "Description": "Sells to Acme and others"}),
    ("Account", {"Name": "Café Zürich", "AccountNumber": "AB12"}),
    ("Contact", {"LastName": "Smith", "FirstName": "Joe", "Email": "joe.smith@acme.example", "Phone": "4155551212"}),
    ("Contact", {"LastName": "Smythe", "FirstName": "Joe", "Title": "Smith of horses"}),
    ("Contact", {"LastName": "Jones", "FirstName": "Marie-Pier", "Department": "東京 office"}),
    ("Lead", {"LastName": "Smith", "FirstName": "Ann", "Company": "Acme Partners"}),
    ("Task", {"Subject": "Call Joe Smith", "Description": "about motors"}),
]


@pytest.fixture
def filled(org: Caller) -> Caller:
    for sobject, row in ROWS:
        assert org.post(f"{DATA}/sobjects/{sobject}", row).status == 201
    return org


def ask(org: Caller, path: str, **query: str) -> Answer:
    return org.get(path, query=query)


def names(org: Caller, text: str) -> list[str]:
    """What a search finds, `Type Name` each; objects and fields as RETURNING or all names."""
    answer = ask(org, "/search", q=text)
    assert answer.status == 200, answer.text
    return sorted(f"{row['attributes']['type']} {_name(row)}" for row in answer.json["searchRecords"])


def _name(row: dict[str, Any]) -> str:
    return str(row.get("Name") or row.get("LastName") or row.get("Subject") or "")


EVERYWHERE = "RETURNING Account(Name), Contact(LastName), Lead(LastName), Task(Subject)"


@pytest.mark.parametrize(
    ("find", "found"),
    [
        ("{acme}", ["Account Acme Motors", "Account Widgets & Sons", "Contact Smith", "Lead Smith"]),
        ("{ACME} IN NAME FIELDS", ["Account Acme Motors", "Lead Smith"]),
        ("{acme} IN EMAIL FIELDS", ["Contact Smith"]),
        ("{Joe Smith} IN NAME FIELDS", ["Contact Smith", "Task Call Joe Smith"]),
        ("{Joe OR Ann} IN NAME FIELDS", ["Contact Smith", "Contact Smythe", "Lead Smith", "Task Call Joe Smith"]),
        ('{"Joe Smith"}', ["Contact Smith", "Task Call Joe Smith"]),
        ("{Smith AND NOT Joe} IN NAME FIELDS", ["Lead Smith"]),
        ("{(Ann OR Joe) AND Smith} IN NAME FIELDS", ["Contact Smith", "Lead Smith", "Task Call Joe Smith"]),
        ("{Sm*} IN NAME FIELDS", ["Contact Smith", "Contact Smythe", "Lead Smith", "Task Call Joe Smith"]),
        ("{Sm?the} IN NAME FIELDS", ["Contact Smythe"]),
        ("{Sm?th*} IN NAME FIELDS", ["Contact Smith", "Contact Smythe", "Lead Smith", "Task Call Joe Smith"]),
        ("{mit*} IN NAME FIELDS", []),  # words are found from their beginning
        ("{joe.smith@acme.example}", ["Contact Smith"]),
        ("{4155551212} IN PHONE FIELDS", ["Account Acme Motors", "Contact Smith"]),
        (r"{\(415\) 555\-1212} IN PHONE FIELDS", ["Account Acme Motors"]),
        (r"{Marie\-Pier}", ["Contact Jones"]),
        ("{cafe zurich}", ["Account Café Zürich"]),
        ("{AB}", ["Account Café Zürich"]),  # letters and digits are words of their own
        ("{東京}", ["Contact Jones"]),
        ('{"and"}', ["Account Widgets & Sons"]),
        ("{and}", ["Account Widgets & Sons"]),
        ("{nobody}", []),
        ("{motors}", ["Account Acme Motors", "Task Call Joe Smith"]),
        (r"{\*}", []),
    ],
)
def test_what_is_found(filled: Caller, find: str, found: list[str]) -> None:
    assert names(filled, f"FIND {find} {EVERYWHERE}") == found


def test_the_shape_of_an_answer(filled: Caller) -> None:
    (row,) = ask(filled, "/search", q="FIND {Café} RETURNING Account(Name, Id)").json["searchRecords"]
    assert list(row) == ["attributes", "Name", "Id"]
    assert row["attributes"] == {"type": "Account", "url": f"{DATA}/sobjects/Account/{row['Id']}"}
    without = ask(filled, "/search", q="FIND {Café}").json["searchRecords"]
    assert without == [{"attributes": row["attributes"], "Id": row["Id"]}]
    old = ask(filled, "/services/data/v36.0/search", q="FIND {Café}").json
    assert [each["Id"] for each in old] == [row["Id"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FIND {Smi*} RETURNING Contact(LastName WHERE Title = null)", ["Contact Smith"]),
        ("FIND {Joe} RETURNING Contact(LastName ORDER BY LastName DESC LIMIT 1)", ["Contact Smythe"]),
        ("FIND {Joe} RETURNING Contact(LastName ORDER BY LastName LIMIT 1 OFFSET 1)", ["Contact Smythe"]),
        (
            "FIND {Joe} RETURNING Contact(LastName WHERE FirstName = 'Joe' OR Id = null LIMIT 5)",
            ["Contact Smith", "Contact Smythe"],
        ),
        ("FIND {Joe} RETURNING Contact(LastName WHERE FirstName = 'x) LIMIT 1')", []),
        ("find {smith} in name fields returning lead(LastName), contact (LastName)", ["Contact Smith", "Lead Smith"]),
    ],
)
def test_what_returning_says_of_an_object(filled: Caller, text: str, found: list[str]) -> None:
    assert names(filled, text) == found


def test_limits_are_shared_evenly(filled: Caller) -> None:
    for number in range(6):
        filled.post(f"{DATA}/sobjects/Account", {"Name": f"Even {number}"})
        filled.post(f"{DATA}/sobjects/Lead", {"LastName": f"Even {number}", "Company": "c"})
    rows = ask(filled, "/search", q="FIND {Even} RETURNING Account, Lead LIMIT 5").json["searchRecords"]
    assert [row["attributes"]["type"] for row in rows] == ["Account"] * 3 + ["Lead"] * 2
    rows = ask(filled, "/search", q="FIND {Even} RETURNING Account(Id LIMIT 2), Lead").json["searchRecords"]
    assert [row["attributes"]["type"] for row in rows] == ["Account"] * 2 + ["Lead"] * 6
    assert ask(filled, "/search", q="FIND {Even} RETURNING Account LIMIT 0").json == {"searchRecords": []}


def test_what_is_written_after_the_first_search_is_found_too(org: Caller) -> None:
    find = "FIND {Acme} RETURNING Account(Name)"
    assert names(org, find) == []
    made = org.post(f"{DATA}/sobjects/Account", {"Name": "Acme"}).json["id"]
    assert names(org, find) == ["Account Acme"]
    org.patch(f"{DATA}/sobjects/Account/{made}", {"Name": "Widgets"})
    assert names(org, find) == []
    assert names(org, "FIND {widgets} RETURNING Account(Name)") == ["Account Widgets"]
    org.delete(f"{DATA}/sobjects/Account/{made}")
    assert names(org, "FIND {widgets} RETURNING Account(Name)") == []


def test_a_reset_takes_the_index_along(org: Caller) -> None:
    org.post(f"{DATA}/sobjects/Account", {"Name": "Acme"})
    find = "FIND {Acme} RETURNING Account(Name)"
    assert names(org, find) == ["Account Acme"]
    org.fake.reset()
    assert names(org, find) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "No search term found. The search term must be enclosed in braces."),
        ("FIND Acme", "No search term found. The search term must be enclosed in braces."),
        ("FIND {}", "No search term found. The search term must be enclosed in braces."),
        (
            "FIND {John|jane_gray@uoa.edu} RETURNING Contact",
            (
                "\nFIND {John|jane_gray@uoa.edu} RETURNING Contact\n         ^\nERROR at Row:1:Column:10\n"
                "line 1:10 mismatched character '|' expecting '}'"
            ),
        ),
        (
            "FIND {Marie-Pier Martin}",
            (
                "\nFIND {Marie-Pier Martin}\n          ^\nERROR at Row:1:Column:11\n"
                "line 1:11 mismatched character '-' expecting '}'"
            ),
        ),
        (
            "FIND {name} IN ALL TYPE RETURNING Account(name)",
            (
                "\nFIND {name} IN ALL TYPE RETURNING Account(name)\n                  ^\nERROR at Row:1:Column:19\n"
                "Malformed search token: TYPE"
            ),
        ),
        ("FIND {a}", "search term must be longer than one character: a"),
        ("FIND {( }", "unexpected token: <EOF>"),
    ],
)
def test_malformed_searches(org: Caller, text: str, message: str) -> None:
    assert ask(org, "/search", q=text).error == (400, "MALFORMED_SEARCH", message)


@pytest.mark.parametrize(
    ("text", "code", "tail"),
    [
        ("FIND {Acme} RETURNING Zoo", "INVALID_TYPE", "sObject type 'Zoo' is not supported."),
        ("FIND {Acme} RETURNING Account(Bacon__c)", "INVALID_FIELD", "No such column 'Bacon__c' on entity 'Account'."),
        ("FIND {Acme} RETURNING Account(Name WHERE Bacon__c = 1)", "INVALID_FIELD", "No such column 'Bacon__c'"),
        ("FIND {Acme} RETURNING Account(Name WHERE)", "MALFORMED_QUERY", "unexpected token"),
        ("FIND {Acme} RETURNING Account(Name", "MALFORMED_SEARCH", "unexpected token: <EOF>"),
        ("FIND {Acme} RETURNING Account(Name) Contact", "MALFORMED_SEARCH", "unexpected token: Contact"),
        ("FIND {Acme} LIMIT ten", "MALFORMED_SEARCH", "unexpected token: ten"),
    ],
)
def test_refusals_of_the_rest(org: Caller, text: str, code: str, tail: str) -> None:
    status, got, message = ask(org, "/search", q=text).error
    assert (status, got) == (400, code)
    assert tail in message


@pytest.mark.parametrize(
    "clause", ["WITH SNIPPET", "WITH HIGHLIGHT", "WITH DIVISION = 'x'", "WITH DATA CATEGORY a__c AT b__c"]
)
def test_clauses_that_are_not_played_say_so(org: Caller, clause: str) -> None:
    assert ask(org, "/search", q=f"FIND {{Acme}} {clause}").error[:2] == (501, "NOT_FAKED")


def test_a_very_long_search_finds_nothing_and_a_long_one_knows_no_operators(filled: Caller) -> None:
    filler = " ".join(["zzz"] * 1_100)
    assert names(filled, f"FIND {{{filler} acme AND nobody}} IN NAME FIELDS {EVERYWHERE}") == [
        "Account Acme Motors",
        "Lead Smith",
    ]
    assert names(filled, f"FIND {{{'acme ' * 2_100}}} {EVERYWHERE}") == []


# --- without SOSL ---------------------------------------------------------------------------------


def test_parameterized_search_by_url(filled: Caller) -> None:
    plain = ask(filled, "/parameterizedSearch", q="Café").json["searchRecords"]
    assert [list(row) for row in plain] == [["attributes", "Id"]]
    answer = ask(
        filled,
        "/parameterizedSearch/",
        **{
            "q": "smith",
            "sobject": "Contact",
            "Contact.fields": "LastName,FirstName",
            "Contact.where": "Title = null",
            "in": "NAME",
            "metadata": "LABELS",
        },
    )
    (row,) = answer.json["searchRecords"]
    assert (row["LastName"], row["FirstName"]) == ("Smith", "Joe")
    assert answer.json["metadata"]["entityetadata"] == [
        {
            "entityName": "Contact",
            "fieldMetadata": [{"name": "LastName", "label": "Last Name"}, {"name": "FirstName", "label": "First Name"}],
        }
    ]


def test_parameterized_search_by_body(filled: Caller) -> None:
    body = {
        "q": "Smith",
        "fields": ["id", "LastName"],
        "sobjects": [{"name": "Contact", "limit": 1}, {"name": "Lead", "fields": ["Company"]}],
        "in": "ALL",
        "overallLimit": 100,
        "defaultLimit": 10,
    }
    rows = filled.post(f"{DATA}/parameterizedSearch", body).json["searchRecords"]
    assert [row["attributes"]["type"] for row in rows] == ["Contact", "Lead"]
    assert list(rows[0]) == ["attributes", "Id", "LastName"]
    assert rows[1]["Company"] == "Acme Partners"


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"q": "x", "sobjects": 7},
        {"q": "x", "sobjects": [{"name": 7}]},
        {"q": "xx", "sobjects": [{"name": "Account", "limit": "many"}]},
        {"q": "xx", "sobjects": [{"name": "Account", "fields": "Id"}]},
        {"q": "xx", "fields": ["Id"]},
        {"q": 7},
        {"q": "xx", "in": "SHOES"},
        {"q": "xx", "in": ""},
    ],
)
def test_parameterized_search_refuses_what_makes_no_sense(org: Caller, body: Any) -> None:
    assert org.post(f"{DATA}/parameterizedSearch", body).status == 400


def test_words_of_a_parameterized_search_are_no_sosl(filled: Caller) -> None:
    for q in ("} RETURNING User", "Marie-Pier", "a(b", "smith) OR (x", "'", '"', "\\", "{", "joe & ann"):
        assert ask(filled, "/parameterizedSearch", q=q).status in {200, 400}, q
    rows = ask(filled, "/parameterizedSearch", q="Marie-Pier", sobject="Contact").json["searchRecords"]
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"sobject": "Nope__c", "q": "a"}, 404),
        ({"sobject": "Account", "q": "a", "limit": ""}, 400),
        ({"sobject": "Account", "q": "a", "limit": "2001"}, 400),
        ({"sobject": "Account", "q": "a", "limit": "2000"}, 200),
    ],
)
def test_suggestions_refuse_what_is_wrong_also_for_a_short_q(
    filled: Caller, given: dict[str, str], status: int
) -> None:
    """An object that is none and a number that is none are told before there is nothing to look for."""
    assert status == ask(filled, "/search/suggestions", **given).status


def test_suggestions(filled: Caller) -> None:
    answer = ask(filled, "/search/suggestions", q="acm", sobject="Account,Lead").json
    assert [row["attributes"]["type"] for row in answer["autoSuggestResults"]] == ["Account", "Lead"]
    assert answer["autoSuggestResults"][0]["Name"] == "Acme Motors"
    assert answer["hasMoreResults"] is False
    answer = ask(filled, "/search/suggestions", q="acm", sobject="Account,Lead", limit="1").json
    assert (len(answer["autoSuggestResults"]), answer["hasMoreResults"]) == (1, True)
    assert ask(filled, "/search/suggestions", q="acm").status == 400


@pytest.mark.evidence("documented", "REST API Developer Guide, Search Suggested Records: q")
def test_how_long_a_suggestion_may_be(filled: Caller) -> None:
    """From three characters on, of Chinese, Japanese, Korean and Thai from one; what is too long is an error."""
    filled.make("Account", Name="東京電力")
    nothing = {"autoSuggestResults": [], "hasMoreResults": False}
    found = [ask(filled, "/search/suggestions", q=q, sobject="Account").json for q in ("a", "ac", "東", "acm")]

    assert [nothing, nothing] == found[:2]
    assert ["東京電力", "Acme Motors"] == [each["autoSuggestResults"][0]["Name"] for each in found[2:]]
    for q in ("x " * 128, "x" * 201):
        assert "ILLEGAL_QUERY_PARAMETER_VALUE" == ask(filled, "/search/suggestions", q=q, sobject="Account").error[1]


def test_the_scope_lists_objects(org: Caller) -> None:
    found = org.get(f"{DATA}/search/scopeOrder").json
    assert {"type": "Account", "url": f"{DATA}/sobjects/Account/describe"} in found


# --- robustness -------------------------------------------------------------------------------------

_PARTS = [
    "FIND",
    "{",
    "}",
    "acme",
    '"',
    "\\",
    "*",
    "?",
    "(",
    ")",
    " AND ",
    " OR ",
    " AND NOT ",
    "IN",
    "NAME",
    "FIELDS",
    " ",
    "RETURNING",
    "Account",
    "Id",
    ",",
    "WHERE",
    "Name",
    "=",
    "'x'",
    "LIMIT",
    "1",
    "OFFSET",
    "WITH",
    "METADATA",
    "é",
    "\x00",
]
_TEXT = st.lists(st.sampled_from(_PARTS), max_size=25)


@pytest.fixture(scope="module")
def long_lived() -> Iterator[Caller]:
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA))
    yield Caller(fake, token=fake.credentials(f"https://{HOST}")["access_token"])
    fake.close()


@given(text=st.one_of(_TEXT.map("".join), _TEXT.map(lambda parts: "FIND {" + "".join(parts) + "}")))
def test_no_text_breaks_a_search(long_lived: Caller, text: str) -> None:
    assert ask(long_lived, "/search", q=text).status in {200, 400, 501}


@given(st.text(max_size=40))
def test_tokens_hold_nothing_but_letters_or_digits(text: str) -> None:
    for token in words.tokens(text):
        assert token.isalnum()
        assert not token.isascii() or token.isalpha() or token.isdigit()
