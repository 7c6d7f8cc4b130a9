"""A text with its words replaced and its shape kept.

Rule 1: HTML keeps tags, attribute names and entities (an entity that is a letter becomes another of its length); the
text between, and the values of attributes, are text like any other.
Rule 2: a Salesforce id keeps its key prefix and its checksum, for the case of each letter stays: its forms with 15 and
18 characters and its re-cased ones go on belonging together. Ids of other vendors keep their form.
Rule 3: schemes of addresses stay (https, mailto); the dots and signs of e-mails, domains and phone numbers do,
and the ending of a file's name where words stay.
Rule 4: what looks like a credential is blanked, not replaced.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace

from crm_contracts.capsules.intake.blacking import BLACK, Secrets
from crm_contracts.capsules.scrub.cipher import Cipher, Unit, units
from crm_contracts.capsules.scrub.entities import ENTITY, character_of, written_as

__all__ = ["Counts", "Texts"]

#: kind -> text (in small letters) -> how often
Counts = dict[str, Counter[str]]

_TAGS = (
    "a|abbr|address|article|aside|b|big|blockquote|body|br|button|caption|center|cite|code|col|colgroup|dd|del|details|div"
    "|dl|dt|em|figure|figcaption|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main"
    "|mark|meta|nav|ol|option|p|pre|q|s|samp|script|section|select|small|span|strike|strong|style|sub|summary|sup|table"
    "|tbody|td|textarea|tfoot|th|thead|title|tr|tt|u|ul|var|video|wbr"
)
_ATTRIBUTES = (
    "accept|action|align|alt|bgcolor|border|cellpadding|cellspacing|class|color|cols|colspan|content|data|dir|face|height"
    "|href|id|lang|method|name|rel|role|rows|rowspan|size|src|style|target|title|type|valign|value|width"
)
_TAG = re.compile(rf"</?(?:{_TAGS})(?=[\s/><]|$)[^<>]*(?:>|(?=<)|$)", re.IGNORECASE)
_KEPT = rf"{re.escape(BLACK)}|\b(?:https?|ftp|mailto|tel|sftp)(?=:)"
_ID = r"(?<![^\W_])(?=[A-Za-z]*[0-9])(?:[A-Za-z0-9]{18}|[A-Za-z0-9]{15})(?![^\W_])"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_HEX = rf"(?<![^\W_])(?=[0-9a-fA-F-]*[0-9])(?:[0-9a-fA-F]{{24}}|[0-9a-fA-F]{{32}}|{_UUID})(?![^\W_])"
_SPECIAL = re.compile(
    rf"(?P<kept>{_KEPT})|(?P<entity>{ENTITY})|(?P<hex>{_HEX})|(?P<id>{_ID})|(?P<byte>%[0-9a-fA-F]{{2}})"
)
_ENDING = r"\.(?:har|csv|tsv|json|ya?ml|txt|xlsx?|log|zip)(?![\w@.-]|\.\w)"
_NAME = re.compile(rf"\s(?:(?:data-|aria-)?(?:{_ATTRIBUTES}))(?=[\s=/>])", re.IGNORECASE)
_COUNTED = {
    "e-mail": re.compile(r"[^\s<>@\"',;:()&=?]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,20}"),
    "file name": re.compile(rf"(?<![@\w.])[\w-][\w.-]{{0,99}}{_ENDING}"),
    "domain": re.compile(r"(?<![@\w.])(?:[\w-]{1,63}\.){1,20}[^\W\d_]{2,63}(?![\w@])"),
    "phone number": re.compile(r"(?<![\w.+-])\+?\(?\d[\d ()/.-]{5,30}\d(?!\w)"),
}
_ADDRESS = re.compile(rf"\b\w{{1,20}}://\S+|{_COUNTED['e-mail'].pattern}|{_COUNTED['domain'].pattern}")
_WORD = re.compile(r"[^\W\d_]+")
_PREFIX, _SHORT = 3, 15
_DIGITS, _HEX_LOW, _LETTERS = tuple("0123456789"), tuple("abcdef"), tuple("abcdefghijklmnopqrstuvwxyz")


class Texts:
    """Replaces texts under one cipher, and keeps count. *prefixes* are key prefixes of Salesforce objects."""

    def __init__(self, cipher: Cipher, *, prefixes: Collection[str] = ()) -> None:
        self._cipher = cipher
        self._prefixes = frozenset(one.lower() for one in prefixes)
        self.counts: Counts = {}
        self.blanked: list[str] = []

    def text(self, given: str, *, kind: str = "word", stays: Collection[str] = (), where: str = "") -> str:
        """*given* with its words replaced. *stays* are words, in small letters, that do not; *where* is for rule 4."""
        text = Secrets().without(given)
        if text != given:
            self.blanked.append(where)
        self._count(text, kind, stays)
        found, place = [], 0
        for tag in _TAG.finditer(text):
            found.append(self._plain(text[place : tag.start()], stays))
            found.append(self._tag(tag[0], stays))
            place = tag.end()
        return "".join(found) + self._plain(text[place:], stays)

    def _tag(self, tag: str, stays: Collection[str]) -> str:
        name = re.match(r"</?\w+", tag)
        assert name is not None
        found, place = [name[0]], name.end()
        for attribute in _NAME.finditer(tag, place):
            found += [self._plain(tag[place : attribute.start()], stays), attribute[0]]
            place = attribute.end()
        return "".join(found) + self._plain(tag[place:], stays)

    def _plain(self, text: str, stays: Collection[str]) -> str:
        """Text without tags. In an address no word stays."""
        if stays:
            found, place = [], 0
            for address in _ADDRESS.finditer(text):
                name, ending = _of_file(address[0])
                found += [self._words(text[place : address.start()], stays), self._words(name, ()), ending]
                place = address.end()
            return "".join(found) + self._words(text[place:], stays)
        return self._words(text, ())

    def _words(self, text: str, stays: Collection[str]) -> str:
        pieces: list[Unit | str] = []
        place = 0
        for special in _SPECIAL.finditer(text):
            pieces += units(text[place : special.start()])
            pieces += self._special(special)
            place = special.end()
        pieces += units(text[place:])
        return "".join(self._replaced(pieces, stays))

    def _special(self, found: re.Match[str]) -> list[Unit | str]:
        text = found[0]
        match found.lastgroup:
            case "kept":
                return [text]
            case "entity":
                return [_entity(text)]
            case "hex" | "byte":
                return [self._shaped(text, _HEX_LOW)]
            case _:
                known = text[:_PREFIX].lower() in self._prefixes
                kept = text[:_PREFIX] if known else ""
                return [kept + self._shaped(text[len(kept) : _SHORT], _LETTERS) + text[_SHORT:]]

    def _shaped(self, text: str, letters: tuple[str, ...]) -> str:
        """An id: a digit stays a digit, a letter one of *letters* in its case."""
        likes = [_DIGITS if one.isdigit() else letters for one in text if one.isalnum()]
        word = [
            Unit(one.lower(), "", "", upper=one.isupper(), like=like)
            for one, like in zip((one for one in text if one.isalnum()), likes, strict=True)
        ]
        bases = iter(zip(word, self._cipher.stand_in(word), strict=True))
        return "".join(_shown(*next(bases)) if one.isalnum() else one for one in text)

    def _replaced(self, pieces: list[Unit | str], stays: Collection[str]) -> Iterator[str]:
        word: list[Unit] = []
        for one in [*pieces, ""]:
            if isinstance(one, Unit) and (not word or one.base.isdigit() == word[0].base.isdigit()):
                word.append(one)
                continue
            yield from self._shown(word, stays)
            word = [one] if isinstance(one, Unit) else []
            if isinstance(one, str):
                yield one

    def _shown(self, word: list[Unit], stays: Collection[str]) -> Iterator[str]:
        if "".join(one.base for one in word) in stays:
            yield from (one.shown(one.base) for one in word)
        else:
            yield from (_shown(one, base) for one, base in zip(word, self._cipher.stand_in(word), strict=True))

    def _count(self, text: str, kind: str, stays: Collection[str]) -> None:
        rest = text.replace(BLACK, " ")
        for name, pattern in (("id", re.compile(f"{_HEX}|{_ID}")), *_COUNTED.items()):
            for found in pattern.findall(rest):
                self.counts.setdefault(name, Counter())[found[:_SHORT].lower() if name == "id" else found.lower()] += 1
            rest = pattern.sub(" ", rest)
        words = _WORD.findall(_TAG.sub(" ", rest))
        if kind != "word":
            words = [text] if words else []
        for one in words:
            if one.lower() not in stays:
                self.counts.setdefault(kind, Counter())[one.lower()] += 1


def _shown(unit: Unit, base: str) -> str:
    return unit.shown(base)


def _of_file(address: str) -> tuple[str, str]:
    """A file's name and its ending; all of it and "" for what is an address of something else."""
    ending = re.search(_ENDING + "$", address)
    return (address[: ending.start()], ending[0]) if ending and "/" not in address else (address, "")


def _entity(text: str) -> Unit | str:
    """An entity that is a letter is a letter of its word; any other stays."""
    first = next(iter(units(character_of(text))), "")
    if not isinstance(first, Unit) or first.marks:
        return text
    like = tuple(base for base in first.like if written_as(first.shown(base), text) is not None)
    return replace(first, like=like, entity=text) if first.base in like else text
