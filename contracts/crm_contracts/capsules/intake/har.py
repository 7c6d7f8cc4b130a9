"""A HAR file as exchanges: what Chrome, Firefox, Safari, Charles, Fiddler and mitmproxy write.

Rule 1: what is missing is missing: only a file that is no HAR at all is refused; a broken entry is counted and left.
Rule 2: an exchange carries no header, no cookie and no credential; `Secrets` has learned them, so that they are found
wherever else they stand.
Source: HTTP Archive format 1.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from crm_contracts.capsules.intake.blacking import Secrets
from crm_contracts.capsules.intake.bodies import Unreadable, form, parsed, unpacked
from crm_contracts.capsules.intake.callers import Callers
from crm_contracts.capsules.intake.exchange import RecordedExchange, Tally
from crm_contracts.traffic import UPSTREAM_HEADER, WITHHELD
from crm_contracts.traffic.har import HAR_BYTES_MAX, entries, mapping, moment, pairs, vendor_of
from crm_contracts.vendors import VENDORS

__all__ = ["HAR_BYTES_MAX", "read_hars"]

_LOG_IN = ("/services/oauth2/token", "/services/oauth2/authorize", "/services/oauth2/revoke", "/services/Soap/login")
_OWN_HOSTS = re.compile(r"^(127\.0\.0\.1|localhost|\[?::1\]?)$")
KEPT_BYTES_MAX = 100_000  # of an answer to a write: no recorder keeps less of one
_PAGES = re.compile(r"\.(?:js|mjs|css|png|jpe?g|gif|svg|ico|woff2?|ttf|map|html?)$", re.IGNORECASE)


def read_hars(
    paths: Sequence[Path],
    *,
    tally: Tally,
    secrets: Secrets,
    callers: Callers,
    hosts: Mapping[str, str] | None = None,
) -> list[RecordedExchange]:
    """The exchanges with vendors in HAR files, oldest first; all else is counted in *tally*.

    *hosts* says which vendor a host is (`127.0.0.1:8444` -> `planhat`). Raises MisuseError for what is no HAR.
    """
    found: list[tuple[datetime, int, RecordedExchange]] = []
    before, known = 0, set()
    for path in paths:
        found_here = entries(path)
        for number, entry in enumerate(found_here, before + 1):
            try:
                read = _Entry(entry, number, callers=callers, secrets=secrets, hosts=hosts or {})
            except _LeftOut as left:
                tally.ignored[str(left)] += 1
                continue
            if read.print in known:
                tally.ignored["twice in the file"] += 1
                continue
            known.add(read.print)
            found.append((read.exchange.at, number, read.exchange))
        before += len(found_here)
    falling = sum(later[0] < sooner[0] for sooner, later in pairwise(found))
    rising = sum(later[0] > sooner[0] for sooner, later in pairwise(found))
    turn = -1 if falling > rising else 1  # some recorders write the newest first
    found.sort(key=lambda one: (one[0], turn * one[1]))
    return [exchange for _, _, exchange in found]


class _LeftOut(Exception):
    """An entry that is left out; the message is the word under which it is counted."""


class _Entry:
    """One entry as an exchange. Raises _LeftOut."""

    def __init__(
        self, entry: Any, number: int, *, callers: Callers, secrets: Secrets, hosts: Mapping[str, str]
    ) -> None:
        request, response = mapping(entry, "request"), mapping(entry, "response")
        url = request.get("url")
        if not isinstance(url, str) or not url:
            raise _LeftOut("broken: no request or no URL")
        parts = _split(url)
        sent, got = pairs(request.get("headers")), pairs(response.get("headers"))
        self._learn(secrets, request, response, sent=sent, got=got, url=parts)
        vendor = _vendor(entry, parts, hosts)
        method = str(request.get("method") or "GET").upper()
        if method in ("OPTIONS", "CONNECT"):
            raise _LeftOut("preflights")
        path = re.sub(r"/{2,}", "/", unquote(parts.path)) or "/"
        if _PAGES.search(path) and "/services/" not in path:
            raise _LeftOut("parts of pages")
        status = _status(response)
        if status == 304:
            raise _LeftOut("not modified (304)")
        asked, request_unread = _asked(request, sent)
        answer, response_unread = _answered(response, got)
        if _broke_off(entry, method, response, got):
            status, answer, response_unread = 0, None, ""
        secrets.of_data(asked)
        secrets.of_data(answer)
        query = form(parts.query)
        at = moment(entry)
        if at is None:
            raise _LeftOut("broken: no time")
        agent = _first(sent, "user-agent")
        login = path.startswith(_LOG_IN)
        if login:
            callers.logged_in(vendor, asked, answer)
            asked = answer = None
        self.exchange = RecordedExchange(
            number=number,
            at=at,
            vendor=vendor,
            method=method,
            path=path,
            query=query,
            request=asked,
            status=status,
            response=answer,
            request_unread=request_unread,
            response_unread=response_unread,
            who="" if login else callers.word(vendor, _shown(sent, request, query), agent=agent),
            meaning=("login", "") if login else None,
            ahead=_ahead(entry, at, got),
        )
        self.print = (at, method, url, repr(asked), status, repr(answer)[:4_000])

    @staticmethod
    def _learn(
        secrets: Secrets,
        request: Mapping[str, Any],
        response: Mapping[str, Any],
        *,
        sent: list[tuple[str, str]],
        got: list[tuple[str, str]],
        url: Any,
    ) -> None:
        secrets.of_headers(sent)
        secrets.of_headers(got)
        for side in (request, response):
            for _, value in pairs(side.get("cookies")):
                secrets.add(value, least=12)
        secrets.of_data(form(url.query))
        for word in (url.password, url.username):
            if word:
                secrets.add(unquote(word))
        fragment = url.fragment
        if "=" in fragment:
            secrets.of_data(form(fragment))


def _split(url: str) -> Any:
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError:
        raise _LeftOut("broken: no URL") from None
    if parts.scheme in ("ws", "wss"):
        raise _LeftOut("web sockets")
    if parts.scheme not in ("http", "https"):
        raise _LeftOut("parts of pages")
    return parts


def _vendor(entry: Any, url: Any, hosts: Mapping[str, str]) -> str:
    """Whose a request is: what our own recorder noted, else what its host and path tell."""
    noted = str(mapping(entry, "_understudy").get("vendor") or "")
    if vendor := noted if noted in VENDORS else vendor_of(url, hosts):
        return vendor
    if _OWN_HOSTS.search((url.hostname or "").lower()):
        host = url.netloc.rpartition("@")[2]
        raise _LeftOut(f"to {host}: say --host {host}=VENDOR")
    raise _LeftOut("to other hosts")


def _first(headers: Sequence[tuple[str, str]], name: str) -> str:
    return next((value for one, value in headers if one.lower() == name), "")


def _status(response: Mapping[str, Any]) -> int:
    try:
        return max(int(response.get("status") or 0), 0)
    except (TypeError, ValueError):
        return 0


def _asked(request: Mapping[str, Any], headers: Sequence[tuple[str, str]]) -> tuple[Any, str]:
    """The request's body, and why it could not be read."""
    data = mapping(request, "postData")
    mime = str(data.get("mimeType") or _first(headers, "content-type"))
    text = data.get("text")
    if not isinstance(text, str) or not text:
        return dict(pairs(data.get("params"))) or None, _first(headers, WITHHELD)
    try:
        encoding = str(data.get("encoding") or "")
        return parsed(unpacked(text, encoding=encoding, coding=_first(headers, "content-encoding")), mime), ""
    except Unreadable as error:
        return None, str(error)


