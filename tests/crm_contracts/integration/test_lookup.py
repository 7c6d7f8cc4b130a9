"""Looking many texts up in one finds what asking for each by itself would find."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from crm_contracts.integration.lookup import Texts

WORD = st.text("a'b", min_size=1, max_size=6)


@given(st.lists(WORD, max_size=12), st.text("a'b", max_size=14))
@example(["a", "a'", "a'b", "a'bb", "b"], "xa'ba")
@example([], "a")
def test_each_text_that_stands_in_another_is_found(texts: list[str], text: str) -> None:
    """Also one that another begins with or ends in; the longest first, and those of one length in their order."""
    there = {one for one in texts if one in text}

    assert sorted(there, key=lambda one: (-len(one), one)) == Texts(texts).within(text)
