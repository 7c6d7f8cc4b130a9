"""What an administrator may write about rows: a filter; and what no mapping may write.

Rule T14: a filter is the body of a WHERE: it says what is imported, and cannot end, order or limit the query around it.
Rule T19: who made a record in Salesforce, and when, is never written.
Source: Totango help, Synchronize tasks and touchpoints with Salesforce; CRM integration page (the filter is SOQL).
"""

from __future__ import annotations

import re

from crm_sync.errors import ConfigError

NEVER_SENT = frozenset({"CreatedById", "CreatedDate", "CreatedBy.Email"})
_CLAUSES = r"\b(ORDER\s+BY|GROUP\s+BY|HAVING|LIMIT|OFFSET|FOR\s+(?:VIEW|REFERENCE|UPDATE)|ALL\s+ROWS)\b"
_CLAUSE = re.compile(_CLAUSES, re.IGNORECASE)
_TEXTS = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)


def where_body(text: str | None) -> str:
    """An inbound filter, checked as far as can be without Salesforce; "" imports everything.

    Raises:
        ConfigError: it would change the query around it.
    """
    body = (text or "").strip()
    bare = _TEXTS.sub("''", body)
    if re.match(r"(SELECT|WHERE)\b", bare, re.IGNORECASE):
        raise ConfigError("filter: write the condition alone, without SELECT or WHERE (rule T14)")
    depth = 0
    for character in bare:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
    if depth or bare.count("'") % 2:
        raise ConfigError("filter: a parenthesis or a quote is not closed (rule T14)")
    clause = _CLAUSE.search(bare)
    if clause:
        raise ConfigError(f"filter: {clause[0].upper()} is no condition (rule T14)")
    return body
