"""The pytest fixtures of the Salesforce fake.

`salesforce` plays the real host names in-process; `salesforce_http` and `salesforce_https` are served on 127.0.0.1.
Each test begins with the org as it was made, its clock frozen at `fake_core.clock.DEFAULT_MOMENT`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fake_core.fake import Fake
    from fake_core.testing import Played

SALESFORCE_URL = "https://understudy.my.salesforce.com"


@pytest.fixture(scope="session")
def salesforce_fake() -> Iterator[Fake]:
    """The one Salesforce fake of this test run; overridable where a project brings its own org."""
    from fake_core.clock import FrozenClock
    from fake_salesforce import create_app

    fake = create_app(clock=FrozenClock())
    yield fake
    fake.close()


@pytest.fixture
def salesforce(salesforce_fake: Fake) -> Iterator[Played]:
    """A Salesforce org at `https://*.salesforce.com`, in this process."""
    from fake_core.testing import play

    with play(salesforce_fake, SALESFORCE_URL) as played:
        yield played


@pytest.fixture
def salesforce_http(salesforce_fake: Fake) -> Iterator[Played]:
    """A Salesforce org served over http on a free port of 127.0.0.1."""
    from fake_core.testing import serve_in_thread

    with serve_in_thread(salesforce_fake, tls=False) as played:
        yield played


@pytest.fixture
def salesforce_https(salesforce_fake: Fake) -> Iterator[Played]:
    """A Salesforce org served over https on a free port; `credentials["ca_file"]` is the CA to trust."""
    from fake_core.testing import serve_in_thread

    with serve_in_thread(salesforce_fake, tls=True) as played:
        yield played
