"""What the tests of both Bulk APIs share: an org with an external id, met by simple-salesforce in this process."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from simple_salesforce.api import Salesforce

from fake_core.clock import FrozenClock
from fake_core.testing import Played, play
from fake_salesforce import OrgConfig, create_app

KEY = {"label": "Key", "type": "string(20)", "external_id": True, "unique": True}
URL = "https://understudy.my.salesforce.com"


def played_with(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    """A fake in this process; the waiting of *module* between two looks moves the fake's clock instead."""
    fake = create_app(clock=FrozenClock(), org=OrgConfig(extra={"objects": {"Contact": {"fields": {"Key__c": KEY}}}}))
    monkeypatch.setattr(module, "sleep", fake.clock.sleep)
    with play(fake, URL) as here:
        yield here
    fake.close()


def client_of(played: Played) -> Any:
    return Salesforce(instance_url=URL, session_id=played.credentials["access_token"], version="59.0")
