"""Which vendors are played, and how each fake is made. The only list of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_core.fake import Fake

# vendor: its name for people, and the URL at which in-process clients meet it. A package fake_<vendor> makes it.
_VENDORS = {
    "salesforce": ("Salesforce", "https://understudy.my.salesforce.com"),
    "planhat": ("Planhat", "https://api.planhat.com"),
}
VENDORS = tuple(_VENDORS)
TITLES = {vendor: title for vendor, (title, _) in _VENDORS.items()}
HOSTS = {vendor: host for vendor, (_, host) in _VENDORS.items()}


def create_fake(vendor: str, **options: Any) -> Fake:
    """The fake of *vendor*; the options are those of its `create_app`."""
    assert vendor in VENDORS
    fake: Fake = import_module(f"fake_{vendor}").create_app(**options)
    return fake
