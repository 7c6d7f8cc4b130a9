"""Searches of accounts, users and collections (touchpoints as rows).

Rule 1: the offset is the number of a record, not of a page; only the first 10,000 can be reached.
Rule 2: an id and a name come always; `selected_fields` holds the values of the query's fields, in their order.
Rule 3: an answer says `status` and what it is (switch search_envelope).
Source: Search API (accounts and users); a fork of the Singer tap for collections; a PHP SDK for rule 3. What a field
that nobody knows holds (null), and the names of the columns of collections, are assumed (data/terms.toml).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_totango.errors import TotangoError
from fake_totango.operations.fields import Fields
from fake_totango.operations.query import WORDS, Look, Predicate, Query, Terms, as_text, read_query
from fake_totango.store import ACCOUNTS, TOUCHPOINTS, USERS, Document
from fake_totango.tenant import REACH_MAX, Tenant

_AS_TEXT = {"string", "string_attribute"}
_ORDERS = ("ASC", "DESC")
TOOK_MILLISECONDS = 1  # assumed: clients read the key, nobody published a value


def accounts(tenant: Tenant, fields: Fields) -> dict[str, Any]:
    """POST /api/v1/search/accounts. Raises TotangoError."""
    look = _looking("accounts")

    def hit(account: Document, query: Query) -> Document:
        return {
            "name": account["id"],
            "display_name": account["name"],
            "last_activity_time": account["last_activity_time"],
            "selected_fields": _selected(account, query.fields, look),
        }

    query = read_query(tenant, fields, paged=False)
    passes = Terms(tenant, look).all_of(query.terms)
    with tenant.store.read() as connection:
        found = [one for one in ACCOUNTS.all(connection) if passes(one)]
    return _answer(tenant, "accounts", query, _sorted(found, query, look), hit)


def users(tenant: Tenant, fields: Fields) -> dict[str, Any]:
    """POST /api/v1/search/users. Raises TotangoError."""
    look = _looking("users")
    query = read_query(tenant, fields, paged=False)
    with tenant.store.read() as connection:
        parents = {one["id"]: one for one in ACCOUNTS.all(connection)}
        everybody = USERS.all(connection)
    passes = Terms(tenant, look, {"parent_account": _of_parent(tenant, parents)}).all_of(query.terms)

    def hit(user: Document, query: Query) -> Document:
        return {
            "name": user["id"],
            "display_name": user["name"],
            "account": _parent(user, query, parents),
            "first_activity_time": user["first_activity_time"],
            "last_activity_time": user["last_activity_time"],
            "selected_fields": _selected(user, query.fields, look),
        }

    found = [one for one in everybody if passes(one)]
    return _answer(tenant, "users", query, _sorted(found, query, look), hit)


def collections(tenant: Tenant, fields: Fields) -> dict[str, Any]:
    """POST /api/v1/search/accounts/collections: touchpoints as rows. Raises TotangoError."""
    look = _looking("collections")
    query = read_query(tenant, fields, paged=False)
    with tenant.store.read() as connection:
        parents = {one["id"]: one for one in ACCOUNTS.all(connection)}
        notes = TOUCHPOINTS.all(connection)
    passes = Terms(tenant, look, {"parent_account": _of_parent(tenant, parents)}).all_of(query.terms)

    def hit(note: Document, query: Query) -> Document:
        parent = {"service_id": tenant.config.service_id, **_parent(note, query, parents)}
        return {"id": note["id"], "account": parent, "selected_fields": _selected(note, query.fields, look)}

    found = [one for one in notes if passes(one)]
    return _answer(tenant, "collections", query, _sorted(found, query, look), hit)


def _answer(
    tenant: Tenant, name: str, query: Query, found: list[Document], hit: Callable[[Document, Query], Document]
) -> dict[str, Any]:
    end = query.offset + query.count
    if end > REACH_MAX and tenant.switches["beyond_reach"] == "refuse":
        raise TotangoError("out_of_reach", limit=REACH_MAX)
    hits = [hit(one, query) for one in found[query.offset : min(end, REACH_MAX)]]
    told = {"response": {name: {"total_hits": len(found), "hits": hits}}}
    if tenant.switches["search_envelope"] == "bare":
        return told
    return {**envelope(tenant, name), **told, "status": "success", "took": TOOK_MILLISECONDS}


def envelope(tenant: Tenant, name: str) -> dict[str, Any]:
    """What every answer of the searches of version 1 begins with; the values but service_id are assumed."""
    return {"_revision": "r1", "_type": f"search-{name}", "_version": 1, "service_id": tenant.config.service_id}


def _looking(kind: str) -> Look:
    """Finds a term's value in a record of *kind*: a key of its own, or an attribute."""
    names = WORDS[kind]

    def look(record: Document, name: str) -> Any:
        return record.get(names[name]) if name in names else record.get("attributes", {}).get(name)

    return look


def _of_parent(tenant: Tenant, parents: dict[str, Document]) -> Callable[[dict[str, Any], Look, int], Predicate]:
    """The term parent_account: what its terms say of the account of a record."""

    def made(term: dict[str, Any], _look: Look, depth: int) -> Predicate:
        inner = term.get("terms")
        if not isinstance(inner, list):
            raise TotangoError("unknown_term", term=term)
        passes = Terms(tenant, _looking("accounts")).all_of(inner, depth + 1)
        return lambda record: record["account_id"] in parents and passes(parents[record["account_id"]])

    return made


def _parent(record: Document, query: Query, parents: dict[str, Document]) -> Document:
    """The account of a record, with the values of the query's parent_account_fields if it has some."""
    account = parents.get(record["account_id"])
    shown = {"name": record["account_id"], "display_name": account["name"] if account else None}
    asked = query.given.objects("parent_account_fields")
    if asked:
        shown["selected_fields"] = _selected(account or {}, asked, _looking("accounts"))
    return shown


def _selected(record: Document, fields: list[Any], look: Look) -> list[Any]:
    values = []
    for one in fields:
        name = one.get("term", one.get("attribute"))
        value = look(record, name) if isinstance(name, str) else None
        text = one.get("type") in _AS_TEXT and isinstance(value, (str, int, float))
        values.append(as_text(value) if text else value)
    return values


def _sorted(found: list[Document], query: Query, look: Look) -> list[Document]:
    """By sort_by (default display_name), texts without regard to case, records without a value last; then by id."""
    name = query.given.text("sort_by") or "display_name"
    descending = (query.given.one_of("sort_order", *_ORDERS) or "ASC") == "DESC"
    query.given.text("scope")
    found = sorted(found, key=lambda one: (str(one.get("account_id", "")), str(one["id"])))
    there = [(look(one, name), one) for one in found]
    numbers = [one for one in there if isinstance(one[0], (int, float))]
    texts = [one for one in there if isinstance(one[0], str)]
    rest = [one for value, one in there if not isinstance(value, (int, float, str))]
    numbers.sort(key=lambda one: one[0], reverse=descending)
    texts.sort(key=lambda one: str(one[0]).casefold(), reverse=descending)
    both = [*texts, *numbers] if descending else [*numbers, *texts]
    return [*(one for _, one in both), *rest]
