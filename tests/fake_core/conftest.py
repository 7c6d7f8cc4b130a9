"""A vendor of four routes, to test what every fake shares without knowing any real vendor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from flask import Flask, request

from fake_core import ControlClient, Fake, FrozenClock, IdSource, InProcess, Meaning, RollingWindow, Store

URL = "https://acme.notes.example"


class Answers:
    def answer(self, fault: Any, _environ: Any) -> tuple[int, list[tuple[str, str]], bytes]:
        status = {"unavailable": 503, "error_after": 500, "session_expired": 401, "limit_reached": 429}[fault.kind]
        return status, [("Content-Type", "text/plain"), ("Content-Length", "2")], b"no"


def make_fake(url: str = "sqlite://") -> Fake:
    schema = sa.MetaData()
    notes = sa.Table("notes", schema, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
    clock, ids = FrozenClock(), IdSource(7)
    daily = RollingWindow(clock, limit=1_000)
    store = Store(url=url, schema=schema, parts={"ids": ids, "daily": daily})
    app = Flask("notes")

    @app.post("/notes")
    def create() -> Any:
        daily.take()
        with store.begin() as connection:
            connection.execute(notes.insert(), {"id": ids.next("note"), "text": request.get_json()["text"]})
        return {"made": True}, 201

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
        credentials=lambda base_url: {"url": base_url, "token": "t"},
        limits={"daily": daily},
    )


@pytest.fixture
def fake() -> Iterator[Fake]:
    one = make_fake()
    yield one
    one.close()


@pytest.fixture
def session(fake: Fake) -> requests.Session:
    session = requests.Session()
    session.mount("https://", InProcess([fake]).adapter())
    return session


@pytest.fixture
def control(session: requests.Session) -> ControlClient:
    return ControlClient(URL, session)


@pytest.fixture
def write(session: requests.Session) -> Any:
    return lambda text: session.post(f"{URL}/notes", json={"text": text})


@pytest.fixture
def read(session: requests.Session) -> Any:
    return lambda: session.get(f"{URL}/notes").json()
