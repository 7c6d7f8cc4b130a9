"""A token of one tenant never reads or changes another's data: every route of every partner fake, by its table.

For each id of a tenant full of rows, the other tenant's token gets exactly what it gets for an id that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import requests

from crm_contracts.vendors import HOSTS, MANY_TENANTS, create_tenants, read_tenants
from fake_core.control import ControlClient
from fake_core.tenants import NOBODY
from fake_core.testing import Played, clean, play_tenants
from fake_marketo import TenantConfig as MarketoConfig
from fake_marketo import User
from fake_planhat import ApiToken as PlanhatToken
from fake_planhat import TenantConfig as PlanhatConfig
from fake_totango import ApiToken as TotangoToken
from fake_totango import TenantConfig as TotangoConfig

ORGS = Path(__file__).parents[2] / "fixtures/orgs"
FILES = {"planhat": "planhat-tenant.toml", "totango": "totango.toml", "marketo": "marketo.toml"}
THEIRS = "their-token"
QUIET = {"rate_limits": "off"}
# The tenant that looks on; it has next to nothing of its own.
OTHERS: dict[str, Any] = {
    "planhat": PlanhatConfig(tokens=[PlanhatToken(THEIRS)], tenant_id="their-tenant", switches=QUIET),
    "totango": TotangoConfig(tokens=[TotangoToken(THEIRS)], service_id="SP-their-01", switches=QUIET),
    "marketo": MarketoConfig(users=[User(id=900_001, name="Zoe", email="zoe@z.example", token=THEIRS)]),
}
HEADER = {"planhat": "Authorization", "totango": "app-token", "marketo": "Authorization"}
# Such a value in a path is the credential itself: who has it is the tenant (documented for the analytics calls).
CREDENTIALS = {"tenant_id", "hook"}
BODIES: dict[str, dict[str, Any]] = {
    "planhat": {"description": "x"},
    "totango": {"account_id": "acme_1", "title": "x", "subject": "x", "content": "x", "activity_type_id": "support"},
    "marketo": {"name": "x"},
}
KEYS = ("_id", "id", "sourceId", "externalId", "external_id", "sf_task_id")


def parts_of(vendor: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of the tenant full of rows: those of its file, and one for each other collection there is."""
    config = read_tenants(vendor, [str(ORGS / FILES[vendor])])[vendor if vendor != "planhat" else "planhat-demo"]
    parts = {name: rows for name, rows in config.seed.items() if isinstance(rows, list)}
    if vendor == "planhat":
        for number, model in enumerate(import_module("fake_planhat.models").MODELS):
            row = {"_id": f"7f{number:022x}", "name": f"secret {model.collection}"}
            parts.setdefault(model.collection, [{**row, "companyId": parts["companies"][0]["_id"]}])
    return parts


def ids_of(rows: list[dict[str, Any]]) -> list[str]:
    return [str(row[key]) for row in rows[:2] for key in KEYS if key in row]


PARTS = {vendor: parts_of(vendor) for vendor in FILES}


def routes_of(vendor: str) -> list[tuple[str, str]]:
    """Every route, a path for each of the choices that it names."""
    found = []
    for method, path, *_ in import_module(f"fake_{vendor}.routes").ROUTES:
        choices = [one.split(", ") for one in re.findall(r"<any\(([^)]*)\):\w+>", path)]
        for chosen in product(*choices):
            left = iter(chosen)
            plain = re.sub(r"<any\([^)]*\):\w+>", lambda _: next(left), path)  # noqa: B023
            found += [(method, one) for one in _one_left(vendor, plain)]
    return found


def _one_left(vendor: str, path: str) -> list[str]:
    """The path with all values but one filled in with ids of the tenant full of rows, each in turn."""
    names = names_in(path)
    if len(names) < 2:
        return [path]
    inner = next(part for part in PARTS[vendor] if path.split("/")[-2] == part)
    real = {name: ids_of(PARTS[vendor]["companies" if name == "company" else inner])[0] for name in names}
    return [re.sub(r"<(\w+)>", lambda found: real[found[1]] if found[1] != one else found[0], path) for one in names]  # noqa: B023


def names_in(path: str) -> list[str]:
    return re.findall(r"<(\w+)>", path)


ALL = [(vendor, *route) for vendor in FILES for route in routes_of(vendor)]
KEYED = [one for one in ALL if names_in(one[2]) and not CREDENTIALS & set(names_in(one[2]))]
LISTS = [one for one in ALL if not names_in(one[2]) and one[1] == "GET"]


def test_every_partner_is_here() -> None:
    """A fourth partner is a row of these tables; what takes a credential in its path is known by name."""
    assert set(MANY_TENANTS) == set(FILES)
    assert {"planhat"} == {vendor for vendor, _, path in ALL if CREDENTIALS & set(names_in(path))}
    assert {"planhat", "totango", "marketo"} == {vendor for vendor, *_ in KEYED} == {vendor for vendor, *_ in LISTS}


