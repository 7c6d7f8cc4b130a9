"""Several tenants of a vendor behind one address: nothing of one is seen by another, and each is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
from tests.fake_core.conftest import make_fake

from fake_core import Fake, MisuseError, Tenants
from fake_core.control import ControlClient
from fake_core.tenants import NOBODY
from fake_core.testing import Played, play_tenants, serve_tenants_in_thread

URL = "https://acme.notes.example"


def make_tenants(**tokens: list[str]) -> Tenants:
    fakes = {name: make_fake(tokens=own, seed=number) for number, (name, own) in enumerate(tokens.items(), 1)}
    return Tenants(fakes, nobody=make_fake(tokens=[], seed=0))


@pytest.fixture
def tenants() -> Iterator[Tenants]:
    made = make_tenants(acme=["a1", "a2"], bolt=["b1"])
    yield made
    made.close()


@pytest.fixture
def both(tenants: Tenants) -> Iterator[dict[str, Played]]:
    with play_tenants(tenants, URL) as played:
        yield played


def call(played: Played, method: str, path: str, token: str, **options: Any) -> requests.Response:
    return played.session.request(method, played.url + path, headers={"Authorization": token}, **options)


def notes(played: Played, token: str) -> Any:
    return call(played, "GET", "/notes", token).json()


@pytest.mark.parametrize("served", [False, True], ids=["in process", "on a port"])
def test_a_call_is_its_tokens_tenants(tenants: Tenants, served: bool) -> None:
    """Any token of a tenant sees its rows and no others'; the ids of two tenants differ."""
    with serve_tenants_in_thread(tenants, tls=False) if served else play_tenants(tenants, URL) as both:
        acme, bolt = both["acme"], both["bolt"]
        made = {
            token: call(acme, "POST", "/notes", token, json={"text": token}).headers["Location"]
            for token in ("a1", "b1", "a2")
        }

        assert (["a1", "a2"], ["a1", "a2"], ["b1"]) == (notes(acme, "a1"), notes(acme, "a2"), notes(bolt, "b1"))
        assert 3 == len(set(made.values()))
        for token in made:
            seen = {one: call(bolt, "GET", path, token).status_code for one, path in made.items()}
            assert {one: 200 if one[0] == token[0] else 404 for one in made} == seen


@pytest.mark.parametrize("token", ["", "c1", "a1 ", "A1"])
def test_an_unknown_token_is_refused_in_the_vendors_words(
    both: dict[str, Played], tenants: Tenants, token: str
) -> None:
    """It costs no tenant a call, stands in no tenant's journal, and can be read in nobody's."""
    answer = call(both["acme"], "POST", "/notes", token, json={"text": "x"})

    assert (401, "who are you?") == (answer.status_code, answer.text)
    assert [[], []] == [one.journal() for one in both.values()]
    assert [0, 0] == [one.control.limits()["daily"]["used"] for one in both.values()]
    nobody = ControlClient(URL, both["acme"].session, tenant=NOBODY)
    assert [("/notes", 401)] == [(one["path"], one["status"]) for one in nobody.journal()]


def test_everything_is_a_tenants_own(both: dict[str, Played]) -> None:
    """Rows, clock, limits, faults, journal, snapshots: what is done to one leaves the other as it was."""
    acme, bolt = both["acme"], both["bolt"]
    untouched = (bolt.fake.store.snapshot(), bolt.control.now(), bolt.control.limits())
    call(acme, "POST", "/notes", "a1", json={"text": "x"})
    snapshot = acme.control.snapshot()
    acme.control.advance(60)
    acme.control.set_limit("daily", 1)
    acme.control.add_fault(kind="unavailable", times=None)

    assert untouched == (bolt.fake.store.snapshot(), bolt.control.now(), bolt.control.limits())
    assert ([503, 200], [], []) == (
        [call(acme, "GET", "/notes", token).status_code for token in ("a1", "b1")],
        bolt.control.faults(),
        [one for one in bolt.journal() if one["who"] == "a1" or one["status"] == 503],
    )
    with pytest.raises(MisuseError, match="no snapshot"):
        bolt.control.restore(snapshot)
    acme.control.reset()
    assert ([], ["/notes"]) == (acme.journal(), [one["path"] for one in bolt.journal()])


def test_the_control_plane_must_be_told_whose(both: dict[str, Played]) -> None:
    """One line that lists the names; nothing is done."""
    session = both["acme"].session
    call(both["acme"], "POST", "/notes", "a1", json={"text": "x"})
    before = {name: played.fake.store.snapshot() for name, played in both.items()}
    for control, method in [("reset", "POST"), ("journal", "GET"), ("journal", "DELETE"), ("nonsense", "GET")]:
        answer = session.request(method, f"{URL}/__understudy__/{control}")
        assert 400 == answer.status_code
        told = answer.json()["error"]
        assert f"/__understudy__/tenants/NAME/{control}, with NAME one of acme, bolt" in told
    assert before == {name: played.fake.store.snapshot() for name, played in both.items()}
    assert 1 == len(both["acme"].journal())


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "tenants", 200, {"vendor": "notes", "tenants": ["acme", "bolt"]}),
        ("GET", "tenants/", 200, {"vendor": "notes", "tenants": ["acme", "bolt"]}),
        ("GET", "", 200, {"vendor": "notes", "tenants": ["acme", "bolt"]}),
        ("POST", "tenants", 405, {"error": "tenants takes GET"}),
        ("POST", "tenants/cube/reset", 404, {"error": "no tenant 'cube': there are acme, bolt"}),
        ("POST", "tenants//reset", 404, {"error": "no tenant '': there are acme, bolt"}),
        ("GET", "tenants/acme/reset", 405, {"error": "reset takes POST, not GET"}),
        ("POST", "tenants/acme/reset", 200, {"reset": True}),
        ("GET", "tenants/bolt/credentials", 200, {"url": URL, "token": "b1"}),
    ],
)
def test_the_tenants_are_listed_and_named(
    both: dict[str, Played], method: str, path: str, status: int, said: dict[str, Any]
) -> None:
    """A tenant's control plane is the usual one, under its name."""
    answer = both["acme"].session.request(method, f"{URL}/__understudy__/{path}")

    assert (status, said) == (answer.status_code, answer.json())


