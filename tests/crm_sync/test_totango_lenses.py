"""The laws of Totango's lenses: what is written reads back as what was meant, and nothing is written twice (I16)."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_sync.config import Config, Options
from crm_sync.mapping import Context, Held, lens
from crm_sync.model import FieldMap
from crm_sync.totango.lenses import TOTANGO_LENSES

CONFIG = Config.from_mapping(
    {
        "profile": "totango",
        "salesforce": {"base_url": "https://acme.my.salesforce.com", "access_token": "t"},
        "totango": {"token": "t"},
        "sections": [
            {"totango": "Task", "salesforce": "Task", "direction": "Both Directions"},
            {"totango": "Touchpoint", "salesforce": "Event", "direction": "Both Directions"},
            {"totango": "CampaignTouch", "salesforce": "Event", "direction": "Send to Salesforce"},
        ],
    }
)
PIA, QUINN = "005000000000001AAA", "005000000000002AAA"
MAILS = {PIA: "Pia@us.example", QUINN: "quinn@us.example"}
HOLDERS = {"pia@us.example": PIA, "quinn@us.example": QUINN}
CONTEXT = Context(
    maps=CONFIG.maps,
    options=Options(),
    closed_at_partner=frozenset(),
    closed_means="",
    owner_at_partner=MAILS.get,
    owner_in_salesforce=HOLDERS.get,
)

stamps = st.integers(0, 253_402_300_799_999)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
lines = st.lists(st.text(string.ascii_letters + " é", max_size=9), max_size=6).map("\n".join)
days = st.dates().map(lambda one: one.isoformat())
moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - the zone is beside it
    lambda at: at.replace(microsecond=0).isoformat()
)
#: lens -> a value in Salesforce, a value in Totango
VALUES: dict[str, tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]] = {
    "lines": (lines, lines),
    "stamp": (moments, stamps),
    "stamp_day": (days, stamps),
    "closed": (st.sampled_from(["Not Started", "In Progress", "Completed"]), st.sampled_from(["open", "closed"])),
    "priority": (st.sampled_from(["High", "Normal", "Low", "Urgent", "", None]), st.sampled_from([1, 2, 3])),
    "user_email": (st.sampled_from([PIA, QUINN]), st.sampled_from(["pia@us.example", "QUINN@us.example"])),
}


def field(name: str) -> FieldMap:
    """The profile's row with that lens."""
    rows = [mapped for section in CONFIG.sections for mapped in section.fields if mapped.lens == name]
    return rows[0] if rows else FieldMap(name, "touchpoint_date", "StartDateTime", name)


def row(m: FieldMap, value: Any) -> dict[str, Any]:
    """A Salesforce row that says *value*."""
    return {m.salesforce: value, "IsClosed": value == "Completed"} if m.lens == "closed" else {m.salesforce: value}


def test_every_lens_is_held_to_the_laws() -> None:
    """What tells of a change is told and never compared; what only goes out has tests of its own."""
    assert set(TOTANGO_LENSES) - {"audit", "audit_text", "campaign_subject", "contact_email"} == set(VALUES)


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_what_is_sent_says_the_same(name: str, data: st.DataObject) -> None:
    """Totango's value, written to Salesforce, agrees with it, and so does the row that is about to be sent."""
    m, value = field(name), data.draw(VALUES[name][1])
    sent = lens(m).to_sf(m, {m.partner: value}, CONTEXT)

    assert not isinstance(sent, Held)
    key = lens(m).key_partner(m, {m.partner: value}, CONTEXT)
    assert lens(m).agree(m, lens(m).key_sf(m, row(m, sent), CONTEXT), key, CONTEXT)
    assert lens(m).key_sf(m, row(m, sent), CONTEXT) == lens(m).key_sf(m, {m.salesforce: sent}, CONTEXT)


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_what_is_received_says_the_same(name: str, data: st.DataObject) -> None:
    """Salesforce's value, written to Totango, agrees with it, whatever stood there."""
    m, value, before = field(name), data.draw(VALUES[name][0]), data.draw(VALUES[name][1])
    written = lens(m).to_partner(m, row(m, value), CONTEXT, {m.partner: before})

    assert not isinstance(written, Held)
    key = lens(m).key_sf(m, row(m, value), CONTEXT)
    assert lens(m).agree(m, key, lens(m).key_partner(m, written, CONTEXT), CONTEXT)


@pytest.mark.rule("T35")
@pytest.mark.parametrize(("time_of_day", "left"), [("keep", 5_000), ("midnight", 0)])
def test_a_new_day_keeps_its_time_or_begins_at_midnight(time_of_day: str, left: int) -> None:
    """The switch of the row says which."""
    m = FieldMap("date", "touchpoint_date", "ActivityDate", "stamp_day", options={"time_of_day": time_of_day})

    written = lens(m).to_partner(m, {"ActivityDate": "1970-01-03"}, CONTEXT, {"touchpoint_date": 5_000})
    assert {"touchpoint_date": 2 * 86_400_000 + left} == written


@given(text=texts)
def test_a_text_comes_back_as_it_was_sent(text: str) -> None:
    """A description may be any text: what Salesforce keeps of it is what Totango says."""
    m = field("lines")
    sent = lens(m).to_sf(m, {m.partner: text}, CONTEXT)

    key = lens(m).key_partner(m, {m.partner: text}, CONTEXT)
    assert lens(m).agree(m, lens(m).key_sf(m, {m.salesforce: sent}, CONTEXT), key, CONTEXT)


@pytest.mark.rule("T43")
@pytest.mark.parametrize(("length", "held"), [(12_000, False), (12_001, True)])
def test_content_past_the_limit_is_held_back(length: int, *, held: bool) -> None:
    """12,000 characters are the most that Totango keeps."""
    m = next(one for one in CONFIG.sections[1].fields if one.name == "content")

    written = lens(m).to_partner(m, {m.salesforce: "x" * length}, CONTEXT, {})
    assert held == isinstance(written, Held)


@pytest.mark.rule("T32")
@pytest.mark.parametrize("mail", ["stranger@elsewhere.example", ""])
def test_a_person_nobody_knows_is_held_back(mail: str) -> None:
    """An address that is not one active user's is not sent; nobody is no opinion."""
    m = field("user_email")

    assert isinstance(lens(m).to_sf(m, {m.partner: mail}, CONTEXT), Held)
    key = lens(m).key_partner(m, {m.partner: mail}, CONTEXT)
    assert (not mail) == lens(m).silent(m, key, CONTEXT)


@pytest.mark.rule("T36")
@pytest.mark.parametrize("name", ["audit", "audit_text"])
def test_who_changed_a_record_and_when_is_no_reason_to_write(name: str) -> None:
    """Two different stamps agree, and neither has an opinion."""
    m = field(name)
    sides = {m.salesforce: "2026-01-05T09:00:00.000+0000"}, {m.partner: 5}
    keys = lens(m).key_sf(m, sides[0], CONTEXT), lens(m).key_partner(m, sides[1], CONTEXT)

    assert lens(m).agree(m, *keys, CONTEXT)
    assert lens(m).silent(m, keys[1], CONTEXT)
    assert not isinstance(lens(m).to_partner(m, sides[0], CONTEXT, {}), Held)
