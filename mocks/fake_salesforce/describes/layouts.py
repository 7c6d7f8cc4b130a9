"""Page layouts: how an object's fields are laid out for people, as far as a client can read it.

Rule 1: pure functions of (schema, version), as `describe`; a schema that one user sees gives that user's layouts.
Rule 2: an org of this fake has one layout for each object that can have some, made from its fields by the rule in
`data/layouts.toml`; all record types share it.
Rule 3: a detail view shows an address or a person's name as one item; the edit view has an item for each part.
Source: SOAP API Developer Guide v67, DescribeLayoutResult; REST API Developer Guide v66, sObject Layouts; keys in the
order of the samples, which is the alphabet's.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from fake_salesforce.data_files import load
from fake_salesforce.describes import describe
from fake_salesforce.record_ids import mint
from fake_salesforce.schema.metadata import ChildRelationship, Field, RecordType, Schema, SObject

LAYOUT_PREFIX: Final = "00h"
SECTION_PREFIX: Final = "01B"
GLOBAL: Final = "Global"  # /sobjects/Global is no object: its layouts are those of pages that show none
_LONG_TEXT: Final = 255
_BUTTON: Final = (  # what a standard button says of a window that it does not open
    "behavior", "colors", "content", "contentSource", "custom", "encoding", "height", "icons", "label", "menubar",
    "name", "overridden", "resizeable", "scrollbars", "showsLocation", "showsStatus", "toolbar", "url", "width",
    "windowPosition",
)  # fmt: skip
_FALSE: Final = frozenset({
    "custom", "menubar", "overridden", "resizeable", "scrollbars", "showsLocation", "showsStatus", "toolbar",
})  # fmt: skip

Item = dict[str, Any]
Place = tuple[str, list[Field]]  # label and fields of an item


def rules() -> Mapping[str, Any]:
    """The data file."""
    return load("layouts.toml")


def has_layouts(sobject: SObject) -> bool:
    """Page and compact layouts can be made for *sobject*."""
    return sobject.can("layoutable")


def layouts(schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    """GET /sobjects/X/describe/layouts. `layouts` is null where record types choose the layout, as documented."""
    return describe.cached(schema, ("layouts", sobject.name, version), lambda: _layouts(schema, sobject, version))


def layout(schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    """The one layout of *sobject*: GET /sobjects/X/describe/layouts/{recordTypeId}."""
    return describe.cached(schema, ("layout", sobject.name, version), lambda: _layout(schema, sobject, version))


def named(schema: Schema, sobject: SObject, version: str, name: str) -> dict[str, Any] | None:
    """GET /sobjects/X/describe/namedLayouts/{name}; None when there is none of this name."""
    if name.lower() not in {each.lower() for each in layout_names(schema, sobject, version)}:
        return None
    return {**_layouts(schema, sobject, version), "layouts": [layout(schema, sobject, version)]}


def layout_names(schema: Schema, sobject: SObject, version: str) -> list[str]:
    """The names in `namedLayoutInfos` of the object's describe."""
    infos = describe.object_describe(schema, sobject, version).get("namedLayoutInfos") or ()
    return [str(each["name"]) for each in infos if isinstance(each, dict) and "name" in each]


def global_layouts(version: str) -> dict[str, Any]:
    """GET /sobjects/Global/describe/layouts: one layout without anything on it; actions are not faked."""
    empty = _dropped({**_frame(mint(LAYOUT_PREFIX, 0)), "buttonLayoutSection": None}, version)
    return {"layouts": [empty], "recordTypeMappings": [], "recordTypeSelectorRequired": [False]}


def object_id(prefix: str, sobject: SObject, number: int = 0) -> str:
    """The id of a layout, section or list view: the same in every org and for every caller."""
    return mint(prefix, zlib.crc32(sobject.name.encode()) * 16 + number)


