"""Marketo Sales Insight Actions, as far as a sync of reminder tasks meets it. No public API is known: all stand-in."""

from fake_marketo.app import create_app
from fake_marketo.tenant import NOBODY, TenantConfig, User
from fake_marketo.tenant_file import read_tenant

__all__ = ["NOBODY", "TenantConfig", "User", "create_app", "read_tenant"]
