"""The search index: one FTS5 table for each searchable object, brought up to date when somebody searches.

Rule 1: before the first search of an object nothing is indexed and writing costs nothing. The first search indexes its
rows and makes triggers, which from then on note the rows that changed; a later search indexes those again.
Rule 2: the index is in the org's own database: snapshots and resets take it along.
Rule 3: what is stored are tokens (see `sosl.words`), in one column for each search group. SQL sees no word of a user
but as a bound value, and a token holds nothing but letters or digits. Names of tables come from the schema.
Source: SOSL reference, IN SearchGroup, for the groups; which columns SIDEBAR looks at is assumed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from fake_salesforce import data_files
from fake_salesforce.operations.not_faked import not_faked
from fake_salesforce.schema.metadata import Field, SObject
from fake_salesforce.sosl import words

COLUMNS: Final = ("name", "email", "phone", "other")
GROUP_COLUMNS: Final = {
    "ALL": COLUMNS,
    "NAME": ("name",),
    "EMAIL": ("email",),
    "PHONE": ("phone",),
    "SIDEBAR": ("name", "email", "phone"),
}
EXPANSIONS_MAX: Final = 1_000  # words that one word with wildcards inside may stand for
ROWS_AT_ONCE: Final = 1_000


def searchable_fields(sobject: SObject) -> list[tuple[Field, str]]:
    """The stored fields whose text is found, each with the column it is indexed in."""
    data = data_files.load("search.toml")
    names = set(data["name_fields"].get(sobject.name, ()))
    found = []
    for field in sobject.columns:
        column = next((one for one in COLUMNS if field.type in data["types"][one]), None)
        if field.name_field or field.name in names:
            column = "name"
        if column is not None:
            found.append((field, column))
    return found


def hits(conn: sa.Connection, sobject: SObject, term: words.Term, *, group: str, limit: int) -> list[str]:
    """Ids of the rows that *term* finds, best first, at most *limit*. *conn* is inside a write transaction.

    *sobject* is the object as the whole org has it. Raises NOT_FAKED where SQLite has no full-text search.
    """
    index = f"understudy_search_{sobject.name}"
    _bring_up_to_date(conn, sobject, index)
    match = _expression(conn, index, term)
    if match is None:
        return []
    columns = " ".join(GROUP_COLUMNS[group])
    found = _driver(conn).execute(
        f'SELECT t."Id" FROM "{index}" JOIN "{sobject.name}" AS t ON t.rowid = "{index}".rowid '
        f'WHERE "{index}" MATCH ? ORDER BY bm25("{index}"), t."Id" LIMIT ?',
        (f"{{{columns}}} : ({match})", limit),
    )
    return [row[0] for row in found]


# --- what is looked for ---------------------------------------------------------------------------


def _expression(conn: sa.Connection, index: str, term: words.Term) -> str | None:
    """*term* in FTS5's language; None for what finds nothing."""
    if isinstance(term, words.Phrase):
        return _phrase(conn, index, term.tokens)
    if isinstance(term, words.Not):
        yes, no = _expression(conn, index, term.yes), _expression(conn, index, term.no)
        return yes if yes is None or no is None else f"({yes} NOT {no})"
    parts = [_expression(conn, index, each) for each in term.terms]
    if isinstance(term, words.All):
        return None if None in parts else f"({' AND '.join(str(each) for each in parts)})"
    kept = [each for each in parts if each is not None]
    return f"({' OR '.join(kept)})" if kept else None


def _phrase(conn: sa.Connection, index: str, tokens: Sequence[str]) -> str | None:
    """Tokens side by side. With wildcards elsewhere than at the end they need only be in one row."""
    wild = [bool(words.WILD & set(each)) for each in tokens]
    last_is_prefix = tokens[-1].endswith("*") and not words.WILD & set(tokens[-1][:-1])
    if not any(wild[:-1]) and (not wild[-1] or last_is_prefix):
        text = " ".join(each.removesuffix("*") for each in tokens)
        return f'"{text}" *' if wild[-1] else f'"{text}"'
    parts = [_expanded(conn, index, each) for each in tokens]
    return None if None in parts else f"({' AND '.join(str(each) for each in parts)})"


