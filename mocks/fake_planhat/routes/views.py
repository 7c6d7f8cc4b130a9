"""Thin views: read, call one operation, render. `of(model, view)` binds a view to a model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import request

from fake_core.fake import FAULT_KEY
from fake_core.refusals import refuse_foreign_fault
from fake_planhat.errors import PlanhatError
from fake_planhat.models import Model
from fake_planhat.operations import bulk, metrics, reading, removing, writing
from fake_planhat.routes.wire import read_json, read_object
from fake_planhat.store import dumps
from fake_planhat.tenant import ApiToken, Tenant

Answer = tuple[int, str]  # status and JSON text


def of(model: Model, view: Callable[..., Answer]) -> Callable[..., Answer]:
    """*view* for *model*."""
    return partial(view, model=model)


def create(tenant: Tenant, token: ApiToken, *, model: Model) -> Answer:
    """POST /<collection>"""
    return 200, dumps(writing.create(tenant, token, model, read_object(request.get_data())))


def list_all(tenant: Tenant, token: ApiToken, *, model: Model, company: str | None = None) -> Answer:
    """GET /<collection>, GET /companies/<company>/<collection>"""
    parameters = request.args.to_dict()
    return 200, reading.list_text(tenant, token, model, parameters=parameters, company=company)


def bulk_upsert(tenant: Tenant, token: ApiToken, *, model: Model) -> Answer:
    """PUT /<collection>"""
    fault = request.environ.get(FAULT_KEY)
    refused = fault.item if fault is not None and fault.kind == "item_refused" else None
    items = read_json(request.get_data())
    status, result = bulk.upsert(tenant, token, model, items=items, refused_item=refused)
    return status, dumps(result)


def get(tenant: Tenant, token: ApiToken, *, model: Model, key: str) -> Answer:
    """GET /<collection>/<key>"""
    return 200, reading.get_text(tenant, token, model, key)


def update(tenant: Tenant, token: ApiToken, *, model: Model, key: str) -> Answer:
    """PUT /<collection>/<key>"""
    body = read_object(request.get_data())
    return 200, dumps(writing.update(tenant, token, model, path_id=key, body=body))


def patch(tenant: Tenant, token: ApiToken, *, model: Model, key: str) -> Answer:
    """PATCH /<collection>/<key>: undocumented (switch patch)"""
    if tenant.switches["patch"] == "none":
        raise PlanhatError("no_route")
    return update(tenant, token, model=model, key=key)


def delete(tenant: Tenant, token: ApiToken, *, model: Model, key: str) -> Answer:
    """DELETE /<collection>/<key>"""
    return 200, dumps(removing.delete(tenant, token, model, key))


def lean_companies(tenant: Tenant, token: ApiToken) -> Answer:
    """GET /leancompanies"""
    rows = reading.lean_companies(tenant, token, parameters=request.args.to_dict())
    return 200, dumps(rows)


def dimension_data(tenant: Tenant, token: ApiToken) -> Answer:
    """GET /dimensiondata"""
    return 200, dumps(metrics.listed(tenant, token, request.args.to_dict()))


def my_profile(tenant: Tenant, token: ApiToken) -> Answer:
    """GET /myprofile"""
    return 200, reading.my_profile(tenant, token)


def refuse_foreign_faults(environ: dict[str, Any], *, operation_id: str) -> None:
    """Scripted faults that Planhat has no counterpart for are the tester's mistake."""
    plays = ("item_refused",) if operation_id.startswith("bulkUpsert") else ()
    refuse_foreign_fault(environ, operation_id, plays)
