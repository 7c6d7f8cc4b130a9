"""Profiles, permission sets, roles and sharing of an org file as rows, at the start and while the fake runs.

Rule 1: rights are rows, as the vendor has them; what an org file says is written once and a client may change it.
Rule 2: the standard profiles are there in every org. They give every field without a row for each; a profile of the
org's own has one for each field it gives.
Source: Object Reference v62, PermissionSet (IsOwnedByProfile), ObjectPermissions, FieldPermissions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from fake_core.errors import MisuseError
from fake_salesforce.data_files import load
from fake_salesforce.operations.prepared import Prepared, prepared
from fake_salesforce.operations.rights import governing, is_governed
from fake_salesforce.org import Org, stamp
from fake_salesforce.schema.security_file import Grant, SecurityTables, implied_rights, read_security

_SETTINGS = {"profiles", "permission_sets", "sharing", "users", "api_enabled", "audit_fields"}


def begin(org: Org) -> None:
    """The profiles every org has, then what the org file says. Users come later: they name a profile."""
    tables = org.security_tables
    with org.store.begin() as conn:
        for name in load("security.toml")["profiles"]:
            _add_profile(org, conn, _standard(org, name), custom=False)
        _write_profiles(org, conn, tables.profiles)
        for role in _top_down(tables.roles):
            above = _id_of(org, conn, "UserRole", tables.roles[role]) if tables.roles[role] else None
            put(org, conn, "UserRole", {"Name": role, "DeveloperName": _word(role), "ParentRoleId": above})
    org.security.sharing.update(tables.sharing)


def assign(org: Org) -> None:
    """The permission sets of the org file and their users, who are rows by now."""
    with org.store.begin() as conn:
        _write_sets(org, conn, org.security_tables.permission_sets)


def profile_id(org: Org, name: str) -> str:
    """The id of a profile; raises MisuseError for one that is not there."""
    with org.store.read() as conn:
        return _id_of(org, conn, "Profile", name)


def role_id(org: Org, name: str) -> str:
    """The id of a role; raises MisuseError for one that is not there."""
    with org.store.read() as conn:
        return _id_of(org, conn, "UserRole", name)


def change_settings(org: Org, given: Any) -> None:
    """Change rights while the fake runs: the tables of an org file, with no more than what is to change.

    Beside them: `users` (username -> profile, role, active), `api_enabled` and `audit_fields`. Raises MisuseError,
    changing nothing.
    """
    if not isinstance(given, dict) or set(given) - _SETTINGS:
        raise MisuseError(f"settings of rights are {', '.join(sorted(_SETTINGS))}, not {given!r}")
    for name in ("api_enabled", "audit_fields"):
        if not isinstance(given.get(name, False), bool):
            raise MisuseError(f"settings: {name} is {given[name]!r}: make it true or false")
    tables = read_security(given, org.schema)
    before = org.security.dump()
    try:
        with org.store.begin() as conn:
            _change(org, conn, tables, given)
    except BaseException:
        org.security.load(before)
        raise
    org.security.forget()


def _change(org: Org, conn: sa.Connection, tables: SecurityTables, given: Mapping[str, Any]) -> None:
    security = org.security
    _write_profiles(org, conn, tables.profiles)
    _write_sets(org, conn, tables.permission_sets)
    if tables.sharing:
        security.sharing.update(tables.sharing)
        organization = _table(org, "Organization")
        conn.execute(organization.update().values(sharing_shown(org)))
    for username, row in given.get("users", {}).items():
        _change_user(org, conn, username, row)
    security.api_enabled = given.get("api_enabled", security.api_enabled)
    security.audit_fields = given.get("audit_fields", security.audit_fields)


def _change_user(org: Org, conn: sa.Connection, username: str, row: Any) -> None:
    users = _table(org, "User")
    if not isinstance(row, dict) or not row or set(row) - {"profile", "role", "active"}:
        raise MisuseError(f"settings: users.{username} is {row!r}: say profile, role or active")
    values: dict[str, Any] = {}
    if "profile" in row:
        values["ProfileId"] = _id_of(org, conn, "Profile", row["profile"])
    if "role" in row:
        values["UserRoleId"] = _id_of(org, conn, "UserRole", row["role"])
    if "active" in row:
        values["IsActive"] = int(row["active"] is True)
    found = conn.execute(users.update().where(users.c.Username == username).values(values))
    if not found.rowcount:
        raise MisuseError(f"settings: no user {username!r}")


def sharing_shown(org: Org) -> dict[str, str]:
    """The fields of Organization that show the sharing defaults."""
    data = load("security.toml")["sharing"]
    sobject = org.schema.sobject("Organization")
    assert sobject is not None, "every schema has it"
    words = data["words"]
    shown = {column: words[org.security.model(name)] for name, column in data["shown"].items()}
    return {column: word for column, word in shown.items() if sobject.field(column) is not None}


# --- profiles and sets ------------------------------------------------------------------------------------------------


def _standard(org: Org, name: str) -> Grant:
    row = load("security.toml")["profiles"][name]
    rights = frozenset(row["every_object"])
    return Grant(
        name=name,
        license=row["license"],
        permissions=dict.fromkeys(row["permissions"], True),
        objects={each.name: rights for each in org.schema.sobjects if is_governed(each)},
    )


def _write_profiles(org: Org, conn: sa.Connection, grants: Mapping[str, Grant]) -> None:
    pending = dict(grants)
    while pending:  # a profile comes after the one it is like; circles were refused
        name = next(name for name, grant in pending.items() if grant.like not in pending)
        grant = pending.pop(name)
        set_id = _own_set(org, conn, name)
        if set_id is None:
            base = _like(org, conn, grant.like)
            merged = Grant(
                name=name,
                license=grant.license,
                permissions={**base.permissions, **grant.permissions},
                objects={**base.objects, **grant.objects},
                fields={**base.fields, **grant.fields},
            )
            _add_profile(org, conn, merged, custom=True)
        else:
            _write(org, conn, set_id, grant)
        org.security.set_silent(name, silent=grant.silent, fields=grant.silent_fields)


def _add_profile(org: Org, conn: sa.Connection, grant: Grant, *, custom: bool) -> None:
    description = {} if not custom else {"Description": "of the org file"}
    own = put(org, conn, "Profile", {"Name": grant.name, "UserType": "Standard", **description})
    row = {"Name": f"X{own}", "Label": grant.name, "ProfileId": own, "IsOwnedByProfile": 1, "IsCustom": int(custom)}
    _write(org, conn, put(org, conn, "PermissionSet", {**row, "Type": "Profile"}), grant, fresh=True)


def _write_sets(org: Org, conn: sa.Connection, grants: Mapping[str, Grant]) -> None:
    sets, users = _table(org, "PermissionSet"), _table(org, "User")
    for name, grant in grants.items():
        found = conn.execute(sa.select(sets.c.Id).where(sets.c.Name == name, sets.c.IsOwnedByProfile == 0)).scalar()
        set_id = found or put(
            org, conn, "PermissionSet", {"Name": name, "Label": grant.label, "IsCustom": 1, "Type": "Regular"}
        )
        _write(org, conn, set_id, grant)
        for username in grant.users:
            user_id = conn.execute(sa.select(users.c.Id).where(users.c.Username == username)).scalar()
            if user_id is None:
                raise MisuseError(f"org file: permission_sets.{name}.users: no user {username!r}")
            assigned = _table(org, "PermissionSetAssignment")
            there = sa.select(assigned.c.Id).where(
                assigned.c.PermissionSetId == set_id, assigned.c.AssigneeId == user_id
            )
            if conn.execute(there).first() is None:
                put(org, conn, "PermissionSetAssignment", {"PermissionSetId": set_id, "AssigneeId": user_id})


def _write(org: Org, conn: sa.Connection, set_id: str, grant: Grant, *, fresh: bool = False) -> None:
    """Lay what *grant* says over the rows of the set; a *fresh* one has none yet."""
    data = load("security.toml")
    sets = _prepared(org, "PermissionSet")
    values = {data["permissions"][name]: int(value) for name, value in grant.permissions.items()}
    own = sets.select(("ProfileId", "IsCustom", "PermissionsModifyAllData")).one(conn, id=set_id)
    assert own is not None, "its row was written before"
    owner, custom, everything = own
    if values:
        sets.update(frozenset(values)).run(conn, {**values, "id_": set_id})
        if owner is not None:
            _prepared(org, "Profile").update(frozenset(values)).run(conn, {**values, "id_": owner})
        everything = values.get(data["permissions"]["modify_all_data"], everything)
    objects, fields = _table(org, "ObjectPermissions"), _table(org, "FieldPermissions")
    for name, rights in grant.objects.items():
        if not fresh:
            conn.execute(objects.delete().where(objects.c.ParentId == set_id, objects.c.SobjectType == name))
        if rights and not everything:
            given = {each["field"]: int(word in rights) for word, each in data["rights"].items()}
            put(org, conn, "ObjectPermissions", {"ParentId": set_id, "SobjectType": name, **given})
    for name, (read, edit) in grant.fields.items():
        if not fresh:
            conn.execute(fields.delete().where(fields.c.ParentId == set_id, fields.c.Field == name))
        if read or not custom:
            sobject = name.partition(".")[0]
            row = {"SobjectType": sobject, "Field": name, "PermissionsRead": int(read), "PermissionsEdit": int(edit)}
            put(org, conn, "FieldPermissions", {"ParentId": set_id, **row})


def _like(org: Org, conn: sa.Connection, name: str) -> Grant:
    """What a profile grants now, to begin another with."""
    data = load("security.toml")
    set_id = _own_set(org, conn, name)
    assert set_id is not None, "read_security looked, and it was written before"
    objects, fields = _table(org, "ObjectPermissions"), _table(org, "FieldPermissions")
    sets = _table(org, "PermissionSet")
    own = conn.execute(sa.select(sets).where(sets.c.Id == set_id)).mappings().one()
    rights: dict[str, frozenset[str]] = {}
    for row in conn.execute(sa.select(objects).where(objects.c.ParentId == set_id)).mappings():
        given = frozenset(word for word, each in data["rights"].items() if row[each["field"]])
        rights[row["SobjectType"]] = implied_rights(given)
    said: dict[str, tuple[bool, bool]] = {}
    if not own["IsCustom"] and data["profiles"][name]["every_field"]:
        for sobject in org.schema.sobjects:
            names = {governing(sobject, each.name) for each in sobject.fields if each.permissionable}
            said |= {f"{sobject.name}.{each}": (True, True) for each in sorted(names)}
    for row in conn.execute(sa.select(fields).where(fields.c.ParentId == set_id)).mappings():
        said[row["Field"]] = bool(row["PermissionsRead"]), bool(row["PermissionsEdit"])
    permissions = {word: bool(own[column]) for word, column in data["permissions"].items()}
    return Grant(name=name, permissions=permissions, objects=rights, fields=said)


def _own_set(org: Org, conn: sa.Connection, name: str) -> str | None:
    sets, profiles = _table(org, "PermissionSet"), _table(org, "Profile")
    own = sa.select(profiles.c.Id).where(profiles.c.Name == name)
    found: str | None = conn.execute(
        sa.select(sets.c.Id).where(sets.c.IsOwnedByProfile == 1, sets.c.ProfileId.in_(own))
    ).scalar()
    return found


# --- rows -------------------------------------------------------------------------------------------------------------


def put(org: Org, conn: sa.Connection, name: str, row: Mapping[str, Any]) -> str:
    """Insert a row as it is; returns its id."""
    prep = _prepared(org, name)
    assert prep.sobject.key_prefix is not None, f"{name} holds rows"
    at = stamp(org.clock.now())
    new = {**prep.blank, **prep.defaults}
    for column in ("CreatedDate", "LastModifiedDate", "SystemModstamp"):
        if column in new:
            new[column] = at
    for column in ("CreatedById", "LastModifiedById"):
        if column in new:
            new[column] = org.admin_id
    new |= {key: value for key, value in row.items() if key in new}
    new["Id"] = record_id = org.mint(prep.sobject.key_prefix)
    prep.insert.run(conn, new)
    return record_id


def _id_of(org: Org, conn: sa.Connection, name: str, row_name: Any) -> str:
    table = _table(org, name)
    found: str | None = conn.execute(sa.select(table.c.Id).where(table.c.Name == row_name)).scalar()
    if found is None:
        known = ", ".join(conn.execute(sa.select(table.c.Name).order_by(table.c.Id)).scalars())
        raise MisuseError(
            f"no {'profile' if name == 'Profile' else 'role'} {row_name!r} in this org: there are {known}"
        )
    return found


def _table(org: Org, name: str) -> sa.Table:
    return _prepared(org, name).table


def _prepared(org: Org, name: str) -> Prepared:
    sobject = org.schema.sobject(name)
    assert sobject is not None, f"every schema has {name}"
    return prepared(org, sobject)


def _top_down(roles: Mapping[str, str]) -> list[str]:
    ordered: list[str] = []
    while len(ordered) < len(roles):
        ordered += [name for name, above in roles.items() if name not in ordered and (not above or above in ordered)]
    return ordered


def _word(name: str) -> str:
    return "".join(each if each.isalnum() else "_" for each in name)
