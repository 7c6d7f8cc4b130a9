"""Contracts between CRM clients and the vendors: what judges a fake, a sync and any integration, and the command line.

`crm_contracts.world` holds the fakes, a sync under test, one clock, and the oracle that says what users were entitled
to see; `crm_contracts.rules` the numbered rules. contracts/README.md names the other rooms.
"""

from __future__ import annotations
