"""What the three files on naive fakes share: rows made by one call, what a query finds, a later day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .conftest import HOST, Caller


def typed(sobject: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": sobject}, **fields}


def ids_of(org: Caller, sobject: str, rows: list[dict[str, Any]]) -> list[str]:
    """New rows by one collections call."""
    answer = org.post("/composite/sobjects", {"records": [typed(sobject, **row) for row in rows]})
    assert all(one["success"] for one in answer.json), answer.text
    return [one["id"] for one in answer.json]


def asked(org: Caller, soql: str, resource: str = "query") -> list[dict[str, Any]]:
    answer = org.get(f"/{resource}", query={"q": soql})
    assert 200 == answer.status, answer.text
    rows: list[dict[str, Any]] = answer.json["records"]
    return rows


def later(org: Caller, moment: datetime) -> None:
    """It is *moment*, and the caller has logged in again: sessions do not last for days."""
    org.clock.set(moment)
    org.token = org.fake.credentials(f"https://{HOST}")["access_token"]
