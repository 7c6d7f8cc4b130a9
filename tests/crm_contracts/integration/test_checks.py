"""Each check against calls that break it, and calls that do not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.crm_contracts.integration.calls import DATA, call, ph, refused, result, run, said, sf, soql
from tests.crm_contracts.integration.checks_cases import (
    ALIVE,
    CASES,
    CONTACT,
    DEAD,
    HALF,
    ID,
    LOG_IN,
    PAGE,
    REFUSED,
    SHORT,
    SOAP,
    TASK,
    TWO,
    USERS,
)

from crm_contracts.integration.checks import CHECKS
from crm_contracts.integration.checks.limits import TOLD_SECONDS_MAX, told_seconds, was_waiting
from crm_contracts.integration.judging import judge
from crm_contracts.integration.parsed import WORKERS_MAX
from crm_contracts.integration.table import rows
from crm_contracts.traffic import Call


@pytest.mark.parametrize(
    ("name", "bad", "good", "more"), CASES, ids=[f"{row[0]}-{number}" for number, row in enumerate(CASES)]
)
def test_a_check_sees_what_breaks_it_and_nothing_else(
    name: str, bad: list[Call], good: list[Call], more: dict[str, Any]
) -> None:
    """A check fails where its rule is broken, and holds, having looked, where it is kept."""
    assert 1 <= len(said(name, bad, **more))
    assert [] == said(name, good, **more)


def test_every_check_has_its_row_and_its_calls() -> None:
    """No check without words, none without calls that break it."""
    assert list(CHECKS) == list(rows())
    assert set(CHECKS) == {row[0] for row in CASES}


@pytest.mark.parametrize("name", list(CHECKS))
def test_a_check_that_had_nothing_to_look_at_is_not_passed(name: str) -> None:
    """Not run is told as not run, with what was not there."""
    found = result(name, [])
    assert ("not run", True) == (found.state, bool(found.why))


def test_a_quote_in_a_record_is_no_query() -> None:
    """SOAP carries both in one kind of envelope: only what asks is a query."""
    wraps = {"content-type": "text/xml"}
    written = "<create><sObjects><type>Contact</type><LastName>O'Brien</LastName><Title>'</Title></sObjects></create>"
    asks = "<query><queryString>SELECT Id FROM Contact WHERE LastName = 'O'Brien'</queryString></query>"
    read = soql("SELECT Id FROM Contact", [CONTACT])
    bodies = [[read, call("salesforce", "POST", SOAP, body=one.encode(), headers=wraps)] for one in (written, asks)]
    assert [0, 1] == [len(said("pasted-query", calls)) for calls in bodies]


def test_what_two_checks_see_of_one_request_is_told_once() -> None:
    """By the one that knows the cause; where its findings are wanted, by the other."""
    calls = [soql("SELECT Id FROM Contact WHERE LastName = 'O'Brien'", status=400, answer=refused("MALFORMED_QUERY"))]
    assert ([], 1) == (said("refused-request", calls), len(said("pasted-query", calls)))
    left = judge([run(calls)], allow=["pasted-query"]).results
    assert [1] == [len(one.findings) for one in left if one.name == "refused-request"]


def test_a_refused_item_is_not_the_whole_request() -> None:
    """An answer of 200 refused one of two: that one is named."""
    answer = [
        {"success": False, "errors": [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "Required: [LastName]"}]}
    ]
    calls = [sf("POST", "/composite/sobjects", body={"records": [{"FirstName": "Ada"}]}, answer=answer)]
    what = "an item of createRecords was refused: REQUIRED_FIELD_MISSING: Required: [LastName]"
    assert [what] == said("refused-request", calls)


@pytest.mark.parametrize(("literal", "seen"), [(r"'\'t Hooft'", 0), ("''t Hooft'", 1)])
def test_a_value_may_begin_with_its_quote(literal: str, seen: int) -> None:
    """Escaped, it is no pasting, although what follows the backslash is the value as it is."""
    calls = [
        soql("SELECT Id FROM Contact", [{"LastName": "'t Hooft"}]),
        soql(f"SELECT Id FROM Contact WHERE LastName = {literal}"),
    ]
    assert seen == len(said("pasted-query", calls))


def test_of_many_values_in_a_query_the_one_that_is_nowhere_escaped_is_told() -> None:
    """Each is looked for once among all literals of the query; the longest that is in none of them is named."""
    names = [f"O'Brien {number:03}" for number in range(50)]
    literals = ", ".join("'{}'".format(name.replace("'", "\\'")) for name in names[:-2])
    pasted = ", ".join(f"'{name}'" for name in names)
    calls = [
        soql("SELECT Id FROM Contact", [{"LastName": name} for name in names]),
        soql(f"SELECT Id FROM Contact WHERE LastName IN ({literals}) OR LastName IN ({pasted})"),
    ]
    assert ['the value "O\'Brien 048" stands in a query as it is: its quote ends the literal'] == said(
        "pasted-query", calls
    )


@pytest.mark.parametrize(
    ("around", "seen"),
    [
        ("{}", 1),
        ("_{}_", 1),
        ("ä{}é", 1),
        ("x!{}", 1),
        ("\ufffd{}", 1),
        ("{}!", 0),
        ("a{}", 0),
        ("{}0", 0),
        ("0 {}!x", 0),
    ],
)
def test_an_id_is_a_whole_word(around: str, seen: int) -> None:
    """Letters and digits, as many as an id has, and no `!` behind it: that is a session's org."""
    answer = f'{{"text": "{around.format(ID)}"}}'.encode()
    calls = [sf("GET", "/limits", answer=answer), ph("PUT", "/endusers", body=[{"sourceId": SHORT}])]

    assert seen == len(said("mixed-id-forms", calls))


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("key", ["done", "\\u0064one", "nextRecordsUrl", "nextRecords\\u0055rl"])
def test_a_key_of_an_answer_may_be_written_in_any_way_of_json(key: str, coding: str) -> None:
    """What is looked for in an answer before it is read is found there as an escape, and in UTF-16, too."""
    text = '{"totalSize": 2, "done": false, "nextRecordsUrl": "/services/data/v60.0/query/01g-1", "records": [{}]}'
    name = "done" if "one" in key else "nextRecordsUrl"
    answer = text.replace(f'"{name}"', f'"{key}"').encode(coding)

    assert 1 == len(said("ignored-next-page", [soql("SELECT Id FROM Contact", answer=answer)]))


