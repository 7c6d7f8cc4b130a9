"""A Totango service behind HTTP: touchpoints, tasks, events, searches, ingest, and stand-ins for what has no API."""

from fake_totango.app import create_app
from fake_totango.tenant import NOBODY, ApiToken, TeamMember, TenantConfig

__all__ = ["NOBODY", "ApiToken", "TeamMember", "TenantConfig", "create_app"]
