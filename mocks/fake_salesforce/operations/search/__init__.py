"""Searching rows for words: SOSL, parameterized search, suggestions."""
