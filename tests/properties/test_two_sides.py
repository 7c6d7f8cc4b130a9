"""The state machine: users on both sides, faults, settings and time in any order, and the invariants after it all.

The number and length of histories come from the active Hypothesis profile. Handles are activities, never ids; faults
are addressed by meaning; every invariant has its own exception class, so that what is found shrinks to a short story.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, precondition, rule

from crm_contracts.world import Settings, Stage, World, ops
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK
from crm_contracts.world.settings import CONFLICTS, DIRECTIONS, OFF, RECEIVE, SEND
from crm_contracts.world.simulate import FAULTS

pytestmark = [
    pytest.mark.rule("P1", "P2", "P8", "P10", "P12", "P13", "P14", "P15", "P16", "P23", "P24", "P25", "P27", "P28")
]

WORDS = st.sampled_from(["Call", "Größe", "QBR & more", "a < b", "Kick-off 🚀", "x"])
DAYS = st.integers(1, 28).map(lambda day: f"2026-02-{day:02d}")
PRIORITIES = st.sampled_from(["Normal", "High", "Low"])
ONE_FIELD = {
    SALESFORCE: st.one_of(
        st.tuples(st.just("Subject"), WORDS),
        st.tuples(st.just("Description"), st.one_of(WORDS, st.sampled_from([None, " a \r\n\r\n\tb c "]))),
        st.tuples(st.just("ActivityDate"), st.one_of(DAYS, st.none())),
        st.tuples(st.just("Status"), st.sampled_from(["In Progress", "Waiting on someone else", "Deferred"])),
        st.tuples(st.just("Priority"), PRIORITIES),
    ),
    TASK: st.one_of(
        st.tuples(st.just("action"), WORDS),
        st.tuples(st.just("description"), WORDS.map(lambda w: f"<p><b>{w.replace('<', '&lt;')}</b></p>")),
        st.tuples(st.just("description"), st.sampled_from(["", "<p></p>", "<ul><li>a</li><li>b&nbsp;c</li></ul>"])),
        st.tuples(st.just("startTime"), st.one_of(DAYS.map(lambda day: f"{day}T00:00:00.000Z"), st.none())),
        st.tuples(st.just("startTime"), DAYS.map(lambda day: f"{day}T23:30:00.000Z")),
        st.tuples(st.just("status"), st.sampled_from(["In-progress", "Blocked", "To Do"])),
        st.tuples(st.just("custom"), WORDS.map(lambda w: {"Mood": w})),
    ),
    CONVERSATION: st.one_of(
        st.tuples(st.just("subject"), WORDS),
        st.tuples(st.just("description"), WORDS.map(lambda w: f"<p>{w.replace('<', '&lt;')}</p>")),
    ),
}
TITLES = {SALESFORCE: "Subject", TASK: "action", CONVERSATION: "subject"}
SIDES = st.sampled_from([TASK, SALESFORCE, CONVERSATION])
EDITS = SIDES.flatmap(lambda side: st.tuples(st.just(side), ONE_FIELD[side]))
OPENINGS = st.sampled_from(
    [
        Settings(),
        Settings(task=RECEIVE, conversation=SEND),
        Settings(task=SEND, conversation=SEND),
        Settings(conversation=OFF),
        Settings(conflict="salesforce"),
        Settings(conflict="planhat"),
    ]
)
_STAGES: dict[bool, Stage] = {}  # made once for the whole run: a world resets its stage


class TwoSides(RuleBasedStateMachine):
    acts = Bundle("acts")

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None
        self.made = 0

    @initialize(settings=OPENINGS, external_id=st.booleans())
    def start(self, settings: Settings, external_id: bool) -> None:
        stage = _STAGES.setdefault(external_id, Stage(external_id=external_id))
        self.world = World(stage, settings=settings)

    def do(self, op: ops.Op) -> bool:
        assert self.world is not None
        happened = self.world.apply(op)
        event(f"{op.kind}: {'happened' if happened else 'nothing to do'}")
        return happened

    @rule(target=acts, side=SIDES, word=WORDS, at=st.sampled_from(["acme", "globex", "nowhere"]))
    def user_creates(self, side: str, word: str, at: str) -> Any:
        act = f"act-{self.made + 1}"
        fields = {TITLES[side]: f"{word} {act}"}
        if not self.do(ops.Create(side=side, act=act, at=at, fields=fields)):
            return multiple()
        self.made += 1
        return act

    @rule(act=acts, characters=st.sampled_from([15, 18]))
    def user_types_the_id(self, act: str, characters: int) -> None:
        """A user of Planhat makes the other half of an activity by hand, with the Salesforce id in it."""
        self.do(ops.Create(side=TASK, act=act, fields={"action": f"typed {act}"}, link=characters))

    @rule(act=acts, edit=EDITS)
    def user_edits(self, act: str, edit: tuple[str, tuple[str, Any]]) -> None:
        side, (name, value) = edit
        if name == TITLES[side]:
            value = f"{value} {act}"
        self.do(ops.Edit(side=side, act=act, fields={name: value}))

    @rule(act=acts, side=st.sampled_from([TASK, SALESFORCE]))
    def user_completes(self, act: str, side: str) -> None:
        self.do(ops.Complete(side=side, act=act))

    @rule(act=acts)
    def user_ignores(self, act: str) -> None:
        self.do(ops.Ignore(act=act))

    @rule(act=acts, side=st.sampled_from([TASK, SALESFORCE]))
    def user_reopens(self, act: str, side: str) -> None:
        self.do(ops.Reopen(side=side, act=act))

    @rule(act=acts, side=SIDES)
    def user_deletes(self, act: str, side: str) -> None:
        self.do(ops.Delete(side=side, act=act))

    @rule()
    def company_appears(self) -> None:
        self.do(ops.Introduce(customer="nowhere"))

    @rule(section=st.sampled_from(["task", "conversation"]), direction=st.sampled_from(DIRECTIONS))
    def somebody_saves(self, section: str, direction: str) -> None:
        self.do(ops.Configure(settings={section: direction}))

    @rule(conflict=st.sampled_from(CONFLICTS))
    def somebody_saves_a_policy(self, conflict: str) -> None:
        self.do(ops.Configure(settings={"conflict": conflict}))

    @rule()
    def staff_disables(self) -> None:
        self.do(ops.StaffDisable())

    @rule(seconds=st.sampled_from([1, 30, 600]))
    def time_passes(self, seconds: int) -> None:
        self.do(ops.Tick(seconds=seconds))

    @rule(address=st.sampled_from(FAULTS), nth=st.integers(1, 3))
    def a_fault_waits(self, address: tuple[str, str, str, str], nth: int) -> None:
        fault, vendor, verb, name = address
        self.do(ops.InjectFault(fault=fault, vendor=vendor, verb=verb, object=name, nth=nth))

    @precondition(lambda self: self.made)
    @rule()
    def sync(self) -> None:
        self.do(ops.Sync())

    @precondition(lambda self: self.made)
    @rule(n=st.integers(1, 12), acted=st.booleans())
    def sync_dies(self, n: int, acted: bool) -> None:
        self.do(ops.Sync(crash_at=n, acted=acted))

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            self.world.finish()
        finally:
            self.world.close()


TestTwoSides = TwoSides.TestCase
TestTwoSides.settings = settings(max_examples=settings().max_examples // 2)  # the sweeps and `simulate` play many more
