"""What every model does alike: created, read, merged, listed, bulk upserted, deleted, permitted, seeded, faulted."""

from __future__ import annotations

from typing import Any

import pytest

from fake_planhat import ApiToken
from fake_planhat.models import MODELS, Model

from .conftest import COMPANY_ID, OTHER_ID, TOKEN, Api

MONEY = {"_currency": "USD", "value": 5}
# collection -> a body that may be created
BODIES: dict[str, dict[str, Any]] = {
    "assets": {"name": "N", "companyId": COMPANY_ID},
    "licenses": {"companyId": COMPANY_ID, "fromDate": "2026-01-01", **MONEY},
    "opportunities": {"companyId": COMPANY_ID, "title": "T"},
    "sales": {"companyId": COMPANY_ID, "salesDate": "2026-01-01", **MONEY},
    "invoices": {"cId": COMPANY_ID, "currency": "USD", "invoiceDate": 20_454},
    "nps": {"email": "e@acme.example", "campaignId": "n", "score": 9},
    "churn": {"companyId": COMPANY_ID, "value": 10},
    "issues": {"title": "T", "sourceId": "s", "archived": False},
    "projects": {"name": "N", "companyId": COMPANY_ID},
    "campaigns": {"name": "N", "companyId": COMPANY_ID},
    "objectives": {"name": "N", "companyId": COMPANY_ID},
    "workspaces": {"name": "N", "companyId": COMPANY_ID},
    "deals": {},
    "lineitems": {},
    "products": {},
    "timeentries": {},
    "timesheets": {},
    "customfields": {"name": "F", "parent": "task", "type": "number"},
}
NEW = [model for model in MODELS if model.collection in BODIES]
WITH_BULK = [model for model in NEW if "bulkUpsert" in model.operations]
WITH_REQUIRED = [model for model in NEW if model.required]


def named(model: Model) -> str:
    return model.name


def body_of(model: Model, **more: Any) -> dict[str, Any]:
    return {**BODIES[model.collection], **more}


def test_every_model_is_tried() -> None:
    """The five models of the activity sync have tests of their own; a workflow cannot be created."""
    others = {"Company", "Enduser", "User", "Task", "Conversation", "Workflow"}

    assert {model.name for model in MODELS} == {model.name for model in NEW} | others


@pytest.mark.evidence("documented", "developer documentation, the page of each model")
@pytest.mark.parametrize("model", NEW, ids=named)
def test_the_life_of_a_record(api: Api, model: Model) -> None:
    """Created with 200, read as it was stored, merged by PUT, hidden by nothing, deleted with a count."""
    path = f"/{model.collection}"
    made = api.made(path, body_of(model, custom={"A": 1}))
    api.clock.advance(60)
    changed = api.put(f"{path}/{made['_id']}", {"custom.B": 2, "isFeatured": True}).json()
    read = api.row(f"{path}/{made['_id']}")

    custom = None if model.name == "CustomField" else {"A": 1, "B": 2}  # the definition of such a value has none itself
    assert (custom, custom) == (changed.get("custom"), read.get("custom"))
    assert made["createdAt"] == read["createdAt"] < read["updatedAt"]
    assert {"_id", *model.required} <= set(read)
    assert [read] == api.get(path).json()
    assert {"n": 1, "ok": 1, "deletedCount": 1} == api.delete(f"{path}/{made['_id']}").json()
    assert [] == api.get(path).json()


@pytest.mark.evidence("documented", "developer documentation, the page of each model: required properties")
@pytest.mark.parametrize("model", WITH_REQUIRED, ids=named)
def test_required_keys(api: Api, model: Model) -> None:
    """Each required key is missed on create, by its name, and may not be emptied later."""
    path = f"/{model.collection}"
    made = api.made(path, body_of(model))
    for key in model.required:
        without = {name: value for name, value in body_of(model, sourceId="other").items() if name != key}
        without.pop("sourceId", None) if key == "sourceId" else None
        answer = api.post(path, without)
        emptied = api.put(f"{path}/{made['_id']}", {key: None})

        assert (400, f"{key} is required") == (answer.status_code, answer.text)
        assert (400, f"{key} is required") == (emptied.status_code, emptied.text)
    assert 1 == len(api.get(path).json())