class Pair:
    """A tenant full of rows, and one that looks on."""

    def __init__(self, vendor: str, played: dict[str, Played]) -> None:
        self.vendor = vendor
        self.full, self.other = played["full"], played["other"]
        self.own = self.full.credentials["token"]
        self.full.control.seed(PARTS[vendor] | ({"switches": QUIET} if vendor != "marketo" else {}))
        self.before = self.full.fake.store.contents()

    def call(self, method: str, path: str, token: str, body: Any = None, **query: Any) -> requests.Response:
        value = f"Bearer {token}" if HEADER[self.vendor] == "Authorization" else token
        body = body if body is not None or method in {"GET", "DELETE"} else BODIES[self.vendor]
        headers = {HEADER[self.vendor]: value}
        return self.full.session.request(method, self.full.url + path, headers=headers, json=body, params=query)

    def seen(self, method: str, path: str, id_: str, body: Any = None, query: Any = None) -> tuple[int, str]:
        """What the other's token is answered for an id, which is written as <id> wherever the answer repeats it."""
        clean(self.other.fake)
        given = _filled(body, id_), _filled(query or {}, id_)
        answer = self.call(method, _filled(path, id_), THEIRS, given[0], **given[1])
        return answer.status_code, re.sub(rf"(?<![0-9A-Za-z]){re.escape(id_)}(?![0-9A-Za-z])", "<id>", answer.text)


def _filled(given: Any, id_: str) -> Any:
    if given == "<id>" and id_.isdigit():
        return int(id_)
    if isinstance(given, str):
        return re.sub(r"<\w+>", id_, given)
    if isinstance(given, dict):
        return {key: _filled(value, id_) for key, value in given.items()}
    return [_filled(one, id_) for one in given] if isinstance(given, list) else given


def absent(id_: str, ids: set[str]) -> str:
    """An id of the same shape that nobody has."""
    return next(one for digits in range(99, 9, -1) if (one := f"{id_[:-2]}{digits}") not in ids)


@pytest.fixture(scope="module")
def pairs() -> Iterator[dict[str, Pair]]:
    """One pair of tenants of each vendor, each pair behind its vendor's address."""
    made = {}
    for vendor, file in FILES.items():
        (config,) = read_tenants(vendor, [str(ORGS / file)]).values()
        made[vendor] = create_tenants(vendor, {"full": replace(config, seed={}), "other": OTHERS[vendor]})
    networks = [play_tenants(tenants, HOSTS[vendor]) for vendor, tenants in made.items()]
    yield {vendor: Pair(vendor, network.__enter__()) for vendor, network in zip(made, networks, strict=True)}
    for network in reversed(networks):
        network.__exit__(None, None, None)
    for tenants in made.values():
        tenants.close()


@pytest.mark.parametrize(("vendor", "method", "path"), KEYED, ids=str)
def test_another_tenants_id_is_no_id(pairs: dict[str, Pair], vendor: str, method: str, path: str) -> None:
    """Status and body are those of an id that is not there, and nothing is changed."""
    pair = pairs[vendor]
    parts = PARTS[vendor]
    every = {one for rows in parts.values() for one in ids_of(rows)}
    before = path.partition("<")[0].split("/")
    named = [part for part in parts if part in before or part.replace("_", "-") in before]
    ids = [one for part in named or parts for one in ids_of(parts[part])]
    assert ids
    for id_ in ids:
        assert pair.seen(method, path, absent(id_, every)) == pair.seen(method, path, id_), id_
    assert pair.before == pair.full.fake.store.contents()


@pytest.mark.parametrize(("vendor", "method", "path"), [one for one in KEYED if one[1] == "GET"], ids=str)
def test_its_own_token_finds_it(pairs: dict[str, Pair], vendor: str, method: str, path: str) -> None:
    """Or the test before would hold for a route that finds nothing; a list that is not set up is the one exception."""
    pair = pairs[vendor]
    ids = [one for rows in PARTS[vendor].values() for one in ids_of(rows)]
    found = [one for one in ids if pair.call(method, _filled(path, one), pair.own).status_code == 200]

    assert bool(found) == ("active_list" not in path)


@pytest.mark.parametrize(("vendor", "method", "path"), LISTS, ids=str)
def test_a_list_shows_nothing_of_another_tenant(pairs: dict[str, Pair], vendor: str, method: str, path: str) -> None:
    """No id and no name of one stands in an answer to the other."""
    pair = pairs[vendor]
    words = {one for rows in PARTS[vendor].values() for one in ids_of(rows) if len(one) > 4}
    words |= {str(row["name"]) for rows in PARTS[vendor].values() for row in rows if "name" in row}
    clean(pair.other.fake)
    answer = pair.call(method, path, THEIRS)

    assert 401 != answer.status_code < 500
    assert [] == sorted(word for word in words if f'"{word}"' in answer.text)


