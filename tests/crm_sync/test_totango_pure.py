"""Totango's rules that need no service: keys, campaign subjects, values, rows."""

from __future__ import annotations

import re
import string
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, find, given
from hypothesis import strategies as st

from crm_sync.config import load_profile
from crm_sync.errors import ConfigError
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical, checksum
from crm_sync.totango import campaign, keys, rows, values
from crm_sync.totango.stamps import milliseconds, moment

VECTORS = tomllib.loads((Path(__file__).parents[2] / "fixtures/vectors/totango.toml").read_text("utf-8"))
PROFILE = load_profile("totango")
BASE_62 = string.digits + string.ascii_letters
fifteens = st.text(BASE_62, min_size=15, max_size=15)
eighteens = fifteens.map(lambda text: text + checksum(text))
stamps = st.integers(0, 253_402_300_799_999)

# -- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T4")
@pytest.mark.parametrize("row", VECTORS["key"])
def test_own_keys_are_folded_by_ascii(row: dict[str, str]) -> None:
    """A to Z become lower case; other letters and signs stay as they are."""
    assert row["folded"] == keys.fold(row["given"])


@pytest.mark.rule("T4")
@given(text=st.text())
def test_what_is_folded_stays_so(text: str) -> None:
    """Folding twice is folding once; a blank key is none."""
    folded = keys.fold(text)

    assert (None if not text.strip() else folded) == keys.fold(folded)
    assert folded is None or not set(folded) & set(string.ascii_uppercase)


@pytest.mark.rule("T7")
@given(sf_id=eighteens)
def test_the_case_of_18_characters_comes_back(sf_id: str) -> None:
    """Every 18-character id is restored from its lower and its upper case."""
    for stored in (sf_id.lower(), sf_id.upper(), sf_id):
        assert sf_id == canonical(stored, prefix=sf_id[:3])


@pytest.mark.rule("T7")
@pytest.mark.parametrize("row", VECTORS["id"])
def test_ids_of_the_vectors(row: dict[str, str]) -> None:
    """The short and the long spelling of one record become one key, and the key its id."""
    assert {row["folded"]} == {keys.external_id(row[one], names_a_record=True) for one in ("short", "long", "folded")}
    assert row["long"] == canonical(row["folded"], prefix=row["long"][:3])


@pytest.mark.rule("T7")
@given(one=eighteens, other=eighteens)
def test_two_ids_are_two_keys(one: str, other: str) -> None:
    """18-character ids stay apart when their case is lost."""
    assert (one == other) == (keys.fold(one) == keys.fold(other))


@pytest.mark.rule("T7")
def test_15_characters_do_not_stay_apart() -> None:
    """Of 15-character ids there are two with one key: the reason why nobody guesses."""
    pair = find(
        fifteens.map(lambda text: (text, text.swapcase())),
        lambda two: two[0] != two[1] and two[0].lower() == two[1].lower(),
    )

    assert 1 == len({keys.fold(one) for one in pair})
    assert 2 == len({keys.external_id(one, names_a_record=True) for one in pair})


@pytest.mark.rule("T7")
@given(text=fifteens)
def test_an_ordinary_text_is_left_alone(text: str) -> None:
    """15 characters of a text field may be a customer's own key: they are folded and nothing else."""
    assert text.lower() == keys.external_id(text, names_a_record=False)


@pytest.mark.rule("T7")
def test_a_lost_case_is_not_guessed() -> None:
    """A lowered 15-character id, which its lowered prefix gives away, is refused."""
    with pytest.raises(AmbiguousId):
        canonical("00t1a000000xyzu", prefix="00T")


@pytest.mark.rule("T6")
@pytest.mark.parametrize("stored", ["acme_42", "0061234567890abcdef", "00q5e000004abcdeau", "001d000000iqhslzzz", ""])
def test_a_key_of_the_customers_own_is_no_id(stored: str) -> None:
    """Another length, another object's prefix, a suffix no case can satisfy: a key, and no Salesforce id."""
    with pytest.raises(NotAnId):
        canonical(stored, prefix="00T")


