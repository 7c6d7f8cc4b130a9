"""Record ids as people hand them on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.crm_sync.actions.desk import Desk, items, part

BAD = [
    "0061234567890abcdef",  # 19 characters, as the documentation's own samples
    "0031234567890abcdef",
    "001d000000iqhslzzz",
    "001D000000Iqh-L",
    "006",
]


@pytest.mark.rule("A7")
@pytest.mark.parametrize("form", [lambda i: i[:15], str.lower, str.upper, lambda i: f" {i} ", str])
def test_ids_are_sent_as_18_characters(desk: Desk, form: Callable[[str], str]) -> None:
    """15 characters are completed, and 18 in any case are restored."""
    desk.tasks_of(items("Call"), what_id=form(desk.opportunity), who_id=form(desk.contact))

    assert [(desk.opportunity, desk.contact)] == [(body["WhatId"], body["WhoId"]) for _, body in desk.writes]


@pytest.mark.rule("A7", "A8")
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("field", ["what_id", "who_id"])
def test_what_is_no_id_is_refused_before_any_call(desk: Desk, bad: str, field: str) -> None:
    """Another length, alphabet or suffix is MALFORMED_ID; the documentation's 19-character samples are none."""
    made = desk.tasks_of(items("Call"), None, **{field: bad})

    assert [("refused", "MALFORMED_ID")] == [(o.status, o.code) for o in made.outcomes]
    assert [] == desk.wire.sent


@pytest.mark.rule("A7")
@given(st.text(alphabet=st.sampled_from("0123456789abcdefABCDEF-é "), min_size=1, max_size=24))
@example("0061234567890abcdef")
@example("0031234567890abcdef")
@part(2)
def test_a_text_of_another_length_or_alphabet_is_never_sent(made_desk: Desk, text: str) -> None:
    """Whatever is not 15 or 18 letters and digits causes no call."""
    bare = text.strip()
    shaped = len(bare) in {15, 18} and bare.isascii() and bare.isalnum()
    desk = made_desk.again()

    desk.tasks_of([{"title": "Call", "text": "x", "id": text}], what_id="{{ json.item.id }}")

    if bare and not shaped:
        assert [] == desk.wire.sent


@pytest.mark.rule("A9")
def test_an_opportunitys_15_characters_are_completed(desk: Desk) -> None:
    """The input is documented as 18 characters; 15 are converted, not refused."""
    made = desk.update({"NextStep": "Call"}, opportunity_id=desk.opportunity[:15])

    assert made.good
    assert "Call" == desk.opportunity_now()["NextStep"]
    (patched,) = [url for method, url, _ in desk.wire.sent if method == "PATCH"]
    assert patched.endswith(f"/Opportunity/{desk.opportunity}")


@pytest.mark.rule("A9")
def test_no_opportunity_is_a_missing_input(desk: Desk) -> None:
    """An id that renders to nothing, or is none, is refused before any call."""
    codes = [
        desk.again().update({"NextStep": "Call"}, opportunity_id=given).outcomes[0].code
        for given in ("{{ json.meeting.salesforceOpportunityId }}", "0061234567890abcdef")
    ]

    assert ["MISSING_INPUT", "MALFORMED_ID"] == codes
    assert [] == desk.wire.sent
