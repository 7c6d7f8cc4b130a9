"""Two sides of one API: a fake behind HTTP, and a model of plain dictionaries that must answer the same.

Nothing here knows a vendor. A model has `answer(call, seen)`: *seen* is the fake's answer, to learn ids from.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from fake_core.clock import DEFAULT_MOMENT, FrozenClock
from fake_core.control import ControlClient
from fake_core.fake import Fake
from fake_core.tenants import Tenants
from fake_core.transport import InProcess


class Answer(NamedTuple):
    """*body*: what the JSON says, or the bare text."""

    status: int
    body: Any


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    body: Any = None
    token: str = ""


class Wire:
    """A fake, reached as a client reaches it.

    *behind* is what answers at the address, where that is not *fake* alone; *tenant* is then whose control plane is
    spoken to, and stands before the tokens of its calls. `headers` are those of the last answer.
    """

    def __init__(self, fake: Fake, url: str, *, behind: Tenants | None = None, tenant: str = "") -> None:
        self.fake = fake
        self.url = url
        self.session = InProcess([behind or fake]).session()
        self.control = ControlClient(url, self.session, tenant=tenant)
        self.headers: dict[str, str] = {}
        self._before = f"{tenant}-" if tenant else ""

    def clean(self) -> None:
        """The fake as it was made, its clock where a frozen one begins."""
        self.fake.reset()
        assert isinstance(self.fake.clock, FrozenClock)
        self.fake.clock.set(DEFAULT_MOMENT)

    def send(self, call: Call) -> Answer:
        answer = self.session.request(
            call.method,
            self.url + call.path,
            params=call.query,
            headers={"Authorization": f"Bearer {self._before}{call.token}", "Content-Type": "application/json"},
            data=None if call.body is None else json.dumps(call.body).encode(),
            timeout=60,
        )
        self.headers = dict(answer.headers)
        if answer.headers["Content-Type"].startswith("application/json"):
            return Answer(answer.status_code, json.loads(answer.text))
        return Answer(answer.status_code, answer.text)


def exact(answer: Answer) -> str:
    """Both as text: to Python, but not to a client, 1 is 1.0 and True."""
    return f"{answer.status} {json.dumps(answer.body, sort_keys=True, ensure_ascii=False)}"


def difference(call: Call, fake: Answer, model: Answer) -> str:
    """Where the two answers differ, in a few lines; empty when they do not."""
    if exact(fake) == exact(model):
        return ""
    lines = [f"{call.method} {call.path} {call.query or ''} {json.dumps(call.body, ensure_ascii=False)}"]
    if fake.status != model.status:
        lines.append(f"  status: the fake {fake.status}, the model {model.status}")
    lines += _apart("", fake.body, model.body)
    return "\n".join(lines)


def _apart(path: str, fake: Any, model: Any) -> list[str]:
    if isinstance(fake, dict) and isinstance(model, dict):
        names = sorted(fake.keys() | model.keys(), key=str)
        return [
            line
            for name in names
            for line in _apart(f"{path}.{name}", fake.get(name, _ABSENT), model.get(name, _ABSENT))
        ]
    if isinstance(fake, list) and isinstance(model, list) and len(fake) == len(model):
        return [line for i, (a, b) in enumerate(zip(fake, model, strict=True)) for line in _apart(f"{path}[{i}]", a, b)]
    if type(fake) is type(model) and fake == model:
        return []
    return [f"  {path or 'body'}: the fake {_told(fake)}, the model {_told(model)}"]


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


_ABSENT = _Absent()


def _told(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


class Compared:
    """How many answers were compared, over all machines of this process."""

    count = 0


class Rewound(RuleBasedStateMachine):
    """What the control plane does to the whole of both sides, at any moment."""

    wire: Wire
    model: Any
    taken: list[tuple[str, Any]]

    @rule()
    def snapshot(self) -> None:
        self.taken.append((self.wire.control.snapshot(), self.model.snapshot()))

    @precondition(lambda self: self.taken)
    @rule(n=st.integers(0, 3))
    def restore(self, n: int) -> None:
        name, kept = self.taken[n % len(self.taken)]
        self.wire.control.restore(name)
        self.model.restore(kept)

    @rule(really=st.sampled_from([False] * 4 + [True]))
    def reset(self, really: bool) -> None:
        if really:
            self.wire.control.reset()
            self.model.reset()
