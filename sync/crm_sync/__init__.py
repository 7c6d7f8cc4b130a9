"""A reference two-way activity sync between Planhat and Salesforce, over HTTP."""

from __future__ import annotations
