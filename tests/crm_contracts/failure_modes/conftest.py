"""Two fakes over HTTP, for failures that no operation of a world can bring about."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

sys.path.insert(0, str(Path(__file__).parents[3]))  # `tests` as a namespace package

from tests.crm_sync.both import Both

Make = Callable[..., Both]


class Meanwhile(requests.adapters.BaseAdapter):
    """Lets somebody do something just before the n-th request goes out."""

    def __init__(self, inner: requests.adapters.BaseAdapter, at: int, do: Callable[[], object]) -> None:
        super().__init__()
        self._inner, self._at, self._do, self.sent = inner, at, do, 0

    def send(  # type: ignore[override]  # the options are handed on as they come
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        self.sent += 1
        if self.sent == self._at:
            self._do()
        return self._inner.send(request, **options)

    def close(self) -> None:
        self._inner.close()


def meanwhile(both: Both, at: int, do: Callable[[], object]) -> requests.Session:
    """A session for the sync, at whose request number *at* somebody does something first."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Meanwhile(both.wire, at, do))
    return session


@pytest.fixture(scope="session")
def two_fakes() -> Both:
    """Made once; `both` begins again with them."""
    return Both()


@pytest.fixture
def both(two_fakes: Both) -> Both:
    """Two fakes, one company on both sides, Task and Conversation sections in both directions."""
    return two_fakes.again()


@pytest.fixture
def org() -> Iterator[Make]:
    """Makes a pair of fakes whose Salesforce org has what an org file says."""
    made: list[Both] = []

    def make(**extra: Mapping[str, Any] | list[Any]) -> Both:
        made.append(Both(extra=extra))
        return made[-1]

    yield make
    for one in made:
        one.state.close()
        for fake in (one.salesforce, one.planhat):
            fake.close()
