"""Every planted bug: at least one for each failure mode that the engine could have, and those of the fakes."""

from __future__ import annotations

from crm_contracts.world.mutants.engine_changes import CHANGES
from crm_contracts.world.mutants.engine_flow import FLOW
from crm_contracts.world.mutants.engine_identity import IDENTITY
from crm_contracts.world.mutants.engine_pairs import PAIRS
from crm_contracts.world.mutants.engine_values import VALUES
from crm_contracts.world.mutants.engine_wire import WIRE
from crm_contracts.world.mutants.fakes_planhat import FAKE_PLANHAT
from crm_contracts.world.mutants.fakes_salesforce import FAKE_SALESFORCE
from crm_contracts.world.mutants.model import Mutant

__all__ = ["MUTANTS"]

MUTANTS: tuple[Mutant, ...] = (
    *IDENTITY, *FLOW, *VALUES, *CHANGES, *WIRE, *PAIRS, *FAKE_SALESFORCE, *FAKE_PLANHAT,
)  # fmt: skip
