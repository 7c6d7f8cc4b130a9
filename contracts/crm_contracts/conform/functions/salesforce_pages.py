"""Salesforce: what takes a loop, some arithmetic, or many records."""

from __future__ import annotations

from typing import Any

from crm_contracts.conform.access.salesforce import checksum
from crm_contracts.conform.check import held
from crm_contracts.conform.play import Play

COLLECTION_MAX = 200  # records of one call
PAGE_ROWS_MIN = 200
LONG_ROWS = 450


def _accounts(play: Play, count: int) -> list[dict[str, Any]]:
    """So many accounts, by 200; the results in order."""
    made: list[dict[str, Any]] = []
    for start in range(0, count, COLLECTION_MAX):
        records = [
            {"attributes": {"type": "Account"}, "Name": play.kept["mark"], "Site": f"{number:04}"}
            for number in range(start, min(start + COLLECTION_MAX, count))
        ]
        answer = play.step(
            {"call": "POST {data}/composite/sobjects", "json": {"allOrNone": True, "records": records}, "status": 200}
        )
        assert answer is not None
        made += answer.json
    return made


@held(
    "salesforce/query/pages-to-the-end",
    "A long result comes in pages: each names the next by locator and offset, and the last one is done.",
    operations=["query", "queryMore"],
    grade="recorded",
    source="heroku/sf-functions-python recordings; REST API Developer Guide v62, Query More Results",
    calls=9,
)
def pages(play: Play) -> None:
    """450 rows in pages of 200."""
    _accounts(play, LONG_ROWS)
    soql = "SELECT Site FROM Account WHERE Name = '{mark}' ORDER BY Site"
    answer = play.step(
        {
            "call": "GET {data}/query",
            "query": {"q": soql},
            "headers": {"Sforce-Query-Options": "batchSize=200"},
            "status": 200,
            "keys": ["totalSize", "done", "nextRecordsUrl", "records"],
            "has": {
                "totalSize": LONG_ROWS,
                "done": False,
                "nextRecordsUrl": r"<re:^/services/data/v[0-9.]+/query/01g[0-9A-Za-z]{15}-200$>",
            },
        }
    )
    assert answer is not None
    sites = [row["Site"] for row in answer.json["records"]]
    while not answer.json["done"]:
        at = len(sites)
        answer = play.step(
            {"call": f"GET {answer.json['nextRecordsUrl']}", "status": 200, "has": {"totalSize": LONG_ROWS}}
        )
        assert answer is not None
        sites += [row["Site"] for row in answer.json["records"]]
        if not answer.json["done"]:
            play.same("the next page's offset", f"<re:-{len(sites)}$>", answer.json["nextRecordsUrl"])
        play.same("a page has rows", True, len(sites) > at)
    play.same("every row once and in order", [f"{number:04}" for number in range(LONG_ROWS)], sites)
    play.same("the last page names none", False, "nextRecordsUrl" in answer.json)


@held(
    "salesforce/wire/batch-size",
    "A page has about as many rows as Sforce-Query-Options asks for, and at least 200 where there are more.",
    operations=["query"],
    grade="documented",
    source="REST API Developer Guide v62, Query Options Header: 200 to 2,000, and no promise that it is exact",
    calls=9,
)
def batch_size(play: Play) -> None:
    """Of 450 rows a page has some, at least 200, where it was asked for 1 or 200, and all where for 2,000."""
    _accounts(play, LONG_ROWS)
    for asked, done in ((1, False), (200, False), (2_000, True)):
        answer = play.step(
            {
                "call": "GET {data}/query",
                "query": {"q": "SELECT Id FROM Account WHERE Name = '{mark}'"},
                "headers": {"Sforce-Query-Options": f"batchSize={asked}"},
                "status": 200,
                "has": {"totalSize": LONG_ROWS, "done": done},
            }
        )
        assert answer is not None
        rows = len(answer.json["records"])
        play.same(f"batchSize={asked}: at least 200 rows", True, rows >= PAGE_ROWS_MIN)
        play.same(f"batchSize={asked}: all rows", done, rows == LONG_ROWS)


@held(
    "salesforce/collections/200-at-most",
    "A collection of 201 records is refused as a whole.",
    operations=["createRecords"],
    grade="client-derived",
    source="sorenkrabbe/Chrome-Salesforce-inspector issue 134",
    calls=3,
    entry="salesforce/error/EXCEEDED_ID_LIMIT",
)
def too_many(play: Play) -> None:
    """201 records, then nothing is there."""
    record = {"attributes": {"type": "Account"}, "Name": play.kept["mark"]}
    play.step(
        {
            "call": "POST {data}/composite/sobjects",
            "json": {"records": [record] * (COLLECTION_MAX + 1)},
            "status": 400,
            "refused": {
                "code": "EXCEEDED_ID_LIMIT",
                "message": "record limit reached. cannot submit more than 200 records into this call",
            },
        }
    )
    _found(play, 0)


