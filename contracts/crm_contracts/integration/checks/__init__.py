"""The checks, each a function from a run to what it saw. Their names are the rows of `checks.toml`."""

from __future__ import annotations

from crm_contracts.integration.checks import (
    batches,
    bulk,
    document,
    forms,
    keys,
    limits,
    paging,
    pasted,
    polling,
    refusals,
    retries,
    secrets,
    sessions,
    volume,
)
from crm_contracts.integration.outcome import Check

__all__ = ["CHECKS"]

CHECKS: dict[str, Check] = {
    "unknown-operation": document.unknown_operation,
    "retired-version": document.retired_version,
    "wrong-content-type": document.wrong_content_type,
    "bad-parameter": document.bad_parameter,
    "unknown-parameter": document.unknown_parameter,
    "bad-body": document.bad_body,
    "dropped-key": document.dropped_key,
    "refused-request": refusals.refused_request,
    "unhandled-partial-failure": batches.unhandled_partial_failure,
    "duplicate-key-in-batch": keys.duplicate_key_in_batch,
    "blank-key": keys.blank_key,
    "bulk-results-not-read": bulk.results_not_read,
    "ignored-next-page": paging.ignored_next_page,
    "unordered-pages": paging.unordered_pages,
    "mixed-id-forms": forms.mixed_id_forms,
    "pasted-query": pasted.pasted_query,
    "pasted-url": pasted.pasted_url,
    "blind-create-retry": retries.blind_create_retry,
    "unresolved-write": retries.unresolved_write,
    "no-back-off": limits.no_back_off,
    "limit-ignored": limits.limit_ignored,
    "expired-session": sessions.expired_session,
    "over-budget": volume.over_budget,
    "call-for-each-record": volume.call_for_each_record,
    "secret-in-url": secrets.secret_in_url,
    "token-to-another-host": secrets.token_to_another_host,
    "unsteady-cursor": polling.unsteady_cursor,
    "offset-in-query": polling.offset_in_query,
}
