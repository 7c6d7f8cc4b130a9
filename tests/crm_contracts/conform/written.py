"""Checks as a file has them, for tests of how checks are read and played."""

from __future__ import annotations

__all__ = ["CHECK", "CREATES"]

CHECK = """
[[check]]
name = "area/case"
title = "It is so."
operations = ["createRecord"]
grade = "assumed"
source = "nobody"
[[check.step]]
call = "GET /"
status = 200
"""
CREATES = CHECK.replace(
    'call = "GET /"\nstatus = 200',
    'call = "POST {data}/sobjects/Account"\njson = { Name = "{mark}" }\nstatus = 201',
)
