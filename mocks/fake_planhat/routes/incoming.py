"""The incoming webhook of an automation, a stand-in: POST only, the body read, headers and payload checked if told so.

Source: developer documentation, Automations. The address, what a refusal looks like and the answer are ours.
"""

from __future__ import annotations

from flask import Response, request

from fake_planhat.errors import PlanhatError
from fake_planhat.operations.call import present
from fake_planhat.routes.wire import JSON_TYPE, read_json
from fake_planhat.store import dumps
from fake_planhat.tenant import Tenant


def receive_webhook(tenant: Tenant, *, hook: str) -> Response:
    """POST /webhooks/<hook>"""
    automation = tenant.automations.incoming(hook)
    if automation is None:
        raise PlanhatError("no_route")
    if any(request.headers.get(name) != value for name, value in automation.headers.items()):
        raise PlanhatError("forbidden")
    given = read_json(request.get_data())
    for key in automation.required:
        if not isinstance(given, dict) or not present(given.get(key)):
            raise PlanhatError("required", path=key)
    tenant.automations.start(automation, given)
    return Response(dumps({"received": True}), content_type=JSON_TYPE)