@pytest.mark.rule("T7")
@given(text=st.text(BASE_62, max_size=25))
@example("0061234567890abcdef")
@example("0031234567890abcdef")
def test_only_15_or_18_characters_are_an_id(text: str) -> None:
    """An id of any other length is refused."""
    assume(len(text) not in {15, 18})

    with pytest.raises(NotAnId):
        canonical(text)


# -- campaign touches -------------------------------------------------------------------------------------------------

touches = st.builds(
    campaign.CampaignTouch,
    kind=st.sampled_from(campaign.KINDS),
    name=st.text(st.characters(exclude_characters="\n\r"), max_size=400) | st.just('" was sent to 3 users. From: x'),
    users=st.integers(0, 10**9),
    sender=st.emails().map(lambda text: text[:100]),
)


@pytest.mark.rule("T27")
@pytest.mark.parametrize(
    ("touch", "text"),
    [
        (
            ("Ongoing", 'Spring "Renewal"', 1, "a@b.co"),
            'Ongoing campaign "Spring "Renewal"" was sent to 1 users. From: a@b.co',
        ),
        (("One time", "Q1", 250, "a@b.co"), 'One time campaign "Q1" was sent to 250 users. From: a@b.co'),
        (("Ongoing", "", 0, ""), 'Ongoing campaign "" was sent to 0 users. From: '),
    ],
)
def test_subjects_of_the_article(touch: tuple[Any, ...], text: str) -> None:
    """The article's sentence; one user is "1 users", and quotes in a name stay."""
    assert text == campaign.subject_of(campaign.CampaignTouch(*touch))


TAIL = re.compile(r'" was sent to (\d+) users\. From: (\S*)$')


def parse_subject(text: str) -> campaign.CampaignTouch | None:
    """What a subject tells, read from its end, for a name may hold quotes."""
    found = TAIL.search(text)
    kind = next((one for one in campaign.KINDS if text.startswith(f'{one} campaign "')), None)
    if found is None or kind is None:
        return None
    return campaign.CampaignTouch(kind, text[len(kind) + 11 : found.start()], int(found[1]), found[2])


def units(text: str) -> int:
    """Length as Salesforce counts it (F47)."""
    return len(text.encode("utf-16-le")) // 2


LONG = campaign.CampaignTouch("One time", "x" * 400, 3, "a@b.co")


@pytest.mark.rule("T27", "F47")
@given(touch=touches)
@example(touch=LONG)
@example(touch=replace(LONG, name="\N{PARTY POPPER}" * 255))
def test_a_subject_can_be_read_back(touch: campaign.CampaignTouch) -> None:
    """At most 255 UTF-16 units; the tail survives; what fits comes back whole, whatever the name holds."""
    text = campaign.subject_of(touch)
    read = parse_subject(text)

    assert units(text) <= campaign.SUBJECT_LENGTH_MAX
    assert read is not None
    assert (touch.kind, touch.users, touch.sender) == (read.kind, read.users, read.sender)
    assert touch.name.startswith(read.name)
    room = campaign.SUBJECT_LENGTH_MAX - units(campaign.subject_of(replace(touch, name="")))
    assert units(touch.name) <= room or room - 1 <= units(read.name) <= room


# -- values -----------------------------------------------------------------------------------------------------------
@pytest.mark.rule("T35")
@given(stamp=stamps)
def test_the_day_of_a_moment_is_its_day_in_utc(stamp: int) -> None:
    """ActivityDate and StartDateTime come from one instant; a day keeps the time of day it is given."""
    day = values.day_of(stamp)

    assert moment(stamp).strftime("%Y-%m-%d").zfill(10) == day
    assert day is not None
    assert stamp == values.stamp_of_day(day, keep_time_of=stamp)
    assert stamp - stamp % 86_400_000 == values.stamp_of_day(day, keep_time_of=None)


