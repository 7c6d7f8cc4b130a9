"""The oracle's field table: canonical values, and which raw values read the same."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_contracts.world.fields import STATE, day, plain, takes_part, text_of_html
from crm_contracts.world.ops import SALESFORCE, TASK


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Book a thing</p><p>Was it fun?</p>", "Book a thing\nWas it fun?"),
        ("<p>a &lt; b &amp; c</p>", "a < b & c"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("<p><b>bold</b> and <i>not</i></p>", "bold and not"),
        ("", None),
        ("<p></p>", None),
        (None, None),
    ],
)
@pytest.mark.rule("P28")
def test_what_a_reader_of_html_sees(markup: str | None, text: str | None) -> None:
    """Paragraphs, line breaks and list items are lines; tags are nothing; entities are characters."""
    assert text == text_of_html(markup)


@given(st.text())
def test_canonical_text_is_canonical(text: str) -> None:
    """Canonicalising twice is canonicalising once (I16)."""
    assert plain(text) == plain(plain(text))


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs"))))
def test_text_and_its_html_read_the_same(text: str) -> None:
    """A text put into a paragraph reads as the text."""
    assert plain(text) == text_of_html(f"<p>{html.escape(text)}</p>")


def test_days_and_states() -> None:
    """A day has no time; every open status is open, and Done is Completed."""
    assert ["2026-02-03", "2026-02-03", None] == [
        day("2026-02-03"),
        day("2026-02-03T00:00:00.000Z"),
        day(None),
    ]
    assert ["open", "open", "done"] == [
        STATE.read(SALESFORCE, {"Status": s}) for s in ("Waiting", "In Progress", "Completed")
    ]
    assert ["open", "done", "ignored", "open"] == [
        STATE.read(TASK, {"status": s}) for s in ("In-progress", "Done", "Ignored", "whatever")
    ]


@pytest.mark.rule("P6")
def test_types_that_belong_to_other_integrations_take_no_part() -> None:
    """note and custom types take part; email, chat, ticket and call never do."""
    kinds = ("note", "qbr", "email", "chat", "ticket", "call")

    assert [True, True, False, False, False, False] == [takes_part({"type": k}) for k in kinds]
