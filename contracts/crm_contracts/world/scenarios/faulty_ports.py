"""The reference sync with a fault at its ports: a session that retries or cuts, a report that leaves things out.

Nothing inside the sync is touched: what is wrong is what it is given, or what it is heard to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from crm_contracts.world.reference import reference_sync
from crm_contracts.world.settings import Settings
from crm_contracts.world.under_test import Connection, SyncUnderTest

__all__ = ["FirstPageOnly", "InsistsOnTheLimit", "RetriesCreations", "silent_about", "through"]

Faulty = Callable[[Connection, Settings], SyncUnderTest]


class Session(requests.Session):
    """A session that hands everything on; its children do one thing wrong."""

    def __init__(self, inner: requests.Session) -> None:
        super().__init__()
        self.inner = inner
        self.verify = inner.verify

    def request(self, method: str | bytes, url: str | bytes, **given: Any) -> requests.Response:  # type: ignore[override]
        return self.inner.request(method, url, **given)


class RetriesCreations(Session):
    """Sends a creation again when its answer was lost."""

    def request(self, method: str | bytes, url: str | bytes, **given: Any) -> requests.Response:  # type: ignore[override]
        try:
            return self.inner.request(method, url, **given)
        except requests.ConnectionError:
            if method != "POST":
                raise
            return self.inner.request(method, url, **given)


class InsistsOnTheLimit(Session):
    """Asks again and again when the day's requests are used up."""

    def request(self, method: str | bytes, url: str | bytes, **given: Any) -> requests.Response:  # type: ignore[override]
        for _ in range(4):
            answer = self.inner.request(method, url, **given)
            if "REQUEST_LIMIT_EXCEEDED" not in answer.text:
                break
        return answer


class FirstPageOnly(Session):
    """Reads three rows of a list and never asks for the rest."""

    def request(self, method: str | bytes, url: str | bytes, **given: Any) -> requests.Response:  # type: ignore[override]
        params = given.get("params")
        asks = isinstance(params, Mapping) and "limit" in params
        if asks and urlsplit(str(url)).path in {"/tasks", "/conversations"}:
            given["params"] = {**params, "limit": 3} if isinstance(params, Mapping) else params
        elif "limit" in parse_qs(urlsplit(str(url)).query) and "/tasks" in str(url):
            url = str(url).replace("limit=1000", "limit=3")
        return self.inner.request(method, url, **given)


def through(session: Callable[[requests.Session], Session]) -> Faulty:
    """The reference sync over a faulty session."""

    def make(connection: Connection, settings: Settings) -> SyncUnderTest:
        return reference_sync(replace(connection, session=session(connection.session)), settings)

    return make


def silent_about(*parts: str) -> Faulty:
    """The reference sync, whose report leaves *parts* out: "conflicts", "skipped"."""

    class Silent:
        def __init__(self, connection: Connection, settings: Settings) -> None:
            self._inner = reference_sync(connection, settings)

        def save(self, settings: Settings) -> None:
            self._inner.save(settings)

        def staff_disable_inheritance(self) -> None:
            self._inner.staff_disable_inheritance()

        def run(self) -> Any:
            told = dict(self._inner.run().as_dict())
            if "conflicts" in parts:
                told["conflicts"] = []
            if "skipped" in parts:
                sections = told["sections"]
                told["sections"] = {
                    name: {**one, "skipped": {}, "seen": one["seen"] - sum(one["skipped"].values())}
                    for name, one in sections.items()
                }
            return told

        def close(self) -> None:
            self._inner.close()

    return Silent
