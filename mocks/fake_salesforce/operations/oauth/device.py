"""The device flow: a machine without a browser shows a code, its user approves it elsewhere.

Rule 1: the device may ask every five seconds; sooner is `slow_down`. Its codes end after ten minutes.
Rule 2: an approved device gets its tokens once.
Source: Salesforce Help, OAuth 2.0 Device Flow for IoT Integration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_salesforce.operations.login import user_row
from fake_salesforce.operations.oauth.answers import Grant
from fake_salesforce.operations.oauth.clients import Request, client, granted_scope, may_refresh
from fake_salesforce.operations.oauth.refused import OAuthRefused
from fake_salesforce.org import Org
from fake_salesforce.state.approvals import DEVICE_INTERVAL_SECONDS, DEVICE_SECONDS, Device

USER_CODE_CHARS = 8


def start(org: Org, request: Request) -> dict[str, Any]:
    """Codes for a device that asked with `response_type=device_code`; raises OAuthRefused."""
    app, _ = client(org, request)
    if not app.device_flow:
        raise OAuthRefused("device_disabled")
    scope = granted_scope(app, request.form.get("scope"))
    at = org.clock.now().timestamp()
    device = Device(
        device_code=org.ids.token(64),
        user_code=org.ids.token(USER_CODE_CHARS).upper(),
        client_id=app.client_id,
        scope=scope,
        ends=at + DEVICE_SECONDS,
    )
    org.approvals.wait(device, at)
    return {
        "device_code": device.device_code,
        "user_code": device.user_code,
        "verification_uri": f"{request.base_url}/setup/connect",
        "interval": DEVICE_INTERVAL_SECONDS,
    }


def grant(org: Org, request: Request) -> Grant:
    """What the device that polls with its code gets; raises OAuthRefused."""
    app, _ = client(org, request)
    device = org.approvals.device(request.need("code"))
    now = org.clock.now()
    at = now.timestamp()
    if device is None or device.client_id != app.client_id or device.state == "spent" or at >= device.ends:
        raise OAuthRefused("invalid_device")
    if device.state == "denied":
        raise OAuthRefused("device_denied")
    if device.state == "pending":
        soon = at < device.polled + DEVICE_INTERVAL_SECONDS
        device.polled = at
        raise OAuthRefused("slow_down" if soon else "authorization_pending")
    device.state = "spent"
    user = user_row(org, device.user_id)
    if user is None or not user["IsActive"]:
        raise OAuthRefused("inactive_user")
    refresh = ""
    if may_refresh(device.scope):
        refresh = org.sessions.issue_refresh(
            user_id=device.user_id, client_id=app.client_id, scope=device.scope, now=now
        ).token
    return Grant(app, device.user_id, device.scope, shown=refresh)


def decide(org: Org, device: Device, user: Mapping[str, Any], *, allow: bool) -> None:
    """The user's word on a device that waits."""
    device.user_id = user["Id"]
    device.state = "allowed" if allow else "denied"
    if allow:
        org.approvals.approve(user["Id"], device.client_id, set(device.scope.split()))
