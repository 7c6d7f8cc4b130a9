"""A Hypothesis machine over a world of pairs, for any sync: it finds what seeds do not, and shrinks what it finds.

    TestMine = machine("totango", my_factory).TestCase

Nothing by itself: `test_pair_machine.py` runs it over the honest toy; whoever has another sync names it there.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, precondition, rule

from crm_contracts.world.pairs import PairSettings, PairStage, PairSyncFactory, PairWorld, Policy
from crm_contracts.world.pairs import ops as pair_ops
from crm_contracts.world.pairs.ops import BOTH, IN, OUT, SIDES, Op
from crm_contracts.world.pairs.settings import PROFILES, TASK
from crm_contracts.world.pairs.simulate import DAY, create, fields_for
from crm_contracts.world.simulate import Chance

__all__ = ["machine"]

WAYS = st.sampled_from([(BOTH,), (IN, OUT), (OUT, IN), (IN,), (OUT,)])
CHANCES = st.integers(0, 2**20).map(Chance)  # what is written: words, days, owners
SAVED_MAX = 2  # more settings than that, and little can be claimed
SECONDS = st.sampled_from([1, 600, DAY, 31 * DAY])


def machine(profile: str, sync: PairSyncFactory) -> type[RuleBasedStateMachine]:
    """A machine over *sync* with the users of *profile*. Faults and deaths are the sweeps' business."""

    class Pairs(RuleBasedStateMachine):
        acts = Bundle("acts")
        stage: PairStage | None = None

        def __init__(self) -> None:
            super().__init__()
            if Pairs.stage is None:
                Pairs.stage = PairStage(profile)
            self.made = self.saved = 0
            self.world: PairWorld | None = None

        @initialize(
            conflict=st.sampled_from(["newest", "salesforce", "partner"]), grain=st.sampled_from(["record", "field"])
        )
        def start(self, conflict: str, grain: str) -> None:
            policies = {name: Policy(conflict=conflict, grain=grain) for name in PROFILES[profile][:2]}
            settings = PairSettings(profile=profile, policies=policies)
            assert Pairs.stage is not None
            self.world = PairWorld(Pairs.stage, sync=sync, settings=settings)

        def does(self, op: Op) -> bool:
            assert self.world is not None
            return self.world.apply(op)

        @rule(target=acts, chance=CHANCES, section=st.sampled_from(PROFILES[profile]))
        def create(self, chance: Chance, section: str) -> tuple[str, str]:
            self.made += 1
            self.does(create(chance, f"act-{self.made}", section, self.made))
            return f"act-{self.made}", section

        @rule(act=acts, chance=CHANCES, side=st.sampled_from(SIDES))
        def edit(self, act: tuple[str, str], chance: Chance, side: str) -> None:
            handle, section = act
            text = f"edited {handle}.{chance.below(1000)}"
            self.does(pair_ops.Edit(side=side, act=handle, fields=fields_for(side, section, text, chance)))

        @rule(act=acts, chance=CHANCES, side=st.sampled_from(SIDES), seconds=st.sampled_from([0, 1, 600]))
        def edit_what_was_synced(self, act: tuple[str, str], chance: Chance, side: str, seconds: int) -> None:
            self.sync((IN, OUT))
            self.tick(seconds)
            self.edit(act, chance, side)

        @rule(act=acts, side=st.sampled_from(SIDES), kind=st.sampled_from([pair_ops.Complete, pair_ops.Reopen]))
        def complete(self, act: tuple[str, str], side: str, kind: Any) -> None:
            self.does(kind(side=side, act=act[0]))

        @rule(target=acts, act=consumes(acts), side=st.sampled_from(SIDES), back=st.booleans())
        def delete(self, act: tuple[str, str], side: str, back: bool) -> Any:
            self.does(pair_ops.Delete(side=side, act=act[0]))
            return act if back and self.does(pair_ops.Undelete(act=act[0])) else multiple()

        @rule(seconds=SECONDS)
        def tick(self, seconds: int) -> None:
            self.does(pair_ops.Tick(seconds=seconds))

        @rule(ways=WAYS)
        def sync(self, ways: tuple[str, ...]) -> None:
            self.does(pair_ops.Sync(ways=ways))

        if profile == "totango":

            @precondition(lambda self: self.saved < SAVED_MAX)
            @rule(create_in=st.booleans(), create_out=st.booleans())
            def configure(self, create_in: bool, create_out: bool) -> None:
                self.saved += 1
                given = {f"{TASK}.create_in": create_in, f"{TASK}.create_out": create_out}
                self.does(pair_ops.Configure(settings=given))

            @rule()
            def introduce(self) -> None:
                self.does(pair_ops.Introduce(customer="nowhere"))

        else:

            @precondition(lambda self: self.saved < SAVED_MAX)
            @rule(enabled=st.booleans())
            def switch(self, enabled: bool) -> None:
                self.saved += 1
                self.does(pair_ops.Configure(settings={"enabled": enabled}))

        def teardown(self) -> None:
            if self.world is None:
                return
            try:
                self.world.finish()
            finally:
                self.world.close()

    Pairs.__name__ = Pairs.__qualname__ = f"{profile.title()}Pairs"
    return Pairs
