"""One served fake for all tests of a client: `understudy serve salesforce`, over https and over http."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.served import Served, node_or_skip, serve

ORG = """
[objects.Account.fields]
Ext__c = {label = "Ext", type = "string(40)", unique = true, external_id = true}

[objects.Contact.fields]
Ext__c = {label = "Ext", type = "string(40)", unique = true, external_id = true}
"""


@pytest.fixture(scope="session")
def org_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("org") / "org.toml"
    path.write_text(ORG, "utf-8")
    return path


@pytest.fixture(scope="session", params=["https", "http"])
def served_both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, org_file: Path
) -> Iterator[Served]:
    """For clients that speak both."""
    node_or_skip()
    tls = ["--tls"] if request.param == "https" else []
    with serve(tmp_path_factory.mktemp(request.param), "--org", str(org_file), *tls) as one:
        yield one


@pytest.fixture(scope="session")
def served_tls(tmp_path_factory: pytest.TempPathFactory, org_file: Path) -> Iterator[Served]:
    """For clients that speak nothing but https."""
    with serve(tmp_path_factory.mktemp("tls"), "--org", str(org_file), "--tls") as one:
        yield one
