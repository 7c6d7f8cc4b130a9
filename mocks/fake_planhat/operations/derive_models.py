"""What Planhat fills in of licences, answers to surveys and issues; and what a currency looks like in an answer.

Functions are as in derive.py. What Planhat calculates of money (mrr from a value, arr, a company's sums) is not
published: nothing here does.
Sources: developer documentation of each model; the switches named in the code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from fake_planhat.data_files import read_toml
from fake_planhat.errors import PlanhatError
from fake_planhat.models.model import Document
from fake_planhat.operations.call import Call, present
from fake_planhat.operations.keys import company_of
from fake_planhat.store import reference_id

BASE_CURRENCY: str = read_toml("currencies.toml")["base"]


def populate_currencies(call: Call, said: Document) -> None:
    """A currency goes in as its symbol and comes out as an object (switch currency_populated)."""
    for key in call.model.currencies:
        if present(said.get(key)) and call.switches["currency_populated"]:
            said[key] = currency(said[key])


def currency(symbol: str) -> Document:
    """The currency as it is populated; every rate is 1, for the rates of a tenant are its own."""
    record_id = hashlib.md5(symbol.encode(), usedforsecurity=False).hexdigest()[:24]
    return {"_id": record_id, "symbol": symbol, "rate": 1, "isBase": symbol == BASE_CURRENCY, "overrides": {}}


def licence(call: Call, said: Document, before: Document | None) -> Document:
    """A licence needs a value; one whose period is not fixed may have an mrr instead."""
    now = {**(before or call.model.defaults), **said}
    has = [key for key in ("value", "mrr") if present(now.get(key))]
    if "value" not in has and (now.get("fixedPeriod") or not has):
        raise PlanhatError("required", path="value")
    return {}


def nps(call: Call, said: Document, before: Document | None) -> Document:
    """The answer belongs to the enduser of its e-mail, and to that enduser's company, unless it says whose it is."""
    if not present(said.get("email")) or present(said.get("euId")):
        return {}
    company_id = said.get("cId") or (before or {}).get("cId")
    people = call.work["Enduser"].find("email", said["email"])
    found = [one for one in people if not present(company_id) or one.get("companyId") == company_id]
    if found:
        said["euId"] = found[0]["_id"]
        said.setdefault("cId", found[0].get("companyId"))
    return {}


def issue(call: Call, said: Document, before: Document | None) -> Document:
    """An issue names its companies by id, prefixed or not; answers show them with their names, too."""
    del before
    if "companyIds" not in said:
        return {}
    path = "companyIds"
    companies = [company_of(call.work, one, switches=call.switches, path=path) for one in said[path] or []]
    said[path] = [one["_id"] for one in companies]
    return {"companies": [{"_id": one["_id"], "name": one.get("name")} for one in companies]}


def people_and_companies(items: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[Any]]:
    """E-mails and companies that bulk *items* of these models look up."""
    emails: list[str] = []
    companies: list[Any] = []
    for item in items:
        if isinstance(item.get("email"), str):
            emails.append(item["email"])
        given = item.get("companyIds")
        companies += [reference_id(one) for one in given] if isinstance(given, list) else [given]
    return emails, companies
