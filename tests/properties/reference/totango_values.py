"""Refusals of the Totango model."""

from __future__ import annotations


class Refused(Exception):
    """A refusal by its status and the type in its body."""

    def __init__(self, status: int, kind: str = "bad_request") -> None:
        super().__init__(status, kind)
        self.status, self.kind = status, kind


def missing() -> Refused:
    """Something that a call must say is not said."""
    return Refused(400)
