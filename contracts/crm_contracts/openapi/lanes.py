"""The lane of each vendor, made by its `fit_<vendor>.py`.

Rule: a vendor in `crm_contracts.vendors` has a document, a fit and so a lane; whoever adds one adds nothing here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from crm_contracts.vendors import VENDORS

if TYPE_CHECKING:
    from crm_contracts.openapi.lane import Lane


def make_lane(vendor: str) -> Lane:
    """A new lane of *vendor*, with a fake of its own."""
    made: Lane = import_module(f"crm_contracts.openapi.fit_{vendor}").lane()
    return made


def make_lanes() -> dict[str, Lane]:
    """A new lane of every vendor."""
    return {vendor: make_lane(vendor) for vendor in VENDORS}
