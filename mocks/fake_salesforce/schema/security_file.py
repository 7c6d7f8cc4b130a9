"""What an org file says of rights: the tables `profiles`, `permission_sets` and `sharing`.

    [profiles."Sync User"]
    like = "Minimum Access - Salesforce"     # the rights it starts from: Standard User unless told
    permissions = {api_enabled = true, view_setup = false}
    silent = false                           # true: what may not be written is dropped without a word
    [profiles."Sync User".objects]
    Account = ["read", "edit"]               # the whole list of rights on the object
    [profiles."Sync User".fields]
    "Account.Rating" = "read"                # none, read or edit
    "Account.Industry" = "read, silent"      # readable; a write is dropped without a word

    [permission_sets.Extra]                  # adds to the profiles of its users; like and silent are a profile's
    users = ["integration@understudy.example"]

    [sharing]
    Account = "Private"                      # Private, Read, ReadWrite, ReadWriteTransfer, ControlledByParent
    [sharing.roles]
    CEO = ""
    "Sales Rep" = "CEO"                      # the role above

A mistake is a MisuseError of one line. A table may also come through the control plane (`{"settings": …}`); it then
says only what changes.
Source: the vendor's words for rights are those of Object Reference, Profile, PermissionSet, ObjectPermissions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fake_salesforce.data_files import load
from fake_salesforce.schema.metadata import Field, Schema, SObject
from fake_salesforce.schema.org_file import Kinds, checked, refuse, table

ADMIN_PROFILE: Final = "System Administrator"
DEFAULT_LIKE: Final = "Standard User"
_PROFILE_KEYS: Final[Kinds] = {
    "like": str,
    "license": str,
    "permissions": dict,
    "objects": dict,
    "fields": dict,
    "silent": bool,
}
_SET_KEYS: Final[Kinds] = {
    "label": str,
    "license": str,
    "permissions": dict,
    "objects": dict,
    "fields": dict,
    "users": list,
}
_FIELD_RIGHTS: Final[Mapping[str, tuple[bool, bool]]] = {
    "none": (False, False),
    "read": (True, False),
    "edit": (True, True),
}


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a profile or a permission set says of rights: only what was given.

    *objects*: rights by object. *fields*: (read, edit) by "Object.Field". *silent_fields*: a write to them is dropped.
    """

    name: str
    like: str = ""
    license: str = "Salesforce"
    label: str = ""
    permissions: Mapping[str, bool] = field(default_factory=dict)
    objects: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fields: Mapping[str, tuple[bool, bool]] = field(default_factory=dict)
    silent: bool | None = None
    silent_fields: Mapping[str, bool] = field(default_factory=dict)
    users: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SecurityTables:
    """The three tables, checked. *roles*: name -> the role above, "" at the top."""

    profiles: Mapping[str, Grant] = field(default_factory=dict)
    permission_sets: Mapping[str, Grant] = field(default_factory=dict)
    sharing: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)


def read_security(given: Mapping[str, Any], schema: Schema) -> SecurityTables:
    """The tables `profiles`, `permission_sets` and `sharing` of *given*; raises MisuseError."""
    standard = load("security.toml")["profiles"]
    profiles = {
        name: _profile(name, each, schema) for name, each in table(given.get("profiles", {}), "profiles").items()
    }
    for name, each in profiles.items():
        if each.like and each.like not in standard and each.like not in profiles:
            refuse(f"profiles.{name}.like", f"no profile {each.like!r}", f"use one of {sorted(standard)}")
        _refuse_circle(name, {one: grant.like for one, grant in profiles.items()}, f"profiles.{name}.like")
    sets = table(given.get("permission_sets", {}), "permission_sets")
    sharing = dict(table(given.get("sharing", {}), "sharing"))
    roles = _roles(sharing.pop("roles", {}))
    return SecurityTables(
        profiles=profiles,
        permission_sets={name: _set(name, each, schema) for name, each in sets.items()},
        sharing={_object(name, schema, "sharing").name: _model(name, each, schema) for name, each in sharing.items()},
        roles=roles,
    )


def implied_rights(rights: frozenset[str]) -> frozenset[str]:
    """*rights* on an object with what each brings along: create is nothing without read."""
    known = load("security.toml")["rights"]
    return rights.union(*(known[each]["implies"] for each in rights))


def implied_permissions(permissions: frozenset[str]) -> frozenset[str]:
    """*permissions* of a user with what each brings along."""
    implied = load("security.toml")["implied"]
    return permissions.union(*(implied.get(each, ()) for each in permissions))


def _profile(name: str, given: object, schema: Schema) -> Grant:
    where = f"profiles.{name}"
    row = checked(given, _PROFILE_KEYS, where)
    if name == ADMIN_PROFILE and "like" in row:
        refuse(f"{where}.like", "System Administrator is like no other", "leave it out")
    fields, silent_fields = _fields(row.get("fields", {}), schema, f"{where}.fields")
    return Grant(
        name=name,
        like=row.get("like", "" if name in load("security.toml")["profiles"] else DEFAULT_LIKE),
        license=row.get("license", "Salesforce"),
        permissions=_permissions(row.get("permissions", {}), f"{where}.permissions"),
        objects=_objects(row.get("objects", {}), schema, f"{where}.objects"),
        fields=fields,
        silent=row.get("silent"),
        silent_fields=silent_fields,
    )