def test_what_the_vendor_took_is_no_bad_value() -> None:
    """The documents name samples where they cannot name all: what was answered is right."""
    asked = {"q": "FIND {Smith}"}
    assert [] == said("bad-parameter", [sf("GET", "/search", query=asked, answer={})])
    assert ["search: q='FIND {Smith}' is not what the query parameter takes"] == said(
        "bad-parameter", [sf("GET", "/search", query=asked, status=400)]
    )
    rows = {"content-type": "text/csv"}
    batch = "/services/async/60.0/job/750Ud0000000001/batch"
    assert [] == said("wrong-content-type", [call("salesforce", "POST", batch, body=b"a", headers=rows, status=201)])
    assert ["the body is no JSON"] == [
        one.partition(": ")[2] for one in said("bad-body", [sf("POST", "/sobjects/Task", body=b"{'a'}", status=400)])
    ]


def test_an_id_that_another_system_keeps_in_both_forms_is_an_error() -> None:
    """A second key for one record is worse than an id that was cut on its way back to Salesforce."""
    read = soql("SELECT Id FROM Contact", [CONTACT])
    whole, cut = (ph("PUT", "/endusers", body=[{"sourceId": one}]) for one in (ID, SHORT))
    back = soql(f"SELECT Id FROM Contact WHERE Id = '{SHORT}'")

    assert ["error"] == [one.level for one in result("mixed-id-forms", [read, whole, cut]).findings]
    assert ["warning"] == [one.level for one in result("mixed-id-forms", [read, back]).findings]
    assert "request 2 sent it so" in said("mixed-id-forms", [read, whole, cut])[0]


