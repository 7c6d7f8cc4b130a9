"""The Planhat fake against a reference model of plain dictionaries: the same calls in any order, the same answers.

Status and body are compared exactly. Where the facts leave an answer open the model follows the switch's stated
meaning, and the switches change while the machine runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test
from tests.properties.reference.both import Answer, Call, Compared, Rewound, Wire, difference
from tests.properties.reference.planhat import Reference
from tests.properties.reference.planhat_calls import (
    BULKS,
    CHANGES,
    CREATES,
    FIRST,
    KEYABLES,
    LEAN_QUERIES,
    LIFE,
    PATH_KEYS,
    QUERIES,
    SETTINGS,
    TOUR,
    UNKNOWN_ID,
    Ref,
    put_in,
)
from tests.properties.reference.planhat_state import HARD, LIMITS, SOFT, Token
from tests.properties.reference.planhat_tables import MODELS, PLAIN

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.data_files import reader
from fake_planhat import ApiToken, TenantConfig, create_app

URL = "https://api.planhat.com"
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
# What the next occurrence of a repeating task says is in nobody's documentation; the others are played by `limited`.
NOT_PLAYED = {"repeat_on_done", "rate_limits", "soft_limit"}
DEFAULTS = {name: row["default"] for name, row in SWITCHES.items()}
CHOICES = [
    (name, value)
    for name, row in SWITCHES.items()
    if name not in NOT_PLAYED
    for value in row["values"]
    if value != row["default"]
]
SECONDS = st.sampled_from([0.001, 1, 3_600, 86_400 * 45])
CORE = [name for name in MODELS if name not in PLAIN]
COLLECTIONS = st.sampled_from([*MODELS, *CORE, "tasks", "tasks", "conversations", "endusers"])
WHO = st.sampled_from(["all"] * 10 + ["ann"] * 4 + ["few", "few", "nobody"])
NIGHTLY_OPERATIONS_MIN = 10_000
BULK_KEYS = ["created", "createdErrors", "insertsKeys", "updated", "updatedErrors", "updatesKeys", "nonupdates",
             "modified", "upsertedIds", "permissionErrors"]  # fmt: skip
ODD_CALLS: list[tuple[str, str, Any]] = [
    ("GET", "/notes", None), ("POST", "/activities", {}), ("PATCH", "/tasks", {}), ("DELETE", "/companies", None),
    ("POST", "/tasks/5f5f5f5f5f5f5f5f5f5f5f5f", {}), ("POST", "/leancompanies", {}), ("GET", "/myprofile", None),
    ("GET", "/companies/extid-e1/tasks", None), ("POST", "/tasks", []), ("POST", "/companies", "x"),
    ("GET", "/users/me/x/y", None),
]  # fmt: skip
_MADE: list[Wire] = []  # made once for the whole run: a machine resets it


def org(tenant: str = "") -> TenantConfig:
    """A tenant with the three tokens; those of a named one begin with its name."""
    before = f"{tenant}-" if tenant else ""
    tokens = [
        ApiToken(before + one.value, email=one.email, user_id=one.user_id, permissions=one.permissions)
        for one in TOKENS
    ]
    if not tenant:
        return TenantConfig(tokens=tokens)
    return TenantConfig(name=tenant, tokens=tokens, tenant_id=f"tenant-{tenant}")


def wire() -> Wire:
    if not _MADE:
        _MADE.append(Wire(create_app(clock=FrozenClock(), org=org()), URL))
    return _MADE[0]


def model_of(tokens: Sequence[Token]) -> Reference:
    return Reference(switches=DEFAULTS, errors=_READ("errors.toml"), tokens=tokens, at=DEFAULT_MOMENT)


class PlanhatTwins(Rewound):
    model: Reference

    def __init__(self) -> None:
        super().__init__()
        self.sit(wire())

    def sit(self, at: Wire) -> None:
        """Begin at a tenant that nothing has happened to."""
        self.wire = at
        self.wire.clean()
        self.model = model_of(TOKENS)
        self.taken: list[tuple[str, Any]] = []

    def asked(self, _call: Call) -> Reference:
        """Who must answer as the fake does."""
        return self.model

    def both(self, call: Call) -> Answer:
        """Make *call* on both sides and compare."""
        body = put_in(self.model.state, call.body)
        query = [(name, put_in(self.model.state, value)) for name, value in call.query]
        call = Call(call.method, call.path, query, body, call.token)
        seen = self.wire.send(call)
        model = self.asked(call)
        told = difference(call, seen, model.answer(call, seen))
        Compared.count += 1
        event(f"{call.method} /{call.path.split('/')[1]}: {seen.status}")
        assert not told, told
        assert model.headers() == {name: told for name, told in self.wire.headers.items() if name.startswith("X-Rate")}
        retry = self.wire.headers.get("Retry-After", "")
        assert retry.isdigit() is (seen.status == 429 and model.state.switch("retry_after"))
        if isinstance(seen.body, dict) and "upsertedIds" in seen.body:
            assert BULK_KEYS == list(seen.body)
        return seen

    def path(self, collection: str, key: Any) -> str:
        return f"/{collection}/{quote(put_in(self.model.state, key), safe='')}"

    @initialize(inherits=st.booleans(), switches=st.lists(st.sampled_from(CHOICES), max_size=6))
    def begin(self, inherits: bool, switches: list[tuple[str, Any]]) -> None:
        """A tenant that has somebody in it, and ideas of its own."""
        self.settle({"inherit_source_id": inherits, "conversation_types": ["workshop"]})
        names = {"email": "ann@vendor.example", "firstName": "Ann", "lastName": "A", "nickName": "Actor"}
        actor = {"_id": ACTOR, **names, "custom": {}}  # a seeded record is as it is given
        self.wire.control.seed({"users": [actor]})
        self.model.state.rows("users")[ACTOR] = actor
        for collection, rows in FIRST.items():
            self.both(Call("PUT", f"/{collection}", body=rows, token="all"))
        self.both(Call("PUT", "/tasks", body=[{"_id": UNKNOWN_ID}, {"companyId": "extid-e1"}], token="few"))
        self.choose_all(dict(switches))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO)
    def create(self, data: st.DataObject, collection: str, who: str) -> None:
        self.wrote(
            collection, self.both(Call("POST", f"/{collection}", body=data.draw(CREATES[collection]), token=who))
        )

    def wrote(self, collection: str, seen: Answer) -> None:
        """What was written is read back."""
        if seen.status == 200:
            self.both(Call("GET", f"/{collection}/{seen.body['_id']}", token="all"))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO, method=st.sampled_from(["PUT", "PUT", "PUT", "PATCH"]))
    def update(self, data: st.DataObject, collection: str, who: str, method: str) -> None:
        path = self.path(collection, data.draw(PATH_KEYS[collection]))
        self.wrote(collection, self.both(Call(method, path, body=data.draw(CHANGES[collection]), token=who)))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO)
    def get(self, data: st.DataObject, collection: str, who: str) -> None:
        self.both(Call("GET", self.path(collection, data.draw(PATH_KEYS[collection])), token=who))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO)
    def page(self, data: st.DataObject, collection: str, who: str) -> None:
        self.both(Call("GET", f"/{collection}", query=data.draw(QUERIES[collection]), token=who))

    @rule(data=st.data(), collection=st.sampled_from(["endusers", "conversations"]), who=WHO)
    def page_of_a_company(self, data: st.DataObject, collection: str, who: str) -> None:
        company = self.path("companies", data.draw(PATH_KEYS["companies"]))
        query = [one for one in data.draw(QUERIES[collection]) if one[0] not in {"companyId", "cId", "cid", "c"}]
        self.both(Call("GET", f"{company}/{collection}", query=query, token=who))

    @rule(query=LEAN_QUERIES, who=WHO)
    def lean_page(self, query: Any, who: str) -> None:
        self.both(Call("GET", "/leancompanies", query=query, token=who))

    @rule(call=st.sampled_from(ODD_CALLS), who=WHO)
    def odd_call(self, call: tuple[str, str, Any], who: str) -> None:
        self.both(Call(call[0], call[1], body=call[2], token=who))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO)
    def bulk(self, data: st.DataObject, collection: str, who: str) -> None:
        self.both(Call("PUT", f"/{collection}", body=data.draw(BULKS[collection]), token=who))

    @rule(collection=COLLECTIONS, who=WHO, body=st.sampled_from([[], {}, {"name": "x"}, "x", 5, None]))
    def odd_bulk(self, collection: str, who: str, body: Any) -> None:
        self.both(Call("PUT", f"/{collection}", body=body, token=who))

    @rule(data=st.data(), collection=COLLECTIONS, who=WHO)
    def delete(self, data: st.DataObject, collection: str, who: str) -> None:
        self.both(Call("DELETE", self.path(collection, data.draw(PATH_KEYS[collection])), token=who))

    @rule(n=st.integers(0, 5), steps=st.lists(LIFE, min_size=1, max_size=5), in_bulk=st.booleans(), seconds=SECONDS)
    def live(self, n: int, steps: list[dict[str, Any]], in_bulk: bool, seconds: float) -> None:
        """What a task's life is about, oftener than chance would have it: completed, re-opened, completed again."""
        key = put_in(self.model.state, Ref("tasks", n))
        for step in steps:
            if "inherits" in step:
                self.settle({"inherit_source_id": step["inherits"]})
            body = {name: value for name, value in step.items() if name != "inherits"}
            if in_bulk:
                self.both(Call("PUT", "/tasks", body=[{"_id": key, **body}], token="ann"))
            else:
                self.both(Call("PUT", self.path("tasks", key), body=body, token="ann"))
            self.both(Call("GET", self.path("conversations", key), token="all"))
            self.time_passes_by(seconds)

    @rule(
        collection=st.sampled_from(["companies", "endusers", *MODELS]),
        key=st.sampled_from(["extid-e1", "extid-e1", "extid-e2", "srcid-s1"]),
        keys=KEYABLES,
        in_bulk=st.sampled_from([False, False, True]),
    )
    def change_keys(self, collection: str, key: str, keys: dict[str, Any], in_bulk: bool) -> None:
        """A record is named by one of its keys while the call brings others."""
        keys = {name: value for name, value in keys.items() if name in MODELS[collection].keyables}
        if in_bulk:
            self.both(Call("PUT", f"/{collection}", body=[keys], token="all"))
        else:
            self.wrote(collection, self.both(Call("PUT", self.path(collection, key), body=keys, token="all")))

    # --- the control plane ---

    @rule(choice=st.sampled_from(CHOICES), back=st.sampled_from([False, False, True]))
    def choose(self, choice: tuple[str, Any], back: bool) -> None:
        """A switch is set, or all of them go back to what they were."""
        self.choose_all(DEFAULTS if back else dict([choice]))
        self.time_passes_by(1)
        for method, collection, key, body in TOUR:
            path = f"/{collection}" if key is None else self.path(collection, key)
            query = body if method == "GET" else []
            self.both(Call(method, path, query=query, body=None if method == "GET" else body, token="ann"))

    @rule(settings=SETTINGS)
    def change_settings(self, settings: dict[str, Any]) -> None:
        self.settle(settings)

    def settle(self, settings: dict[str, Any]) -> None:
        self.wire.control.seed({"settings": settings})
        self.model.settle(settings)

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        self.time_passes_by(seconds)

    @rule(
        name=st.sampled_from([HARD, SOFT]),
        more=st.integers(0, 2),
        enforced=st.sampled_from(["enforce", "enforce", "off"]),
        soft=st.sampled_from(["report", "refuse"]),
        seconds=st.sampled_from([0, 1, 60]),
        really=st.sampled_from([False, False, True]),
    )
    def limited(self, name: str, more: int, enforced: str, soft: str, seconds: int, really: bool) -> None:
        """Few calls are left, three are made, and time goes by; then the limits are as they were."""
        if not really:
            return
        self.choose_all({"rate_limits": enforced, "soft_limit": soft})
        for most in (self.model.state.used(name) + more, LIMITS[name][0]):
            self.wire.control.set_limit(name, most)
            self.model.limit(name, most)
            for who in ("nobody", "all", "few"):
                self.both(Call("GET", "/leancompanies", token=who))
            self.time_passes_by(seconds)

    def choose_all(self, switches: dict[str, Any]) -> None:
        self.wire.control.seed({"switches": switches})
        self.model.choose(switches)

    def time_passes_by(self, seconds: float) -> None:
        self.model.state.at = self.wire.control.advance(seconds)

    @rule(really=st.sampled_from([False, False, True]))
    def reset(self, really: bool) -> None:
        if really:
            self.wire.control.reset()
            self.model.reset()

    def teardown(self) -> None:
        """Nothing but what was asked for has happened."""
        self.choose_all({"unknown_parameters": "ignore"})
        for collection in PLAIN:
            if self.model.state.rows(collection):
                self.both(Call("GET", f"/{collection}", query=[("sort", "-name")], token="all"))
        for collection in CORE:
            for archived, who, sort in (("true", "all", "-sourceId"), ("false", "all", "email"), ("false", "few", "")):
                query = [("archived", archived), ("isArchived", archived), ("limit", "1000"), ("sort", sort)]
                self.both(Call("GET", f"/{collection}", query=query, token=who))


TestPlanhatTwins = PlanhatTwins.TestCase
# Long histories: a tenant begins with a dozen calls and ends with fifteen.
TestPlanhatTwins.settings = settings(max_examples=max(30, settings().max_examples // 5), stateful_step_count=50)


@pytest.mark.nightly
def test_ten_thousand_operations_without_a_difference() -> None:
    """The fake and the model agree on at least 10,000 answers in a row."""
    before = Compared.count
    run_state_machine_as_test(PlanhatTwins, settings=settings(max_examples=600, stateful_step_count=40, deadline=None))

    assert Compared.count - before >= NIGHTLY_OPERATIONS_MIN
