"""The hand-kept OpenAPI documents, one per fake, and the lane that holds each fake against its own.

Rule 1: a document is written from the vendor's documentation and from recordings, never generated from a fake: a
document made from the code would agree with every mistake of the code.
Rule 2: every operation says how we know it: `x-evidence: {grade, source}`.
Rule 3: what a fake does not play is in the document, too, marked `x-not-faked`, and answers 501 NOT_FAKED.
Rule 4: an operation that stands in for an API nobody could show us says so: `x-stand-in: reason`; its answers carry the
header X-Understudy-Stand-In.
"""

from __future__ import annotations

from crm_contracts.openapi.documents import Operation, load, operations

__all__ = ["Operation", "load", "operations"]
