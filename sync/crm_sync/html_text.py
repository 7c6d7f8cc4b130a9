"""HTML <-> plain text, so that a text sent around comes back as the same text (rule P28).

Planhat keeps HTML, Salesforce keeps plain text. Texts are compared in one canonical plain form, and
the HTML side is rewritten only when that form changed; richer markup is otherwise left alone.
Laws, tested by Hypothesis: canon(canon(t)) == canon(t) and canon(to_text(to_html(t))) == canon(t).
Source of the paragraph rule: Planhat's `snippet` examples (paragraphs become a blank line).
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from html.parser import HTMLParser

_BREAKS = {"br"}
_PARAGRAPHS = {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table"}
_LINES = {"li", "ul", "ol", "tr", "hr"}
_CELLS = {"td", "th"}
_SILENT = {"script", "style", "head", "title"}
_PARAGRAPH, _LINE = "\ue000", "\ue001"  # private-use marks, removed from every input first
_OTHER_SPACE = re.compile(r"[^\S\n]+")
_KEPT_LETTERS_MAX = 4_096  # of a text that is remembered with what it says


def canon(text: str | None) -> str:
    r"""The form in which texts are compared; "" for nothing.

    Unicode NFC, newlines as \\n, runs of other white space as one blank, no blanks at line ends, at
    most one empty line in a row, nothing at either end.
    """
    if not text:
        return ""
    text = unicodedata.normalize("NFC", _plain(text)).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]", "\n", text)
    lines = [_OTHER_SPACE.sub(" ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def canon_line(text: str | None) -> str:
    """`canon` for a single-line text such as a subject."""
    return " ".join(canon(text).split())


def to_html(text: str | None) -> str:
    """HTML that reads as *text*: a paragraph per block, <br> per line end, all else escaped."""
    if not text:
        return ""
    normal = canon_keeping_blanks(text)
    if not normal:
        return ""
    paragraphs = re.split(r"\n{2,}", normal)
    return "".join(f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in paragraphs)


def canon_keeping_blanks(text: str) -> str:
    """Newlines normalised and the ends trimmed, everything else as it was."""
    text = _plain(text).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]", "\n", text)
    text = re.sub(r"[^\S\n]+(?=\n)", "", text)
    return text.strip()


def to_text(markup: str | None) -> str:
    """What *markup* says, as plain text in canonical form."""
    if not markup:
        return ""
    return _read(markup) if len(markup) <= _KEPT_LETTERS_MAX else _read.__wrapped__(markup)


@lru_cache(maxsize=1_024)
def _read(markup: str) -> str:
    reader = _Reader()
    reader.feed(_plain(markup))
    reader.close()
    text = "".join(reader.parts)
    text = re.sub(rf"[ \n]*({_PARAGRAPH})[ \n{_PARAGRAPH}{_LINE}]*", "\n\n", text)
    text = re.sub(rf"[ ]*{_LINE}[ {_LINE}]*", "\n", text)
    return canon(text)


def _plain(text: str) -> str:
    """Without characters that no text needs: NUL, our own marks."""
    return text.replace("\0", "").replace(_PARAGRAPH, "").replace(_LINE, "")


class _Reader(HTMLParser):
    """Collects text; white space in markup is one blank, as in a browser."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BREAKS:
            self.parts.append("\n")
        else:
            self._block(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        else:
            self._block(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"[ \t\r\n\f]+", " ", _plain(data)))

    def _block(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.parts.append(_PARAGRAPH)
        elif tag in _LINES:
            self.parts.append(_LINE)
        elif tag in _CELLS:
            self.parts.append(" ")


def length(text: str) -> int:
    """How long *text* is for Salesforce, which counts UTF-16: most emoji are two (F47)."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, units: int | None) -> str:
    """The beginning of *text* that fits into *units* of `length`. Nothing is cut in half."""
    if units is None or length(text) <= units:
        return text
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")
