"""Describe answers: what a schema looks like to a client.

Pure functions of (schema, version): they know no org, user or clock. What depends on the caller is
handed in (`host` for the `https://` templates, the recent items). Answers are built once per schema
and version and shared, so nobody may change them.

Key order and constant values are those of the describes that CumulusCI recorded (v48 to v60). What
this fake has no notion of (encryption, lookup filters ...) has its neutral
value there.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from fake_salesforce.data_files import load
from fake_salesforce.record_ids import MASTER_RECORD_TYPE_ID
from fake_salesforce.schema.metadata import (
    ChildRelationship,
    Described,
    Field,
    PicklistValue,
    RecordType,
    Schema,
    SObject,
)

MAX_BATCH_SIZE: Final = 200  # as the global describe says; recorded
UTF8_BYTES_PER_CHARACTER: Final = 3  # byteLength of text is three times its length; recorded
ID_BYTES: Final = 18
# associateEntityType, associateParentEntity and sobjectDescribeOption are absent from the describes
# recorded at v48 and present in later ones; the version between is assumed. So is that of the scope scopingRule, and
# of the link defaultValues, which is there at v48 and gone from v52 on.
ASSOCIATES_SINCE: Final = 50.0

_SOAP_TYPES: Final[Mapping[str, str]] = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "address": "urn:address",
    "location": "urn:location",
    "base64": "xsd:base64Binary",
    "anyType": "xsd:anyType",
}

# Where each entry of `urls` leads; {base} is /services/data/vNN.0/sobjects/X.
URLS: Final[Mapping[str, str]] = {
    "sobject": "{base}",
    "describe": "{base}/describe",
    "rowTemplate": "{base}/{{ID}}",
    "layouts": "{base}/describe/layouts",
    "compactLayouts": "{base}/describe/compactLayouts",
    "approvalLayouts": "{base}/describe/approvalLayouts",
    "defaultValues": "{base}/defaultValues?recordTypeId&fields",
    "listviews": "{base}/listviews",
    "quickActions": "{base}/quickActions",
    "namedLayouts": "{base}/describe/namedLayouts/{{LayoutName}}",
    "eventSchema": "{base}/eventSchema",
    "eventSeriesUpdates": "{base}/{{ID}}/fromThisEventOnwards",
    "passwordUtilities": "{base}/{{ID}}/password",
    "caseArticleSuggestions": "{base}/suggestedArticles",
    "caseRowArticleSuggestions": "{base}/{{ID}}/suggestedArticles",
    "uiDetailTemplate": "{host}/{{ID}}",
    "uiEditTemplate": "{host}/{{ID}}/e",
    "uiNewRecord": "{host}/{prefix}/e",
}
# Lists of ids on an event stand for its relations to these; recorded.
_JUNCTION_TO: Final = ("Calendar", "Contact", "Lead", "User")
_URLS_OF_THE_FULL_DESCRIBE: Final = frozenset({"uiDetailTemplate", "uiEditTemplate", "uiNewRecord"})
DEFAULT_HOST: Final = "https://understudy.my.salesforce.com"


def global_describe(schema: Schema, version: str) -> dict[str, Any]:
    """GET /sobjects/: every object's entry, by name. *version* is like `60.0`."""
    return cached(
        schema,
        ("global", version),
        lambda: {
            "encoding": "UTF-8",
            "maxBatchSize": MAX_BATCH_SIZE,
            "sobjects": [global_entry(schema, each, version) for each in schema.sobjects],
        },
    )


