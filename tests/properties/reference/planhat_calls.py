"""What the machine may say to Planhat: bodies, keys and queries drawn from small pools, so that they meet again.

Rule: ids are drawn as `Ref(collection, n)`, the n-th record that there is, and put in when the call is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from tests.properties.reference.planhat_state import State
from tests.properties.reference.planhat_tables import (
    ARRAY,
    BOOLEAN,
    COMPANY_REF,
    DATE,
    ID,
    MODELS,
    NUMBER,
    PLAIN,
    ROLES,
    TEXT,
)

UNKNOWN_ID = "5f" * 12


@dataclass(frozen=True)
class Ref:
    """The n-th record of *collection*, after *prefix* and in *letters* ("id", or its sourceId or externalId)."""

    collection: str
    n: int
    upper: bool = False

    def __repr__(self) -> str:
        return f"<{self.collection} {self.n}>"


def put_in(state: State, value: Any) -> Any:
    """*value* with the ids of today."""
    if isinstance(value, Ref):
        ids = sorted(state.rows(value.collection))
        found = ids[value.n % len(ids)] if ids else UNKNOWN_ID
        return found.upper() if value.upper else found
    if isinstance(value, dict):
        return {name: put_in(state, one) for name, one in value.items()}
    return [put_in(state, one) for one in value] if isinstance(value, list) else value


def refs(collection: str) -> st.SearchStrategy[Ref]:
    return st.builds(Ref, st.just(collection), st.integers(0, 5), st.sampled_from([False] * 9 + [True]))


def _often(*usual: Any, rare: Any) -> st.SearchStrategy[Any]:
    """One of *usual*, and in a call of a dozen one of *rare*."""
    return st.sampled_from([*usual * (1 + 12 * len(rare) // len(usual)), *rare])


def _usually(usual: st.SearchStrategy[Any], *, rare: st.SearchStrategy[Any], times: int = 9) -> st.SearchStrategy[Any]:
    return st.one_of(*[usual] * times, rare)


EXTERNAL = ["e1", "e2", "Ü 3"]
SOURCE = ["s1", "s2", "00Q5g00000AbCdEFGH"]
EMAILS = ["ann@acme.example", "bob@Acme.example", "ann@globex.example", "zoë@nowhere.example"]
WORDS = ["Call", "Größe & more", "a < b 🚀", "x", "", "QBR  two"]
HTML = [
    "<p>Book a thing</p><p>Was it fun?</p>",
    "<p><b>Call</b> the client.</p>",
    "a &amp; b &lt;c&gt; &eacute;",
    "<ul><li>one</li><li>two</li></ul>",
    "<p>one<br>two<br/>three</p>",
    "<p></p>",
    "plain&nbsp;text 🚀",
    "",
]
DATES = [
    "2031-01-02T00:00:00.00Z", "2026-12-31", "2027-01-01T00:00:00+02:00", "2026-02-03T04:05:06.789Z",
    "2027-01-03T23:59:59Z", "2026-03-01T12:30", "2021-01-02", 1_767_225_600_000,
]  # fmt: skip
_TEXTS = _often(*WORDS, rare=[5, 1.5, 7.0, True, None, ["x"], {"a": 1}])
_KEYS_EXT = _often(*EXTERNAL, rare=["", None, 5, ["e1"]])
_KEYS_SRC = _often(*SOURCE, rare=["", None, 5])
_NUMBERS = _often(3, 4.5, 0, rare=["5", "6.50", True, "", None, "abc", [1]])
_BOOLEANS = _often(True, False, rare=["true", "no", 1, "0", None, "maybe", []])
_DATES = _often(*DATES, rare=["", None, "soon", True, [1]])
_ARRAYS = _often([], ["a"], ["b", "a"], rare=["a", None, {"a": 1}, [1, True, None]])
_CUSTOM = st.dictionaries(
    st.sampled_from(["HScore", "Days in Phase", "Ünï", "a.b", "$set"]),
    st.sampled_from([1, 2.5, "x", None, True, [1], {"b": 1}]),
    max_size=2,
)
_CUSTOMS = _usually(_CUSTOM, rare=st.sampled_from([None, {}, "x", 5]))


def _ids(collection: str) -> st.SearchStrategy[Any]:
    return _usually(refs(collection), rare=st.sampled_from([UNKNOWN_ID, None, "zz", 5]))


_COMPANIES = _usually(
    st.one_of(refs("companies"), refs("companies"), st.sampled_from(["extid-e1", "extid-e2", "srcid-s1"])),
    rare=st.sampled_from([UNKNOWN_ID, None, "", "zz", "extid-", "extid-nobody", *(f"srcid-{one}" for one in SOURCE)]),
)
_PERSON = {
    collection: _usually(
        st.one_of(
            refs(collection),
            st.fixed_dictionaries(
                {"id": refs(collection)},
                optional={"name": st.sampled_from(["Typed", "", None]), "isOwner": st.booleans()},
            ),
        ),
        rare=st.sampled_from([UNKNOWN_ID, {"id": UNKNOWN_ID}, {"name": "No id"}, None, 5]),
        times=4,
    )
    for collection in ("users", "endusers")
}


def _people(collection: str) -> st.SearchStrategy[Any]:
    return st.one_of(st.lists(_PERSON[collection], max_size=2), _PERSON[collection])


_STATUSES = _often("Done", "Ignored", "In-progress", "Blocked", rare=["done", "ignored", "DONE", None, "", 5])
_FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "companies": {
        "name": _often("Acme Inc.", "Größe 2", rare=["", None, 5, ["x"]]),
        "externalId": _KEYS_EXT,
        "sourceId": _KEYS_SRC,
        "owner": _ids("users"),
        "coOwner": _ids("users"),
        "domains": _often(["acme.example"], ["globex.example", "ACME.example"], [], rare=["acme.example", None]),
        "status": _often("customer", "lost", rare=["nope", None, 5, ""]),
        "phase": _TEXTS,
        "csmScore": _NUMBERS,
        "tags": _ARRAYS,
    },
    "endusers": {
        "companyId": _COMPANIES,
        "email": _often(*EMAILS, rare=["", None, 5]),
        "externalId": _KEYS_EXT,
        "sourceId": _KEYS_SRC,
        "firstName": _TEXTS,
        "lastName": _often("Lee", "Ørsted", rare=["", None]),
        "name": _often("Somebody", rare=["", None]),
        "archived": _BOOLEANS,
        "tags": _ARRAYS,
    },
    "users": {
        "email": _often(*EMAILS, rare=["", None, 5]),
        "firstName": _often("Ann", "Bob", rare=["", None, 5]),
        "lastName": _often("Lee", rare=["", None]),
        "nickName": _often("annie", "bö", rare=["", None]),
        "externalId": _KEYS_EXT,
        "roles": _often([], [next(iter(ROLES))], [*ROLES], rare=["x", None, [UNKNOWN_ID, 5]]),
        "inactive": _BOOLEANS,
        "tzOffset": _NUMBERS,
        "image": _often({"path": "x.png"}, {}, rare=[None, "x"]),
    },
    "tasks": {
        "companyId": _COMPANIES,
        "action": _TEXTS,
        "description": _often(*HTML, rare=[None, 5]),
        "sourceId": _KEYS_SRC,
        "status": _STATUSES,
        "isArchived": _BOOLEANS,
        "startTime": _DATES,
        "noSpecificTime": _BOOLEANS,
        "dateDone": _DATES,
        "doneBy": _ids("users"),
        "ownerId": _ids("users"),
        "type": _often("note", "workshop", "email", rare=[None, "", "odd"]),
        "mainType": _often("task", "event", rare=[None, "x"]),
        "repeat": _often("daily", rare=["custom", None]),
        "repeatDays": _NUMBERS,
        "users": _people("users"),
        "endusers": _people("endusers"),
        "activityTags": _ARRAYS,
    },
    "conversations": {
        "companyId": _COMPANIES,
        "type": _often("note", "workshop", "email", "odd", rare=[None, "", 5]),
        "subject": _TEXTS,
        "description": _often(*HTML, rare=[None, 5]),
        "externalId": _KEYS_EXT,
        "date": _DATES,
        "users": _people("users"),
        "endusers": _people("endusers"),
        "starred": _BOOLEANS,
        "archived": _BOOLEANS,
        "activityTags": _ARRAYS,
    },
}
_OF_KIND = {
    TEXT: _TEXTS, NUMBER: _NUMBERS, BOOLEAN: _BOOLEANS, DATE: _DATES, ARRAY: _ARRAYS,
    ID: _ids("users"), COMPANY_REF: _COMPANIES,
}  # fmt: skip
for _name, _model in PLAIN.items():
    _FIELDS[_name] = {name: _OF_KIND[kind] for name, kind in _model.kinds.items()}
    _FIELDS[_name] |= {"externalId": _KEYS_EXT, "sourceId": _KEYS_SRC}
    if "status" in _model.kinds:
        _FIELDS[_name]["status"] = _often("active", "won", rare=["Won", None, 5])
_NEEDED: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "companies": {"name": _often("Acme Inc.", "Größe 2", "Globex", rare=["", 5])},
    "endusers": {"email": _often(*EMAILS, rare=[""]), "companyId": _COMPANIES},
    "users": {
        "email": _often(*EMAILS, rare=[None]),
        "firstName": _often("Ann", "Bob", rare=[""]),
        "lastName": st.just("Lee"),
    },
    "tasks": {"companyId": _COMPANIES},
    "conversations": {"companyId": _COMPANIES},
    **{name: {key: _FIELDS[name][key] for key in model.required} for name, model in PLAIN.items()},
}
_VAIN: dict[str, st.SearchStrategy[Any]] = {  # what no model takes, or nobody may write
    "title": st.just("vanishes"),
    "__v": st.just(7),
    "createdAt": st.just("2020-01-01T00:00:00.000Z"),
    "companyName": st.just("Nobody"),
    "snippet": st.sampled_from(["mine", None]),
    "_id": st.sampled_from([UNKNOWN_ID, "x"]),
}


def _mostly(pool: dict[str, st.SearchStrategy[Any]], needed: dict[str, Any], most: int) -> st.SearchStrategy[Any]:
    """A body with *needed*, and up to *most* others of *pool*."""
    names = st.lists(st.sampled_from(sorted(pool)), max_size=most, unique=True)

    @st.composite
    def body(draw: st.DrawFn) -> dict[str, Any]:
        made = {name: draw(value) for name, value in needed.items()}
        return made | {name: draw(pool[name]) for name in draw(names)}

    return body()


def _pool(collection: str) -> dict[str, st.SearchStrategy[Any]]:
    custom = {"custom": _CUSTOMS, "custom.HScore": st.sampled_from([1, None, "y"]), "custom.a.b": st.just(3)}
    return {**_FIELDS[collection], **custom}


def _bodies(collection: str, needed: dict[str, Any]) -> st.SearchStrategy[Any]:
    usual = _mostly(_pool(collection), needed, 4)
    return _usually(usual, rare=_mostly({**_pool(collection), **_VAIN}, needed, 4), times=5)


CREATES = {name: _bodies(name, _NEEDED[name]) for name in MODELS}
CHANGES = {name: _bodies(name, {}) for name in MODELS}
_VALUES = {"sourceId": SOURCE, "externalId": EXTERNAL, "email": EMAILS}


def _items(collection: str) -> st.SearchStrategy[Any]:
    known = [name for name in MODELS[collection].keyables if name != "_id"]
    keyables: dict[str, st.SearchStrategy[Any]] = {name: st.sampled_from(_VALUES[name]) for name in known}
    keyables["_id"] = _ids(collection)
    by_key = st.one_of([_mostly(_pool(collection), {name: keys}, 3) for name, keys in keyables.items()])
    named = {name: keys for name, keys in keyables.items() if name != "_id"} or keyables
    whole = st.one_of([_mostly(_pool(collection), {name: k} | _NEEDED[collection], 3) for name, k in named.items()])
    usual = st.one_of(by_key, whole, whole, CREATES[collection])
    return _usually(usual, rare=st.sampled_from([{}, None, "x", 5, []]), times=15)


BULKS = {name: st.lists(_items(name), min_size=1, max_size=4) for name in MODELS}
PREFIXED = [f"extid-{one}" for one in EXTERNAL] + [f"srcid-{one}" for one in SOURCE]
PATH_KEYS = {
    name: st.one_of(
        *[refs(name)] * 7,
        st.sampled_from(["extid-e1", "extid-e2", "srcid-s1", "srcid-s2"]),
        st.sampled_from(["extid-e1", "extid-e2", "srcid-s1", "srcid-s2"]),
        st.sampled_from([UNKNOWN_ID, "zz", "extid-", "srcid-nobody", *PREFIXED]),
    )
    for name in MODELS
}
SORTS = ["_id", "-_id", "name", "-name", "email", "externalId", "-sourceId", "status", "startTime", "-date", "nobody",
         "isArchived", "-updatedAt", "csmScore"]  # fmt: skip
SELECTS = ["name", "name, companyId", "custom,_id", "nobody", "", "action ,status,Status", "users", "createDate"]


def _queries(collection: str) -> st.SearchStrategy[list[tuple[str, Any]]]:
    filters: dict[str, st.SearchStrategy[Any]] = {
        "limit": _often("1", "2", "100", rare=["0", "-1", "x", "", "99999", "1.5"]),
        "offset": _often("0", "1", "2", rare=["-1", "x", ""]),
        "sort": st.sampled_from(SORTS),
        "select": st.sampled_from(SELECTS),
        "nonsense": st.just("1"),
    }
    more: dict[str, st.SearchStrategy[Any]] = {
        "endusers": st.fixed_dictionaries(
            {},
            optional={
                "archived": st.sampled_from(["true", "false"]),
                "email": st.sampled_from(EMAILS),
                "euId": refs("endusers"),
            },
        ),
        "users": st.fixed_dictionaries({}, optional={"email": st.sampled_from(EMAILS)}),
        "tasks": st.fixed_dictionaries(
            {},
            optional={"isArchived": st.sampled_from(["true", "true", "false"]), "enduserIds": refs("endusers")},
        ),
        "conversations": st.fixed_dictionaries({}, optional={"type": st.sampled_from(["note", "workshop", "email"])}),
    }
    companies = st.one_of(refs("companies"), st.sampled_from([*PREFIXED, UNKNOWN_ID, "zz", "", "extid-e1, extid-e2"]))
    if MODELS[collection].in_company:
        filters["companyId"] = companies  # and by one of its older names
    aliases = st.sampled_from(["companyId", "companyId", "cId", "c", "cid"])
    some: st.SearchStrategy[dict[str, Any]] = st.one_of(st.just({}), _mostly(filters, {}, 3))
    older = {"companyId": aliases, "limit": st.sampled_from(["limit", "limit", "l"])}

    @st.composite
    def query(draw: st.DrawFn) -> list[tuple[str, Any]]:
        asked = draw(some) | draw(more.get(collection, st.just({})))
        return [(draw(older.get(name, st.just(name))), value) for name, value in asked.items()]

    return query()


QUERIES = {name: _queries(name) for name in MODELS}
LEAN_QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "externalId": st.sampled_from([*EXTERNAL, "e1,e2", "e1, Ü 3"]),
        "sourceId": st.sampled_from(SOURCE),
        "status": st.sampled_from(["prospect", "customer,lost", "nope"]),
        "limit": st.just("1"),
    },
).map(lambda given: list(given.items()))
FIRST = {  # who and what is there when a tenant begins: keys that collide, dates, HTML, people
    "companies": [
        {"name": "Acme", "externalId": "e1", "sourceId": "s1", "domains": ["acme.example"], "owner": Ref("users", 0)},
        {"name": "Größe 2", "externalId": "e2", "sourceId": "s2", "custom": {"HScore": 1}},
    ],
    "users": [
        {"email": "u@x.example", "firstName": "U", "lastName": "V", "externalId": "e1", "roles": [next(iter(ROLES))]}
    ],
    "endusers": [
        {"email": "ann@acme.example", "externalId": "e1", "sourceId": "s1", "firstName": "Ann", "lastName": "Lee"},
        {"email": "bob@Acme.example", "externalId": "e1", "companyId": "extid-e2", "archived": True},
    ],
    "tasks": [
        {"companyId": "extid-e1", "sourceId": "s1", "action": "Call", "description": HTML[0], "custom": {"HScore": 2}},
        {"companyId": "srcid-s2", "sourceId": "s2", "ownerId": Ref("users", 1), "type": "workshop"},
    ],
    "conversations": [
        {"companyId": "extid-e1", "externalId": "e1", "subject": "QBR", "date": "2027-01-03", "description": HTML[3]},
        {"companyId": "extid-e2", "externalId": "e1", "users": [{"id": Ref("users", 0)}]},
    ],
}
LIFE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(  # one step in the life of a task
    {"status": st.sampled_from(["Done", "Done", "Ignored", "In-progress", "Blocked"])},
    optional={
        "description": st.sampled_from([*HTML, None]),
        "action": st.sampled_from(["Call", "Call back"]),
        "sourceId": st.sampled_from(SOURCE),
        "isArchived": st.booleans(),
        "type": st.sampled_from(["note", "workshop"]),
        "dateDone": st.sampled_from(DATES),
        "ownerId": refs("users"),
        "inherits": st.booleans(),  # the flag "Notes to inherit Task sourceId", just before
    },
)
KEYABLES = st.fixed_dictionaries(
    {"externalId": st.sampled_from([*EXTERNAL, ""]), "sourceId": st.sampled_from([*SOURCE, ""])},
    optional={"email": st.sampled_from(EMAILS)},
)
TOUR: list[tuple[str, str, Any, Any]] = [  # what the switches speak of, one call after the other
    ("DELETE", "tasks", UNKNOWN_ID, None),
    ("DELETE", "companies", "extid-nobody", None),
    ("DELETE", "conversations", "extid-e1", None),
    ("GET", "tasks", "zz", []),
    ("GET", "tasks", UNKNOWN_ID, []),
    ("GET", "conversations", "extid-e1", []),
    ("GET", "companies", None, []),
    ("GET", "tasks", None, [("limit", "99999"), ("companyId", "extid-e1")]),
    ("GET", "users", None, [("nonsense", "1")]),
    ("GET", "endusers", None, [("offset", "x")]),
    ("PUT", "companies", Ref("companies", 0), {}),
    ("PUT", "companies", Ref("companies", 0), {"custom": {"HScore": 7}}),
    ("PUT", "companies", Ref("companies", 0), {"custom.a.b": 8, "custom": {}}),
    ("PUT", "companies", Ref("companies", 0), {"_id": UNKNOWN_ID, "phase": 5}),
    ("PUT", "companies", Ref("companies", 0), {"createDate": "2020-01-01"}),
    ("PATCH", "users", Ref("users", 0), {"tzOffset": "60"}),
    ("PUT", "tasks", None, []),
    ("PUT", "tasks", None, {"sourceId": "s1", "action": "single"}),
    ("PUT", "tasks", None, [{"sourceId": "s1"}, {"sourceId": "s1"}, {"_id": UNKNOWN_ID, "companyId": "extid-e1"}, 5]),
    ("POST", "users", None, {"email": "new@x.example", "firstName": "N", "lastName": "N"}),
    ("POST", "endusers", None, {"email": "new@acme.example", "companyId": "extid-e1"}),
    ("POST", "conversations", None, {"companyId": "extid-e2", "type": "email", "endusers": [Ref("endusers", 0)]}),
    (
        "POST",
        "tasks",
        None,
        {"companyId": "extid-e1", "status": "Done", "startTime": "2031-01-02", "description": HTML[4],
         "snippet": "mine", "users": [Ref("users", 0)]},
    ),
    ("PUT", "tasks", Ref("tasks", 0), {"status": "ignored"}),
    ("PUT", "tasks", Ref("tasks", 0), {"status": "done"}),
    ("PUT", "tasks", Ref("tasks", 1), {"isArchived": True}),
    ("PUT", "tasks", None, [{"sourceId": "s2", "status": "Done"}]),
    ("GET", "conversations", None, []),
]  # fmt: skip
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "inherit_source_id": st.sampled_from([True, True, False]),
        "conversation_types": st.sampled_from([[], ["workshop"], ["workshop", "QBR"]]),
        "conversation_custom_fields": st.sampled_from([[], ["HScore"], ["HScore", "Ünï"]]),
    },
)
