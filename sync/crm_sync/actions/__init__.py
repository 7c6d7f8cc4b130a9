"""The agents' action runner: a workflow, an event, and what became of each item in Salesforce.

One way only (rule A38): it creates Tasks and updates Opportunities, and never deletes, imports or mirrors anything.
"""
