"""The two services, spoken to over HTTP. Nothing here decides anything."""

from __future__ import annotations
