"""The Planhat fake against a reference model of plain dictionaries: the same calls in any order, the same answers.

Status and body are compared exactly. Where the facts leave an answer open the model follows the switch's stated
meaning, and the switches change while the machine runs.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.properties.reference.both import Answer, Call, Wire, difference
from tests.properties.reference.planhat import Reference
from tests.properties.reference.planhat_calls import (
    BULKS,
    CHANGES,
    CREATES,
    LEAN_QUERIES,
    PATH_KEYS,
    QUERIES,
    SETTINGS,
    put_in,
)
from tests.properties.reference.planhat_state import Token
from tests.properties.reference.planhat_tables import MODELS

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.data_files import reader
from fake_planhat import ApiToken, TenantConfig, create_app

ACTOR = "64f0000000000000000000aa"
TOKENS = [
    Token("all"),
    Token("ann", email="ann@vendor.example", user_id=ACTOR),
    Token(
        "few",
        permissions={
            "Company": frozenset({"read", "update"}),
            "Enduser": frozenset({"create"}),
            "Task": frozenset({"read", "create"}),
            "Conversation": frozenset({"read", "delete"}),
        },
    ),
]
_READ = reader("fake_planhat")
SWITCHES = {name: row for name, row in _READ("switches.toml").items() if name != "unknowns"}
NOT_PLAYED = {"rate_limits", "soft_limit", "rate_limit_headers", "retry_after", "repeat_on_done"}
CHOICES = [(name, value) for name, row in SWITCHES.items() if name not in NOT_PLAYED for value in row["values"]]
COLLECTIONS = st.sampled_from([*MODELS, "tasks", "tasks", "conversations", "endusers"])
WHO = st.sampled_from(["all"] * 8 + ["ann", "ann", "few", "few", "nobody"])
_MADE: list[Wire] = []  # made once for the whole run: a machine resets it


def wire() -> Wire:
    if not _MADE:
        tokens = [
            ApiToken(one.value, email=one.email, user_id=one.user_id, permissions=one.permissions) for one in TOKENS
        ]
        org = TenantConfig(tokens=tokens, switches={"rate_limits": "off"})
        _MADE.append(Wire(create_app(clock=FrozenClock(), org=org), "https://api.planhat.com"))
    return _MADE[0]


class Compared:
    """How many answers were compared, over all machines of this process."""

    count = 0


class PlanhatTwins(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.wire = wire()
        self.wire.fake.reset()
        self.clock = self.wire.fake.clock
        assert isinstance(self.clock, FrozenClock)
        self.clock.set(DEFAULT_MOMENT)
        defaults = {name: row["default"] for name, row in SWITCHES.items()} | {"rate_limits": "off"}
        errors = _READ("errors.toml")
        self.model = Reference(switches=defaults, errors=errors, tokens=TOKENS, at=DEFAULT_MOMENT)
        self.taken: list[tuple[str, Any]] = []

    def both(self, call: Call) -> Answer:
        """Make *call* on both sides and compare."""
        body = put_in(self.model.state, call.body)
        query = [(name, put_in(self.model.state, value)) for name, value in call.query]
        call = Call(call.method, call.path, query, body, call.token)
        seen = self.wire.send(call)
        told = difference(call, seen, self.model.answer(call, seen))
        Compared.count += 1
        event(f"{call.method} /{call.path.split('/')[1]}: {seen.status}")
        assert not told, told
        return seen

    def path(self, collection: str, key: Any) -> str:
        return f"/{collection}/{quote(put_in(self.model.state, key), safe='')}"

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """A tenant that has somebody in it."""
        self.both(Call("POST", "/companies", body={"name": "Acme", "externalId": "e1"}, token="all"))
        self.both(Call("POST", "/users", body={"email": "u@x.example", "firstName": "U", "lastName": "V"}, token="all"))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO)
    def create(self, data: st.DataObject, collection: str, who: str) -> None:
        self.both(Call("POST", f"/{collection}", body=data.draw(CREATES[collection]), token=who))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO, method=st.sampled_from(["PUT", "PUT", "PUT", "PATCH"]))
    def update(self, data: st.DataObject, collection: str, who: str, method: str) -> None:
        path = self.path(collection, data.draw(PATH_KEYS[collection]))
        self.both(Call(method, path, body=data.draw(CHANGES[collection]), token=who))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO)
    def get(self, data: st.DataObject, collection: str, who: str) -> None:
        self.both(Call("GET", self.path(collection, data.draw(PATH_KEYS[collection])), token=who))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO)
    def page(self, data: st.DataObject, collection: str, who: str) -> None:
        self.both(Call("GET", f"/{collection}", query=data.draw(QUERIES[collection]), token=who))

    @rule(data=st.data(), collection=st.sampled_from(["endusers", "conversations"]), who=WHO)
    def page_of_a_company(self, data: st.DataObject, collection: str, who: str) -> None:
        company = self.path("companies", data.draw(PATH_KEYS["companies"]))
        query = [one for one in data.draw(QUERIES[collection]) if one[0] not in {"companyId", "cId", "c"}]
        self.both(Call("GET", f"{company}/{collection}", query=query, token=who))

    @rule(query=LEAN_QUERIES, who=WHO)
    def lean_page(self, query: Any, who: str) -> None:
        self.both(Call("GET", "/leancompanies", query=query, token=who))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO)
    def bulk(self, data: st.DataObject, collection: str, who: str) -> None:
        self.both(Call("PUT", f"/{collection}", body=data.draw(BULKS[collection]), token=who))

    @rule(collection=COLLECTIONS, who=WHO, body=st.sampled_from([[], {}, {"name": "x"}, "x", 5, None]))
    def odd_bulk(self, collection: str, who: str, body: Any) -> None:
        self.both(Call("PUT", f"/{collection}", body=body, token=who))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO)
    def delete(self, data: st.DataObject, collection: str, who: str) -> None:
        self.both(Call("DELETE", self.path(collection, data.draw(PATH_KEYS[collection])), token=who))

    @rule(data=st.data(), status=st.sampled_from(["Done", "Done", "Ignored", "In-progress"]), in_bulk=st.booleans())
    def move_a_task(self, data: st.DataObject, status: str, in_bulk: bool) -> None:
        """What a task's life is about, oftener than chance would have it."""
        key = put_in(self.model.state, data.draw(PATH_KEYS["tasks"]))
        if in_bulk:
            self.both(Call("PUT", "/tasks", body=[{"_id": key, "status": status}], token="ann"))
        else:
            self.both(Call("PUT", self.path("tasks", key), body={"status": status}, token="ann"))
        self.both(Call("GET", self.path("conversations", key), token="all"))

    # --- the control plane ---

    @rule(choice=st.sampled_from(CHOICES))
    def choose(self, choice: tuple[str, Any]) -> None:
        self.wire.control.seed({"switches": dict([choice])})
        self.model.choose(dict([choice]))

    @rule(settings=SETTINGS)
    def settle(self, settings: dict[str, Any]) -> None:
        self.wire.control.seed({"settings": settings})
        self.model.settle(settings)

    @rule(seconds=st.sampled_from([0.001, 1, 3_600, 86_400 * 45]))
    def time_passes(self, seconds: float) -> None:
        self.model.state.at = self.wire.control.advance(seconds)

    @rule()
    def snapshot(self) -> None:
        self.taken.append((self.wire.control.snapshot(), self.model.snapshot()))

    @precondition(lambda self: self.taken)
    @rule(n=st.integers(0, 3))
    def restore(self, n: int) -> None:
        name, kept = self.taken[n % len(self.taken)]
        self.wire.control.restore(name)
        self.model.restore(kept)

    @rule(really=st.sampled_from([False, False, True]))
    def reset(self, really: bool) -> None:
        if really:
            self.wire.control.reset()
            self.model.reset()

    def teardown(self) -> None:
        """Nothing but what was asked for has happened."""
        for collection in MODELS:
            for archived in ("true", "false"):
                query = [("archived", archived), ("isArchived", archived), ("limit", "1000")]
                if self.model.state.switch("unknown_parameters") == "refuse":
                    query = []
                self.both(Call("GET", f"/{collection}", query=query, token="all"))


TestPlanhatTwins = PlanhatTwins.TestCase
