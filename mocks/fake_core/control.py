"""The control plane: how a test speaks to a fake about the fake, under a path that no vendor uses.

Its errors are one JSON object `{"error": "what, where, what to do"}` with status 400, 404 or 405.
It is for a test's own machine: it asks for no credentials and hands them out.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from fake_core import json_text
from fake_core.clock import FrozenClock
from fake_core.errors import MisuseError
from fake_core.faults import KINDS, Fault

if TYPE_CHECKING:
    import requests
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from fake_core.fake import Fake

CONTROL_PREFIX = "/__understudy__/"
SNAPSHOT_TYPE = "application/octet-stream"
SNAPSHOTS_KEPT_MAX = 100
NUMBER_MAX = 2**62  # of an event: what a database can hold


class ControlPlane:
    """The routes of `/__understudy__/` for one fake."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self._snapshots: dict[str, bytes] = {}
        # Not from the fake's ids: a restore takes those back, and a name given twice would hide an older snapshot.
        self._serials = itertools.count(1)
        self._lock = threading.Lock()
        self._routes: dict[str, dict[str, Callable[[Request], Any]]] = {
            "": {"GET": self._index},
            "reset": {"POST": self._reset},
            "seed": {"POST": self._seed},
            "ids": {"POST": self._pin_ids},
            "snapshot": {"GET": self._download, "POST": self._snapshot},
            "restore": {"POST": self._restore},
            "clock": {"GET": self._clock, "POST": self._set_clock},
            "faults": {"GET": self._faults, "POST": self._add_fault, "DELETE": self._clear_faults},
            "journal": {"GET": self._journal, "DELETE": self._clear_journal},
            "limits": {"GET": self._limits, "POST": self._set_limits},
            "credentials": {"GET": self._credentials},
            "events": {"GET": self._events},
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        name = request.path[len(CONTROL_PREFIX) :].rstrip("/")
        views = self._routes.get(name)
        if views is None:
            known = ", ".join(sorted(filter(None, self._routes)))
            answer = _error(404, f"no control {name!r}: there are {known}")
        elif request.method not in views:
            answer = _error(405, f"{name} takes {', '.join(views)}, not {request.method}")
            answer.headers["Allow"] = ", ".join(views)
        else:
            answer = self._run(views[request.method], request)
        return answer(environ, start_response)

    def _run(self, view: Callable[[Request], Any], request: Request) -> Response:
        try:
            result = view(request)
        except MisuseError as error:
            return _error(400, str(error))
        except RequestEntityTooLarge:
            return _error(400, "the body is too large")
        if isinstance(result, Response):
            return result
        return Response(json.dumps(result, ensure_ascii=False), content_type="application/json")

    def _index(self, _request: Request) -> dict[str, Any]:
        return {
            "vendor": self._fake.vendor,
            "controls": {name: sorted(views) for name, views in self._routes.items() if name},
            "fault_kinds": KINDS,
        }

    def _reset(self, _request: Request) -> dict[str, Any]:
        self._fake.reset()
        return {"reset": True}

    def _seed(self, request: Request) -> Any:
        if self._fake.seed is None:
            raise MisuseError(f"the {self._fake.vendor} fake takes no seed data")
        return self._fake.seed(_body(request))

    def _pin_ids(self, request: Request) -> Any:
        if self._fake.pin is None:
            raise MisuseError(f"the {self._fake.vendor} fake takes no ids for its next records")
        given = _body(request)
        if not all(isinstance(one, list) and all(isinstance(each, str) for each in one) for one in given.values()):
            raise MisuseError('ids are lists of texts by object: {"Task": ["00T…"]}')
        for name, record_ids in given.items():
            self._fake.pin(name, record_ids)
        return given

    def _snapshot(self, _request: Request) -> dict[str, Any]:
        taken = self._fake.store.snapshot()
        with self._lock:
            if len(self._snapshots) >= SNAPSHOTS_KEPT_MAX:
                del self._snapshots[next(iter(self._snapshots))]
            name = f"snapshot-{next(self._serials)}"
            self._snapshots[name] = taken
        return {"id": name, "bytes": len(taken)}

    def _download(self, _request: Request) -> Response:
        return Response(self._fake.store.snapshot(), content_type=SNAPSHOT_TYPE)

    def _restore(self, request: Request) -> dict[str, Any]:
        if request.mimetype == SNAPSHOT_TYPE:
            self._fake.store.restore(request.get_data())
            return {"restored": True}
        name = _body(request).get("id")
        if not isinstance(name, str) or name not in self._snapshots:
            raise MisuseError(f"no snapshot {name!r}: POST snapshot gives an id; the newest 100 are kept")
        self._fake.store.restore(self._snapshots[name])
        return {"restored": name}

    def _clock(self, _request: Request) -> dict[str, Any]:
        clock = self._fake.clock
        return {"now": clock.now().isoformat(), "kind": "frozen" if isinstance(clock, FrozenClock) else "real"}

    def _set_clock(self, request: Request) -> dict[str, Any]:
        clock = self._fake.clock
        if not isinstance(clock, FrozenClock):
            raise MisuseError("this fake runs on the real clock: start it with a frozen one (serve --clock frozen)")
        given = _body(request)
        if "advance_seconds" in given:
            seconds = given["advance_seconds"]
            if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
                raise MisuseError(f"advance_seconds is a number, not {seconds!r}")
            try:
                clock.advance(seconds)
            except OverflowError:
                raise MisuseError(f"advance_seconds {seconds!r} leads out of the calendar") from None
        elif "now" in given:
            clock.set(_moment(given["now"]))
        else:
            raise MisuseError('the clock takes {"advance_seconds": 60} or {"now": "2026-01-05T09:00:00Z"}')
        return {"now": clock.now().isoformat(), "kind": "frozen" if isinstance(clock, FrozenClock) else "real"}

    def _faults(self, _request: Request) -> dict[str, Any]:
        return {"faults": self._fake.faults.list()}

    def _add_fault(self, request: Request) -> dict[str, Any]:
        fault = Fault.from_dict(_body(request))
        self._fake.script(fault)
        return {"fault": fault.to_dict()}

    def _clear_faults(self, _request: Request) -> dict[str, Any]:
        self._fake.heal()
        return {"faults": []}

    def _journal(self, request: Request) -> dict[str, Any]:
        since = request.args.get("since", 0, type=int)
        entries = self._fake.exchanges(since)
        return {"last": self._fake.journal.last, "exchanges": entries}

    def _clear_journal(self, _request: Request) -> dict[str, Any]:
        self._fake.journal.clear()
        return {"last": self._fake.journal.last, "exchanges": []}

    def _limits(self, _request: Request) -> dict[str, Any]:
        return {
            name: {"limit": window.limit, "used": window.used(), "remaining": window.remaining()}
            for name, window in self._fake.limits.items()
        }

    def _set_limits(self, request: Request) -> dict[str, Any]:
        given = _body(request)
        for name, limit in given.items():
            if name not in self._fake.limits:
                raise MisuseError(f"no limit {name!r}: there are {', '.join(self._fake.limits)}")
            if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
                raise MisuseError(f"the limit {name} is a whole number from 0, not {limit!r}")
        for name, limit in given.items():
            self._fake.limits[name].limit = limit
        return self._limits(request)

    def _events(self, request: Request) -> dict[str, Any]:
        if self._fake.events is None:
            raise MisuseError(f"the {self._fake.vendor} fake pushes no events")
        text = request.args.get("since", "-2")
        try:
            since = max(-NUMBER_MAX, min(int(text), NUMBER_MAX))
        except ValueError:
            raise MisuseError(f"since is a replay id, -1 or -2, not {text!r}") from None
        return self._fake.events(since, request.args.get("channel"))

    def _credentials(self, request: Request) -> dict[str, Any]:
        return self._fake.credentials(request.host_url.rstrip("/"))


class ControlClient:
    """Speaks to one fake's control plane over HTTP. Raises MisuseError with the fake's own words.

    *tenant* is whose, where several are behind one address.
    """

    def __init__(self, base_url: str, session: requests.Session | None = None, *, tenant: str = "") -> None:
        self._url = base_url.rstrip("/") + CONTROL_PREFIX + (f"tenants/{quote(tenant)}/" if tenant else "")
        if session is None:
            import requests  # a served fake never needs it, and starts the sooner without

            session = requests.Session()
        self._session = session

    def reset(self) -> None:
        self._call("POST", "reset")

    def seed(self, data: Any) -> Any:
        return self._call("POST", "seed", data)

    def pin_ids(self, name: str, record_ids: Sequence[str]) -> None:
        """The next records of the object *name* get these ids, in their order; no ids: as they come."""
        self._call("POST", "ids", {name: list(record_ids)})

    def snapshot(self) -> str:
        """Take a snapshot; the id that restore() takes."""
        name: str = self._call("POST", "snapshot")["id"]
        return name

    def restore(self, snapshot_id: str) -> None:
        self._call("POST", "restore", {"id": snapshot_id})

    def now(self) -> datetime:
        return datetime.fromisoformat(self._call("GET", "clock")["now"])

    def advance(self, seconds: float) -> datetime:
        answer = self._call("POST", "clock", {"advance_seconds": seconds})
        return datetime.fromisoformat(answer["now"])

    def set_clock(self, at: datetime) -> datetime:
        return datetime.fromisoformat(self._call("POST", "clock", {"now": at.isoformat()})["now"])

    def add_fault(self, **fault: Any) -> None:
        """Script a fault; the keywords are those of `fake_core.faults.Fault`."""
        self._call("POST", "faults", fault)

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def faults(self) -> list[dict[str, Any]]:
        faults: list[dict[str, Any]] = self._call("GET", "faults")["faults"]
        return faults

    def journal(self, since: int = 0) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self._call("GET", f"journal?since={since}")["exchanges"]
        return entries

    def limits(self) -> dict[str, dict[str, int]]:
        limits: dict[str, dict[str, int]] = self._call("GET", "limits")
        return limits

    def set_limit(self, name: str, limit: int) -> None:
        self._call("POST", "limits", {name: limit})

    def events(self, since: int = -2, channel: str | None = None) -> dict[str, Any]:
        """`{"last": replay id, "events": [...]}`: what the vendor would push after *since* (-2: all, -1: none)."""
        chosen = "" if channel is None else f"&channel={quote(channel)}"
        told: dict[str, Any] = self._call("GET", f"events?since={since}{chosen}")
        return told

    def credentials(self) -> dict[str, Any]:
        credentials: dict[str, Any] = self._call("GET", "credentials")
        return credentials

    def _call(self, method: str, name: str, body: Any = None) -> Any:
        given = {} if body is None else {"json": body}
        answer = self._session.request(method, self._url + name, timeout=60, **given)
        if answer.status_code >= 400:
            raise MisuseError(f"{method} {name}: {answer.json().get('error', answer.text)}")
        return answer.json()


def _body(request: Request) -> Any:
    text = request.get_data()
    try:
        given = json_text.loads(text)
    except ValueError:
        raise MisuseError("the body is not JSON") from None
    if not isinstance(given, dict):
        raise MisuseError(f"the body is a JSON object, not {type(given).__name__}")
    return given


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment
    except (TypeError, ValueError, OverflowError):
        raise MisuseError(f"{text!r} is no moment: write 2026-01-05T09:00:00Z") from None


def _error(status: int, message: str) -> Response:
    body = json.dumps({"error": message}, ensure_ascii=False)
    return Response(body, status=status, content_type="application/json")