# What a body or a query may point to: (vendor, method, path, body, query, the part whose ids are tried).
REFERENCES: list[tuple[str, str, str, Any, Any, str]] = [
    ("planhat", "POST", "/tasks", {"action": "x", "companyId": "<id>"}, {}, "companies"),
    ("planhat", "POST", "/tasks", {"action": "x", "companyId": "extid-<id>"}, {}, "companies"),
    ("planhat", "POST", "/tasks", {"action": "x", "companyId": "srcid-<id>"}, {}, "companies"),
    ("planhat", "POST", "/tasks", {"action": "x", "ownerId": "<id>"}, {}, "users"),
    ("planhat", "POST", "/endusers", {"name": "x", "companyId": "<id>"}, {}, "companies"),
    ("planhat", "POST", "/conversations", {"subject": "x", "type": "note", "companyId": "<id>"}, {}, "companies"),
    ("planhat", "PUT", "/tasks", [{"_id": "<id>", "action": "x"}], {}, "tasks"),
    ("planhat", "PUT", "/tasks", [{"sourceId": "<id>", "action": "x"}], {}, "tasks"),
    ("planhat", "PUT", "/companies", [{"externalId": "<id>", "name": "x"}], {}, "companies"),
    ("planhat", "GET", "/tasks", None, {"companyId": "<id>"}, "companies"),
    ("planhat", "GET", "/conversations", None, {"companyId": "<id>"}, "companies"),
    ("planhat", "GET", "/dimensiondata", None, {"cId": "<id>"}, "companies"),
    ("totango", "GET", "/api/v3/tasks", None, {"id": "<id>"}, "tasks"),
    ("totango", "PUT", "/api/v3/tasks", {"id": "<id>", "title": "x"}, {}, "tasks"),
    ("totango", "GET", "/api/v2/events/", None, {"account_id": "<id>"}, "accounts"),
    ("totango", "POST", "/api/v3/tasks", {**BODIES["totango"], "account_id": "<id>"}, {}, "accounts"),
    ("totango", "POST", "/api/v3/touchpoints/", {"account_id": "<id>", "content": "x"}, {}, "accounts"),
    ("totango", "GET", "/_standin/totango/records/tasks", None, {"account_id": "<id>"}, "accounts"),
    ("marketo", "POST", "/_standin/sia/reminders", {"name": "x", "person": "<id>"}, {}, "people"),
    ("marketo", "GET", "/_standin/sia/reminders", None, {"changed_since": "2020-01-01T00:00:00Z"}, "reminders"),
]


@pytest.mark.parametrize(("vendor", "method", "path", "body", "query", "part"), REFERENCES)
def test_another_tenants_id_is_nothing_to_point_at(
    pairs: dict[str, Pair], vendor: str, method: str, path: str, body: Any, query: Any, part: str
) -> None:
    """In a body and in a query as in a path; a unique key that another tenant has is free."""
    pair = pairs[vendor]
    ids = ids_of(PARTS[vendor][part])
    for id_ in ids:
        assert pair.seen(method, path, absent(id_, set(ids)), body, query) == pair.seen(method, path, id_, body, query)
    assert pair.before == pair.full.fake.store.contents()


@pytest.mark.parametrize("vendor", FILES)
def test_a_token_of_nobody_is_refused_everywhere(pairs: dict[str, Pair], vendor: str) -> None:
    """The same 401 at every route that asks for a token, and neither tenant's journal or limits know of it."""
    pair = pairs[vendor]
    marks = [(len(one.journal()), one.control.limits()) for one in (pair.full, pair.other)]
    nobody = ControlClient(pair.full.url, pair.full.session, tenant=NOBODY)
    nobody.seed({"switches": QUIET} if vendor != "marketo" else {})
    answers = [
        pair.call(method, _filled(path, "5b0000000000000000000001"), "nobodys-token")
        for method, path in routes_of(vendor)
        if not CREDENTIALS & set(names_in(path)) and path not in {"/domains/", "/pixel.gif", "/dock/segment"}
    ]

    assert {401} == {answer.status_code for answer in answers}
    assert 1 == len({answer.text for answer in answers})
    assert marks == [(len(one.journal()), one.control.limits()) for one in (pair.full, pair.other)]


ODD = [
    b"Basic \xc3\xa9",
    b"Bearer \xc3\xa9",
    b"Basic ====",
    b"Basic \xff",
    b"Bearer",
    b"Basic " + b"A" * 100_000,
    b"\xff",
]


@pytest.mark.parametrize("vendor", FILES)
@pytest.mark.parametrize("shown", ODD, ids=lambda one: repr(one[:12]))
def test_odd_credentials_are_nobodys(pairs: dict[str, Pair], vendor: str, shown: bytes) -> None:
    """Whatever the bytes of a header, a path, a query or a form, the answer is the vendor's, and no tenant's."""
    pair = pairs[vendor]
    marks = [len(one.journal()) for one in (pair.full, pair.other)]
    paths = [
        "/tasks",
        "/dock/segment",
        "/analytics/",
        "/webhooks/",
        "/api/v3/tasks",
        "/_standin/sia/me",
        "/%ff/x",
        "//",
    ]
    for path in [*paths, "/pixel.gif?sdr_s=%ff&=&&&", "/domains/?service_id=%00"]:
        headers = {"Authorization": shown, "app-token": shown}
        url = pair.full.url + path
        for method in ("GET", "POST"):
            answer = pair.full.session.request(method, url, headers=headers, data=b"sdr_s=%zz&\xff")
            assert answer.status_code < 500, path
    assert marks == [len(one.journal()) for one in (pair.full, pair.other)]
