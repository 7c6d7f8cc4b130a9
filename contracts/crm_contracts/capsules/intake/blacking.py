"""What must never enter a capsule: tokens, cookies, passwords, session ids.

Rule 1: only fields of records are carried over, so a secret can enter only inside a record's text; there it is blacked
out, by value where the recording shows it to be a secret, by shape otherwise.
Rule 2: callers are told apart by a word of our own, never by what they showed.
"""

from __future__ import annotations

from crm_contracts.traffic.secrets import BLACK, Secrets

__all__ = ["BLACK", "Secrets"]