def test_a_session_id_is_no_record_id() -> None:
    """A token begins with the org's id: that is no id that was cut."""
    org = soql("SELECT Id FROM Organization", [{"Id": "00DUd0000000001MAA"}])
    sent = sf("GET", "/limits", query={"q": "00DUd0000000001!AQjBx"})
    assert [] == said("mixed-id-forms", [org, sent])


def test_refusals_of_one_line_are_one_finding() -> None:
    """The values that are quoted do not tell them apart; another field, another query is another line."""
    names = [f"Customer {n}" for n in range(5)]
    queries = [
        *(f"SELECT Id FROM Task WHERE Titel = '{one}'" for one in names),
        "SELECT Id, Subject FROM Task WHERE Titel = 'Customer'",
    ]
    asked = [soql(one, status=400, answer=refused("INVALID_FIELD", f"{one}: No such column")) for one in queries]
    long = [
        f"{label}: data value too large: {one} (max length=3)" for one in names for label in ("Subject", "Call Type")
    ]
    made = [
        sf("POST", "/sobjects/Task", body={}, status=400, answer=refused("STRING_TOO_LONG", message))
        for message in long
    ]

    assert 2 == len(result("refused-request", asked).findings)
    assert 2 == len(result("refused-request", made).findings)


def test_an_id_in_a_link_names_no_record() -> None:
    """Rule 4: people paste links with 15 characters into texts; beside a link an id is one."""
    read, link = soql("SELECT Id FROM Contact", [CONTACT]), f"See https://acme.my.salesforce.com/{SHORT}"
    linked, beside = (ph("POST", "/tasks", body={"action": one}) for one in (link, f"{link} {SHORT}"))

    assert [] == said("mixed-id-forms", [read, linked])
    assert 1 == len(said("mixed-id-forms", [read, beside]))


def test_who_was_told_to_wait_waits_as_long_as_told() -> None:
    """Seconds, a date, and Totango's own header all count."""
    limit = {"ratelimit-reset": "20"}
    totango = [call("totango", "GET", "/api/v3/tasks", status=429, answered=limit)] * 2
    late = {"retry-after": "Mon, 05 Jan 2026 09:00:40 GMT"}
    assert "asked for 20 s" in said("no-back-off", totango)[0]
    assert "asked for 30 s" in said("no-back-off", [ph("GET", "/tasks", status=503, answered=late)] * 2)[0]
    assert [] == said("no-back-off", [ph("GET", "/tasks", status=503)] * 2)
    assert 1 == len(said("no-back-off", [ph("GET", "/tasks", status=503)] * 2, gap_seconds=0.1))


def test_who_waits_as_told_does_not_hang() -> None:
    """A run that is killed while it waits as told has not shown that it does not end; told less, or nothing, it has."""
    calls = [[ALIVE, ph("GET", "/tasks", status=429, answered={"retry-after": wait})] for wait in ("60", "20")]
    assert [True, False] == [was_waiting(run(each), 60.0) for each in calls]
    assert not was_waiting(run([ALIVE, ph("GET", "/tasks", status=503)]), 10.5)


def test_the_time_that_was_told_is_added_up() -> None:
    """Of a refusal for the moment by the longer of both headers; there is an end to it."""
    both = {"retry-after": "7", "ratelimit-reset": "20"}
    calls = [ph("GET", "/tasks", status=status, answered=both) for status in (200, 429, 503)]
    assert (40.0, 0.0) == (told_seconds(calls), told_seconds([ph("GET", "/tasks", status=503)]))
    assert TOLD_SECONDS_MAX == told_seconds(calls * 100)


