"""Salesforce ids in their two forms. The API takes both and always answers 18 characters.

Rule 1: the 18 characters of a 15-character id are the same record for Salesforce, and two texts for everybody else.
Rule 2: what traffic shows is that an id received as 18 characters was sent as 15, or in other letters' case: somewhere
        it was cut or folded, and there it equals nothing that came from the API.
Rule 3: where such an id goes to another system, that system keeps it: a second key for one record. That is an error.
Rule 4: an id in a link is for somebody's browser, which takes both forms; it names no record to the system that keeps
        the text.
Source: IDs in the REST API Developer Guide and recorded traffic (answers hold 18 characters); failure modes F07 and F08
of two-way syncs; Totango's own connector asks for 18 characters (CASESAFEID).
"""

from __future__ import annotations

import re
import string
from functools import lru_cache

from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run

_KEPT = f"{string.digits}{string.ascii_letters}!".encode()
_WORDS = bytes(sign if sign in _KEPT else 0x20 for sign in range(256))  # everything else as a blank
_LINK = re.compile(r"https?://[^\s\"'<>\\]+")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def mixed_id_forms(run: Run) -> Looked:
    looked = Looked()
    received: dict[str, str] = {}  # 15 characters -> the 18 in which they came
    folded: dict[str, str] = {}  # 18 in lower case -> as they came
    sent: dict[tuple[str, str], ParsedCall] = {}  # (vendor, 18) -> where they were first sent whole
    for one in run.parsed:
        if not one.logs_in:
            for token in dict.fromkeys(_tokens(_LINK.sub(" ", one.said).encode("utf-8", "replace"))):
                if token in received or token.lower() in folded:
                    looked.number += 1
                    seen = _judged(one, token, received, folded, sent)
                    if seen is not None:
                        looked.seen.append(seen)
        if one.vendor == "salesforce":
            for token in _tokens(one.answer):
                if len(token) == 18 and token[:15] not in received and is_whole(token):
                    received[token[:15]], folded[token.lower()] = token, token
    return looked


def _judged(
    one: ParsedCall,
    token: str,
    received: dict[str, str],
    folded: dict[str, str],
    sent: dict[tuple[str, str], ParsedCall],
) -> Seen | None:
    whole = received.get(token)
    if whole is not None:
        first = sent.get((one.vendor, whole))
        if one.vendor != "salesforce":
            what = f"{one.operation}: the Salesforce id {token} was sent as 15 characters; it came as {whole}"
            calls = [one, first] if first else [one]
            if first:
                what += f", and request {first.number} sent it so"
            return Seen(what=what, calls=calls, about=f"{one.vendor} 15", level="error")
        what = f"{one.operation}: {token} was sent; the API had answered {whole}"
        return Seen(what=what, calls=[one], about=f"{one.operation} 15")
    whole = folded[token.lower()]
    if token == whole:
        sent.setdefault((one.vendor, whole), one)
        return None
    if one.vendor == "totango":
        return None  # it folds what it is sent by itself
    what = f"{one.operation}: {token} was sent; the API had answered {whole}: letters lost their case"
    return Seen(what=what, calls=[one], about=f"{one.operation} case")


def _tokens(text: bytes) -> list[str]:
    """The words of letters and digits that are as long as an id; not one before a `!`, which is a session's org.

    *text* is UTF-8. Its words are taken apart and then measured: a pattern takes four times as long.
    """
    words = text.replace(b"!", b"! ").translate(_WORDS).split()
    return [word.decode() for word in words if len(word) in {15, 18} and word.isalnum()]


@lru_cache(maxsize=10_000)
def is_whole(token: str) -> bool:
    """Whether 18 characters are an id with the checksum of its first 15."""
    return all(
        token[15 + part] == _ALPHABET[sum(1 << at for at in range(5) if "A" <= token[5 * part + at] <= "Z")]
        for part in range(3)
    )
