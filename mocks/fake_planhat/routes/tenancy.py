"""Whose a call is: the token of the Authorization header names the tenant, or its UUID in the path of the sinks.

Source: developer documentation: the analytics calls take the tenant's UUID in the path and need no header; the segment
dock takes it as the user name of Basic (2017). An incoming webhook is known by its URL. Everything else is a Private
App's token.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fake_core.fake import Key
from fake_planhat.routes.wire import token_of
from fake_planhat.tenant import TenantConfig

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SINKS = ("analytics", "dimensiondata")  # /analytics/<tenant>, /analytics/bulk/<tenant>, /dimensiondata/<tenant>
SEGMENT = ["dock", "segment"]
WEBHOOKS = "webhooks"  # /webhooks/<hook>, our stand-in for the URL of an incoming webhook


def shown(environ: WSGIEnvironment) -> Key | None:
    """The key that a call shows."""
    parts = environ["PATH_INFO"].strip("/").split("/")
    if len(parts) > 1 and parts[0] in SINKS:
        return Key("tenant id", parts[-1])
    if len(parts) == 2 and parts[0] == WEBHOOKS:
        return Key("incoming webhook", parts[1])
    value = token_of(environ.get("HTTP_AUTHORIZATION", ""))
    if not value:
        return None
    return Key("tenant id" if parts == SEGMENT else "token", value)


def keys_of(config: TenantConfig) -> frozenset[Key]:
    """All keys of the tenant that starts as *config* says."""
    return frozenset({Key("tenant id", config.tenant_id), *(Key("token", token.value) for token in config.tokens)})


def hook_keys(hooks: Iterable[str]) -> frozenset[Key]:
    """The keys in the URLs of incoming webhooks."""
    return frozenset(Key("incoming webhook", one) for one in hooks)