def test_one_tenant_is_the_usual_fake() -> None:
    """Every call is the only tenant's, also one with no token, and the control plane needs no name."""
    tenants = Tenants({"acme": make_fake(tokens=["a1"])})
    with play_tenants(tenants, URL) as played:
        acme, plain = played["acme"], ControlClient(URL, played["acme"].session)
        assert [201, 401] == [
            call(acme, "POST", "/notes", token, json={"text": "x"}).status_code for token in ("a1", "")
        ]
        assert [201, 401] == [one["status"] for one in plain.journal()]
        assert plain.journal() == acme.control.journal()
        plain.reset()
        assert [] == acme.journal()
        assert ["acme"] == acme.session.get(f"{URL}/__understudy__/tenants").json()["tenants"]
        assert 404 == acme.session.get(f"{URL}/__understudy__/tenants/{NOBODY}/journal").status_code
    tenants.close()


@pytest.mark.parametrize("control", ["seed", "restore", "reset"])
def test_a_token_of_two_tenants_cannot_come_by_later(both: dict[str, Played], control: str) -> None:
    """Seed data, a restore or a reset that would give a tenant another's token is refused, and undone."""
    acme, bolt = both["acme"], both["bolt"]
    with_a1 = acme.control.snapshot()
    if control != "seed":
        acme.control.seed({"tokens": ["a2"]})
        bolt.control.seed({"tokens": ["a1", "b1"]})
    does = {
        "seed": lambda: acme.control.seed({"tokens": ["a1", "b1"]}),
        "restore": lambda: acme.control.restore(with_a1),
        "reset": acme.control.reset,
    }[control]
    with pytest.raises(MisuseError, match="the tenants acme and bolt both have the token '[ab]1': give each its own"):
        does()
    assert (["a1", "a2"] if control == "seed" else ["a2"]) == acme.fake.store.parts["tokens"].dump()
    assert 200 == call(bolt, "GET", "/notes", "b1").status_code


def closing(makes: Any) -> None:
    """Close what a refused call was given, or nobody would."""
    for fake in makes:
        fake.close()


@pytest.mark.parametrize(
    ("names", "tokens", "seeds", "said"),
    [
        ([], [], [], "no tenant: give at least one"),
        (["a b"], [["1"]], [1], "cannot be named 'a b'"),
        (["nobody", "b"], [["1"], ["2"]], [1, 2], "cannot be named 'nobody'"),
        (["a-b", "A_B"], [["1"], ["2"]], [1, 2], "'a-b' and 'A_B' are named too much alike"),
        (["a", "b"], [["1", "2"], ["2"]], [1, 2], "a and b both have the token '2': give each its own"),
        (["a", "b"], [["1"], ["2"]], [1, 1], "a and b make the same ids: give each an IdSource of its own seed"),
        (["a", "b"], [["1"], ["2"]], [1, 0], "b and nobody make the same ids"),
        (["a", "b"], [["1"], None], [1, 2], "plays one tenant only: serve the others on addresses of their own"),
    ],
)
def test_tenants_that_cannot_be_are_refused(names: list[str], tokens: list[Any], seeds: list[int], said: str) -> None:
    """Before anything is served, in one line."""
    fakes = {name: make_fake(tokens=own, seed=seed) for name, own, seed in zip(names, tokens, seeds, strict=True)}
    nobody = make_fake(tokens=[], seed=0)
    with pytest.raises(MisuseError) as refused:
        Tenants(fakes, nobody=nobody)
    closing([*fakes.values(), nobody])

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_tenants_share_no_fake_and_need_somebody_for_the_rest() -> None:
    """The same fake twice is one tenant; without nobody= nobody would refuse a stranger."""
    one: Fake = make_fake(tokens=["1"], seed=1)
    other, nobody = make_fake(tokens=["2"], seed=2), make_fake(tokens=[], seed=0)
    with pytest.raises(MisuseError, match="a and b share their store or ids"):
        Tenants({"a": one, "b": one}, nobody=nobody)
    with pytest.raises(MisuseError, match="need nobody=: a notes fake without credentials"):
        Tenants({"a": one, "b": other})
    closing([one, other, nobody])


def test_a_lost_answer_is_lost_for_its_tenant_only(both: dict[str, Played]) -> None:
    """Faults break the connection of the tenant they were scripted for, through every transport."""
    both["acme"].control.add_fault(kind="lost_response", verb="create")
    with httpx.Client() as client:
        body, token = {"text": "x"}, "Authorization"
        assert 201 == client.post(f"{URL}/notes", json=body, headers={token: "b1"}).status_code
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(f"{URL}/notes", json=body, headers={token: "a1"})
    assert [["x"], ["x"]] == [notes(both["acme"], token) for token in ("a1", "b1")]
