"""No statement runs for ever: SQLite is asked to look at the watch, and stopped when the time is up.

Rule 1: the limit is real time, whatever the org's clock says: it guards the process that serves.
Rule 2: what SQLite cannot hold in one statement is QUERY_TOO_COMPLICATED, not our bug.
Source: QUERY_TIMEOUT as quoted in restforce issue 790; two minutes: Salesforce limits quick reference.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from fake_salesforce.soql.errors import soql_error
from fake_salesforce.soql.functions import add_functions

SECONDS: Final = 120.0
_STEPS_BETWEEN_LOOKS: Final = 10_000  # of SQLite's machine: below a millisecond
# What SQLite says of a statement beyond its bounds: joined tables, columns, variables, depth, length.
_TOO_MUCH: Final = (
    "at most", "too many", "too large", "too long", "too complex", "too big", "stack overflow", "circular",
    "too deep",
)  # fmt: skip


@contextmanager
def stopping(conn: sa.Connection, seconds: float) -> Iterator[None]:
    """Within it the statements of one query run. Raises QUERY_TIMEOUT when they take longer than *seconds*."""
    driver = add_functions(conn)
    ends = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > ends, _STEPS_BETWEEN_LOOKS)
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        text = str(error.orig if isinstance(error, sa.exc.DBAPIError) else error)
        if text == "interrupted":
            raise soql_error("query_timeout") from None
        if any(each in text for each in _TOO_MUCH):
            raise soql_error("too_complicated") from None
        raise
    finally:
        driver.set_progress_handler(None, 0)