@pytest.mark.evidence("documented", "developer documentation, Bulk upsert, and each model's keyables")
@pytest.mark.parametrize("model", WITH_BULK, ids=named)
def test_bulk_upsert_by_every_keyable(api: Api, model: Model) -> None:
    """One array creates, a second finds by the keyable what is there; the answer names the keyables that were sent."""
    path = f"/{model.collection}"
    keys = [key for key in model.keyables if key != "_id"]
    for key in keys:
        item = body_of(model, **({} if key == "sourceId" or "sourceId" not in model.required else {"sourceId": "x"}))
        item[key] = f"{key}-1"
        first, second, third = (api.put(path, [one]).json() for one in (item, item, {**item, "custom": {"X": 1}}))

        assert (1, 0, 0) == (first["created"], first["updated"], first["nonupdates"])
        assert f"{key}-1" == first["insertsKeys"][0][key]
        assert (0, 0, 1) == (second["created"], second["updated"], second["nonupdates"])
        assert first["upsertedIds"] == third["modified"]
    by_id = api.made(path, body_of(model, **({"sourceId": "last"} if "sourceId" in model.required else {})))
    changed = api.put(path, [{"_id": by_id["_id"], "custom": {"X": 2}}]).json()
    assert [by_id["_id"]] == changed["modified"]


@pytest.mark.evidence("documented", "help articles on source and external ids: uniqueness and prefixes")
@pytest.mark.parametrize("model", [one for one in NEW if one.prefixes], ids=named)
def test_keys_are_unique_and_name_records(api: Api, model: Model) -> None:
    """sourceId is taken once per model, the external id once per company; a prefix names the record in a path."""
    path = f"/{model.collection}"
    external = model.key_of("externalId") if "extid-" in model.prefixes else None
    keys = {"sourceId": "s-1", **({external: "e-1"} if external else {})}
    made = api.made(path, body_of(model, **keys))
    again = api.post(path, body_of(model, **keys))
    elsewhere = {model.company_key: OTHER_ID} if model.company_key else {}

    assert (400, f"{','.join(key for key in model.keyables if key in keys)} duplicated") == (
        again.status_code,
        again.text,
    )
    assert made["_id"] == api.row(f"{path}/srcid-s-1")["_id"]
    if external:
        assert made["_id"] == api.row(f"{path}/extid-e-1")["_id"]
        if model.company_key in model.required:
            api.made(path, body_of(model, **{external: "e-1"}, **elsewhere))


@pytest.mark.evidence("documented", "private app permissions are per model and operation")
@pytest.mark.parametrize("model", WITH_BULK, ids=named)
def test_bulk_permissions(make_api: Any, model: Model) -> None:
    """A token that may only update lists the insert it may not do, and does the update."""
    tokens = [ApiToken(TOKEN), ApiToken("u", permissions={model.name: frozenset({"update"})})]
    api = make_api(tokens=tokens)
    path = f"/{model.collection}"
    made = api.made(path, body_of(model))
    items = [{"_id": made["_id"], "custom": {"X": 1}}, body_of(model, sourceId="new")]

    answer = api.put(path, items, headers={"Authorization": "Bearer u"})

    result = answer.json()
    assert (403, 1, 0, 1) == (
        answer.status_code,
        result["updated"],
        result["created"],
        len(result["permissionErrors"]),
    )


