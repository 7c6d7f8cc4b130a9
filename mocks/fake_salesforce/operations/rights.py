"""What one user may do, read from the org's rows: profile, permission sets, object and field permissions.

Rule 1: rights add up: a user may do what the profile or any assigned permission set allows; nothing takes away.
Rule 2: a set with Modify All Data has every right on every object and no rows that say so; a standard profile gives
every field unless a FieldPermissions row says less, a custom one only the fields it has rows for.
Rule 3: a user with all rights has none to check: `rights_of` answers None and nothing is looked at again.
Source: Object Reference v62, PermissionSet, ObjectPermissions (the note on Modify All Data), FieldPermissions;
Salesforce Security Guide, profiles and permission sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from fake_salesforce.data_files import load
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
    user = _row(conn, schema, "User", user_id)
    if user is None or not user["IsActive"]:
        raise NoUser
    profile = _row(conn, schema, "Profile", user["ProfileId"])
    name = "" if profile is None else profile["Name"]
    sets = list(_sets(conn, schema, user_id, user["ProfileId"]))
    data = load("security.toml")
    permissions = implied_permissions(
        frozenset(word for word, column in data["permissions"].items() if any(each[column] for each in sets))
    )
    ids = [each["Id"] for each in sets]
    objects = _objects(conn, schema, ids, every="modify_all_data" in permissions)
    own = next((each for each in sets if each["IsOwnedByProfile"]), None)
    implicit = own is not None and not own["IsCustom"] and data["profiles"].get(name, {}).get("every_field", False)
    fields = _fields(conn, schema, ids, own=own if implicit else None)
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


def _row(conn: sa.Connection, schema: Schema, name: str, record_id: str | None) -> Row | None:
    table = _table(schema, name)
    found = conn.execute(sa.select(table).where(table.c.Id == record_id)).mappings().first()
    return None if found is None else {str(key): value for key, value in found.items()}


def _table(schema: Schema, name: str) -> sa.Table:
    sobject = schema.sobject(name)
    assert sobject is not None, f"every schema has {name}"
    return sobject.table


def _sets(conn: sa.Connection, schema: Schema, user_id: str, profile_id: str | None) -> Iterator[Row]:
    """The profile's own set and the assigned ones."""
    sets, assigned = _table(schema, "PermissionSet"), _table(schema, "PermissionSetAssignment")
    mine = sa.select(assigned.c.PermissionSetId).where(assigned.c.AssigneeId == user_id)
    where = sa.or_(sa.and_(sets.c.IsOwnedByProfile == 1, sets.c.ProfileId == profile_id), sets.c.Id.in_(mine))
    for row in conn.execute(sa.select(sets).where(where).order_by(sets.c.Id)).mappings():
        yield {str(key): value for key, value in row.items()}


def _objects(conn: sa.Connection, schema: Schema, ids: list[str], *, every: bool) -> Mapping[str, frozenset[str]]:
    if every:
        return {each.name: ALL_RIGHTS for each in schema.sobjects if is_governed(each)}
    table = _table(schema, "ObjectPermissions")
    words = load("security.toml")["rights"]
    found: dict[str, frozenset[str]] = {}
    for row in conn.execute(sa.select(table).where(table.c.ParentId.in_(ids))).mappings():
        given = frozenset(word for word, each in words.items() if row[each["field"]])
        found[row["SobjectType"]] = found.get(row["SobjectType"], frozenset()) | implied_rights(given)
    return found


def is_governed(sobject: SObject) -> bool:
    """ObjectPermissions rows speak of the object."""
    data = load("security.toml")
    return sobject.name not in data["open"] and sobject.name not in data["follows"]


def _fields(
    conn: sa.Connection, schema: Schema, ids: list[str], *, own: Row | None
) -> Mapping[str, Mapping[str, tuple[bool, bool]]]:
    """(read, edit) of every field whose rights can be set. *own*: a set that gives every field it has no row for."""
    table = _table(schema, "FieldPermissions")
    said: dict[str, list[tuple[str, bool, bool]]] = {}
    columns = (table.c.ParentId, table.c.Field, table.c.PermissionsRead, table.c.PermissionsEdit)
    for parent, name, read, edit in conn.execute(sa.select(*columns).where(table.c.ParentId.in_(ids))):
        said.setdefault(name, []).append((parent, bool(read or edit), bool(edit)))
    found: dict[str, Mapping[str, tuple[bool, bool]]] = {}
    unsaid = own is not None, own is not None
    for name, fields in _settable(schema):
        rights = found[name] = dict.fromkeys(fields, unsaid)
        for each, governed in fields.items() if said else ():
            rows = said.get(governed)
            if rows is not None:
                every = own is not None and all(parent != own["Id"] for parent, _, _ in rows)
                rights[each] = every or any(row[1] for row in rows), every or any(row[2] for row in rows)
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
