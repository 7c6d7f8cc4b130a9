"""Builds the fake: a Flask application over one service, inside fake_core's wire.

app -> routes -> operations -> store. Every answer to a known token carries the rate-limit headers; every refusal is
rendered here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from fake_core.clock import Clock, RealClock
from fake_core.errors import MisuseError, VendorError
from fake_core.fake import Fake, Tenancy
from fake_core.ids import IdSource
from fake_core.store import Part, Store
from fake_core.tenant_file import naming
from fake_core.web import flask_app
from fake_totango.errors import TotangoError
from fake_totango.faults import TotangoFaultAnswers, meaning
from fake_totango.limits import FixedWindow
from fake_totango.operations.seeding import seed
from fake_totango.routes import NOT_FAKED, OPEN, ROUTES, STAND_INS
from fake_totango.routes.tenancy import keys_of, shown
from fake_totango.routes.views import refuse_foreign_faults
from fake_totango.routes.wire import authenticate, is_ingest_host, limit_headers, refusal, region_of, unauthorized
from fake_totango.store import METADATA
from fake_totango.tenant import REGIONS, ApiToken, Settings, Tenant, TenantConfig
from fake_totango.tenant_file import read_tenant

HOSTS = tuple(host for row in REGIONS.values() for host in row["hosts"])


def create_app(
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    data: str = "sqlite://",
    org: TenantConfig | str | None = None,
) -> Fake:
    """A Totango service behind HTTP. Two of them share nothing.

    *clock* defaults to the real one, *ids* to seed 0, *data* is a store URL (memory, or `sqlite:///FILE`), *org* says
    how the service starts: a configuration, or the path of a TOML file. Raises MisuseError where it says something
    impossible.
    """
    clock = clock or RealClock()
    ids = ids or IdSource()
    config = read_tenant(org) if isinstance(org, str) else org or TenantConfig()
    if config.region not in REGIONS:
        raise MisuseError(f"no region {config.region!r}: there are {', '.join(REGIONS)}")
    settings = Settings(config)
    keys = keys_of(config)
    windows = {
        token.value: FixedWindow(
            clock,
            limit=config.calls_per_minute,
            aligned=lambda: settings.switches["rate_limit_window"] == "clock_minute",
        )
        for token in config.tokens
    }
    limits = {_limit_name(number): window for number, window in enumerate(windows.values(), 1)}
    parts: dict[str, Part] = {"ids": ids, "settings": settings, **limits}
    store = Store(url=data, schema=METADATA, parts=parts)
    tenant = Tenant(config=config, settings=settings, store=store, clock=clock, ids=ids, windows=windows)
    fake = Fake(
        vendor="totango",
        app=_flask_app(tenant),
        store=store,
        clock=clock,
        ids=ids,
        hosts=HOSTS,
        meaning=meaning,
        fault_answers=TotangoFaultAnswers(tenant),
        credentials=lambda base_url: _credentials(config, base_url),
        limits=limits,
        seed=lambda given: seed(tenant, given),
        who=lambda environ: _who(tenant, environ),
        remembered=("HTTP_APP_TOKEN",),
        tenancy=Tenancy(shown, lambda: keys),
    )
    if not store.existed:
        with naming(config.file, "[seed]"):
            seed(tenant, dict(config.seed))
    store.mark_baseline()
    return fake


def _limit_name(number: int) -> str:
    """calls_per_minute, calls_per_minute.2, …: one for each token, in the configuration's order."""
    return "calls_per_minute" if number == 1 else f"calls_per_minute.{number}"


def _credentials(config: TenantConfig, base_url: str) -> dict[str, Any]:
    token = config.tokens[0].value if config.tokens else None
    return {"url": base_url, "token": token, "service_id": config.service_id, "region": config.region}


def _who(tenant: Tenant, environ: dict[str, Any]) -> str:
    try:
        return authenticate(tenant, environ, "listActive").name
    except TotangoError:
        return ""


def _flask_app(tenant: Tenant) -> Flask:
    def refuse(error: VendorError | HTTPException) -> Response:
        given = error if isinstance(error, TotangoError) else TotangoError(_key_of(error))
        status, headers, body = refusal(tenant, given, token=_token(), path=request.path)
        return Response(body, status=status, headers=headers)

    def add_limit_headers(response: Response) -> Response:
        response.headers.extend(limit_headers(tenant, _token()))
        return response

    return flask_app(
        "fake_totango",
        routes=ROUTES,
        around=lambda operation_id, view: _guarded(tenant, operation_id, view),
        refuse=refuse,
        finish=add_limit_headers,
        not_faked=NOT_FAKED,
        stand_ins=STAND_INS,
        body_bytes_max=tenant.config.body_bytes_max,
    )


def _key_of(error: VendorError | HTTPException) -> str:
    if isinstance(error, MethodNotAllowed):
        return "method_not_allowed"
    return "too_large" if isinstance(error, RequestEntityTooLarge) else "no_route"


def _token() -> ApiToken | None:
    """The caller of this request, once it is known."""
    return getattr(g, "totango_token", None)


def _guarded(tenant: Tenant, operation_id: str, view: Callable[..., Any]) -> Callable[..., Response]:
    """*view* behind the region, the token and the limit. Integration jobs (the stand-ins of the hub) count no calls."""
    counted = not request_is_a_jobs(operation_id)

    def call(**path: str) -> Response:
        environ = request.environ
        response: Response
        if operation_id in OPEN:
            refuse_foreign_faults(environ, operation_id=operation_id)
            response = view(tenant)
            return response
        if is_ingest_host(environ):
            raise TotangoError("no_route")
        if region_of(environ) not in {None, tenant.config.region}:
            _refuse_wrong_region(tenant)
        token = authenticate(tenant, environ, operation_id)
        g.totango_token = token
        if counted and not tenant.windows[token.value].take() and tenant.switches["rate_limits"] == "enforce":
            raise TotangoError("too_many_requests")
        refuse_foreign_faults(environ, operation_id=operation_id)
        response = view(tenant, token, **path)
        return response

    return call


def request_is_a_jobs(operation_id: str) -> bool:
    """Whether the operation stands for what an integration job does inside Totango."""
    return operation_id in STAND_INS and operation_id not in {"deleteTouchpoint", "deleteTask"}


def _refuse_wrong_region(tenant: Tenant) -> None:
    chosen = tenant.switches["wrong_region"]
    if chosen == "not_found":
        raise TotangoError("no_route")
    if chosen == "unauthorized":
        raise unauthorized(tenant)