@pytest.mark.evidence("documented", "developer documentation, the list section of each model")
@pytest.mark.parametrize(
    ("collection", "default", "most"),
    [("assets", 100, 2_000), ("nps", 100, 10_000), ("churn", 100, 1_000), ("customfields", 100, 2_000),
     ("invoices", 100, 2_000), ("workflows", 100, 2_000)],
)  # fmt: skip
def test_defaults_and_maxima_of_lists(api: Api, collection: str, default: int, most: int) -> None:
    """Each collection has its own default and maximum; a limit beyond is cut."""
    rows = [{"_id": f"{number:024x}", "cId": COMPANY_ID} for number in range(most + 1)]
    api.control.seed({collection: rows})

    assert default == len(api.get(f"/{collection}").json())
    assert most == len(api.get(f"/{collection}?limit={most + 1}").json())
    assert 1 == len(api.get(f"/{collection}?limit=5&offset={most}").json())


@pytest.mark.evidence("documented", "developer documentation, the list section of each model; legacy names: clients")
@pytest.mark.parametrize("model", [one for one in NEW if "companyId" in one.filters and one.required], ids=named)
@pytest.mark.parametrize("name", ["companyId", "cId", "c", "cid"])
def test_filter_by_company(api: Api, model: Model, name: str) -> None:
    """companyId, or one of its old names, keeps the records of the named companies; `l` is limit."""
    key = "companyIds" if model.name == "Issue" else model.company_key
    for number, company in enumerate((COMPANY_ID, OTHER_ID, OTHER_ID)):
        value: Any = [company] if key == "companyIds" else company
        api.made(f"/{model.collection}", body_of(model, **{str(key): value, "sourceId": f"s{number}"}))

    counts = [
        len(api.get(f"/{model.collection}?{name}={asked}").json())
        for asked in (COMPANY_ID, "extid-bolt", f"{COMPANY_ID},{OTHER_ID}", "0" * 24, f"{OTHER_ID}&l=1")
    ]

    assert [1, 2, 3, 0, 1] == counts


@pytest.mark.evidence("client-derived", "live notes of 2026: nulls sort first ascending")
def test_null_order(api: Api) -> None:
    """A record without the property stands first ascending, last descending; numbers sort as numbers."""
    for name, mrr in (("a", 10), ("b", 9), ("c", None)):
        api.made("/projects", {"name": name, "companyId": COMPANY_ID, **({} if mrr is None else {"mrr": mrr})})

    orders = ["".join(one["name"] for one in api.get(f"/projects?sort={sort}").json()) for sort in ("mrr", "-mrr")]

    assert ["cba", "abc"] == orders


@pytest.mark.evidence("assumed", "properties of these models are not published")
@pytest.mark.parametrize("model", [one for one in NEW if one.open], ids=named)
def test_open_models_keep_what_they_do_not_know(api: Api, model: Model) -> None:
    """Of a model whose properties nobody published no key is lost; Planhat's own keys stay Planhat's."""
    made = api.made(f"/{model.collection}", body_of(model, stage={"deep": [1]}, __v=7, createdAt="2001-01-01"))

    assert ({"deep": [1]}, 0) == (made["stage"], made["__v"])
    assert not made["createdAt"].startswith("2001")
    assert made["stage"] == api.row(f"/{model.collection}/{made['_id']}")["stage"]


@pytest.mark.evidence("documented", "developer documentation, each model: unknown keys are dropped (seen live)")
def test_closed_models_drop_what_they_do_not_know(api: Api) -> None:
    """Where the properties are published an unknown key vanishes with a 200."""
    made = api.made("/licenses", body_of(next(one for one in NEW if one.name == "License"), colour="red"))

    assert "colour" not in made


@pytest.mark.parametrize("model", NEW, ids=named)
def test_the_journal_and_faults_know_the_model(api: Api, model: Model) -> None:
    """A scripted fault is addressed by the model's name; a snapshot brings its records back."""
    path = f"/{model.collection}"
    api.made(path, body_of(model))
    snapshot = api.control.snapshot()
    api.control.add_fault(kind="unavailable", verb="list", object=model.name)

    assert 503 == api.get(path).status_code
    assert 200 == api.get(path).status_code
    api.delete(f"{path}/{api.get(path).json()[0]['_id']}")
    api.control.restore(snapshot)
    assert 1 == len(api.get(path).json())
