"""Which routes a host has: pushes are at analytics.planhat.com, everything else at the API's hosts.

Rule 1: a fake that is met at another name (127.0.0.1, localhost) has both.
Rule 2: both have the segment dock.
Source: developer documentation, Metrics and User activity; that of 2017 for pushes at the API's host (a switch) and for
the dock at api.planhat.com; the client cruds 1.9.0 for the dock at analytics.planhat.com.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fake_planhat.tenant import Tenant

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ANALYTICS_HOST = "analytics.planhat.com"
API_HOSTS = ("api.planhat.com", "api-*.planhat.com", "api.planhatdemo.com")
HOSTS = (*API_HOSTS, ANALYTICS_HOST)


def host_of(environ: WSGIEnvironment) -> str:
    """The host name a call was made to, without its port."""
    named: str = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
    return named.partition(":")[0].lower()


def is_push(environ: WSGIEnvironment) -> bool:
    """Whether the path is that of a push."""
    parts = environ["PATH_INFO"].strip("/").split("/")
    return (len(parts) == 2 and parts[0] == "dimensiondata") or (len(parts) > 1 and parts[0] == "analytics")


def is_segment(environ: WSGIEnvironment) -> bool:
    """Whether the path is the segment dock's."""
    parts: list[str] = environ["PATH_INFO"].strip("/").split("/")
    return parts == ["dock", "segment"]


def is_there(tenant: Tenant, environ: WSGIEnvironment) -> bool:
    """Whether the host that was called has the route that was called."""
    host = host_of(environ)
    if host == ANALYTICS_HOST:
        return is_push(environ) or is_segment(environ)
    is_api = any(fnmatchcase(host, one) for one in API_HOSTS)
    return not (is_api and is_push(environ) and not tenant.switches["analytics_on_api_host"])


def has_rate_headers(tenant: Tenant, environ: WSGIEnvironment) -> bool:
    """Whether an answer carries the rate-limit headers: the analytics host is not subject to these limits."""
    sink = is_push(environ) or host_of(environ) == ANALYTICS_HOST
    return not sink or bool(tenant.switches["analytics_rate_headers"])
