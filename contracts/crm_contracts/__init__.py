"""Contracts between CRM clients and the vendors: rules as data, and a world that judges a sync.

`crm_contracts.rules` holds the numbered rules. `crm_contracts.world` holds the fakes, a sync under
test, one clock, and the oracle that says what users were entitled to see.
"""

from __future__ import annotations