@held(
    "salesforce/collections/200-are-taken",
    "A collection of 200 records is taken, and its results stand in the records' order.",
    operations=["createRecords"],
    grade="documented",
    source="REST API Developer Guide v62, sObject Collections",
    calls=3,
)
def many(play: Play) -> None:
    """The ids in the order of the records."""
    made = _accounts(play, COLLECTION_MAX)
    answer = play.step(
        {
            "call": "GET {data}/query",
            "query": {"q": "SELECT Id FROM Account WHERE Name = '{mark}' ORDER BY Site"},
            "status": 200,
        }
    )
    assert answer is not None
    play.same("ids in order", [one["id"] for one in made], [row["Id"] for row in answer.json["records"]])


@held(
    "salesforce/ids/checksum",
    "The last three of 18 characters say which of the others are capitals.",
    operations=["createRecord"],
    grade="recorded",
    source="ids of recorded rows; the rule is verified on eight recorded pairs",
    calls=41,
)
def checksums(play: Play) -> None:
    """Over records enough for serials that differ in their last characters."""
    for one in _accounts(play, 40):
        play.same(f"checksum of {one['id'][:15]}", one["id"][15:], checksum(one["id"][:15]))


@held(
    "salesforce/ids/serials-count-up",
    "Records of one call have serials that count up from digits over capitals to small letters.",
    operations=["createRecords"],
    grade="recorded",
    source="consecutive inserts of recorded rows",
    calls=2,
)
def serials(play: Play) -> None:
    """The ids of one call, compared as texts: 0-9, A-Z, a-z is the order of ASCII."""
    ids = [one["id"][:15] for one in _accounts(play, 80)]
    play.same("in ascending order", sorted(ids), ids)


@held(
    "salesforce/wire/calls-are-counted",
    "Each call moves the number that Sforce-Limit-Info tells, and never back by much.",
    operations=["limits"],
    grade="recorded",
    source="OpenStax recordings: the number may lag by one or two",
    calls=12,
)
def counted(play: Play) -> None:
    """Ten calls move the number; an account may lag, so a few are enough."""
    used = []
    for _ in range(10):
        answer = play.step({"call": "GET {data}/limits", "status": 200})
        assert answer is not None
        used.append(int(answer.headers["Sforce-Limit-Info"].partition("api-usage=")[2].partition("/")[0]))
    play.same("it moves on", True, used[-1] - used[0] >= 5)


@held(
    "salesforce/query/offset-of-a-locator",
    "A locator's offset may be chosen: the page begins there.",
    operations=["queryMore"],
    grade="client-derived",
    source="django-salesforce scrolls so",
    calls=6,
)
def scrolled(play: Play) -> None:
    """Back to offset 100 of a result of 450."""
    _accounts(play, LONG_ROWS)
    answer = play.step(
        {
            "call": "GET {data}/query",
            "query": {"q": "SELECT Site FROM Account WHERE Name = '{mark}' ORDER BY Site"},
            "headers": {"Sforce-Query-Options": "batchSize=200"},
            "status": 200,
            "keep": {"next": "nextRecordsUrl"},
        }
    )
    assert answer is not None
    url = play.kept["next"].rpartition("-")[0]
    play.step({"call": f"GET {url}-100", "status": 200, "at": "records.0", "has": {"Site": "0100"}})


@held(
    "salesforce/composite/25-at-most",
    "A composite of 26 calls is refused.",
    operations=["composite"],
    grade="client-derived",
    source="guardian/support-service-lambdas 766 (an answer of /composite)",
    calls=2,
    entry="salesforce/error/LIMIT_EXCEEDED.operations",
)
def too_long_composite(play: Play) -> None:
    """26 calls of the limits."""
    calls = [{"method": "GET", "url": "{data}/sobjects/Account", "referenceId": f"r{number}"} for number in range(26)]
    play.step(
        {
            "call": "POST {data}/composite",
            "json": {"compositeRequest": calls},
            "status": 200,
            "at": "compositeResponse.0",
            "has": {
                "httpStatusCode": 400,
                "body": [
                    {"errorCode": "LIMIT_EXCEEDED", "message": "The request can’t contain more than 25 operations."}
                ],
            },
        }
    )


def _found(play: Play, count: int) -> None:
    play.step(
        {
            "call": "GET {data}/query",
            "query": {"q": "SELECT COUNT() FROM Account WHERE Name = '{mark}'"},
            "status": 200,
            "has": {"totalSize": count},
        }
    )
