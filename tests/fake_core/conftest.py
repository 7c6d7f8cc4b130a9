"""A vendor of four routes, to test what every fake shares without knowing any real vendor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from flask import Flask, request

from fake_core import ControlClient, Fake, FrozenClock, IdSource, InProcess, Meaning, RollingWindow, Store
from fake_core.fake import Key, Tenancy

URL = "https://acme.notes.example"


class Answers:
    def strikes(self, _fault: Any, _environ: Any) -> bool:
        return True

    def refuse(self, _fault: Any) -> None:
        pass

    def answer(self, fault: Any, _environ: Any) -> tuple[int, list[tuple[str, str]], bytes]:
        status = {"unavailable": 503, "error_after": 500, "session_expired": 401, "limit_reached": 429}[fault.kind]
        return status, [("Content-Type", "text/plain"), ("Content-Length", "2")], b"no"


class Tokens(list[str]):
    """The tokens of a tenant, which seed data may replace: a part of its store."""

    def own(self) -> set[Key]:
        return {Key("token", one) for one in self}

    def seed(self, given: Any) -> Any:
        self[:] = given["tokens"]
        return given

    def dump(self) -> Any:
        return list(self)

    def load(self, state: Any) -> None:
        self[:] = state


def shown(environ: Any) -> Key | None:
    value = environ.get("HTTP_AUTHORIZATION", "")
    return Key("token", value) if value else None


def make_fake(url: str = "sqlite://", *, tokens: Iterable[str] | None = None, seed: int = 7) -> Fake:
    """The vendor for whoever calls; or, with *tokens*, one tenant of it, whose callers show one of them."""
    schema = sa.MetaData()
    notes = sa.Table("notes", schema, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
    clock, ids = FrozenClock(), IdSource(seed)
    held = Tokens(tokens or ())
    daily = RollingWindow(clock, limit=1_000)
    store = Store(url=url, schema=schema, parts={"ids": ids, "daily": daily, "tokens": held})
    app = Flask("notes")

    @app.before_request
    def refuse_strangers() -> Any:
        if tokens is None or shown(request.environ) in held.own():
            return None
        return "who are you?", 401

    @app.post("/notes")
    def create() -> Any:
        daily.take()
        with store.begin() as connection:
            number = ids.block + ids.next("note")
            connection.execute(notes.insert(), {"id": number, "text": request.get_json()["text"]})
        return {"made": True}, 201, {"Location": f"/notes/{number}"}

    @app.get("/notes/<int:number>")
    def read_one(number: int) -> Any:
        with store.read() as connection:
            text = connection.execute(sa.select(notes.c.text).where(notes.c.id == number)).scalar()
        return ("none", 404) if text is None else {"text": text}

    @app.get("/notes")
    def list_all() -> Any:
        with store.read() as connection:
            return [row.text for row in connection.execute(sa.select(notes).order_by(notes.c.id))]

    @app.get("/fault")
    def fault() -> Any:
        struck = request.environ.get("understudy.fault")
        return {"kind": struck.kind if struck else None}

    def meaning(environ: Any) -> Meaning:
        verbs = {"POST": "create", "GET": "list"}
        return Meaning(verbs.get(environ["REQUEST_METHOD"], "other"), environ["PATH_INFO"].strip("/").title()[:-1])

    store.mark_baseline()
    return Fake(
        vendor="notes",
        app=app,
        store=store,
        clock=clock,
        ids=ids,
        hosts=["*.notes.example"],
        meaning=meaning,
        fault_answers=Answers(),
        credentials=lambda base_url: {"url": base_url, "token": next(iter(held), "t")},
        limits={"daily": daily},
        seed=None if tokens is None else held.seed,
        tenancy=None if tokens is None else Tenancy(shown, held.own),
    )


@pytest.fixture
def fake() -> Iterator[Fake]:
    one = make_fake()
    yield one
    one.close()


@pytest.fixture
def session(fake: Fake) -> requests.Session:
    return InProcess([fake]).session()


@pytest.fixture
def control(session: requests.Session) -> ControlClient:
    return ControlClient(URL, session)


@pytest.fixture
def write(session: requests.Session) -> Any:
    return lambda text: session.post(f"{URL}/notes", json={"text": text})


@pytest.fixture
def read(session: requests.Session) -> Any:
    return lambda: session.get(f"{URL}/notes").json()
