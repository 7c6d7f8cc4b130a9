"""Coverage of a vendor's whole document: the calls that were made, and the operations that nobody called.

Rule 1: an operation that is not faked cannot be called on a fake, and is not told as missing.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["whole"]


def whole(calls: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """*calls* by vendor and operationId, with each other faked operation of these vendors' documents at 0."""
    from crm_contracts.openapi.documents import operations

    return {
        vendor: {one.operation_id: 0 for one in operations(vendor) if one.not_faked is None} | dict(made)
        for vendor, made in calls.items()
    }
