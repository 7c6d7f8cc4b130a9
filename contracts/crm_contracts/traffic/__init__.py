"""Traffic: requests and their answers as they stood on the wire, whoever made them and wherever they went.

Rule 1: a `Call` is bytes and header lines, nothing is read into it; who judges it parses what it needs.
Rule 2: a `Call` holds secrets. Nothing of it is written to a file or a report before `crm_contracts.traffic.scrubbed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

__all__ = ["KEPT_BYTES_MAX", "UPSTREAM_HEADER", "WITHHELD", "Call", "Headers"]

Headers = Sequence[tuple[str, str]]
KEPT_BYTES_MAX = 8 * 1024 * 1024  # of a body, where it is to be judged: an answer of two thousand rows has to be whole
UPSTREAM_HEADER = "x-understudy-upstream"  # on an answer that is ours: why the upstream gave none
WITHHELD = "x-understudy-withheld"  # a header of ours: why the body of this side is not here


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request and its answer.

    *number* counts from 1 in the order of arrival. *url* is whole: scheme, host, query. Header names are in lower
    case, several lines of one name are several pairs. *status* 0: no answer came. Bodies are as sent, still compressed
    where `content-encoding` says so. *seconds* is how long the answer took.
    """

    number: int
    at: datetime
    vendor: str
    method: str
    url: str
    request_headers: Headers = ()
    request: bytes = b""
    status: int = 0
    response_headers: Headers = ()
    response: bytes = b""
    seconds: float = 0.0

    def header(self, name: str) -> str | None:
        """The request's first header of that lower-case name."""
        return _first(self.request_headers, name)

    def answered(self, name: str) -> str | None:
        """The answer's first header of that lower-case name."""
        return _first(self.response_headers, name)


def _first(headers: Headers, name: str) -> str | None:
    for key, value in headers:  # a plain loop: asked some ten times for each call that is judged
        if key == name:
            return value
    return None
