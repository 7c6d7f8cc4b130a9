"""The lane of each vendor, made by its `fit_<vendor>.py`.

Rule: a vendor in `crm_contracts.vendors` has a document, a fit and so a lane; whoever adds one adds nothing here. A
vendor of another distribution has its fit in `fake_<vendor>.fit`, or none where every valid call is answered anyhow.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from crm_contracts.vendors import VENDORS

if TYPE_CHECKING:
    from crm_contracts.openapi.lane import Lane


def make_lane(vendor: str) -> Lane:
    """A new lane of *vendor*, with a fake of its own."""
    for name in (f"crm_contracts.openapi.fit_{vendor}", f"fake_{vendor}.fit"):
        if find_spec(name):
            made: Lane = import_module(name).lane()
            return made
    from crm_contracts.openapi.lane import Lane  # loads Schemathesis

    return Lane(vendor)


def make_lanes() -> dict[str, Lane]:
    """A new lane of every vendor."""
    return {vendor: make_lane(vendor) for vendor in VENDORS}
