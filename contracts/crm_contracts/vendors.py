"""Which vendors are played, and how each fake is made. The only list of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_core.clock import Clock
    from fake_core.fake import Fake
    from fake_core.tenants import Tenants

# vendor: its name for people, and the URL at which in-process clients meet it. A package fake_<vendor> makes it.
_VENDORS = {
    "salesforce": ("Salesforce", "https://understudy.my.salesforce.com"),
    "planhat": ("Planhat", "https://api.planhat.com"),
    "totango": ("Totango", "https://api.totango.com"),
    "marketo": ("Marketo Sales Insight Actions", "https://sia.understudy.example"),
}
VENDORS = tuple(_VENDORS)
TITLES = {vendor: title for vendor, (title, _) in _VENDORS.items()}
HOSTS = {vendor: host for vendor, (_, host) in _VENDORS.items()}


def create_fake(vendor: str, **options: Any) -> Fake:
    """The fake of *vendor*; the options are those of its `create_app`."""
    assert vendor in VENDORS
    fake: Fake = import_module(f"fake_{vendor}").create_app(**options)
    return fake


def create_tenants(
    vendor: str,
    orgs: Mapping[str, Any],
    *,
    clock: Callable[[str], Clock] | None = None,
    data: Callable[[str], str] = lambda _name: "sqlite://",
) -> Tenants:
    """Several tenants of *vendor* behind one address, by their names; *orgs* are what `create_app` takes as `org`.

    *clock* and *data* make the clock and the store's URL of a tenant of that name; by default each clock stands still.
    The ids of a tenant come from its name, whoever is beside it. Raises MisuseError where tenants share a credential.
    """
    from fake_core.clock import FrozenClock
    from fake_core.ids import IdSource
    from fake_core.tenants import NOBODY, Tenants

    def make(name: str, org: Any, url: str) -> Fake:
        seed = int.from_bytes(sha256(name.encode()).digest()[:3], "big")
        return create_fake(vendor, clock=clock(name) if clock else FrozenClock(), ids=IdSource(seed), data=url, org=org)

    fakes = {name: make(name, org, data(name)) for name, org in orgs.items()}
    nobody = import_module(f"fake_{vendor}").NOBODY if len(fakes) > 1 else None
    return Tenants(fakes, nobody=make(NOBODY, nobody, "sqlite://") if nobody else None)
