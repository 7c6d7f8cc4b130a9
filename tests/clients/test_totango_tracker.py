"""totango 0.4.1 from PyPI, the tracker, unmodified, in a process of its own that finds sdr.totango.com."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from tests.clients.elsewhere import control, own_or_skip, python
from tests.clients.served import Served, serve

START = """
from totango import Totango
"""


@pytest.fixture(scope="module")
def totango(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    own_or_skip("one")
    with serve(tmp_path_factory.mktemp("tracker"), "--tls", vendor="totango") as one:
        yield one


def test_what_is_tracked_is_there(totango: Served) -> None:
    """Every call answers a pixel; what was sent is found by the searches, a wrong service's is not."""
    control(totango).reset()
    found = python(
        totango,
        "one",
        START
        + """
us = Totango(TOLD["service_id"], user_id="ann@acc.example", user_name="Ann", account_id="acc-1", account_name="Acme")
answers = [us.track("Reports", "Export", account_opts={"Licenses": 7}), us.send(user_opts={"Role": "Buyer"})]
answers.append(Totango("SP-9999-99", user_id="bob@acc.example", account_id="acc-2").track("Reports", "Export"))
found = [(one.status_code, one.headers["Content-Type"], one.content[:3].decode()) for one in answers]
""",
    )
    assert [[200, "image/gif", "GIF"]] * 3 == found
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(totango.words["ca_file"])
        session.headers["app-token"] = totango.words["token"]
        query = (
            '{"terms": [], "fields": [{"type": "number_attribute", "attribute": "Licenses"}], "count": 10, "offset": 0}'
        )
        hits = [
            session.post(f"{totango.url}/api/v1/search/{kind}", data={"query": query}).json()["response"][kind]["hits"]
            for kind in ("accounts", "users")
        ]
    assert [("acc-1", "Acme", ["7"])] == [(one["name"], one["display_name"], one["selected_fields"]) for one in hits[0]]
    assert [("ann@acc.example", "Ann")] == [(one["name"], one["display_name"]) for one in hits[1]]
