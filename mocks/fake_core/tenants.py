"""Several tenants of one vendor behind one address, as the real services are: a call is its credential's tenant's.

Rule 1: each tenant is a whole `Fake`: rows, clock, ids, limits, faults, journal and switches of its own. Nothing is
        shared, so nothing can be seen.
Rule 2: a call whose credential no tenant has is nobody's: a fake of the same vendor without credentials refuses it in
        the vendor's words. It costs no tenant a call of its limits and stands in no tenant's journal.
Rule 3: no two tenants may have the same credential: neither at the start, nor by what is seeded or restored later.
Rule 4: the control plane acts on the only tenant; of several it must be told which: /__understudy__/tenants/NAME/reset.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from fake_core.control import CONTROL_PREFIX
from fake_core.errors import MisuseError
from fake_core.fake import BODY_KEY, Fake, Key, run_wsgi, take_body

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NOBODY = "nobody"
TENANTS_PREFIX = f"{CONTROL_PREFIX}tenants"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_MAY_CHANGE_KEYS = ("seed", "restore", "reset")


class Tenants(Mapping[str, Fake]):
    """A WSGI application over fakes of one vendor, by the name of each tenant.

    *nobody* plays the vendor for calls that are no tenant's; one tenant alone needs none. Raises MisuseError for names
    that are no names, for fakes that share something, and for a credential that two of them have.
    """

    def __init__(self, fakes: Mapping[str, Fake], *, nobody: Fake | None = None) -> None:
        self._fakes = dict(fakes)
        self._nobody = nobody
        self._changing = threading.Lock()
        _check_names(self._fakes)
        _check_apart(self._fakes, nobody)
        self._check_keys()
        first = next(iter(self._fakes.values()))
        self.vendor = first.vendor
        self.hosts = first.hosts

    def __getitem__(self, name: str) -> Fake:
        return self._fakes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fakes)

    def __len__(self) -> int:
        return len(self._fakes)

    @property
    def nobody(self) -> Fake | None:
        """Who refuses the calls that are no tenant's; None where there is one tenant only."""
        return self._nobody if len(self._fakes) > 1 else None

    def close(self) -> None:
        for fake in (*self._fakes.values(), *([self._nobody] if self._nobody else [])):
            fake.close()

    def owner(self, environ: WSGIEnvironment) -> str:
        """The name of the tenant whose credential the call shows, or `NOBODY`; the only tenant's for every call."""
        if len(self._fakes) == 1:
            return next(iter(self._fakes))
        for name, fake in self._fakes.items():
            assert fake.tenancy is not None
            key = fake.tenancy.shown(environ)
            if key is not None and key in fake.tenancy.own():
                return name
        return NOBODY

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if path.startswith(CONTROL_PREFIX):
            return self._control(path, environ, start_response)
        environ[BODY_KEY] = take_body(environ)
        return self.answer(self.owner(environ), environ, start_response)

    def answer(self, name: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One call or control of the tenant *name*, or of `NOBODY`. A server may put its own order around it."""
        fake = self._fakes.get(name, self._nobody)
        assert fake is not None
        return fake(environ, start_response)

    def _control(self, path: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if path.rstrip("/") == TENANTS_PREFIX or (path == CONTROL_PREFIX and len(self._fakes) > 1):
            if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
                return _json(start_response, 405, {"error": "tenants takes GET"})
            return _json(start_response, 200, {"vendor": self.vendor, "tenants": list(self._fakes)})
        if path.startswith(f"{TENANTS_PREFIX}/"):
            name, _, control = path[len(TENANTS_PREFIX) + 1 :].partition("/")
            if name not in self._fakes and (name != NOBODY or self.nobody is None):
                return _json(start_response, 404, {"error": f"no tenant {name!r}: there are {self._names()}"})
            environ["PATH_INFO"] = CONTROL_PREFIX + control
            return self._control_one(name, control.rstrip("/"), environ, start_response)
        if len(self._fakes) > 1:
            control = path[len(CONTROL_PREFIX) :]
            told = f"say whose: {TENANTS_PREFIX}/NAME/{control}, with NAME one of {self._names()}"
            return _json(start_response, 400, {"error": f"{len(self)} tenants are played here: {told}"})
        return self.answer(next(iter(self._fakes)), environ, start_response)

    def _control_one(
        self, name: str, control: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if len(self._fakes) == 1 or name == NOBODY or control not in _MAY_CHANGE_KEYS:
            return self.answer(name, environ, start_response)
        store = self._fakes[name].store
        with self._changing:
            before = store.snapshot()
            line, headers, body = run_wsgi(lambda given, start: self.answer(name, given, start), environ)
            try:
                self._check_keys()
            except MisuseError as error:
                store.restore(before)
                return _json(start_response, 400, {"error": f"{control}: {error}"})
        start_response(line, headers)
        return [body]

    def _check_keys(self) -> None:
        if len(self._fakes) == 1:
            return
        owners: dict[Key, str] = {}
        for name, fake in self._fakes.items():
            assert fake.tenancy is not None
            for key in fake.tenancy.own():
                other = owners.setdefault(key, name)
                if other != name:
                    raise MisuseError(
                        f"the tenants {other} and {name} both have the {key.kind} {key.value!r}: give each its own"
                    )

    def _names(self) -> str:
        return ", ".join(self._fakes)


def _check_names(fakes: Mapping[str, Fake]) -> None:
    if not fakes:
        raise MisuseError("no tenant: give at least one")
    seen: dict[str, str] = {}
    for name in fakes:
        if not _NAME.fullmatch(name) or name.lower() == NOBODY:
            raise MisuseError(f"a tenant cannot be named {name!r}: use letters, digits, - and _ (and not {NOBODY!r})")
        other = seen.setdefault(name.lower().replace("-", "_"), name)  # as in the names of shell variables
        if other != name:
            raise MisuseError(f"the tenants {other!r} and {name!r} are named too much alike: choose other names")


def _check_apart(fakes: Mapping[str, Fake], nobody: Fake | None) -> None:
    if len(fakes) == 1:
        return
    vendors = sorted({fake.vendor for fake in fakes.values()})
    if len(vendors) > 1:
        raise MisuseError(f"tenants are of one vendor, not of {' and '.join(vendors)}: serve each vendor by itself")
    if any(fake.tenancy is None for fake in fakes.values()):
        raise MisuseError(
            f"{vendors[0]}: one address plays one tenant only: serve the others on addresses of their own"
        )
    if nobody is None:
        raise MisuseError(f"several tenants need nobody=: a {vendors[0]} fake without credentials")
    for (name, one), (other, two) in combinations([*fakes.items(), (NOBODY, nobody)], 2):
        if one is two or one.store is two.store or one.ids is two.ids:
            raise MisuseError(f"the tenants {name} and {other} share their store or ids: make a fake for each")
        if one.ids.block == two.ids.block:
            raise MisuseError(
                f"the tenants {name} and {other} make the same ids: give each an IdSource of its own seed"
            )


def _json(start_response: StartResponse, status: int, told: dict[str, Any]) -> list[bytes]:
    body = json.dumps(told, ensure_ascii=False).encode()
    reason = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}[status]
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(f"{status} {reason}", headers)
    return [body]
