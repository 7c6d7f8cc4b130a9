"""`decide` where the partner has two records of one activity: Planhat's Task and the Conversation that continues it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from typing import Any

import pytest
from tests.crm_sync.verdict_cases import word
from tests.properties.reference.decide_oracle import Replica, activity_level

from crm_sync.decide import Seen, View, decide
from crm_sync.model import CONVERSATION, SALESFORCE, TASK, Direction, Policy

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SEEN = {"same": Seen.SAME, "changed": Seen.CHANGED, "silent": Seen.CHANGED}
#: Every way in which the three values can agree and differ: Salesforce's, the Task's, the Conversation's.
VALUES = ("abc", "abb", "aab", "aba", "aaa")
SECONDS = (-1, 0, 1)
NUMBER_OF_CASES = 58_320


@cache
def view(replica: str, opinion: str, value: str, at: int, flow: Direction) -> View:
    return View(replica, SEEN[opinion], value, NOON + timedelta(seconds=at), flow, silent=opinion == "silent")


def _same(left: Any, right: Any, _: str) -> bool:
    return bool(left == right)


@pytest.mark.rule("P1", "P24", "I5", "F09", "F19")
def test_every_field_of_three_records_is_decided_as_the_oracle_says() -> None:
    """Each combination of opinions, values, moments, directions and conflict rules."""
    wrong, asked = [], 0
    one = tuple(product(SEEN, SECONDS, Direction))
    for opinion, (a, at_a, flow_a), (b, at_b, flow_b), values, policy in product(SEEN, one, one, VALUES, Policy):
        asked += 1
        views = view(TASK, a, values[1], at_a, flow_a), view(CONVERSATION, b, values[2], at_b, flow_b)
        decision = decide(view(SALESFORCE, opinion, values[0], 0, Direction.OFF), views, policy, _same)
        replicas = (
            Replica("Task", a, values[1], at_a, word(flow_a)),
            Replica("Conversation", b, values[2], at_b, word(flow_b)),
        )
        losers = [loser.replica for loser in decision.losers]
        said = decision.winner or "", frozenset(decision.targets), frozenset(losers)
        expected = activity_level(opinion, values[0], replicas, word(policy))
        if said != expected or len(losers) != len(set(losers)):
            wrong.append((opinion, replicas, policy, said, expected))

    assert [] == wrong[:3], len(wrong)
    assert NUMBER_OF_CASES == asked
