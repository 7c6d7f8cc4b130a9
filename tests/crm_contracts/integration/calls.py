"""Calls made by hand, for a check to look at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from crm_contracts.findings import Finding, Result
from crm_contracts.integration.judging import judge
from crm_contracts.integration.parsed import Run
from crm_contracts.traffic import Call
from crm_contracts.vendors import HOSTS

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DATA = "/services/data/v60.0"
JSON = {"content-type": "application/json"}


def call(
    vendor: str,
    method: str,
    path: str,
    *,
    body: Any = None,
    status: int = 200,
    answer: Any = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    answered: dict[str, str] | None = None,
    seconds: float = 0.0,
    host: str = "",
) -> Call:
    """A call; it is numbered and stamped by `run`."""
    sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    got = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
    named = {**(JSON if sent else {}), "authorization": f"Bearer {vendor}-session-1", **(headers or {})}
    return Call(
        number=0,
        at=START,
        vendor=vendor,
        method=method,
        url=f"{host or HOSTS[vendor]}{path}{'?' + urlencode(query) if query else ''}",
        request_headers=tuple((name, value) for name, value in named.items() if value),
        request=sent,
        status=status,
        response_headers=tuple((answered or {}).items()),
        response=got,
        seconds=seconds,
    )


def sf(method: str, path: str, **given: Any) -> Call:
    return call("salesforce", method, f"{DATA}{path}", **given)


def soql(text: str, rows: Sequence[Any] = (), **given: Any) -> Call:
    given.setdefault("answer", {"totalSize": len(rows), "done": True, "records": list(rows)})
    return sf("GET", "/query", query={"q": text}, **given)


def ph(method: str, path: str, **given: Any) -> Call:
    return call("planhat", method, path, **given)


def refused(code: str, message: str = "no") -> list[dict[str, str]]:
    return [{"message": message, "errorCode": code}]


def run(calls: Sequence[Call], *, gap_seconds: float = 10.0, **given: Any) -> Run:
    """The calls in their order, *gap_seconds* apart."""
    from dataclasses import replace

    numbered = [
        replace(one, number=number, at=START + timedelta(seconds=gap_seconds * number))
        for number, one in enumerate(calls, 1)
    ]
    return Run(calls=numbered, **given)


def result(name: str, calls: Sequence[Call], **given: Any) -> Result:
    """What one check says of them."""
    return next(one for one in judge([run(calls, **given)]).results if one.name == name)


def said(name: str, calls: Sequence[Call], **given: Any) -> list[str]:
    """What one check sees, in its own words."""
    return [finding.seen for finding in result(name, calls, **given).findings]


def only(name: str, calls: Sequence[Call], **given: Any) -> Finding:
    """The one finding of a check."""
    (finding,) = result(name, calls, **given).findings
    return finding
