"""Checks of an integration's traffic: does a program that is not ours keep its vendors' contracts?

Calls (`crm_contracts.traffic.Call`) go in, findings come out. `understudy contract check -- COMMAND` gets them from
served fakes, the pytest fixtures from the fakes of a test, and a HAR file from anywhere.

Rule 1: a check is told by its row in `checks.toml`: name, why, remedy, level, evidence. Its code only sees.
Rule 2: a check says what the traffic shows, and no more: what may be meant so is a warning.
Rule 3: a check that had nothing to look at is not passed.
"""
