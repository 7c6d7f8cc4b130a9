"""Builds the fake: a Flask application over one tenant, inside fake_core's wire.

app -> routes -> operations -> models, store. Every answer of the API carries the rate-limit headers; every refusal is
rendered here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from fake_core.clock import Clock, RealClock
from fake_core.errors import VendorError
from fake_core.fake import Fake, Tenancy
from fake_core.ids import IdSource
from fake_core.limits import RollingWindow
from fake_core.store import Part, Store
from fake_core.tenant_file import naming
from fake_core.web import flask_app
from fake_planhat.automations import Automations, Sender
from fake_planhat.automations.sending import LocalSender
from fake_planhat.errors import PlanhatError
from fake_planhat.faults import PlanhatFaultAnswers, meaning
from fake_planhat.operations.activity import ACTIVITY_CHANNEL, activity_events
from fake_planhat.operations.seeding import seed
from fake_planhat.routes import NOT_FAKED, ROUTES, STAND_INS
from fake_planhat.routes.gates import check_host, guarded
from fake_planhat.routes.hosts import HOSTS, has_rate_headers
from fake_planhat.routes.tenancy import hook_keys, keys_of, shown
from fake_planhat.routes.wire import authenticate, limit_headers, refusal
from fake_planhat.store import METADATA
from fake_planhat.tenant import Settings, Tenant, TenantConfig
from fake_planhat.tenant_file import read_tenant


def create_app(
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    data: str = "sqlite://",
    org: TenantConfig | str | None = None,
    sender: Sender | None = None,
) -> Fake:
    """A Planhat tenant behind HTTP. Two of them share nothing.

    *clock* defaults to the real one, *ids* to seed 0, *data* is a store URL (memory, or `sqlite:///FILE`), *org* says
    how the tenant starts: a configuration, or the path of a TOML file. *sender* sends the webhooks of automations,
    over HTTP to this machine only by default. Raises MisuseError where something impossible is asked.
    """
    clock = clock or RealClock()
    ids = ids or IdSource()
    config = read_tenant(org) if isinstance(org, str) else org or TenantConfig()
    settings = Settings(config)
    keys = keys_of(config)
    limits = {
        "soft_calls_per_minute": RollingWindow(clock, limit=config.soft_calls_per_minute, period=timedelta(minutes=1)),
        "hard_calls_per_second": RollingWindow(clock, limit=config.hard_calls_per_second, period=timedelta(seconds=1)),
    }
    automations = Automations(
        config.automations, clock=clock, switches=settings.switches, sender=sender or LocalSender()
    )
    parts: dict[str, Part] = {"ids": ids, "settings": settings, "automations": automations, **limits}
    store = Store(url=data, schema=METADATA, parts=parts)
    automations.attach(store)
    tenant = Tenant(
        config=config, settings=settings, store=store, clock=clock, ids=ids, limits=limits, automations=automations
    )
    fake = Fake(
        vendor="planhat",
        app=_flask_app(tenant),
        store=store,
        clock=clock,
        ids=ids,
        hosts=HOSTS,
        meaning=meaning,
        fault_answers=PlanhatFaultAnswers(tenant),
        credentials=lambda base_url: _credentials(config, base_url),
        limits=limits,
        seed=lambda given: seed(tenant, given),
        pin=tenant.pin,
        who=lambda environ: _who(tenant, environ),
        tenancy=Tenancy(shown, lambda: keys | hook_keys(automations.hooks())),
        events=lambda since, channel: _events(tenant, since, channel),
        after=automations.after,
    )
    if not store.existed:
        with naming(config.file, "[seed]"):
            seed(tenant, dict(config.seed))
    store.mark_baseline()
    return fake


def _events(tenant: Tenant, since: int, channel: str | None) -> dict[str, Any]:
    """What the control plane shows as events: runs of automations, or what endusers did (channel /activity)."""
    if channel == ACTIVITY_CHANNEL:
        return activity_events(tenant, since)
    return tenant.automations.events(since, channel)


def _credentials(config: TenantConfig, base_url: str) -> dict[str, Any]:
    token = config.tokens[0].value if config.tokens else None
    return {"url": base_url, "token": token, "tenant": config.tenant_id}


def _who(tenant: Tenant, environ: dict[str, Any]) -> str:
    try:
        return authenticate(tenant, environ.get("HTTP_AUTHORIZATION", "")).name
    except PlanhatError:
        return ""


def _flask_app(tenant: Tenant) -> Flask:
    def refuse(error: VendorError | HTTPException) -> Response:
        # Express knows no 405: a method a path does not take is an unknown route.
        if not isinstance(error, PlanhatError):
            error = PlanhatError("too_large" if isinstance(error, RequestEntityTooLarge) else "no_route")
        status, headers, body = refusal(tenant, error)
        return Response(body, status=status, headers=headers)

    def add_limit_headers(response: Response) -> Response:
        if has_rate_headers(tenant, request.environ):
            response.headers.extend(limit_headers(tenant))
        return response

    app = flask_app(
        "fake_planhat",
        routes=ROUTES,
        around=lambda operation_id, view: guarded(tenant, operation_id, view),
        refuse=refuse,
        finish=add_limit_headers,
        not_faked=NOT_FAKED,
        stand_ins=STAND_INS,
        body_bytes_max=tenant.config.body_bytes_max,
    )
    app.before_request(lambda: check_host(tenant))
    return app
