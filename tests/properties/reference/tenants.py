"""Several tenants of one vendor behind one address, each against its own reference model, in any order.

`Interleaved` goes before a vendor's twins: class XTenants(Interleaved, XTwins). It knows no vendor and
needs of the twins

- `sit(wire)`, which begins at a tenant that nothing has happened to, and sets what SEAT names;
- `both(call)`, which asks `asked(call)` for the model that must answer as the fake does;
- tokens that a `Wire` with a tenant's name puts that name before.

Rule: between any two steps the turn may pass to another tenant; what is drawn decides, so that a failure shrinks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.properties.reference.both import Answer, Call, Wire

SEAT = ("wire", "model", "taken")
COUNT = 2


class Interleaved(RuleBasedStateMachine):
    """The rules of the twins, each step at one of COUNT tenants."""

    wire: Wire
    model: Any
    sit: Callable[[Wire], None]
    both: Callable[[Call], Answer]

    def seats(self) -> list[Wire]:
        """A wire to each tenant; they share one address."""
        raise NotImplementedError

    def nobody(self) -> Any:
        """The model that answers calls that are no tenant's."""
        raise NotImplementedError

    def known(self, call: Call) -> bool:
        """Whether the call shows a token of the tenant."""
        raise NotImplementedError

    def glance(self) -> Call:
        """A call that any tenant answers."""
        raise NotImplementedError

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        self._seats: list[dict[str, Any]] = []
        self._strangers = self.nobody()
        self._order = [0]
        self._steps = 0
        for at in self.seats():
            self.sit(at)
            self._seats.append({name: getattr(self, name) for name in SEAT})
        self.now = COUNT - 1

    def turn_to(self, number: int) -> None:
        self._seats[self.now] = {name: getattr(self, name) for name in SEAT}
        for name, value in self._seats[number].items():
            setattr(self, name, value)
        self.now = number

    @initialize(order=st.lists(st.integers(0, COUNT - 1), min_size=6, max_size=12))
    def take_turns(self, order: list[int]) -> None:
        self._order = order

    @invariant()
    def next_turn(self) -> None:
        self.turn_to(self._order[self._steps % len(self._order)])
        self._steps += 1

    def asked(self, call: Call) -> Any:
        return self.model if self.known(call) else self._strangers

    @rule(reset=st.booleans())
    def a_journal_and_a_reset_are_one_tenants(self, reset: bool) -> None:
        """A call stands in its own tenant's journal; a reset empties that, and no other."""
        before = self._journals()
        self.both(self.glance())
        before[self.now] += 1
        if reset:
            self.wire.control.reset()
            self.model.reset()
            before[self.now] = 0
        assert before == self._journals()

    @rule()
    def a_snapshot_is_one_tenants(self) -> None:
        """What a tenant goes back to is what it was, not what another one is."""
        name, kept = self.wire.control.snapshot(), self.model.snapshot()
        self.both(self.glance())
        self.wire.control.restore(name)
        self.model.restore(kept)
        self.both(self.glance())

    def _journals(self) -> list[int]:
        """How many exchanges each tenant's journal has."""
        mine, counted = self.now, []
        for number in range(COUNT):
            self.turn_to(number)
            counted.append(len(self.wire.control.journal()))
        self.turn_to(mine)
        return counted

    @rule(kind=st.sampled_from(["unavailable", "session_expired", "limit_reached"]))
    def a_fault_is_one_tenants(self, kind: str) -> None:
        """A scripted fault waits for its own tenant's call, whatever the others call meanwhile."""
        mine = self.now
        self.wire.control.add_fault(kind=kind)
        for number in range(COUNT):
            if number != mine:
                self.turn_to(number)
                assert not self.wire.control.faults()
                self.both(self.glance())
        self.turn_to(mine)
        assert self.wire.send(self.glance()).status >= 400
        assert not self.wire.control.faults()

    def teardown(self) -> None:
        """Each tenant has what was done to it, and nothing else."""
        for number in range(COUNT):
            self.turn_to(number)
            super().teardown()