def test_who_is_not_told_how_long_may_ask_again_at_once_but_once() -> None:
    """So do common clients; after a second refusal nobody may."""
    busy, free = ph("GET", "/tasks", status=503), ph("GET", "/tasks", answer=[])
    levels = [
        [one.level for one in result("no-back-off", calls, gap_seconds=0.1).findings]
        for calls in ([busy, free], [busy, busy, free])
    ]
    assert [["warning"], ["warning", "error"]] == levels


def test_calls_that_were_on_their_way_are_no_retries() -> None:
    """Of calls side by side the second one cannot know the first one's answer."""
    slow = sf("GET", "/limits", status=403, answer=refused("REQUEST_LIMIT_EXCEEDED"), seconds=60.0)
    assert [] == said("limit-ignored", [slow, ALIVE])
    assert [] == said("expired-session", [ALIVE, *[soql("SELECT Id FROM Task", status=401, seconds=99.0)] * 2, LOG_IN])


def test_each_of_several_workers_learns_by_an_answer_of_its_own() -> None:
    """Eight workers show a dead session, or run into a limit, eight times; each waits with its own request."""
    side_by_side = [soql("SELECT Id FROM User", seconds=15.0), soql("SELECT Id FROM Account", seconds=1.0)]
    limit = soql("SELECT Id FROM Task", status=403, answer=refused("REQUEST_LIMIT_EXCEEDED"))
    busy = soql("SELECT Id FROM Task", status=503, answered={"retry-after": "30"})
    for name, first, second in (("expired-session", DEAD, DEAD), ("limit-ignored", limit, limit)):
        assert [0, 1] == [len(said(name, [*side_by_side, first, *[second] * n, LOG_IN])) for n in (7, WORKERS_MAX)]
    assert [] == said("limit-ignored", [limit, ALIVE], side_by_side=["salesforce"])
    assert [] == said("no-back-off", [*side_by_side, busy, soql("SELECT Id FROM Contact")])
    assert 1 == len(said("no-back-off", [*side_by_side, busy, busy, soql("SELECT Id FROM Contact")]))


def test_a_batch_that_was_refused_whole_is_told_by_its_items() -> None:
    """Planhat answers 400 where no item was taken; with one item it may be that record's data."""
    nothing = {"created": 0, "createdErrors": [{**REFUSED, "index": 0}], "updatedErrors": []}
    whole = [ph("PUT", "/endusers", body=USERS[:size], status=400, answer=nothing) for size in (1, 2)]
    found = [result("refused-request", [one]).findings for one in whole]
    assert [["warning"], ["error"]] == [[one.level for one in each] for each in found]
    assert {"bulkUpsertEndusers was refused: no company"} == {one.seen for each in found for one in each}


def test_a_parameter_that_would_filter_nothing_is_worse_than_one_that_is_idle() -> None:
    """Lists of Planhat are filtered by parameters, rows of Salesforce by queries alone."""
    asked = [
        ph("GET", "/endusers", query={"sourceId": ID}, answer=[]),
        sf("GET", "/limits", query={"x": "1"}, answer={}),
    ]
    assert ["error", "warning"] == [one.level for one in result("unknown-parameter", asked).findings]


def test_the_identity_url_has_its_documented_parameters() -> None:
    """Salesforce Help, Identity URLs; jsforce's identity() names the format."""
    url = "/id/00DUd0000000001MAA/005Ud0000000002IAA"
    asked = [call("salesforce", "GET", url, query={"format": "json", "version": "60.0", "colour": "red"}, answer={})]
    assert ["identity has no parameter colour"] == said("unknown-parameter", asked)


def test_a_page_of_a_query_in_a_query_is_told_by_its_own_rows() -> None:
    """The outer query may be whole."""
    inner = soql("SELECT Id, (SELECT Id FROM Contacts) FROM Account", [{"Id": "1", "Contacts": PAGE}])
    assert "a query in a query found 250 rows, 1 came" in said("ignored-next-page", [inner])[0]


