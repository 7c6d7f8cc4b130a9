"""Get one record, list a collection, the lean list of companies, the caller's own profile.

Source: developer documentation per model for parameters, defaults and maxima; clients for the legacy aliases.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from fake_core.switches import Switches
from fake_planhat.data_files import read_toml
from fake_planhat.errors import PlanhatError
from fake_planhat.models import CHURN, COMPANY, CONVERSATION, MODELS, USER, Model
from fake_planhat.models.model import Document
from fake_planhat.operations.call import require
from fake_planhat.operations.hiding import Reveal, hidden, may_name_companies, shown
from fake_planhat.operations.keys import find_by_path, only, parse_path
from fake_planhat.operations.query import company_ids, csv, narrowed, selected, whole, without_prefixed
from fake_planhat.operations.rows import Work
from fake_planhat.store import COLLECTIONS, NO_LIMIT, Query, dumps, reference_id
from fake_planhat.tenant import RESERVED_TYPES, ApiToken, Tenant

PAGING = ("limit", "offset", "sort", "select")
ALIASES = {"c": "companyId", "cId": "companyId", "cid": "companyId", "l": "limit"}
_OTHER_FILTERS = ("isArchived", "archived", "search")
LEAN_KEYS = ("_id", "name", "externalId", "sourceId", "slug")
LEAN_FILTERS = ("externalId", "sourceId", "status")
ROLES: dict[str, Document] = {one["_id"]: one for one in read_toml("roles.toml")["roles"]}


def get_text(tenant: Tenant, token: ApiToken, model: Model, path_id: str) -> str:
    """GET /<collection>/<id>: the JSON text of the record. Raises PlanhatError."""
    require(token, "read", model)
    key, value = parse_path(model, path_id, switches=tenant.switches)
    with tenant.store.read() as connection:
        if key == "_id":  # the stored text is the answer
            text = COLLECTIONS[model.name].text(connection, value)
            found = [] if text is None else [text]
        else:
            found = COLLECTIONS[model.name].texts_by(connection, key, [value])
    reveals = hidden(token, model.name, tenant.switches)
    if len(found) == 1 and not reveals:
        return found[0]
    return dumps(shown(only([json.loads(one) for one in found], switches=tenant.switches), reveals))


def list_text(
    tenant: Tenant,
    token: ApiToken,
    model: Model,
    *,
    parameters: Mapping[str, str],
    company: str | None = None,
) -> str:
    """GET /<collection>: a bare JSON array. *company* is the id in a nested path. Raises PlanhatError."""
    require(token, "read", model)
    if company is not None:
        require(token, "read", COMPANY)
    reveals = hidden(token, model.name, tenant.switches)
    asked = asked_of(tenant, token, model, parameters, reveals=reveals)
    with tenant.store.read() as connection:
        if company is not None:
            parent = find_by_path(Work(connection), COMPANY, company, switches=tenant.switches)
            asked["companyId"] = parent["_id"]
        query = query_of(connection, model, asked, tenant.switches)
        if query is None:
            return "[]"
        texts = COLLECTIONS[model.name].list_texts(connection, query)
        shape = _SHAPES.get(model.name)
        select = selected(asked.get("select"))
        if shape is None and select is None and not reveals:
            return "[" + ",".join(texts) + "]"
        rows = [json.loads(text) for text in texts]
        if shape is not None:
            rows = shape(connection, rows, tenant)
    if reveals:
        rows = [shown(row, reveals) for row in rows]
    return dumps(rows if select is None else [narrowed(row, select) for row in rows])


def asked_of(
    tenant: Tenant, token: ApiToken, model: Model, parameters: Mapping[str, str], *, reveals: Collection[Reveal]
) -> dict[str, str]:
    """The parameters of a list by their present names, less what would tell *token* of *reveals*. PlanhatError."""
    asked = _parameters(model, parameters, tenant.switches)
    for name in {one.key for one in reveals} & {"email"} & asked.keys():
        asked[name] = ""  # what a row does not show is nobody's: the list is empty
    if asked.get("sort", "").strip().removeprefix("-").partition(".")[0] in {one.key for one in reveals}:
        del asked["sort"]
    if "companyId" in asked and not may_name_companies(token, tenant.switches):
        asked["companyId"] = without_prefixed(asked["companyId"])
    return asked


def lean_companies(tenant: Tenant, token: ApiToken, *, parameters: Mapping[str, str]) -> list[Document]:
    """GET /leancompanies: ids and names of every company that passes the filters. Raises PlanhatError."""
    require(token, "read", COMPANY)
    wanted = {key: set(csv(parameters[key])) for key in LEAN_FILTERS if key in parameters}
    if tenant.switches["unknown_parameters"] == "refuse":
        for name in parameters:
            if name not in LEAN_FILTERS:
                raise PlanhatError("unknown_parameter", path=name)
    descending = tenant.switches["default_sort"] == "-_id"
    everything = Query({}, {}, (), "_id", descending=descending, limit=NO_LIMIT, offset=0)
    with tenant.store.read() as connection:
        texts = COLLECTIONS[COMPANY.name].list_texts(connection, everything)
    rows = [json.loads(text) for text in texts]
    return [
        {key: row[key] for key in LEAN_KEYS if key in row}
        for row in rows
        if all(row.get(key) in values for key, values in wanted.items())
    ]


def my_profile(tenant: Tenant, token: ApiToken) -> str:
    """GET /myprofile: the acting user; an app without a user has no profile. Raises PlanhatError (unknown_id)."""
    if token.user_id is None:
        raise PlanhatError("unknown_id")
    return get_text(tenant, token, USER, token.user_id)


def _parameters(model: Model, given: Mapping[str, str], switches: Switches) -> dict[str, str]:
    """The parameters this collection knows, by their present names."""
    known = {*PAGING, *model.filters}
    asked: dict[str, str] = {}
    for name, value in given.items():
        if name not in known:
            name = model.aliases.get(name, ALIASES.get(name, name))  # noqa: PLW2901 - the present name
        if name in known:
            asked.setdefault(name, value)
        elif switches["unknown_parameters"] == "refuse":
            raise PlanhatError("unknown_parameter", path=name)
    return asked


def query_of(connection: sa.Connection, model: Model, asked: Mapping[str, str], switches: Switches) -> Query | None:
    """What the parameters ask of the table; None when nothing can match."""
    limit = _limit(model, asked, switches)
    offset = whole(asked, "offset", least=0, otherwise=0, switches=switches)
    equal: dict[str, Any] = {}
    any_of: dict[str, list[str]] = {}
    members: list[str] = []
    for name in ("isArchived", "archived"):
        if name in model.filters:
            equal["archived"] = int(asked.get(name, "").strip().lower() == "true")
    for name in model.filters:
        if name not in asked or name in _OTHER_FILTERS:
            continue
        is_company = name == "companyId"
        values = company_ids(connection, asked[name], switches) if is_company else csv(asked[name])
        if not values:
            return None
        target = model.filter_of.get(name, name)
        if target == "members":
            members = [one.lower() for one in values]
        else:
            any_of[target] = values
    sort = asked.get("sort", "").strip() or switches["default_sort"]
    return Query(
        equal=equal,
        any_of=any_of,
        members=members,
        sort=sort.removeprefix("-") or "_id",
        descending=sort.startswith("-"),
        limit=limit,
        offset=offset,
        search=asked.get("search", "").strip(),
    )


def _limit(model: Model, asked: Mapping[str, str], switches: Switches) -> int:
    limit = whole(asked, "limit", least=1, otherwise=model.list_default, switches=switches)
    most: int = switches["churn_list_max"] if model is CHURN else model.list_max
    if limit > most and switches["list_over_max"] == "refuse":
        raise PlanhatError("over_list_limit", limit=most)
    return min(limit, most)


def _company_rows(connection: sa.Connection, rows: list[Document], tenant: Tenant) -> list[Document]:
    """Lists show owner and coOwner as {_id, nickName}; a single GET shows the id."""
    if tenant.switches["company_list_owner"] == "id":
        return rows
    users = Work(connection)["User"]
    keys = ("owner", "coOwner")
    users.expect("_id", [reference_id(row.get(key)) for row in rows for key in keys if row.get(key)])
    for row in rows:
        for key in keys:
            user = users.get(reference_id(row[key])) if row.get(key) else None
            if user is not None:
                row[key] = {"_id": user["_id"], "nickName": user.get("nickName")}
    return rows


def _user_rows(_connection: sa.Connection, rows: list[Document], _tenant: Tenant) -> list[Document]:
    """Lists show roles as {_id, name, description}."""
    for row in rows:
        if isinstance(row.get("roles"), list):
            row["roles"] = [ROLES.get(reference_id(one), one) for one in row["roles"]]
    return rows


def _conversation_rows(_connection: sa.Connection, rows: list[Document], _tenant: Tenant) -> list[Document]:
    """List rows carry the snippet but no description, and some flags of their own."""
    for row in rows:
        for key in CONVERSATION.not_in_list:
            row.pop(key, None)
        users = row["users"] if isinstance(row.get("users"), list) else []
        kind = row.get("type", "note")
        row |= {
            "userIds": [found for one in users if (found := reference_id(one))],
            "hasMore": False,
            "isCustomType": kind != "note" and kind not in RESERVED_TYPES,
            "hasAttachments": False,
            "assigneeName": "",
            "isSeen": False,
        }
    return rows


_SHAPES = {"Company": _company_rows, "User": _user_rows, "Conversation": _conversation_rows}
assert set(_SHAPES) <= {model.name for model in MODELS}
