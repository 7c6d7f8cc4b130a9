"""What the Totango machine sends: a body has one fault at most, so that the order of faults is nobody's question."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

WHO = st.sampled_from(["jo"] * 12 + ["al"] * 7 + ["nobody"])
ACCOUNTS = ["acme_1", "bolt", "carl"]
ACCOUNT = st.sampled_from([*["acme_1", "bolt"] * 3, "carl", "nobody", "ACME_1"])
KINDS = st.sampled_from(["tasks", "touchpoints"])
# Two records of each kind stand before these: the fourth's number is the third's key.
BEGUN = {
    "tasks": ["40000004", "00T1a000000XYZUEA4", "ÄBC"],
    "touchpoints": ["70000004", "00T1a000000XYZUEA4", "ÄBC"],
}
KEYS = st.sampled_from(
    ["40000004", "70000004", "00T1a000000XYZUEA4", "00t1a000000xyzuea4", "00T1A000000xyzuUAA", "ÄBC", "äbc", "x y%z"]
)
TEXT = st.sampled_from(["x", "<b>hi</b>", "two\nlines", "\N{PILE OF POO}", "y" * 3_001])
TASKS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Call", "Write", "Call again"]),
        "description": TEXT,
        "due_date": st.sampled_from(["2026-01-05", "2028-02-29"]),
        "priority": st.sampled_from([1, 2, 3]),
        "status": st.sampled_from(["open", "closed", "closed"]),
        "assignee": st.sampled_from(["jo@us.example", "al@us.example"]),
        "activity_type_id": st.sampled_from(["support", "renewal"]),
    },
)
BAD_TASKS = st.sampled_from(
    [
        {"status": "done"},
        {"status": "Open"},
        {"priority": 0},
        {"priority": 4},
        {"due_date": "2026-02-30"},
        {"title": " "},
    ]
)
NOTES = st.fixed_dictionaries(
    {},
    optional={
        "content": TEXT,
        "subject": st.sampled_from(["Met", "Again"]),
        "activity_type_id": st.sampled_from(["support", "renewal"]),
        "touchpointType": st.sampled_from(["t-1", "t-2"]),
        "touchpoint_tags": st.sampled_from([[], ["a"], ["b", "a"]]),
    },
)
NEW_NOTES = st.fixed_dictionaries(
    {},
    optional={
        "create_date": st.integers(1_767_600_000_000, 1_767_600_000_003),
        "created_by": st.sampled_from(["jo@us.example", "x@us.example"]),
        "disable_sync": st.booleans(),
        "participantList": st.sampled_from([[], [{"userid": "p@acme.example"}], [{"userid": "q"}, {"userid": "p"}]]),
    },
)
ROWS: dict[str, st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]] = {
    "tasks": st.tuples(TASKS, st.fixed_dictionaries({}, optional={"assigner": st.sampled_from(["a@x", "b@x"])})),
    "touchpoints": st.tuples(
        st.fixed_dictionaries(
            {},
            optional={"subject": st.sampled_from(["Met", "", "Again"]), "content": st.sampled_from(["text", " "])},
        ),
        st.fixed_dictionaries(
            {},
            optional={
                "created_by": st.sampled_from(["a@x", "b@x"]),
                "participants": st.sampled_from([[], ["p"], ["q", "p"]]),
                "touchpoint_date": st.integers(1_767_600_000_000, 1_767_600_000_003),
            },
        ),
    ),
}
