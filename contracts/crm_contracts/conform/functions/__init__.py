"""Checks that data cannot say: loops over pages, arithmetic of ids, several callers at once.

Every module here is loaded; `@held("VENDOR/AREA/CASE", ...)` makes a function a check.
"""