def test_who_asks_for_the_last_ones_may_want_no_more() -> None:
    """A number and the newest first is a choice; a number alone is a page."""
    rows = [{"_id": str(number)} for number in range(30)]
    asked = [{"limit": "30", "sort": "-date"}, {"limit": "30"}]
    assert [["warning"], ["error"]] == [
        [
            one.level
            for one in result("ignored-next-page", [ph("GET", "/conversations", query=query, answer=rows)]).findings
        ]
        for query in asked
    ]


def test_an_answer_that_broke_off_is_an_unknown_outcome() -> None:
    """A body shorter than promised tells as little as none."""
    cut = sf("POST", "/sobjects/Task", body=TASK, status=201, answer=b'{"id":"00T', answered={"content-length": "60"})
    again = sf("POST", "/sobjects/Task", body=TASK, status=201, answer={"id": "00T"})
    assert 1 == len(said("blind-create-retry", [cut, again]))


def test_a_refused_create_may_be_sent_again() -> None:
    """429 is an answer: nothing was carried out."""
    task = {"action": "x"}
    calls = [ph("POST", "/tasks", body=task, status=429), ph("POST", "/tasks", body=task)]
    assert [] == said("blind-create-retry", calls)


def test_a_program_that_says_so_has_told_of_what_it_left() -> None:
    """An exit status other than 0 is how a program tells of what it could not do."""
    batch = [sf("POST", "/composite/sobjects", body=TWO, answer=HALF)]
    assert [] == said("unhandled-partial-failure", batch, told=True)
    assert [] == said("ignored-next-page", [soql("SELECT Id FROM Contact", answer=PAGE)], told=True)


def test_the_batches_of_salesforce_are_read_item_by_item() -> None:
    """Composite, batch, graph and SOAP answer 200 and refuse a part, each in its own words."""
    bad = [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "locked"}]
    step = {"method": "PATCH", "url": f"{DATA}/sobjects/Contact/{ID}", "referenceId": "a", "body": {"LastName": "Nye"}}
    part = {"compositeResponse": [{"body": bad, "httpStatusCode": 400, "referenceId": "a"}]}
    graph = {"graphs": [{"graphId": "g", "graphResponse": part, "isSuccessful": False}]}
    asked = {"batchRequests": [{"method": "PATCH", "url": f"v60.0/sobjects/Contact/{ID}", "richInput": {}}]}
    told = {"hasErrors": True, "results": [{"statusCode": 400, "result": bad}]}
    envelope = "<Body><create><sObjects><type>Task</type><Subject>Call Ann</Subject></sObjects></create></Body>"
    result_ = (
        "<result><errors><message>no</message><statusCode>X</statusCode></errors><success>false</success></result>"
    )
    soap = call(
        "salesforce",
        "POST",
        "/services/Soap/u/60.0",
        body=envelope.encode(),
        headers={"content-type": "text/xml"},
        answer=result_.encode(),
    )
    batches = {
        "composite": sf("POST", "/composite", body={"compositeRequest": [step]}, answer=part),
        "compositeGraph": sf(
            "POST", "/composite/graph", body={"graphs": [{"graphId": "g", "compositeRequest": [step]}]}, answer=graph
        ),
        "compositeBatch": sf("POST", "/composite/batch", body=asked, answer=told),
        "soap": soap,
    }
    read = sf("GET", f"/sobjects/Contact/{SHORT}", answer={"Id": ID})
    for operation, one in batches.items():
        assert [f"{operation}: 1 of 1 items"] == [
            seen.partition(" refused")[0] for seen in said("unhandled-partial-failure", [one])
        ]
        looked = soql("SELECT Id FROM Task WHERE Subject = 'Call Ann'") if operation == "soap" else read
        assert [] == said("unhandled-partial-failure", [one, looked])


def test_what_the_fake_does_not_play_is_told_as_not_checked() -> None:
    """501 NOT_FAKED is neither passed nor failed."""
    from crm_contracts.integration.judging import judge

    one = sf("GET", "/tabs", status=501, answer=refused("NOT_FAKED"))
    found = judge([run([one])]).results[-1]
    assert ("not-faked: salesforce tabs", "not run") == (found.name, found.state)
