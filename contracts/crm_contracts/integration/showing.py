"""A call in a few lines of a report, free of secrets.

Rule: secrets are learned from log-ins, from what was handed to the program and from the call itself, before a word is
shown.
"""

from __future__ import annotations

import json
from urllib.parse import unquote, unquote_plus

from crm_contracts.integration.parsed import ParsedCall, Run
from crm_contracts.traffic.bodies import unpacked
from crm_contracts.traffic.scrubbed import Scrubber

__all__ = ["Showing"]

BODY_CHARS_MAX, URL_CHARS_MAX = 240, 300
_SECRET_CHARS_MIN = 8


class Showing:
    """The calls of one run, for people."""

    def __init__(self, run: Run) -> None:
        self._scrubber = Scrubber()
        for secret in run.secrets:
            if len(secret) >= _SECRET_CHARS_MIN:
                self._scrubber.secrets.add(secret)
        for one in run.parsed:
            if one.logs_in:
                self._scrubber.learn(one.call)

    def lines(self, one: ParsedCall) -> list[str]:
        """What was asked, with its body, and what was answered."""
        call = self._scrubber.scrub(one.call)
        # A query is to be read; of any other address it matters how it was written.
        url = unquote_plus(call.url) if one.soql else unquote(call.url)
        found = [f"> {call.method} {_cut(url, URL_CHARS_MAX)}"]
        body = unpacked(call.request, call.header("content-encoding") or "")
        if body:
            found.append(f"> {_cut(_flat(body), BODY_CHARS_MAX)}")
        if one.lost:
            found.append("< no answer: the connection broke" if not one.status else f"< {one.status}, broken off")
            return found
        answer = _flat(unpacked(call.response, call.answered("content-encoding") or "") or b"")
        waits = call.answered("retry-after")
        said = f"{one.status}{f' Retry-After: {waits}' if waits else ''} {answer}".rstrip()
        return [*found, f"< {_cut(said, BODY_CHARS_MAX)}"]

    def clean(self, text: str) -> str:
        """*text* without what is known to be a secret."""
        return self._scrubber.secrets.without(text)


def _flat(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return " ".join(text.split())


def _cut(text: str, most: int) -> str:
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
