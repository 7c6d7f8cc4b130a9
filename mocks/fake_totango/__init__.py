"""A Totango service behind HTTP: touchpoints, tasks, events, searches, ingest, and stand-ins for what has no API."""

from fake_totango.app import create_app
from fake_totango.tenant import NOBODY, ApiToken, TeamMember, TenantConfig
from fake_totango.tenant_file import read_tenant

__all__ = ["NOBODY", "ApiToken", "TeamMember", "TenantConfig", "create_app", "read_tenant"]
