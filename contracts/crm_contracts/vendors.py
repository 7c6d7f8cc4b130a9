"""Which vendors are played, and how each fake is made. The only list of them.

Rule: a vendor `x` is made by a package `fake_x`. Ours stand in a table here. A package of another distribution names
itself in the entry points `understudy.vendors` (`x = "fake_x"`), with TITLE and HOST; CONTRIBUTING.md shows one whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_core.clock import Clock
    from fake_core.fake import Fake
    from fake_core.tenants import Tenants

# vendor: its name for people, and the URL at which in-process clients meet it.
_OURS = {
    "salesforce": ("Salesforce", "https://understudy.my.salesforce.com"),
    "planhat": ("Planhat", "https://api.planhat.com"),
    "totango": ("Totango", "https://api.totango.com"),
    "marketo": ("Marketo Sales Insight Actions", "https://sia.understudy.example"),
}
_THEIRS = {one.name: one.load() for one in entry_points(group="understudy.vendors")}
_VENDORS = {**{name: (package.TITLE, package.HOST) for name, package in _THEIRS.items()}, **_OURS}
VENDORS = (*_OURS, *(name for name in _THEIRS if name not in _OURS))
# Whose address may have several tenants behind it: a Salesforce org has a host name of its own.
MANY_TENANTS = tuple(
    vendor
    for vendor in VENDORS
    if vendor != "salesforce" and (vendor in _OURS or hasattr(_THEIRS[vendor], "read_tenant"))
)
TITLES = {vendor: title for vendor, (title, _) in _VENDORS.items()}
HOSTS = {vendor: host for vendor, (_, host) in _VENDORS.items()}
# Variables that real clients read, and the word of the credentials that each holds.
CLIENT_VARIABLES = {"planhat": {"PLANHAT_API_BASE_URL": "url", "PLANHAT_API_KEY": "token"}}  # pyplanhat


def create_fake(vendor: str, **options: Any) -> Fake:
    """The fake of *vendor*; the options are those of its `create_app`."""
    assert vendor in VENDORS
    fake: Fake = import_module(f"fake_{vendor}").create_app(**options)
    return fake


def read_tenants(vendor: str, paths: Sequence[str]) -> dict[str, Any]:
    """The tenants of *vendor* that files describe, by their names. Raises MisuseError: file, table, key, what to do."""
    from fake_core.errors import MisuseError

    found: dict[str, Any] = {}
    for path in paths:
        config = import_module(f"fake_{vendor}").read_tenant(path)
        if config.name in found:
            other = found[config.name].file
            raise MisuseError(f"{other} and {path}: both are named {config.name!r}: write another [tenant] name")
        found[config.name] = config
    return found


def by_vendor(given: Sequence[str], option: str, word: str) -> dict[str, str]:
    """What an *option* says of each vendor, as `VENDOR=VALUE`. Raises MisuseError for one that is none."""
    from fake_core.errors import MisuseError

    found = {}
    for one in given:
        vendor, equals, value = one.partition("=")
        if vendor not in VENDORS or not equals or not value:
            raise MisuseError(f"{option} {one}: write VENDOR={word} with one of {', '.join(VENDORS)}")
        found[vendor] = value
    return found


def by_host(given: Sequence[str]) -> dict[str, str]:
    """Whose each host is, as `--host HOST=VENDOR` says it; hosts in lower case. Raises MisuseError for what is none."""
    from fake_core.errors import MisuseError

    found = {}
    for one in given:
        host, equals, vendor = one.partition("=")
        if not host or not equals or vendor not in VENDORS:
            raise MisuseError(
                f"--host {one}: write HOST=VENDOR or HOST:PORT=VENDOR, with VENDOR one of {', '.join(VENDORS)}"
            )
        found[host.lower()] = vendor
    return found


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

    with ExitStack() as made:
        fakes: dict[str, Fake] = {}
        for name, org in orgs.items():
            fakes[name] = make(name, org, data(name))
            made.callback(fakes[name].close)
        nobody = None
        if len(fakes) > 1 and vendor in MANY_TENANTS:
            nobody = make(NOBODY, import_module(f"fake_{vendor}").NOBODY, "sqlite://")
            made.callback(nobody.close)
        tenants = Tenants(fakes, nobody=nobody)
        made.pop_all()
    return tenants