@given(stamp=stamps)
def test_stamps_are_whole_milliseconds(stamp: int) -> None:
    """A stamp is the same after a way through a moment; what is finer is cut."""
    assert stamp == milliseconds(moment(stamp))
    assert stamp == milliseconds(moment(stamp) + timedelta(microseconds=999))


@pytest.mark.parametrize(("text", "key"), [(" Jo@US.example ", "jo@us.example"), ("", None), (" ", None), (None, None)])
def test_mail_addresses_are_compared_without_case(text: Any, key: str | None) -> None:
    """An e-mail address names one person in any case."""
    assert key == values.emails(text)


# -- rows -------------------------------------------------------------------------------------------------------------
@pytest.mark.rule("T14")
@pytest.mark.parametrize(
    "text",
    [
        "Owner.Email = 'x@y.z' AND (Priority = 'High' OR Priority = 'Low')",
        r"Subject LIKE 'It\'s (%' AND Limit__c = 1",
        "WhatId IN (SELECT Id FROM Account WHERE Name = 'ORDER BY')",
        " ",
    ],
)
def test_a_filter_is_a_condition(text: str) -> None:
    """The body of a WHERE is taken as it is."""
    assert text.strip() == rows.where_body(text)


@pytest.mark.rule("T14")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Subject = 'x') OR (Id != null", "not closed"),
        ("(Subject = 'x'", "not closed"),
        ("Subject = 'x", "not closed"),
        ("SELECT Id FROM Task", "without SELECT"),
        ("where Subject = 'x'", "without SELECT"),
        ("Subject = 'x' order  by Id", "ORDER"),
        ("Subject = 'x' LIMIT 5", "LIMIT"),
        ("IsDeleted = true ALL ROWS", "ALL ROWS"),
    ],
)
def test_what_changes_the_query_is_no_filter(text: str, why: str) -> None:
    """A filter cannot end the query around it, nor order or limit it."""
    with pytest.raises(ConfigError, match=why):
        rows.where_body(text)


# -- the profile ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("T37")
@pytest.mark.parametrize("wanted", VECTORS["mapping"], ids=lambda one: f"{one['object']}-{one['direction']}")
def test_templates_are_the_articles(wanted: dict[str, Any]) -> None:
    """The default mapping of each job, row by row, with the object it is for."""
    key, template = next((k, t) for k, t in PROFILE["templates"].items() if t["object"] == wanted["object"])

    assert wanted["rows"] == [[row["crm"], row["attribute"]] for row in template[wanted["direction"]]]
    assert wanted["crm_object"] == key.partition(":")[2]
    assert ["Account Id", True] == [
        template[wanted["direction"]][0]["attribute"],
        template[wanted["direction"]][1]["key"],
    ]


@pytest.mark.rule("T37")
@pytest.mark.parametrize("key", PROFILE["sections"])
def test_sections_carry_what_their_templates_map(key: str) -> None:
    """The engine's fields are the rows of both templates, in the direction of the template that has them; no others."""
    template, names = PROFILE["templates"][key], PROFILE["attributes"][key.partition(":")[0]]
    ways = ("inbound", "outbound")
    mapped = {
        (names[row["attribute"]], row["crm"], way)
        for way in ways
        for row in template.get(way, [])
        if not row.get("key")
    }  # fmt: skip
    carried = set()
    for field in PROFILE["sections"][key]["fields"]:
        direction, reads = field.get("direction", "Both Directions"), field.get("options", {}).get("reads")
        if field.get("constant") is None and direction != "Send to Salesforce":
            carried.add((field["totango"], reads or field["salesforce"], "inbound"))
        if field.get("constant") is None and direction != "Receive from Salesforce":
            carried.add((field["totango"], field["salesforce"], "outbound"))

    assert mapped == carried


def test_each_section_says_where_it_comes_from() -> None:
    """Source and grade stand at every table of facts."""
    for name, section in PROFILE["sections"].items():
        assert section["source"], name
        assert section["grade"] in {"documented", "client-derived", "assumed"}, name
        assert section["rules"]["window_out_days"] == 30, name
