"""A Salesforce org behind HTTP that answers like the real one.

`create_app()` gives a `fake_core.fake.Fake`: a WSGI application with a clock, faults, a journal and
a control plane. Two apps share nothing.
"""

from __future__ import annotations

from fake_salesforce.app import create_app
from fake_salesforce.org import ConnectedApp, Org, OrgConfig, UserConfig

__all__ = ["ConnectedApp", "Org", "OrgConfig", "UserConfig", "create_app"]
