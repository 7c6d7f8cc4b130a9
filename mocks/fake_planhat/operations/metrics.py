"""Metrics: values of a dimension, pushed to the analytics host and read from the API as /dimensiondata.

Rule 1: the sink answers 200 and tells in its body how many items it took; an item names its object by externalId.
Rule 2: items are independent: one that cannot be taken stands in `errors`, the others are kept.
Source: developer documentation, Metrics (items, answer, rows, parameters); of 2017 for one object or an array. What an
entry of `errors` looks like, what a second value for one day does and how long a list is are switches.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fake_planhat.dates import iso
from fake_planhat.errors import PlanhatError
from fake_planhat.models.fields import TYPES
from fake_planhat.models.model import Document
from fake_planhat.operations.call import present
from fake_planhat.operations.hiding import hidden, may_name_companies, shown
from fake_planhat.operations.query import company_ids, narrowed, selected, whole, without_prefixed
from fake_planhat.operations.rows import Work
from fake_planhat.pushed import ValueQuery, put_values, values
from fake_planhat.store import COLLECTIONS
from fake_planhat.tenant import METRICS, ApiToken, Tenant

SECONDS_PER_DAY = 86_400
VALUES_PER_LIST_MAX = 10_000
# the model an item names -> the model whose externalId it gives
MODELS = {"Company": "Company", "EndUser": "Enduser", "Asset": "Asset", "Project": "Project"}
ALIASES = {"cId": "companyId", "cid": "companyId", "c": "companyId", "l": "limit"}
PARAMETERS = ("companyId", "dimid", "from", "to", "limit", "offset", "select")


def push(tenant: Tenant, given: Any) -> Document:
    """Take one item or an array of them: `{"processed": n, "errors": []}`."""
    items = given if isinstance(given, list) else [given]
    errors: list[Any] = []
    rows: list[Document] = []
    shape = tenant.switches["metric_errors"]
    with tenant.store.begin() as connection:
        work = Work(connection)
        _expect(work, items)
        now = tenant.clock.now()
        for index, item in enumerate(items):
            try:
                rows.append(_row(tenant, work, item, now))
            except PlanhatError as error:
                text = tenant.text_of(error)
                errors.append(text if shape == "strings" else {"message": text, "index": index, "item": item})
        put_values(connection, rows)
    return {"processed": len(rows), "errors": [] if shape == "none" else errors}


def listed(tenant: Tenant, token: ApiToken, parameters: Mapping[str, str]) -> list[Document]:
    """GET /dimensiondata. Raises PlanhatError."""
    if not token.may("read", METRICS):
        raise PlanhatError("forbidden")
    switches = tenant.switches
    asked: dict[str, str] = {}
    for given, value in parameters.items():
        name = ALIASES.get(given, given)
        if name in PARAMETERS:
            asked.setdefault(name, value)
        elif switches["unknown_parameters"] == "refuse":
            raise PlanhatError("unknown_parameter", path=name)
    limit = whole(asked, "limit", least=1, otherwise=switches["dimensiondata_limit"], switches=switches)
    if limit > VALUES_PER_LIST_MAX and switches["list_over_max"] == "refuse":
        raise PlanhatError("over_list_limit", limit=VALUES_PER_LIST_MAX)
    with tenant.store.read() as connection:
        companies = None
        if "companyId" in asked:
            named = asked["companyId"]
            readable = may_name_companies(token, switches)
            companies = company_ids(connection, named if readable else without_prefixed(named), switches)
        query = ValueQuery(
            limit=min(limit, VALUES_PER_LIST_MAX),
            offset=whole(asked, "offset", least=0, otherwise=0, switches=switches),
            descending=switches["default_sort"] == "-_id",
            companies=companies,
            dimension=asked.get("dimid", "").strip() or None,
            days=_days(asked, tenant),
        )
        rows = values(connection, query)
    reveals = hidden(token, METRICS, switches)
    rows = [shown(row, reveals) for row in rows]
    select = selected(asked.get("select"))
    return rows if select is None else [narrowed(row, select) for row in rows]


def _days(asked: Mapping[str, str], tenant: Tenant) -> dict[str, int]:
    """`from` and `to`; what is no whole number of days is as a paging value that is none."""
    unset = -1
    found = {
        name: whole(asked, name, least=0, otherwise=unset, switches=tenant.switches)
        for name in ("from", "to")
        if name in asked
    }
    return {name: day for name, day in found.items() if day != unset}


def _expect(work: Work, items: list[Any]) -> None:
    """Read all objects that the items name, a model at a time."""
    wanted: dict[str, list[str]] = {}
    for item in items:
        if isinstance(item, dict) and present(item.get("externalId")):
            model = MODELS.get(_model_name(item))
            if model in COLLECTIONS and isinstance(item["externalId"], (str, int)):
                wanted.setdefault(model, []).append(str(item["externalId"]))
    for model, keys in wanted.items():
        work[model].expect("externalId", keys)


def _model_name(item: Mapping[str, Any]) -> str:
    name = item.get("model")
    return name if isinstance(name, str) and name else "Company"


def _row(tenant: Tenant, work: Work, item: Any, now: datetime) -> Document:
    """The row an item becomes. Raises PlanhatError."""
    if not isinstance(item, dict):
        raise PlanhatError("bad_item")
    for key in ("dimensionId", "value", "externalId"):
        if not present(item.get(key)):
            raise PlanhatError("required", path=key)
    dimension, external_id = (_cast("string", item, key) for key in ("dimensionId", "externalId"))
    value = _cast("number", item, "value")
    time = _cast("date", item, "date") if present(item.get("date")) else iso(now)
    parent = _object(tenant, work, item, external_id)
    in_company = _model_name(item) != "Company"
    day = int(datetime.fromisoformat(time).timestamp() // SECONDS_PER_DAY)
    slot = None
    if tenant.switches["metric_same_day"] == "replace":
        slot = "\n".join((_model_name(item), parent["_id"], str(day), dimension))
    return {
        "_id": tenant.new_id(now),
        "dimensionId": dimension,
        "time": time,
        "day": day,
        "value": value,
        "model": _model_name(item),
        "parentId": parent["_id"],
        "companyId": parent.get("companyId") if in_company else parent["_id"],
        "companyName": parent.get("companyName" if in_company else "name"),
        "slot": slot,
    }


def _object(tenant: Tenant, work: Work, item: Mapping[str, Any], external_id: str) -> Document:
    """The record that an item is about. Raises PlanhatError."""
    name = _model_name(item)
    if name not in MODELS:
        raise PlanhatError("not_a_choice", value=name, path="model")
    model = MODELS[name]
    found = work[model].find("externalId", external_id) if model in COLLECTIONS else []
    if not found:
        raise PlanhatError("unknown_object", path="externalId")
    if len(found) > 1 and tenant.switches["ambiguous_external_id"] == "refuse":
        raise PlanhatError("ambiguous", path="externalId")
    return min(found, key=lambda one: str(one["_id"]))


def _cast(kind: str, item: Mapping[str, Any], key: str) -> Any:
    name, cast, _ = TYPES[kind]
    try:
        return cast(item[key])
    except (TypeError, ValueError, OverflowError, IndexError):
        raise PlanhatError("cast", kind=name, value=item[key], path=key) from None
