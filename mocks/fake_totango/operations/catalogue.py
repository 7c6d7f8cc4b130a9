"""The three lists of ids that calls refer to: types and tags of touchpoints, activity types (SuccessFlows).

Source: the GitHub Action's README and a fork of the Singer tap; keys of the rows as their schemas name them.
"""

from __future__ import annotations

from typing import Any

from fake_totango.tenant import Tenant


def touchpoint_types(tenant: Tenant) -> Any:
    """GET /api/v3/touchpoint-types"""
    return tenant.settings["touchpoint_types"]


def touchpoint_tags(tenant: Tenant) -> Any:
    """GET /api/v3/touchpoint-tags"""
    return tenant.settings["touchpoint_tags"]


def activity_types(tenant: Tenant) -> Any:
    """GET /api/v3/activity-types (switch activity_types_shape)"""
    rows = tenant.settings["activity_types"]
    if tenant.switches["activity_types_shape"] == "object":
        return {one["activity_type_id"]: one for one in rows}
    return rows
