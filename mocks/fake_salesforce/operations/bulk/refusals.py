"""What Bulk API 2.0 refuses, in its own form: the code in capitals without underscores, before the message.

Rule 1: the words are those of Bulk API 1.0 where both refuse the same; only the code is written differently.
Source: INVALIDJOBSTATE quoted by restforce #905 and in answers to the query job's abort in the Bulk API 2.0 guide.
"""

from __future__ import annotations

from typing import Any

from fake_salesforce.errors import CODE_FIRST, SalesforceError, salesforce_error


def refusal(key: str, **words: Any) -> SalesforceError:
    """The error of row *key* (`InvalidJob.object`) as Bulk API 2.0 writes it (INVALIDJOB)."""
    found = salesforce_error(key, **words)
    return SalesforceError(
        status=found.status, code=found.code.upper(), message=found.message, key=key, body_shape=CODE_FIRST
    )


def state_text(key: str, **words: Any) -> str:
    """The same as the errorMessage of a failed job: `InvalidBatch : Field name not found : X`."""
    found = salesforce_error(key, **words)
    return f"{found.code} : {found.message}"
