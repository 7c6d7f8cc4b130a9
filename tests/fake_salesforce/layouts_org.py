"""An org where layouts, compact layouts and list views have something to tell apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fake_core.clock import FrozenClock
from fake_salesforce import OrgConfig, create_app

from .conftest import HOST, Caller
from .secured import user

__all__ = ["MASTER", "_org", "typed"]

MASTER = "012000000000000AAA"
EXTRA = {
    "objects": {
        "Account": {
            "fields": {
                "Notes__c": {"type": "textarea(32000)"},
                "Tier__c": {"type": "picklist", "values": ["A", "B"]},
                "Tags__c": {"type": "multipicklist", "values": ["A", "B"]},
            }
        },
        "Case": {
            "record_types": [
                {"name": "Complaint", "default": True, "picklists": {"Priority": ["High"]}},
                {"name": "Question"},
                {"name": "Old", "active": False, "available": False},
            ]
        },
        "Site__c": {"fields": {"Account__c": {"type": "reference", "to": ["Account"], "children": "Sites"}}},
    },
    "profiles": {
        "Clerk": {
            "objects": {"Account": ["read"], "Contact": []},
            "fields": {"Account.Phone": "none", "Account.Site": "none"},
        }
    },
}


@pytest.fixture(scope="module")
def _org() -> Iterator[Caller]:
    users = (*OrgConfig().users, user("clerk", profile="Clerk"))
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra=EXTRA, users=users))
    yield Caller(fake)
    fake.close()


@pytest.fixture
def typed(_org: Caller) -> Caller:
    _org.fake.reset()
    _org.token = _org.fake.credentials(f"https://{HOST}")["access_token"]
    return _org
