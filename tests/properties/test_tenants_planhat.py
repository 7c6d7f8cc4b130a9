"""Two tenants of the Planhat fake behind one address, each against its own reference model, step by step in any order.

Neither sees the other's records, ids, limits, switches, settings, faults, journal or control actions; the keys of their
records are the same on purpose. A token that no tenant has is answered by nobody, at no tenant's cost.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from tests.properties.reference.both import Call, Wire
from tests.properties.reference.planhat import Reference
from tests.properties.reference.tenants import COUNT, Interleaved
from tests.properties.test_reference_planhat import CHOICES, COLLECTIONS, TOKENS, URL, PlanhatTwins, model_of, org

from crm_contracts.vendors import create_tenants
from fake_core.tenants import Tenants

NAMES = ("left", "right")
KIT = st.tuples(st.booleans(), st.lists(st.sampled_from(CHOICES), max_size=4))
_MADE: list[Tenants] = []  # made once for the whole run: a machine resets them


def tenants() -> Tenants:
    if not _MADE:
        _MADE.append(create_tenants("planhat", {name: org(name) for name in NAMES}))
    return _MADE[0]


class PlanhatTenants(Interleaved, PlanhatTwins):
    def seats(self) -> list[Wire]:
        behind = tenants()
        return [Wire(fake, URL, behind=behind, tenant=name) for name, fake in behind.items()]

    def nobody(self) -> Reference:
        refuser = tenants().nobody
        assert refuser is not None
        refuser.reset()
        return model_of(())

    def known(self, call: Call) -> bool:
        return call.token in {token.value for token in TOKENS}

    def glance(self) -> Call:
        return Call("GET", "/leancompanies", token="all")

    @initialize(kits=st.lists(KIT, min_size=COUNT, max_size=COUNT))
    def begin(self, kits: list[tuple[bool, list[tuple[str, Any]]]]) -> None:
        """Tenants that have the same keys, and ideas of their own."""
        for number, (inherits, switches) in enumerate(kits):
            self.turn_to(number)
            super().begin(inherits, switches)

    @rule(collection=COLLECTIONS, n=st.integers(0, 5), method=st.sampled_from(["GET", "PUT", "DELETE"]))
    def a_stranger_comes(self, collection: str, n: int, method: str) -> None:
        """The id of one tenant's record is nothing to another tenant's token."""
        ids = sorted(self.model.state.rows(collection))
        self.turn_to((self.now + 1) % COUNT)
        if ids and ids[n % len(ids)] not in self.model.state.rows(collection):
            self.both(
                Call(method, f"/{collection}/{ids[n % len(ids)]}", body={} if method == "PUT" else None, token="all")
            )


TestPlanhatTenants = PlanhatTenants.TestCase
TestPlanhatTenants.settings = settings(
    max_examples=max(15, settings().max_examples // 10),
    stateful_step_count=50,
)
