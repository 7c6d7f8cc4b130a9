"""What the vendor has and this fake does not: the list, and the 501 that says so.

The list is `data/not_faked.toml`; the fidelity ledger is generated from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_salesforce import data_files
from fake_salesforce.errors import SalesforceError, salesforce_error


def resources() -> Mapping[str, Mapping[str, Any]]:
    """Every resource that is not faked, by id: `path` (a routing rule) or `paths`, and `why`."""
    found: Mapping[str, Mapping[str, Any]] = data_files.load("not_faked.toml")["resource"]
    return found


def not_faked(resource: str) -> SalesforceError:
    """The 501 of a listed resource."""
    row = resources().get(resource)
    assert row is not None, f"{resource} has no row in not_faked.toml"
    return salesforce_error("NOT_FAKED", what=resource, why=row["why"])
