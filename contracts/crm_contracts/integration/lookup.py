"""Which of many texts stand in another one: what a run's data have in common with an address or a query.

Rule: looking takes about as long as the text is long, however many texts are looked for. In their sorted order the
greatest that is not behind what begins at a place is there itself, or begins with every one that is there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

__all__ = ["Texts"]


class Texts:
    """Many texts, none of them empty."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = sorted(set(texts))
        self._longest = max(map(len, self._texts), default=0)
        self._inner: list[int] = []  # of each, the longest other one that it begins with; -1: none
        around: list[int] = []
        for number, text in enumerate(self._texts):
            while around and not text.startswith(self._texts[around[-1]]):
                around.pop()
            self._inner.append(around[-1] if around else -1)
            around.append(number)

    def within(self, text: str) -> list[str]:
        """Those that stand in *text*, the longest first."""
        found: set[int] = set()
        for start in range(len(text)):
            begun = text[start : start + self._longest]
            number = bisect_right(self._texts, begun) - 1
            while number >= 0 and number not in found:
                if begun.startswith(self._texts[number]):
                    found.add(number)
                number = self._inner[number]
        return sorted((self._texts[number] for number in found), key=lambda one: (-len(one), one))
