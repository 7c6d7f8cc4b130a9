"""How Salesforce writes for people and where it looks for words: locales, search fields, the markup of notes."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from tests.crm_contracts.ledger.world import World
from tests.fake_salesforce.conftest import Caller

from crm_contracts.ledger import entries
from crm_contracts.ledger.entry import Entry

SALESFORCE = entries("salesforce")
FIELDS = {
    "Opportunity": {"Moment__c": "datetime", "Hour__c": "time", "Count__c": "double(18,3)"},
    "Account": {
        "Mail__c": "email",
        "Colour__c": "picklist",
        "Long__c": "textarea(1000)",
        "Short__c": "string(40)",
        "Link__c": "url",
    },
}  # fmt: skip


def each(prefix: str) -> list[Any]:
    """A case for each entry of *prefix*, named by its id."""
    return [pytest.param(one, id=one.id) for one in SALESFORCE if one.id.startswith(prefix)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    objects = {
        sobject: {
            "fields": {
                name: {"label": name, "type": kind, **({"values": ["zebrared"]} if kind == "picklist" else {})}
                for name, kind in fields.items()
            }
        }
        for sobject, fields in FIELDS.items()
    }
    made = World(extra={"objects": objects})
    yield made
    made.fake.close()


@pytest.fixture(scope="module")
def deal(world: World) -> str:
    """An opportunity with a value of each kind that FORMAT() writes; the caller's clock is Greenwich's."""
    world.org.patch(f"/sobjects/User/{world.user()}", {"TimeZoneSidKey": "GMT"})
    more = {"Moment__c": "2026-03-07T15:04:00Z", "Hour__c": "09:05:00.000Z", "Count__c": 1234.5}
    return world.make("Opportunity", CloseDate="2026-03-07", Amount=1234567.5, Probability=12, **more)


# A day, a time, a moment, a number, an amount and a share, as each locale writes them.
WRITTEN = {
    "en_US": ("3/7/2026", "9:05 AM", "3/7/2026, 3:04 PM", "1,234.500", "$1,234,567.50", "12%"),
    "en_GB": ("07/03/2026", "09:05", "07/03/2026, 15:04", "1,234.500", "$1,234,567.50", "12%"),
    "en_CA": ("2026-03-07", "9:05 AM", "2026-03-07, 3:04 PM", "1,234.500", "$1,234,567.50", "12%"),
    "de": ("07.03.2026", "09:05", "07.03.2026, 15:04", "1.234,500", "1.234.567,50 $", "12 %"),
    "de_CH": ("07.03.2026", "09:05", "07.03.2026, 15:04", "1’234.500", "$ 1’234’567.50", "12%"),
    "fr": ("07/03/2026", "09:05", "07/03/2026 15:04", "1 234,500", "1 234 567,50 $", "12 %"),
    "es": ("7/3/2026", "9:05", "7/3/2026, 15:04", "1.234,500", "1.234.567,50 $", "12 %"),
    "it": ("07/03/2026", "09:05", "07/03/2026, 15:04", "1.234,500", "1.234.567,50 $", "12%"),
    "nl": ("07-03-2026", "09:05", "07-03-2026 15:04", "1.234,500", "$ 1.234.567,50", "12%"),
    "pt": ("07/03/2026", "09:05", "07/03/2026, 15:04", "1.234,500", "$ 1.234.567,50", "12%"),
    "sv": ("2026-03-07", "09:05", "2026-03-07 15:04", "1 234,500", "1 234 567,50 $", "12 %"),
    "da": ("07.03.2026", "09.05", "07.03.2026 15.04", "1.234,500", "1.234.567,50 $", "12 %"),
    "fi": ("7.3.2026", "9.05", "7.3.2026 15.04", "1 234,500", "1 234 567,50 $", "12 %"),
    "no": ("07.03.2026", "09:05", "07.03.2026, 15:04", "1 234,500", "$ 1 234 567,50", "12 %"),
    "pl": ("07.03.2026", "09:05", "07.03.2026, 15:04", "1 234,500", "1 234 567,50 $", "12%"),
    "ja": ("2026/03/07", "9:05", "2026/03/07 15:04", "1,234.500", "$1,234,567.50", "12%"),
    "ko": ("2026. 3. 7.", "09:05", "2026. 3. 7. 15:04", "1,234.500", "$1,234,567.50", "12%"),
    "zh": ("2026/3/7", "09:05", "2026/3/7 15:04", "1,234.500", "$1,234,567.50", "12%"),
}
# A locale that is written as its language.
SPOKEN = {
    "de": "de_AT", "fr": "fr_FR", "es": "es_MX", "it": "it_IT", "nl": "nl_NL", "pt": "pt_BR", "sv": "sv_SE",
    "da": "da_DK", "fi": "fi_FI", "no": "no_NO", "pl": "pl_PL", "ja": "ja_JP", "ko": "ko_KR", "zh": "zh_CN",
}  # fmt: skip


@pytest.mark.ledger("salesforce/shape/locale/*")
@pytest.mark.parametrize("one", each("salesforce/shape/locale/"))
def test_how_a_locale_writes(world: World, deal: str, one: Entry) -> None:
    """FORMAT() writes as the locale of the running user does."""
    name = one.id.rpartition("/")[2]
    changed = world.org.patch(f"/sobjects/User/{world.user()}", {"LocaleSidKey": SPOKEN.get(name, name)})
    assert 204 == changed.status, changed.text
    [row] = world.org.soql(
        "SELECT FORMAT(CloseDate) a, FORMAT(Hour__c) b, FORMAT(Moment__c) c, FORMAT(Count__c) d, FORMAT(Amount) e, "
        f"FORMAT(Probability) f FROM Opportunity WHERE Id = '{deal}'"
    )

    assert WRITTEN[name] == tuple(row[key] for key in "abcdef")


# --- searches -------------------------------------------------------------------------------------------------------

# Fields that IN NAME FIELDS looks at, and one that it does not.
NAMED = {
    "Account": (["Name", "Website", "Site"], "AccountNumber"),
    "Asset": (["Name", "SerialNumber"], "Description"),
    "Case": (["SuppliedName", "SuppliedCompany", "Subject"], "Description"),
    "Contact": (["AssistantName", "FirstName", "LastName"], "Title"),
    "Lead": (["Company", "FirstName", "LastName"], "Title"),
    "User": (["CommunityNickname", "FirstName", "LastName"], "Title"),
}


def found(org: Caller, sobject: str, word: str, group: str) -> list[str]:
    """The ids of rows of *sobject* that a search of *group* finds."""
    answer = org.get("/search", query={"q": f"FIND {{{word}}} IN {group} FIELDS RETURNING {sobject}(Id)"})
    assert 200 == answer.status, answer.text
    return [row["Id"] for row in answer.json["searchRecords"]]


@pytest.mark.ledger("salesforce/shape/sosl-name-fields/*")
@pytest.mark.parametrize("one", each("salesforce/shape/sosl-name-fields/"))
def test_the_fields_of_names(world: World, one: Entry) -> None:
    """A word of one of these fields is found IN NAME FIELDS; a word of another field in ALL FIELDS only."""
    sobject = one.id.rpartition("/")[2]
    named, other = NAMED[sobject]
    words = {field: f"zq{number}{sobject.lower()}" for number, field in enumerate([*named, other])}
    record_id = world.make(sobject, **words)

    assert {field: [record_id] for field in named} | {other: []} == {
        field: found(world.org, sobject, word, "NAME") for field, word in words.items()
    }
    assert [record_id] == found(world.org, sobject, words[other], "ALL")


# By field: the search groups that find its text.
GROUPS = {
    "Name": {"ALL", "NAME", "SIDEBAR"},
    "Mail__c": {"ALL", "EMAIL", "SIDEBAR"},
    "Phone": {"ALL", "PHONE", "SIDEBAR"},
    "Short__c": {"ALL"},
    "Long__c": {"ALL"},
    "Link__c": {"ALL"},
    "Colour__c": set(),
}


@pytest.mark.ledger("salesforce/shape/sosl-types")
def test_whose_text_is_found(world: World) -> None:
    """Names, addresses and numbers are found in their groups, other text in all fields, a picklist's value nowhere."""
    words = {
        "Name": "zebraname", "Mail__c": "zebra@mail.example", "Phone": "5550199", "Short__c": "zebrashort",
        "Long__c": "zebralong", "Link__c": "zebralink", "Colour__c": "zebrared",
    }  # fmt: skip
    record_id = world.make("Account", **words)
    groups = ("ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR")

    assert GROUPS == {
        field: {group for group in groups if record_id in found(world.org, "Account", word, group)}
        for field, word in words.items()
    }


# --- notes ----------------------------------------------------------------------------------------------------------

TAGS = [
    "a", "b", "blockquote", "br", "div", "em", "h1", "h2", "h3", "i", "img", "li", "ol", "p", "s", "span", "strike",
    "strong", "sub", "sup", "table", "tbody", "td", "th", "tr", "u", "ul",
]  # fmt: skip
OTHER_TAGS = ["script", "style", "iframe", "h4", "form", "object", "video"]


@pytest.mark.ledger("salesforce/shape/note-html")
def test_the_markup_of_a_note(world: World) -> None:
    """A note may hold these tags in either case; any other, a bare ampersand or bracket is refused."""

    def status(text: str) -> int:
        content = base64.b64encode(text.encode()).decode()
        return world.org.post("/sobjects/ContentNote", {"Title": "n", "Content": content}).status

    assert dict.fromkeys(TAGS, 201) == {tag: status(f"<{tag}>x</{tag.upper()}>") for tag in TAGS}
    refused = [*(f"<{tag}>x</{tag}>" for tag in OTHER_TAGS), "a & b", "a < b"]
    assert dict.fromkeys(refused, 400) == {text: status(text) for text in refused}
    assert 201 == status("a &amp; b")