def _layouts(schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    types = describe.record_types(sobject)
    usable = [each for each in types[:-1] if each.active and each.available]
    return {
        "layouts": [layout(schema, sobject, version)] if len(types) == 1 else None,
        "recordTypeMappings": [_mapping(schema, sobject, version, each) for each in types],
        "recordTypeSelectorRequired": [len(usable) > 1],
    }


def _mapping(schema: Schema, sobject: SObject, version: str, each: RecordType) -> dict[str, Any]:
    words = {
        **describe.record_type_words(each),
        "layoutId": object_id(LAYOUT_PREFIX, sobject),
        "picklistsForRecordType": list(_picklists(schema, sobject, version, each)),
        "urls": {"layout": f"/services/data/v{version}/sobjects/{sobject.name}/describe/layouts/{each.id}"},
    }
    return {key: words[key] for key in sorted(words)}


def _picklists(schema: Schema, sobject: SObject, version: str, each: RecordType) -> Iterator[dict[str, Any]]:
    """What each picklist offers in rows of the record type *each*."""
    for name, entry in _entries(schema, sobject, version).items():
        values = entry.get("picklistValues")
        if values:
            offered = each.picklists.get(name)
            left = [one for one in values if one.get("active", True) and (offered is None or one["value"] in offered)]
            yield {"picklistName": name, "picklistValues": left}


# --- one layout -------------------------------------------------------------------------------------


def _entries(schema: Schema, sobject: SObject, version: str) -> Mapping[str, Mapping[str, Any]]:
    """The describe's field entries by name."""
    fields = describe.object_describe(schema, sobject, version)["fields"]
    return {str(each["name"]): each for each in fields}


def _frame(layout_id: str) -> dict[str, Any]:
    """A layout with nothing on it."""
    return {
        "buttonLayoutSection": {"detailButtons": []},
        "detailLayoutSections": [],
        "editLayoutSections": [],
        "feedView": None,
        "highlightsPanelLayoutSection": None,
        "id": layout_id,
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": {"quickActionListItems": []},
        "relatedContent": None,
        "relatedLists": [],
        "saveOptions": [],
    }


def _layout(schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    layout_id = object_id(LAYOUT_PREFIX, sobject)
    view = _View(schema, sobject, version)
    buttons = [button(row["name"], row["label"]) for row in rules()["button"] if sobject.can(row["ability"])]
    whole = {
        **_frame(layout_id),
        "buttonLayoutSection": {"detailButtons": buttons},
        "detailLayoutSections": view.sections(layout_id, editing=False),
        "editLayoutSections": view.sections(layout_id, editing=True),
        "relatedLists": [_related(each) for each in _listed(schema, sobject)],
        "saveOptions": list(_save_options(sobject)),
    }
    found: dict[str, Any] = _dropped(whole, version)
    return found


def _dropped(value: Any, version: str) -> Any:
    """*value* without the keys that *version* does not have yet."""
    number = float(version)
    late = frozenset(key for key, first in rules()["since"].items() if number < first)
    return _without(value, late) if late else value


def _without(value: Any, keys: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_without(each, keys) for each in value]
    if isinstance(value, dict):
        return {key: _without(each, keys) for key, each in value.items() if key not in keys}
    return value


def button(name: str, label: str) -> dict[str, Any]:
    """A standard button or action."""
    said = {"label": label, "name": name}
    return {key: said.get(key, False if key in _FALSE else None) for key in _BUTTON}


def _save_options(sobject: SObject) -> Iterator[dict[str, Any]]:
    row = rules()["save_options"].get(sobject.name)
    if row is not None:
        yield {
            "defaultValue": False,
            "isDisplayed": True,
            "label": row["label"],
            "name": row["name"],
            "restHeaderName": row["rest"],
            "soapHeaderName": row["soap"],
        }


class _View:
    """The sections of one object's layout, for reading or for editing."""

    def __init__(self, schema: Schema, sobject: SObject, version: str) -> None:
        self._sobject = sobject
        self._entries = _entries(schema, sobject, version)
        self._parts: dict[str, list[Field]] = {}
        for each in sobject.fields:
            if each.compound_field_name is not None:
                self._parts.setdefault(each.compound_field_name, []).append(each)
        self._tab = 0

    def sections(self, layout_id: str, *, editing: bool) -> list[Item]:
        self._tab = 0
        found = []
        for number, row in enumerate(rules()["section"]):
            places = list(self._system() if row["holds"] == "system" else self._places(row["holds"], editing))
            if places and not (editing and row["holds"] == "system"):
                section_id = object_id(SECTION_PREFIX, self._sobject, 2 * number + editing)
                heading = row["heading"].format(label=self._sobject.label)
                found.append(self._section(heading, places, row["columns"], (layout_id, section_id)))
        return found

    def _section(self, heading: str, places: Sequence[Place], columns: int, ids: tuple[str, str]) -> Item:
        items = [self._item(label, fields) for label, fields in places]
        items += [_placeholder()] * (-len(items) % columns)
        rows = [items[at : at + columns] for at in range(0, len(items), columns)]
        return {
            "collapsed": False,
            "columns": columns,
            "heading": heading,
            "layoutRows": [{"layoutItems": row, "numItems": len(row)} for row in rows],
            "layoutSectionId": ids[1],
            "parentLayoutId": ids[0],
            "rows": len(rows),
            "tabOrder": "LeftToRight",
            "useCollapsibleSection": False,
            "useHeading": True,
        }

    def _places(self, holds: str, editing: bool) -> Iterator[Place]:
        """The items of a section, in the order of the fields."""
        for field in self._sobject.fields:
            whole = self._entries.get(field.compound_field_name or "") if field.compound_field_name else None
            if field.name in self._parts and editing:
                continue  # its parts come one by one
            if whole is not None and not editing and self._sobject.field(field.compound_field_name or ""):
                continue  # shown within the whole
            if _kind(field, self._sobject) == holds and _is_shown(field, self._parts):
                yield label_of(field, self._sobject), [field]

    def _system(self) -> Iterator[Place]:
        words = rules()["item"]
        for label, names in zip(words["system_labels"], words["system"], strict=True):
            fields = [each for each in map(self._sobject.field, names) if each is not None]
            if fields:
                yield label, fields

    def _item(self, label: str, fields: Sequence[Field]) -> Item:
        words = rules()["item"]
        system = len(fields) > 1 or fields[0].name in words["system"][0] + words["system"][1]
        first = fields[0]
        parts = self._parts.get(first.name, [])
        free = not system and first.name not in words["not_editable"]
        new = free and self._sobject.createable and (first.createable or any(each.createable for each in parts))
        update = free and self._sobject.updateable and (first.updateable or any(each.updateable for each in parts))
        required = (new or update) and (first.required or any(each.required for each in parts))
        components: list[Item] = []
        for number, field in enumerate(fields):
            if number:
                components.append(self._component("Separator", words["separator"]))
            components.append(self.field(field))
        return {
            "editableForNew": new,
            "editableForUpdate": update,
            "label": label,
            "layoutComponents": components,
            "placeholder": False,
            "required": required,
            "uiBehavior": "Required" if required else "Edit" if new or update else "Readonly",
        }

    def field(self, field: Field) -> Item:
        """The component of one field; a compound one has its parts."""
        parts = self._parts.get(field.name, [])
        components = {"components": [self.field(each) for each in parts]} if parts else {}
        whole = {"fieldType": field.type} if parts else {}
        own = self._component("Field", field.name, details=self._entries[field.name], lines=_lines(field))
        order = ("components", "details", "displayLines", "fieldType", "tabOrder", "type", "value")
        merged = {**components, **whole, **own}
        return {key: merged[key] for key in order if key in merged}

    def _component(self, kind: str, value: str, *, details: Any = None, lines: int = 1) -> Item:
        self._tab += 1
        return {"details": details, "displayLines": lines, "tabOrder": self._tab, "type": kind, "value": value}


def _placeholder() -> Item:
    """An empty place at the end of a row."""
    return {
        "editableForNew": False,
        "editableForUpdate": False,
        "label": "",
        "layoutComponents": [],
        "placeholder": True,
        "required": False,
        "uiBehavior": None,
    }


def _kind(field: Field, sobject: SObject) -> str:
    """Which kind of section the field stands in."""
    whole = sobject.field(field.compound_field_name) if field.compound_field_name else field
    if whole is not None and whole.type == "address":
        return "addresses"
    return "long" if field.type == "textarea" and field.length > _LONG_TEXT else "fields"


def _is_shown(field: Field, parts: Mapping[str, Iterable[Field]]) -> bool:
    """A field stands on a layout when somebody may fill it in, or when it tells people something by itself."""
    if field.name in {"Id", "RecordTypeId"} or field.type in {"base64", "complexvalue"}:
        return False
    return (
        field.createable
        or field.updateable
        or field.calculated
        or field.custom
        or field.name in parts
        or (field.name_field)
    )


def _lines(field: Field) -> int:
    lines: Mapping[str, int] = rules()["item"]["lines"]
    if field.type == "textarea" and field.length > _LONG_TEXT:
        return lines["long"]
    return lines.get(field.type, 1)


def label_of(field: Field, sobject: SObject) -> str:
    """What an item is called: a reference without its "ID"; the owner is the object's."""
    if field.name == "OwnerId":
        return str(rules()["item"]["owner_label"]).format(label=sobject.label)
    return field.label.removesuffix(" ID") if field.is_reference else field.label


# --- related lists ----------------------------------------------------------------------------------


def _listed(schema: Schema, sobject: SObject) -> list[ChildRelationship]:
    """The children that a layout lists: by a name, of objects that people see."""
    found = [each for each in schema.children(sobject) if each.name is not None and each.child.can("layoutable")]
    return sorted(found, key=lambda each: each.name or "")


def _related(each: ChildRelationship) -> dict[str, Any]:
    child = each.child
    return {
        "accessLevelRequiredForCreate": None,
        "buttons": [],
        "columns": [_column(field, child) for field in columns_of(child, rules()["related"]["columns"])],
        "custom": each.field.custom,
        "field": each.field.name,
        "label": child.label_plural,
        "limitRows": rules()["related"]["rows"],
        "name": each.name,
        "sobject": child.name,
        "sort": [],
    }


def columns_of(sobject: SObject, number: int) -> list[Field]:
    """The name and the first fields of the layout, *number* at most; no references and no compounds but the name."""
    name = sobject.name_field
    plain = [
        each
        for each in sobject.fields
        if each.column and not each.is_reference and each.compound_field_name is None and each is not name
        and _is_shown(each, {}) and _kind(each, sobject) == "fields"
    ]  # fmt: skip
    return ([name] if name is not None else []) + plain[: number - 1]


def _column(field: Field, child: SObject) -> dict[str, Any]:
    return {
        "field": f"{child.name}.{field.name}",
        "fieldApiName": field.name,
        "format": field.type if field.type in {"date", "datetime"} else None,
        "label": field.label,
        "lookupId": "Id" if field.name_field else None,
        "name": f"toLabel({field.name})" if field.type == "picklist" else field.name,
        "sortable": field.sortable,
    }
