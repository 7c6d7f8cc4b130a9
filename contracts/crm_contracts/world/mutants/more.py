"""Further scenarios: what planted bugs showed to be missing in the catalogue. Name -> (settings, history)."""

from __future__ import annotations

from collections.abc import Mapping

from crm_contracts.world.ops import Op
from crm_contracts.world.settings import Settings

__all__ = ["MORE"]

MORE: Mapping[str, tuple[Settings, tuple[Op, ...]]] = {}
