"""SOQL."""