def _set(name: str, given: object, schema: Schema) -> Grant:
    where = f"permission_sets.{name}"
    row = checked(given, _SET_KEYS, where)
    users = row.get("users", [])
    if not all(isinstance(each, str) for each in users):
        refuse(f"{where}.users", f"is {users!r}", "make it a list of usernames")
    fields, silent = _fields(row.get("fields", {}), schema, f"{where}.fields")
    if any(silent.values()):
        refuse(f"{where}.fields", "silent is said of a profile", "leave it out here")
    return Grant(
        name=name,
        label=row.get("label", name),
        license=row.get("license", "Salesforce"),
        permissions=_permissions(row.get("permissions", {}), f"{where}.permissions"),
        objects=_objects(row.get("objects", {}), schema, f"{where}.objects"),
        fields=fields,
        users=tuple(users),
    )


def _permissions(given: Mapping[str, Any], where: str) -> Mapping[str, bool]:
    known = load("security.toml")["permissions"]
    for name, value in given.items():
        if name not in known:
            refuse(where, f"{name!r} is unknown", f"use {', '.join(known)}")
        if not isinstance(value, bool):
            refuse(f"{where}.{name}", f"is {value!r}", "make it true or false")
    return given


def _objects(given: Mapping[str, Any], schema: Schema, where: str) -> Mapping[str, frozenset[str]]:
    data = load("security.toml")
    found: dict[str, frozenset[str]] = {}
    for name, rights in given.items():
        sobject = _object(name, schema, where)
        if sobject.name in data["open"]:
            refuse(f"{where}.{name}", "everybody reads it", "say what may be written with permissions")
        if sobject.name in data["follows"]:
            refuse(f"{where}.{name}", f"its rights are those of {data['follows'][sobject.name]}", "set them there")
        if not isinstance(rights, list) or not all(each in data["rights"] for each in rights):
            refuse(f"{where}.{name}", f"is {rights!r}", f"make it a list of {', '.join(data['rights'])}")
        found[sobject.name] = implied_rights(frozenset(rights))
    return found


def _fields(
    given: Mapping[str, Any], schema: Schema, where: str
) -> tuple[Mapping[str, tuple[bool, bool]], Mapping[str, bool]]:
    rights: dict[str, tuple[bool, bool]] = {}
    silent: dict[str, bool] = {}
    for name, text in given.items():
        sobject, each = _field(name, schema, where)
        key = f"{sobject.name}.{each.name}"
        words = [word.strip() for word in text.split(",")] if isinstance(text, str) else []
        if not words or words[0] not in _FIELD_RIGHTS or words[1:] not in ([], ["silent"]):
            refuse(
                f"{where}.{name}", f"is {text!r}", 'say "none", "read" or "edit"; "read, silent" drops what is written'
            )
        if each.permissionable:
            rights[key] = _FIELD_RIGHTS[words[0]]
        elif words != ["read", "silent"]:
            refuse(
                f"{where}.{name}",
                "its rights cannot be set (permissionable is false)",
                'only "read, silent" is possible',
            )
        silent[key] = len(words) > 1
    return rights, {key: value for key, value in silent.items() if value or key in rights}


def _field(name: str, schema: Schema, where: str) -> tuple[SObject, Field]:
    object_name, _, field_name = name.partition(".")
    sobject = _object(object_name, schema, where)
    found = sobject.field(field_name)
    if found is None:
        refuse(where, f"{sobject.name} has no field {field_name!r}", 'write it as "Account.Rating"')
    whole = sobject.field(found.compound_field_name or "")
    if whole is not None and whole.permissionable:
        refuse(where, f"{name} is a part of {whole.name}", f"set {sobject.name}.{whole.name}")
    return sobject, found


def _object(name: str, schema: Schema, where: str) -> SObject:
    found = schema.sobject(name)
    if found is None:
        refuse(where, f"{name!r} is no object of this org", "use the API name of one")
    return found


def _model(name: str, given: Any, schema: Schema) -> str:
    models: list[str] = load("security.toml")["sharing"]["models"]
    if given not in models:
        refuse(f"sharing.{name}", f"is {given!r}", f"use one of {', '.join(models)}")
    sobject = _object(name, schema, "sharing")
    if is_controlled(sobject) and given != "ControlledByParent":
        refuse(f"sharing.{name}", "a detail is always shared as its master", "leave it out")
    if given == "ControlledByParent" and not parents_of(sobject):
        refuse(f"sharing.{name}", "it has no parent", "use another")
    if sobject.field("OwnerId") is None and sobject.name != "User" and not is_controlled(sobject):
        refuse(f"sharing.{name}", "its rows have no owner", "leave it out")
    return str(given)


def is_controlled(sobject: SObject) -> bool:
    """Rows without an owner that hang on a master: shared as the master is."""
    return sobject.field("OwnerId") is None and bool(parents_of(sobject))


def parents_of(sobject: SObject) -> list[Field]:
    """The references to the parents by which rows are shared: the masters, or those the data names."""
    named = load("security.toml")["sharing"]["parents"].get(sobject.name)
    if named is not None:
        return [found for name in named if (found := sobject.field(name)) is not None]
    return [each for each in sobject.references if each.cascade_delete]


def _roles(given: Any) -> Mapping[str, str]:
    roles = table(given, "sharing.roles")
    for name, above in roles.items():
        if not isinstance(above, str) or (above and above not in roles):
            refuse(f"sharing.roles.{name}", f"no role {above!r}", 'name the role above it, or ""')
        _refuse_circle(name, roles, f"sharing.roles.{name}")
    return roles


def _refuse_circle(name: str, above: Mapping[str, str], where: str) -> None:
    seen = {name}
    while name := above.get(name, ""):
        if name in seen:
            refuse(where, "goes in a circle", "let one have nothing above it")
        seen.add(name)
