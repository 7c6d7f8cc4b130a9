"""Shared by every test: the fakes' fixtures and the Hypothesis profiles.

Profiles: `dev` (quick, for a desk), `ci` (what `make test` runs; derandomized, so a red run is red again),
`nightly` (many more examples, random).
"""

from __future__ import annotations

import gc
import importlib
import pkgutil

from hypothesis import HealthCheck, settings

import crm_contracts
import crm_sync
import fake_core
import fake_marketo
import fake_planhat
import fake_salesforce
import fake_totango

# Every test makes a vendor and throws it away, and what was imported never dies: looking through all of that again and
# again took a fifth of the processor.
gc.set_threshold(10_000, 20, 20)

pytest_plugins = ["crm_contracts.plugin", "tests.ledger_seen"]

# Deadlines and "too slow" depend on the machine's load: a test must not fail for that.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.register_profile("dev", _PATIENT, max_examples=20, stateful_step_count=12)
settings.register_profile("ci", _PATIENT, max_examples=40, stateful_step_count=20, derandomize=True, database=None)
settings.register_profile("nightly", _PATIENT, max_examples=2_000, stateful_step_count=40, print_blob=True)
settings.load_profile("dev")

# Hypothesis draws constants from the project's loaded modules: with all of them loaded from the start, a derandomized
# case is the same in a whole run, in a part of one, and in each of several processes.
_NOT_LOADED = ("crm_contracts.bench", "__main__")  # measures against packages that tests do not need
for _package in (crm_contracts, crm_sync, fake_core, fake_marketo, fake_planhat, fake_salesforce, fake_totango):
    for _module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        if not any(part in _module.name for part in _NOT_LOADED):
            importlib.import_module(_module.name)
