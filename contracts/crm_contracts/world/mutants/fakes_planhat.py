"""Planted bugs of the Planhat fake, as far as they matter to a sync."""

from __future__ import annotations

from crm_contracts.world.mutants.model import Mutant, Text

__all__ = ["FAKE_PLANHAT"]

WRITING, LIFE = "fake_planhat.operations.writing.", "fake_planhat.operations.task_life."
BULK, READING = "fake_planhat.operations.bulk.", "fake_planhat.operations.reading."
TESTS = "tests/fake_planhat/"

FAKE_PLANHAT = (
    Mutant(
        "a bulk upsert inserts always",
        "F01",
        "An item whose key is there already becomes a second record.",
        (
            Text(f"{BULK}_carry_out", "None if key is None else _match(call, key, body, seen=seen)", "None"),
            Text(f"{WRITING}_refuse_duplicates", "", "return"),
        ),
        tests=(f"{TESTS}test_bulk.py",),
    ),
    Mutant(
        "sourceId is not unique",
        "F11",
        "Two Tasks may have one sourceId.",
        (Text(f"{WRITING}_refuse_duplicates", "", "return"),),
        tests=(f"{TESTS}test_models_common.py", f"{TESTS}test_bad_input.py", f"{TESTS}test_bulk.py"),
    ),
    Mutant(
        "lists are not in order",
        "F53",
        "sort=-updatedAt gives the oldest first.",
        (Text(f"{READING}query_of", 'descending=sort.startswith("-")', 'descending=not sort.startswith("-")'),),
        tests=(f"{TESTS}test_reads.py",),
    ),
    Mutant(
        "an archived Task is in no list",
        "F27",
        "isArchived=true lists what is not archived.",
        (Text(f"{READING}query_of", 'int(asked.get(name, "").strip().lower() == "true")', "0"),),
    ),
    Mutant(
        "done does not archive",
        "F27",
        "A Task that is Done or Ignored stays in the open list.",
        (Text(f"{LIFE}follow", 'life.made["isArchived"] = True', "pass"),),
        tests=(f"{TESTS}test_task_life.py",),
    ),
    Mutant(
        "done logs nothing",
        "F35",
        "A completed Task gets no Conversation.",
        (Text(f"{WRITING}log_note", "", "return"),),
        tests=(f"{TESTS}test_task_life.py",),
    ),
    Mutant(
        "the Conversation does not inherit",
        "F09",
        "With the switch on a Conversation gets no externalId.",
        (Text(f"{LIFE}note_from", "if external_id is not None:", "if False:"),),
        tests=(f"{TESTS}test_task_life.py",),
    ),
    Mutant(
        "an edit moves no updatedAt",
        "F55",
        "A merge leaves the stamp as it was.",
        (Text(f"{WRITING}_stamp", "", "return"),),
    ),
    Mutant(
        "custom values are replaced",
        "F21",
        "PUT replaces `custom` instead of merging it key by key.",
        (Text(f"{WRITING}_merged", '{**(before.get("custom") or {}), **(value or {})}', "value or {}"),),
        tests=(f"{TESTS}test_models_common.py", f"{TESTS}test_documented.py"),
    ),
    Mutant(
        "PUT replaces the record",
        "F21",
        "A key that is not sent is emptied.",
        (
            Text(
                f"{WRITING}_merged",
                "document = dict(before)",
                'document = {k: before[k] for k in before if k != "description"}',
            ),
        ),
    ),
    Mutant(
        "bulk refuses and says 200",
        "F60",
        "A bulk answer with errors says that everything went well.",
        (
            Text(
                f"{BULK}carry",
                'item.errors.append(text if as_text else {"message": text, "index": item.index, "item": item.body})',
                "_ = text, as_text",
            ),
        ),
        tests=(f"{TESTS}test_bulk.py",),
    ),
    Mutant(
        "bulk says stored and stores nothing",
        "F70",
        "New items are counted and not kept.",
        (
            Text(
                f"{WRITING}add",
                "call.rows.put(document, new=True)",
                "_ = call.bulk or call.rows.put(document, new=True)",
            ),
        ),
    ),
    Mutant(
        "a prefixed key finds nothing",
        "F01",
        "srcid- and extid- name no record.",
        (
            Text(
                "fake_planhat.operations.keys.parse",
                "value) if prefix in model.prefixes and value else None",
                'value + "x") if prefix in model.prefixes and value else None',
            ),
        ),
    ),
    Mutant(
        "ids lose their case",
        "F08",
        "A sourceId is kept in small letters.",
        (
            Text(
                f"{WRITING}_said",
                "said = model.read_body(body, switches=switches)",
                "said = model.read_body(body, switches=switches)\n"
                '    if isinstance(said.get("sourceId"), str) and model.name == "Task":\n'
                '        said["sourceId"] = said["sourceId"].lower()',
            ),
        ),
    ),
    Mutant(
        "a deletion takes nothing away",
        "F25",
        "DELETE answers and the record stays.",
        (
            Text(
                "fake_planhat.operations.removing.delete",
                "count = 0 if document is None else work.remove(model.name, document)",
                "count = 1",
            ),
        ),
        scenario="F22 deleted in Planhat and edited in Salesforce",
    ),
)
