"""The snippet: a plain text made from a description in HTML.

Source: developer documentation, Task: `<p>Book a thing</p><p>Was it fun?</p>` gives two lines with
an empty one between. Entities, line breaks and list items are our reading (switch `snippet`).
"""

from __future__ import annotations

import html
import re

_PARAGRAPH = re.compile(r"</(?:p|div|h[1-6]|blockquote)\s*>", re.IGNORECASE)
_LINE = re.compile(r"<br\s*/?>|</li\s*>|</tr\s*>", re.IGNORECASE)
_UNSEEN = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")  # stops at the next "<": linear on hostile input
_BLANK_LINES = re.compile(r"\n{3,}")


def snippet_of(description: str, *, style: str) -> str:
    """The plain text of *description*; *style* is `readable` or `strip` (the switch `snippet`)."""
    if "<" not in description and "&" not in description:
        return description.strip()
    text = _PARAGRAPH.sub("\n\n", description)
    if style == "readable":
        text = _LINE.sub("\n", _UNSEEN.sub("", text))
    text = _TAG.sub("", text)
    if style == "readable":
        lines = html.unescape(text).replace("\xa0", " ").split("\n")
        text = "\n".join(line.strip(" \t\r") for line in lines)
    return _BLANK_LINES.sub("\n\n", text).strip()
