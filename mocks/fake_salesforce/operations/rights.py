"""What one user may do, read from the org's rows: profile, permission sets, object and field permissions.

Rule 1: rights add up: a user may do what the profile or any assigned permission set allows; nothing takes away.
Rule 2: a set with Modify All Data has every right on every object and no rows that say so; a standard profile gives
every field unless a FieldPermissions row says less, a custom one only the fields it has rows for.
Rule 3: a user with all rights has none to check: `rights_of` answers None and nothing is looked at again.
Source: Object Reference v62, PermissionSet, ObjectPermissions (the note on Modify All Data), FieldPermissions;
Salesforce Security Guide, profiles and permission sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from fake_salesforce.data_files import load
from fake_salesforce.operations.statements import Statement
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Schema, SObject
from fake_salesforce.schema.security_file import implied_permissions, implied_rights

ALL_RIGHTS = frozenset({"read", "create", "edit", "delete", "view_all", "modify_all"})
Row = Mapping[str, Any]


class NoUser(Exception):
    """There is no such user, or the user is not active."""


@dataclass(frozen=True, kw_only=True)
class Rights:
    """The rights of users of one kind.

    *objects*: rights by object, without those everybody reads. *fields*: (read, edit) by object and field, for fields
    whose rights can be set. *silent*: names of fields, by object, whose refused values are dropped without a word; None
    in place of the names: all of them.
    """

    permissions: frozenset[str]
    objects: Mapping[str, frozenset[str]]
    fields: Mapping[str, Mapping[str, tuple[bool, bool]]]
    silent: Mapping[str, frozenset[str]] = field(default_factory=dict)
    all_silent: bool = False
    audit_fields: bool = False

    def may(self, permission: str) -> bool:
        """The user permission is there."""
        return permission in self.permissions

    def on(self, name: str) -> frozenset[str]:
        """The rights on an object: read, create, edit, delete, view_all, modify_all."""
        data = load("security.toml")
        if name in data["open"]:
            needed = data["open"][name]
            writes = not needed or needed in self.permissions
            if not writes and name in data["own_row"]:
                return frozenset({"read", "edit"})  # the own row; see sharing
            return ALL_RIGHTS if writes else frozenset({"read", "view_all"})
        if name.endswith("Share"):
            return self._on_share(name)
        found = self.objects.get(data["follows"].get(name, name), frozenset())
        if found and "view_all_data" in self.permissions:
            found |= {"view_all"}
        return found

    def _on_share(self, name: str) -> frozenset[str]:
        """Shares of rows are read by who reads the rows; who may share a row is asked of the row."""
        if "manage_sharing" in self.permissions:
            return ALL_RIGHTS
        shared = f"{name.removesuffix('__Share')}__c" if name.endswith("__Share") else name.removesuffix("Share")
        return frozenset({"read", "create", "edit", "delete"}) if "read" in self.on(shared) else frozenset()

    def key(self) -> tuple[Any, ...]:
        """Equal for users who may do the same."""
        fields = frozenset((name, frozenset(each.items())) for name, each in self.fields.items())
        return (
            self.permissions,
            frozenset(self.objects.items()),
            fields,
            frozenset(self.silent.items()),
            self.all_silent,
            self.audit_fields,
        )


def rights_of(org: Org, conn: sa.Connection, user_id: str) -> Rights | None:
    """The rights of the user, None for all of them. Raises NoUser."""
    schema = org.schema
    asked = _asked(schema)
    user = asked.row("User", conn, id=user_id)
    if user is None or not user["IsActive"]:
        raise NoUser
    whose = {"user": user_id, "profile": user["ProfileId"]}
    profile = asked.row("Profile", conn, id=user["ProfileId"])
    name = "" if profile is None else profile["Name"]
    sets = list(asked.rows("PermissionSet", conn, **whose))
    data = load("security.toml")
    permissions = implied_permissions(
        frozenset(word for word, column in data["permissions"].items() if any(each[column] for each in sets))
    )
    every = "modify_all_data" in permissions
    given = () if every else asked.rows("ObjectPermissions", conn, **whose)
    objects = {each.name: ALL_RIGHTS for each in schema.sobjects if is_governed(each)} if every else _objects(given)
    own = next((each for each in sets if each["IsOwnedByProfile"]), None)
    implicit = own is not None and not own["IsCustom"] and data["profiles"].get(name, {}).get("every_field", False)
    fields = _fields(schema, asked.rows("FieldPermissions", conn, **whose), own=own if implicit else None)
    security = org.security
    all_silent = name in security.silent_profiles
    silent = {} if all_silent else _by_object(security.silent_fields.get(name, ()))
    audit = security.audit_fields and "set_audit_fields" in permissions
    if _is_all(permissions, fields) and not all_silent and not silent and not audit:
        return None
    return Rights(
        permissions=permissions,
        objects=objects,
        fields=fields,
        silent=silent,
        all_silent=all_silent,
        audit_fields=audit,
    )


def _is_all(permissions: frozenset[str], fields: Mapping[str, Mapping[str, tuple[bool, bool]]]) -> bool:
    if not permissions >= frozenset(load("security.toml")["profiles"]["System Administrator"]["permissions"]):
        return False
    return all(all(each) for rights in fields.values() for each in rights.values())


class _Asked:
    """What is read of an org of one schema to tell a user's rights; compiled once, for it is read after each reset."""

    def __init__(self, schema: Schema) -> None:
        tables = {name: _table(schema, name) for name in (*_ROWS, *_OF_SETS)}
        sets, assigned = tables["PermissionSet"], _table(schema, "PermissionSetAssignment")
        mine = sa.select(assigned.c.PermissionSetId).where(assigned.c.AssigneeId == sa.bindparam("user"))
        own = sa.and_(sets.c.IsOwnedByProfile == 1, sets.c.ProfileId == sa.bindparam("profile"))
        where = {name: table.c.Id == sa.bindparam("id") for name, table in tables.items() if name in _ROWS}
        where["PermissionSet"] = sa.or_(own, sets.c.Id.in_(mine))
        ids = sa.select(sets.c.Id).where(where["PermissionSet"])
        columns = {name: [table.c[one] for one in _OF_SETS.get(name, ())] for name, table in tables.items()}
        columns = {name: given or list(tables[name].c) for name, given in columns.items()}
        for name in _OF_SETS:
            where[name] = tables[name].c.ParentId.in_(ids)
        self._names = {name: [str(one.key) for one in given] for name, given in columns.items()}
        found = {name: sa.select(*columns[name]).where(where[name]) for name in tables}
        found["PermissionSet"] = found["PermissionSet"].order_by(sets.c.Id)
        self._statements = {name: Statement(one) for name, one in found.items()}

    def rows(self, name: str, conn: sa.Connection, **values: Any) -> Iterator[Row]:
        """The rows of an object that matter for the user."""
        names = self._names[name]
        for row in self._statements[name].run(conn, values).fetchall():
            yield dict(zip(names, row, strict=True))

    def row(self, name: str, conn: sa.Connection, **values: Any) -> Row | None:
        """The only one."""
        return next(self.rows(name, conn, **values), None)


