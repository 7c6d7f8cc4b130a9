"""`/describe/layouts` and what stands beside it: compact and approval layouts, list views. Thin."""

from __future__ import annotations

from fake_salesforce.describes import compact_layouts, describe, layouts, list_views
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import list_views as running
from fake_salesforce.operations import records
from fake_salesforce.record_ids import canonical
from fake_salesforce.routes import conditions
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import Call
from fake_salesforce.routes.sobjects import caller
from fake_salesforce.schema.metadata import SObject


def page(call: Call, sobject: str) -> Answer:
    """GET /sobjects/{sobject}/describe/layouts, and of Global, which is no object"""
    if sobject.lower() == layouts.GLOBAL.lower():
        return conditions.describe(call, lambda: layouts.global_layouts(call.version))
    found = _with_layouts(call, sobject)
    return conditions.describe(call, lambda: layouts.layouts(call.org.schema, found, call.version))


def of_record_type(call: Call, sobject: str, record_type_id: str) -> Answer:
    """GET /sobjects/{sobject}/describe/layouts/{recordTypeId}"""
    found = _with_layouts(call, sobject)
    _refuse_unknown(found, record_type_id)
    return conditions.describe(call, lambda: layouts.layout(call.org.schema, found, call.version))


def named(call: Call, sobject: str, name: str) -> Answer:
    """GET /sobjects/{sobject}/describe/namedLayouts/{name}"""
    found = _with_layouts(call, sobject)
    layout = layouts.named(call.org.schema, found, call.version, name)
    if layout is None:
        raise salesforce_error("NOT_FOUND")
    return conditions.describe(call, lambda: layout)


def compact(call: Call, sobject: str) -> Answer:
    """GET /sobjects/{sobject}/describe/compactLayouts"""
    found = _with_layouts(call, sobject)
    return conditions.describe(call, lambda: compact_layouts.compact_layouts(call.org.schema, found, call.version))


def compact_of(call: Call, sobject: str, which: str) -> Answer:
    """GET /sobjects/{sobject}/describe/compactLayouts/primary, or /{recordTypeId}"""
    found = _with_layouts(call, sobject)
    if which.lower() != "primary":
        _refuse_unknown(found, which)
    return conditions.describe(call, lambda: compact_layouts.compact_layout(call.org.schema, found, call.version))


def compact_of_several(call: Call) -> Answer:
    """GET /compactLayouts?q=A,B"""
    names = [each.strip() for each in call.query.get("q", "").split(",")]
    most = layouts.rules()["compact"]["objects_max"]
    if names == [""] or len(names) > most:
        raise salesforce_error("ILLEGAL_QUERY_PARAMETER_VALUE", text=f"q: 1 to {most} objects")
    found = [_with_layouts(call, each) for each in names]
    schema = call.org.schema
    return conditions.describe(
        call, lambda: {each.name: compact_layouts.compact_layout(schema, each, call.version) for each in found}
    )


def approval(call: Call, sobject: str) -> Answer:
    """GET /sobjects/{sobject}/describe/approvalLayouts"""
    _with_layouts(call, sobject)
    return conditions.describe(call, lambda: compact_layouts.APPROVAL_LAYOUTS)


def _with_layouts(call: Call, name: str) -> SObject:
    """The object called *name*; raises NOT_FOUND when the caller sees none, or when it has no layouts."""
    found = records.find_sobject(call.org, name)
    if not layouts.has_layouts(found):
        raise salesforce_error("NOT_FOUND")
    return found


def _refuse_unknown(sobject: SObject, record_type_id: str) -> None:
    """Raise NOT_FOUND for what is no record type of *sobject*; the master one is everybody's."""
    wanted = canonical(record_type_id)
    if not any(each.id == wanted for each in describe.record_types(sobject)):
        raise salesforce_error("NOT_FOUND")


# --- list views -------------------------------------------------------------------------------------


def all_list_views(call: Call, sobject: str) -> Answer:
    """GET /sobjects/{sobject}/listviews"""
    return call.json(list_views.listing(_with_list_views(call, sobject), call.version))


def list_view(call: Call, sobject: str, list_view_id: str) -> Answer:
    """GET /sobjects/{sobject}/listviews/{id}"""
    found = _with_list_views(call, sobject)
    return call.json(list_views.basic(found, _view(found, list_view_id), call.version))


def described_list_view(call: Call, sobject: str, list_view_id: str) -> Answer:
    """GET /sobjects/{sobject}/listviews/{id}/describe"""
    found = _with_list_views(call, sobject)
    return call.json(list_views.described(call.org.schema, found, _view(found, list_view_id)))


def list_view_results(call: Call, sobject: str, list_view_id: str) -> Answer:
    """GET /sobjects/{sobject}/listviews/{id}/results[?limit=&offset=]"""
    found = _with_list_views(call, sobject)
    query = call.query
    return call.json(
        running.results(
            call.org,
            caller(call),
            sobject=found,
            view=_view(found, list_view_id),
            limit=query.get("limit"),
            offset=query.get("offset"),
            version=call.version,
        )
    )


def _with_list_views(call: Call, name: str) -> SObject:
    found = records.find_sobject(call.org, name)
    if call.number < layouts.rules()["list_views"]["since"] or not list_views.list_views(found):
        raise salesforce_error("NOT_FOUND")
    return found


def _view(sobject: SObject, list_view_id: str) -> list_views.ListView:
    found = list_views.find(sobject, list_view_id)
    if found is None:
        raise salesforce_error("NOT_FOUND")
    return found