def _expanded(conn: sa.Connection, index: str, token: str) -> str | None:
    """A token with wildcards as the indexed words it stands for."""
    if not words.WILD & set(token):
        return f'"{token}"'
    stem = token[: min(token.find(sign) for sign in words.WILD if sign in token)]
    driver = _driver(conn)
    driver.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.\"{index}_words\" USING fts5vocab('main', '{index}', 'row')"
    )
    query = f'SELECT term FROM temp."{index}_words" WHERE term >= ? AND term < ? AND term GLOB ? LIMIT {EXPANSIONS_MAX}'
    found = [row[0] for row in driver.execute(query, (stem, f"{stem}\U0010ffff", token))]
    return "({})".format(" OR ".join(f'"{each}"' for each in found)) if found else None


# --- keeping it up to date -------------------------------------------------------------------------


def _bring_up_to_date(conn: sa.Connection, sobject: SObject, index: str) -> None:
    driver = _driver(conn)
    name = sobject.name
    known = driver.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (index,)).fetchone()
    if known is None:
        _create(driver, name, index)
        todo: Iterable[int] = (row[0] for row in driver.execute(f'SELECT rowid FROM "{name}"').fetchall())
    else:
        changed = driver.execute("SELECT row FROM understudy_search_todo WHERE object = ?", (name,))
        todo = [row[0] for row in changed.fetchall()]
        driver.execute("DELETE FROM understudy_search_todo WHERE object = ?", (name,))
    some: list[int] = []
    for row in todo:
        some.append(row)
        if len(some) == ROWS_AT_ONCE:
            _index(driver, sobject, index, some, fresh=known is None)
            some = []
    if some:
        _index(driver, sobject, index, some, fresh=known is None)


def _create(driver: sqlite3.Connection, name: str, index: str) -> None:
    """The index and the triggers that note changes."""
    columns = ", ".join(COLUMNS)
    try:
        driver.execute(
            f"CREATE VIRTUAL TABLE \"{index}\" USING fts5({columns}, tokenize = 'unicode61 remove_diacritics 2')"
        )
    except sqlite3.OperationalError as error:
        raise not_faked("searchWithoutIndex") from error
    driver.execute(
        "CREATE TABLE IF NOT EXISTS understudy_search_todo (object TEXT, row INTEGER, PRIMARY KEY (object, row)) "
        "WITHOUT ROWID"
    )
    for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
        driver.execute(
            f'CREATE TRIGGER "{index}_{event}" AFTER {event} ON "{name}" BEGIN '
            f"INSERT OR IGNORE INTO understudy_search_todo VALUES ('{name}', {row}.rowid); END"
        )


def _index(driver: sqlite3.Connection, sobject: SObject, index: str, rows: list[int], *, fresh: bool) -> None:
    """Index these rows anew; those that are gone or deleted are taken out."""
    fields = searchable_fields(sobject)
    marks = ", ".join("?" * len(rows))
    if not fresh:
        driver.execute(f'DELETE FROM "{index}" WHERE rowid IN ({marks})', rows)
    shown = ", ".join(["rowid", *(f'"{field.name}"' for field, _ in fields)])
    alive = ' AND "IsDeleted" = 0' if sobject.has_recycle_bin else ""
    found = driver.execute(f'SELECT {shown} FROM "{sobject.name}" WHERE rowid IN ({marks}){alive}', rows).fetchall()
    driver.executemany(
        f'INSERT INTO "{index}" (rowid, {", ".join(COLUMNS)}) VALUES (?, ?, ?, ?, ?)',
        [(row[0], *_texts(fields, row[1:])) for row in found],
    )


def _texts(fields: Sequence[tuple[Field, str]], values: Sequence[Any]) -> list[str]:
    """The tokens of one row, by column. A phone number is also found by its digits alone."""
    texts: dict[str, list[str]] = {column: [] for column in COLUMNS}
    for (field, column), value in zip(fields, values, strict=True):
        if value is None:
            continue
        found = words.tokens(str(value))
        texts[column].append(" ".join(found))
        if field.type == "phone":
            texts[column].append("".join(each for each in found if each.isdigit()))
    # A mark between values, so that no phrase is found across two of them.
    return [" understudyvalueend ".join(texts[column]) for column in COLUMNS]


def _driver(conn: sa.Connection) -> sqlite3.Connection:
    found = conn.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found
