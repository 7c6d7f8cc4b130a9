"""Observe: what changed on either side since the last run, gathered into activities.

Rule 1: a scan begins a little before its cursor and its new cursor is a stamp the service itself
gave for the first row of the scan; so a cursor may overlap and never skips (P23, F49-F53).
Rule 2: absence proves nothing. A deletion is believed when Salesforce shows `IsDeleted`, or when
the partner answers 404 for the record's own id (P25, F25-F27). Archived is not deleted (P14).
Rule 3: a record that was put aside (quarantine, waiting) is looked at again when it is due.
"""

from __future__ import annotations

from crm_sync.engine import Engine
from crm_sync.model import SALESFORCE
from crm_sync.observe.aside import PutAside, looked_at, put_aside, read_next
from crm_sync.observe.completing import Completing
from crm_sync.observe.gathered import Gathered, Observation
from crm_sync.observe.partner import PartnerReader
from crm_sync.observe.placing import Placing
from crm_sync.observe.salesforce import SalesforceReader
from crm_sync.observe.scans import cursor_name, digest, digest_sf, scan_start
from crm_sync.observe.sent import find_sent

__all__ = [
    "Observation",
    "cursor_name",
    "digest",
    "digest_sf",
    "looked_at",
    "observe",
    "put_aside",
    "read_next",
    "scan_start",
]


def observe(engine: Engine) -> Observation:
    """Read both sides. Order matters: the partner first, so that a Salesforce record finds the
    partner's record that already carries its id; of the partner's models the earlier ones first.
    """
    gathered, aside = Gathered(engine.state, engine.clock.now()), PutAside(engine)
    placing = Placing(engine, gathered, aside)
    partner = PartnerReader(engine, gathered, aside, placing)
    for model in engine.models:
        if engine.of_model(model):
            partner.read(model)
            partner.read_deletions(model)
    partner.read_unlisted()
    find_sent(engine, gathered)
    SalesforceReader(engine, gathered, aside).read()
    _half_deleted(engine, gathered)
    Completing(engine, gathered, aside).complete()
    partner.read_unlisted()  # of what has been read by its id only now
    placing.link_past()
    return gathered


def _half_deleted(engine: Engine, gathered: Gathered) -> None:
    """Deletions that were seen and not carried over yet: an earlier run broke off, or went the other way only. One that
    goes no further is over: it is not asked for again (I11).
    """
    for section in engine.sections:
        if section.rules.delete_in or section.rules.delete_out:
            for link in engine.state.half_deleted(section.salesforce):
                carried = section.carries_deletion(of_salesforce=SALESFORCE in link.deleted)
                if carried and section.model in link.ids:
                    gathered.linked(link)
