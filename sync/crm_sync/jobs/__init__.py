"""Integration jobs: one direction of one section, with a mapping and a schedule of its own.

Rule T2: an inbound and an outbound job of the same object and keys make a two-way sync; one alone is a one-way sync.
Rule T3: nothing moves until a job runs.
Source: Totango help, Synchronize tasks and touchpoints with Salesforce; CRM integration page (cadences, preview).
"""