_ROWS = ("User", "Profile", "PermissionSet")  # whole
_OF_SETS = {
    "ObjectPermissions": ("SobjectType", *(each["field"] for each in load("security.toml")["rights"].values())),
    "FieldPermissions": ("ParentId", "Field", "PermissionsRead", "PermissionsEdit"),
}
_ASKED: WeakKeyDictionary[Schema, _Asked] = WeakKeyDictionary()


def _asked(schema: Schema) -> _Asked:
    known = _ASKED.get(schema)
    if known is None:
        known = _ASKED[schema] = _Asked(schema)
    return known


def _table(schema: Schema, name: str) -> sa.Table:
    sobject = schema.sobject(name)
    assert sobject is not None, f"every schema has {name}"
    return sobject.table


def _objects(rows: Iterable[Row]) -> Mapping[str, frozenset[str]]:
    words = load("security.toml")["rights"]
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        given = frozenset(word for word, each in words.items() if row[each["field"]])
        found[row["SobjectType"]] = found.get(row["SobjectType"], frozenset()) | implied_rights(given)
    return found


def is_governed(sobject: SObject) -> bool:
    """ObjectPermissions rows speak of the object."""
    data = load("security.toml")
    return sobject.name not in data["open"] and sobject.name not in data["follows"]


def _fields(schema: Schema, rows: Iterable[Row], *, own: Row | None) -> Mapping[str, Mapping[str, tuple[bool, bool]]]:
    """(read, edit) of every field whose rights can be set. *own*: a set that gives every field it has no row for."""
    said: dict[str, list[tuple[str, bool, bool]]] = {}
    for row in rows:
        read, edit = row["PermissionsRead"], row["PermissionsEdit"]
        said.setdefault(row["Field"], []).append((row["ParentId"], bool(read or edit), bool(edit)))
    found: dict[str, Mapping[str, tuple[bool, bool]]] = {}
    unsaid = own is not None, own is not None
    for name, fields in _settable(schema):
        rights = found[name] = dict.fromkeys(fields, unsaid)
        for each, governed in fields.items() if said else ():
            here = said.get(governed)
            if here is not None:
                every = own is not None and all(parent != own["Id"] for parent, _, _ in here)
                rights[each] = every or any(one[1] for one in here), every or any(one[2] for one in here)
    return found


_SETTABLE: WeakKeyDictionary[Schema, list[tuple[str, Mapping[str, str]]]] = WeakKeyDictionary()


def _settable(schema: Schema) -> list[tuple[str, Mapping[str, str]]]:
    """By object, the fields whose rights can be set, each with the name under which they are."""
    known = _SETTABLE.get(schema)
    if known is None:
        known = _SETTABLE[schema] = []
        for one in schema.sobjects:
            names = [each.name for each in one.fields if each.permissionable]
            if names:
                known.append((one.name, {name: f"{one.name}.{governing(one, name)}" for name in names}))
    return known


def governing(sobject: SObject, name: str) -> str:
    """The field whose rights *name* has: an address for its parts."""
    each = sobject.field(name)
    whole = each.compound_field_name if each is not None else None
    compound = sobject.field(whole) if whole is not None else None
    return compound.name if compound is not None and compound.permissionable else name


def _by_object(names: Any) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name in names:
        sobject, _, each = name.partition(".")
        found.setdefault(sobject, set()).add(each.lower())
    return {sobject: frozenset(each) for sobject, each in found.items()}
