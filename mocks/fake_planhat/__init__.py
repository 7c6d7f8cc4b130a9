"""A Planhat tenant behind HTTP: companies, endusers, users, tasks and conversations that answer like the real ones."""

from fake_planhat.app import create_app
from fake_planhat.tenant import NOBODY, ApiToken, TenantConfig
from fake_planhat.tenant_file import read_tenant

__all__ = ["NOBODY", "ApiToken", "TenantConfig", "create_app", "read_tenant"]