def _answered(response: Mapping[str, Any], headers: Sequence[tuple[str, str]]) -> tuple[Any, str]:
    """The answer's body, and why it could not be read."""
    content = mapping(response, "content")
    text = content.get("text")
    if not isinstance(text, str) or not text:
        lacking = _status(response) == 200 and (content.get("size") or 0) not in (0, -1)
        return None, "the file has none (export with content)" if lacking else _first(headers, WITHHELD)
    try:
        encoding = str(content.get("encoding") or "")
        body = unpacked(text, encoding=encoding, coding=_first(headers, "content-encoding"))
        return parsed(body, str(content.get("mimeType") or _first(headers, "content-type"))), ""
    except Unreadable as error:
        return None, str(error)


def _broke_off(entry: Any, method: str, response: Mapping[str, Any], headers: Sequence[tuple[str, str]]) -> bool:
    """Whether what the file has is no answer of the vendor's, or the beginning of one that broke off.

    A recorder may keep only the beginning of a long list, so a read is believed to have arrived.
    """
    if _first(headers, UPSTREAM_HEADER) or response.get("_error"):
        return True
    content, promised = mapping(response, "content"), _first(headers, "content-length")
    text = content.get("text", "" if mapping(entry, "_understudy") else None)
    encoded = content.get("encoding") or _first(headers, "content-encoding") or _first(headers, WITHHELD)
    if not promised.isdigit() or not isinstance(text, str) or encoded or method == "HEAD":
        return False
    return len(text.encode("utf-8", "replace")) < min(int(promised), KEPT_BYTES_MAX) and (
        method != "GET" or not text.strip()
    )


def _shown(headers: Sequence[tuple[str, str]], request: Mapping[str, Any], query: Mapping[str, str]) -> str:
    """The credential of a request, as it stands; only its word of ours goes further."""
    for name in ("authorization", "app-token", "x-api-key"):
        if value := _first(headers, name):
            return value
    cookies = dict(pairs(request.get("cookies")))
    header = _first(headers, "cookie")
    sid = cookies.get("sid") or next((part[4:] for part in header.split("; ") if part.startswith("sid=")), "")
    return sid or query.get("sid", "") or query.get("access_token", "")


def _ahead(entry: Mapping[str, Any], moment: datetime, headers: Sequence[tuple[str, str]]) -> float | None:
    """By how many seconds the vendor's clock (header Date) is ahead of the recorder's."""
    date = _first(headers, "date")
    if not date:
        return None
    try:
        said = parsedate_to_datetime(date)
        took = float(entry.get("time") or 0)
        answered = moment + timedelta(milliseconds=max(0.0, min(took, 3_600_000)))
        return (said.astimezone(UTC) - answered).total_seconds() if said.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None
