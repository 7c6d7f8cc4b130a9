"""Which vendors are played, and how each fake is made. The only list of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_core.fake import Fake

VENDORS = ("salesforce", "planhat")
HOSTS = {"salesforce": "https://understudy.my.salesforce.com", "planhat": "https://api.planhat.com"}


def create_fake(vendor: str, **options: Any) -> Fake:
    """The fake of *vendor*; the options are those of its `create_app`."""
    assert vendor in VENDORS
    fake: Fake = import_module(f"fake_{vendor}").create_app(**options)
    return fake