def global_entry(schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    """One object's entry of the global describe."""
    return cached(schema, ("entry", sobject.name, version), lambda: _entry(sobject, version))


def basic_describe(
    schema: Schema, sobject: SObject, version: str, *, recent_items: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """GET /sobjects/X: the global entry and the rows the caller looked at last."""
    return {
        "objectDescribe": global_entry(schema, sobject, version),
        "recentItems": list(recent_items),
    }


def object_describe(schema: Schema, sobject: SObject, version: str, *, host: str = DEFAULT_HOST) -> dict[str, Any]:
    """GET /sobjects/X/describe. *host* is the base of the links into the user interface.

    Only the answer for the default host is kept: a client may name any number of hosts.
    """
    answer = cached(
        schema,
        ("object", sobject.name, version),
        lambda: _full(schema, sobject, version),
    )
    if host == DEFAULT_HOST:
        return answer
    urls = {key: url.replace(DEFAULT_HOST, host, 1) for key, url in answer["urls"].items()}
    return {**answer, "urls": urls}


def cached(schema: Schema, key: tuple[str, ...], build: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answer of *schema* for *key*, built the first time. Two threads may both build it; they agree."""
    found: dict[str, Any] | None = schema.described.get(key)
    if found is None:
        found = schema.described[key] = build()
    return found


def _has_associates(version: str) -> bool:
    return float(version) >= ASSOCIATES_SINCE


def _entry(sobject: SObject, version: str) -> dict[str, Any]:
    """The attributes, with what an imported describe said of the same keys; links into the UI are not here."""
    entry = _own_entry(sobject, version)
    if sobject.described is None:
        return entry
    said = {key: value for key, value in sobject.described.values.items() if key in entry and key != "urls"}
    told = sobject.described.values.get("urls")
    if isinstance(told, dict):
        links = {key: value for key, value in told.items() if key not in _URLS_OF_THE_FULL_DESCRIBE}
        said["urls"] = in_version(links, version)
    return {**entry, **said}


def _own_entry(sobject: SObject, version: str) -> dict[str, Any]:
    can = sobject.can
    associates = _associates(sobject) if _has_associates(version) else {}
    return {
        "activateable": can("activateable"),
        **associates,
        "createable": can("createable"),
        "custom": sobject.custom,
        "customSetting": False,
        "deepCloneable": can("deepCloneable"),
        "deletable": can("deletable"),
        "deprecatedAndHidden": False,
        "feedEnabled": can("feedEnabled"),
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.key_prefix,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "layoutable": can("layoutable"),
        "mergeable": can("mergeable"),
        "mruEnabled": can("mruEnabled"),
        "name": sobject.name,
        "queryable": can("queryable"),
        "replicateable": can("replicateable"),
        "retrieveable": can("retrieveable"),
        "searchable": can("searchable"),
        "triggerable": can("triggerable"),
        "undeletable": can("undeletable"),
        "updateable": can("updateable"),
        "urls": _urls(sobject, version, host=None),
    }


def _associates(sobject: SObject) -> dict[str, Any]:
    return {
        "associateEntityType": sobject.associate_entity_type,
        "associateParentEntity": sobject.associate_parent_entity,
    }


def _urls(sobject: SObject, version: str, *, host: str | None) -> dict[str, str]:
    """The object's links; without *host* those of the global describe, which has none into the UI."""
    base = f"/services/data/v{version}/sobjects/{sobject.name}"
    return {
        name: URLS[name].format(base=base, host=host, prefix=sobject.key_prefix)
        for name in sobject.url_names
        if (host is not None or name not in _URLS_OF_THE_FULL_DESCRIBE)
        and (name != "defaultValues" or not _has_associates(version))
    }


def _full(schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    answer = own_describe(schema, sobject, version)
    if sobject.described is None:
        return answer
    values = {key: in_version(value, version) for key, value in sobject.described.values.items()}
    return Described(values, sobject.described.absent).over(answer)


VERSION_MARK: Final = "/services/data/v{version}/"  # how an imported describe keeps a link


def in_version(value: Any, version: str) -> Any:
    """*value* of an imported describe with its links in *version*."""
    if isinstance(value, str):
        return value.replace(VERSION_MARK, f"/services/data/v{version}/")
    if isinstance(value, list):
        return [in_version(each, version) for each in value]
    if isinstance(value, dict):
        return {key: in_version(each, version) for key, each in value.items()}
    return value


def own_describe(schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    """What the attributes say alone, without what an imported describe said word for word."""
    children = sorted(schema.children(sobject), key=lambda each: (each.child.name, each.field.name))
    found = own_object(sobject, version)
    found["childRelationships"] = [_child(each) for each in children]
    found["fields"] = [_field(each, sobject) for each in sobject.fields]
    return found


def own_object(sobject: SObject, version: str) -> dict[str, Any]:
    """`own_describe` with no fields and no children in it."""
    can = sobject.can
    associates = _has_associates(version)
    return {
        "actionOverrides": [],
        "activateable": can("activateable"),
        **(_associates(sobject) if associates else {}),
        "childRelationships": [],
        "compactLayoutable": can("layoutable"),
        "createable": can("createable"),
        "custom": sobject.custom,
        "customSetting": False,
        "deepCloneable": can("deepCloneable"),
        "defaultImplementation": None,
        "deletable": can("deletable"),
        "deprecatedAndHidden": False,
        "extendedBy": None,
        "extendsInterfaces": None,
        "feedEnabled": can("feedEnabled"),
        "fields": [],
        "hasSubtypes": False,
        "implementedBy": None,
        "implementsInterfaces": None,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.key_prefix,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "layoutable": can("layoutable"),
        "listviewable": None,
        "lookupLayoutable": None,
        "mergeable": can("mergeable"),
        "mruEnabled": can("mruEnabled"),
        "name": sobject.name,
        "namedLayoutInfos": _named_layouts(sobject, version),
        "networkScopeFieldName": None,
        "queryable": can("queryable"),
        "recordTypeInfos": _record_types(sobject, version),
        "replicateable": can("replicateable"),
        "retrieveable": can("retrieveable"),
        "searchLayoutable": can("layoutable") and can("searchable"),
        "searchable": can("searchable"),
        **({"sobjectDescribeOption": "FULL"} if associates else {}),
        "supportedScopes": [
            {"label": label, "name": name} for name, label in sobject.scopes if associates or name != "scopingRule"
        ],
        "triggerable": can("triggerable"),
        "undeletable": can("undeletable"),
        "updateable": can("updateable"),
        "urls": _urls(sobject, version, host=DEFAULT_HOST),
    }


def _child(each: ChildRelationship) -> dict[str, Any]:
    return {
        "cascadeDelete": each.cascade_delete and each.field.cascade_shown,
        "childSObject": each.child.name,
        "deprecatedAndHidden": False,
        "field": each.field.name,
        "junctionIdListNames": list(each.field.junction),
        "junctionReferenceTo": list(_JUNCTION_TO) if each.field.junction else [],
        "relationshipName": each.name,
        "restrictedDelete": each.restricted_delete,
    }


def _named_layouts(sobject: SObject, version: str) -> list[dict[str, Any]]:
    """Layouts beside those of record types, e.g. UserAlt of User."""
    base = f"/services/data/v{version}/sobjects/{sobject.name}/describe/namedLayouts"
    names = load("layouts.toml")["named"].get(sobject.name, ())
    return [{"name": name, "urls": {"layout": f"{base}/{name}"}} for name in names]


def record_types(sobject: SObject) -> list[RecordType]:
    """The object's record types that a client hears of, and at the end the master one, which no table holds."""
    types = [each for each in sobject.record_types if each.active or each.available]
    master = RecordType(
        id=MASTER_RECORD_TYPE_ID,
        name="Master",
        developer_name="Master",
        default=not any(each.default for each in types),
    )
    return [*types, master]


def record_type_words(each: RecordType) -> dict[str, Any]:
    """What both a describe and a layout's mapping say of a record type."""
    return {
        "active": each.active,
        "available": each.available and each.active,
        "defaultRecordTypeMapping": each.default,
        "developerName": each.developer_name,
        "master": each.id == MASTER_RECORD_TYPE_ID,
        "name": each.name,
        "recordTypeId": each.id,
    }


def _record_types(sobject: SObject, version: str) -> list[dict[str, Any]]:
    layouts = f"/services/data/v{version}/sobjects/{sobject.name}/describe/layouts"
    listed = record_types(sobject) if sobject.record_types or sobject.master_record_type else []
    return [{**record_type_words(each), "urls": {"layout": f"{layouts}/{each.id}"}} for each in listed]


def _field(field: Field, sobject: SObject) -> dict[str, Any]:
    entry = own_field(field, sobject)
    return entry if field.described is None else field.described.over(entry)


def own_field(field: Field, sobject: SObject | None = None) -> dict[str, Any]:
    """One entry of `fields`: the 57 recorded keys, in their order. *sobject* has the field its picklist depends on."""
    controller = None if sobject is None or field.controller is None else sobject.field(field.controller)
    return {
        "aggregatable": field.aggregatable,
        "aiPredictionField": False,
        "autoNumber": field.auto_number is not None,
        "byteLength": byte_length(field),
        "calculated": field.calculated,
        "calculatedFormula": None,
        # On a field these two speak of the master side, which no recorded field has.
        "cascadeDelete": field.cascade_delete and field.custom,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound_field_name,
        "controllerName": field.controller,
        "createable": field.createable,
        "custom": field.custom,
        "defaultValue": field.default,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.defaulted_on_create,
        "dependentPicklist": field.controller is not None,
        "deprecatedAndHidden": False,
        "digits": field.digits,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": field.extra_type_info,
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.id_lookup,
        "inlineHelpText": field.inline_help,
        "label": field.label,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": field.name_pointing,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "picklistValues": [
            {
                "active": each.active,
                "defaultValue": each.default,
                "label": each.label,
                "validFor": valid_for(each, controller),
                "value": each.value,
            }
            for each in field.picklist
        ],
        "polymorphicForeignKey": field.polymorphic,
        "precision": field.precision,
        "queryByDistance": field.type in ("address", "location"),
        "referenceTargetField": None,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "relationshipOrder": 0 if field.custom and field.cascade_delete else None,
        "restrictedDelete": field.restricted_delete and field.custom,
        "restrictedPicklist": field.restricted_picklist,
        "scale": field.scale,
        # Of the recorded references exactly the permissionable ones are.
        "searchPrefilterable": field.is_reference and field.permissionable,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable,
        "writeRequiresMasterRead": False,
    }


def valid_for(entry: PicklistValue, controller: Field | None) -> str | None:
    """For which values of the controlling field *entry* is offered: a bitmap in base64, the first value its top bit.

    A checkbox controls as a list of false and true. The bytes are a multiple of three, so that base64 needs no `=`, as
    in the guide's samples (assumed as a rule).
    """
    if controller is None or entry.valid_for is None or isinstance(entry.valid_for, str):
        return entry.valid_for if isinstance(entry.valid_for, str) else None
    known = ["false", "true"] if controller.type == "boolean" else [each.value for each in controller.picklist]
    bits = bytearray(3 * -(-len(known) // 24))
    for at, value in enumerate(known):
        if value in entry.valid_for:
            bits[at // 8] |= 0x80 >> at % 8
    return base64.b64encode(bytes(bits)).decode()


def byte_length(field: Field) -> int:
    """Bytes a value may take: 18 for ids, three a character for text, 0 for everything else."""
    if field.type in ("id", "reference"):
        return ID_BYTES
    return field.length * UTF8_BYTES_PER_CHARACTER
