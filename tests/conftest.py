"""Shared by every test: the fakes' fixtures and the Hypothesis profiles.

Profiles: `dev` (quick, for a desk), `ci` (what `make test` runs; derandomized, so a red run is red again),
`nightly` (many more examples, random).
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["crm_contracts.plugin"]

# Deadlines and "too slow" depend on the machine's load: a test must not fail for that.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.register_profile("dev", _PATIENT, max_examples=20, stateful_step_count=12)
settings.register_profile("ci", _PATIENT, max_examples=60, stateful_step_count=20, derandomize=True, database=None)
settings.register_profile("nightly", _PATIENT, max_examples=2_000, stateful_step_count=40, print_blob=True)
settings.load_profile("dev")
