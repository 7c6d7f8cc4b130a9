"""Markdown of the ledger's pages.

Rule: a cell is one line a person reads; what is longer is cut with "…", and `understudy ledger ID` says it whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

CELL_CHARACTERS_MAX = 200


def quoted(text: str) -> str:
    """Text of data as one short line that shows it."""
    return plain(cut(text))


def cut(text: str) -> str:
    """*text* in one line of CELL_CHARACTERS_MAX characters at most."""
    text = " ".join(text.split())
    return text if len(text) <= CELL_CHARACTERS_MAX else text[: CELL_CHARACTERS_MAX - 1] + "…"


def plain(text: str) -> str:
    """Text of data as Markdown that shows it: what looks like markup is none."""
    return re.sub(r"([*_<\\])", r"\\\1", text) if "`" not in text else text


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, ending in a newline; cells are Markdown already, but for bars and angle brackets."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(one) for one in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    text = " ".join(text.split()).replace("|", "\\|")
    return text if "`" in text else text.replace("<", "&lt;")
