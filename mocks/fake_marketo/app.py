"""Builds the fake: a Flask application over one tenant, inside fake_core's wire.

app -> routes -> operations -> store. Every answer says that it is a stand-in; every refusal is rendered here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from fake_core.clock import Clock, RealClock
from fake_core.errors import VendorError
from fake_core.fake import Fake, Key, Tenancy
from fake_core.ids import IdSource
from fake_core.json_text import dumps
from fake_core.refusals import FaultRefusals, refuse_foreign_fault
from fake_core.store import Store
from fake_core.switches import Switches
from fake_core.tenant_file import naming
from fake_core.web import STAND_IN_HEADER, flask_app
from fake_marketo.errors import SiaError
from fake_marketo.faults import FAULTS, meaning
from fake_marketo.operations.call import begun
from fake_marketo.operations.seeding import seed
from fake_marketo.routes import NOT_FAKED, ROUTES, STAND_INS
from fake_marketo.routes.wire import JSON_TYPE, STAND_IN, refusal, token_of
from fake_marketo.store import METADATA, USERS
from fake_marketo.switches import SWITCHES
from fake_marketo.tenant import Tenant, TenantConfig
from fake_marketo.tenant_file import read_tenant

HOSTS = ("sia.understudy.example",)  # reserved by RFC 2606: no vendor's host is imitated


def create_app(
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    data: str = "sqlite://",
    org: TenantConfig | str | None = None,
) -> Fake:
    """A tenant of Sales Insight Actions behind HTTP. Two of them share nothing.

    *clock* defaults to the real one, *ids* to seed 0, *data* is a store URL (memory, or `sqlite:///FILE`), *org* says
    how the tenant starts: a configuration, or the path of a TOML file. Raises MisuseError where it says something
    impossible.
    """
    clock = clock or RealClock()
    ids = ids or IdSource()
    config = read_tenant(org) if isinstance(org, str) else org or TenantConfig()
    switches = Switches(SWITCHES, config.switches)
    store = Store(url=data, schema=METADATA, parts={"ids": ids, "switches": switches})
    tenant = Tenant(config, switches, store, clock, ids)
    if not store.existed:
        with naming(config.file, "[[users]]"):
            seed(tenant, {"users": [asdict(one) for one in config.users]})
        with naming(config.file, "[seed]"):
            seed(tenant, dict(config.seed))
    fake = Fake(
        vendor="marketo",
        app=_flask_app(tenant),
        store=store,
        clock=clock,
        ids=ids,
        hosts=HOSTS,
        meaning=meaning,
        fault_answers=FaultRefusals(FAULTS, lambda key, _environ: refusal(SiaError(key))),
        credentials=lambda base_url: _credentials(tenant, base_url),
        seed=lambda given: seed(tenant, given),
        who=lambda environ: _who(tenant, environ),
        tenancy=Tenancy(_shown, lambda: _keys(tenant)),
    )
    store.mark_baseline()
    return fake


def _credentials(tenant: Tenant, base_url: str) -> dict[str, Any]:
    with tenant.store.read() as connection:
        user = USERS.one(connection) or {"id": None, "token": None}
    return {"url": base_url, "token": user["token"], "tenant": tenant.config.tenant_id, "user": user["id"]}


def _shown(environ: Mapping[str, Any]) -> Key | None:
    token = token_of(environ.get("HTTP_AUTHORIZATION", ""))
    return Key("token", token) if token else None


def _keys(tenant: Tenant) -> set[Key]:
    with tenant.store.read() as connection:
        return {Key("token", user["token"]) for user in USERS.rows(connection)}


def _who(tenant: Tenant, environ: Mapping[str, Any]) -> str:
    token = token_of(environ.get("HTTP_AUTHORIZATION", ""))
    with tenant.store.read() as connection:
        user = USERS.by(connection, "token", token)
    return str(user["name"]) if user else ""


def _flask_app(tenant: Tenant) -> Flask:
    def guarded(operation_id: str, view: Callable[..., Any]) -> Callable[..., Response]:
        def call(**path: str) -> Response:
            refuse_foreign_fault(request.environ, operation_id)
            token = token_of(request.environ.get("HTTP_AUTHORIZATION", ""))
            with begun(tenant, token, writes=request.method not in {"GET", "HEAD"}) as begun_call:
                status, value = view(begun_call, **path)
            return Response(dumps(value), status=status, content_type=JSON_TYPE)

        return call

    return flask_app(
        "fake_marketo",
        routes=ROUTES,
        around=guarded,
        refuse=_refuse,
        finish=_say_so,
        not_faked=NOT_FAKED,
        stand_ins=STAND_INS,
        body_bytes_max=tenant.config.body_bytes_max,
    )


def _refuse(error: VendorError | HTTPException) -> Response:
    if not isinstance(error, SiaError):
        keys = {MethodNotAllowed: "method", RequestEntityTooLarge: "too_large"}
        error = SiaError(keys.get(type(error), "no_route"))
    status, headers, body = refusal(error)
    return Response(body, status=status, headers=headers)


def _say_so(response: Response) -> Response:
    response.headers.setdefault(STAND_IN_HEADER, STAND_IN)
    return response
