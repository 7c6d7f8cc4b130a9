"""Planted bugs of the engine: identity and creation, F01 to F16."""

from __future__ import annotations

from crm_contracts.world.mutants.model import Mutant, Text

__all__ = ["IDENTITY"]

HTTP = "tests/crm_contracts/failure_modes/test_over_http_identity.py::"
ACT, OBSERVE, PLAN = "crm_sync.act.Actor.", "crm_sync.observe.", "crm_sync.plan."

IDENTITY = (
    Mutant(
        "a creation in doubt is made again",
        "F01",
        "After a lost answer nobody looks for what was made: it is sent once more.",
        (Text(f"{ACT}_create_or_adopt", "made = self._journal.search(intent)", "made = None"),),
    ),
    Mutant(
        "whatever was not answered is sent again",
        "F01",
        "The transport repeats a creation as if it said the same twice.",
        (Text("crm_sync.transport.Transport.send", "verdict is Verdict.UNCLEAR and not repeatable", "False"),),
    ),
    Mutant(
        "open intents are forgotten",
        "F02",
        "A run does not look at what an earlier one had begun.",
        (Text("crm_sync.journal.Journal.recover", "for intent in self._state.intents():", "for intent in ():"),),
    ),
    Mutant(
        "no intent before a creation",
        "F02",
        "A creation is written down as done before it is made, so a death in between leaves no trace.",
        (
            Text(
                "crm_sync.journal.Journal.begin_in_salesforce",
                "return self._state.open_intent(SALESFORCE, self._engine.clock.now(), body)",
                "made = self._state.open_intent(SALESFORCE, self._engine.clock.now(), "
                "body)\n    self._state.close_intent(made)\n    return made",
            ),
        ),
    ),
    Mutant(
        "a creation goes without its key",
        "F03",
        "The unique external id is not sent, and two workers make two records.",
        (Text(f"{ACT}_create_or_adopt", "if key_field: found =", "if False:\n                found ="),),
        tests=(f"{HTTP}test_two_workers_create_one_key",),
    ),
    Mutant(
        "two records of one link are two activities",
        "F04",
        "A Task and its Conversation are planned apart, and one Salesforce record is written twice in a batch.",
        (Text(f"{OBSERVE}gathered.Gathered.linked", "self.by_link.get(link.id)", "None"),),
        scenario="F19 both sides write one field, and Salesforce wins",
    ),
    Mutant(
        "the first of several matches",
        "F05",
        "Where several records carry one external id, the first is taken.",
        (
            Text(
                "crm_sync.sides.salesforce.Salesforce._created",
                "",
                'if response.status_code == 300:\n    return str(response.json()[0]).rsplit("/", 1)[-1]',
            ),
        ),
        tests=("tests/crm_sync/test_faults.py::test_several_matches_are_put_aside",),
    ),
    Mutant(
        "a blank key is a key",
        "F06",
        "An empty sourceId is looked up like any other.",
        (
            Text(
                f"{OBSERVE}placing.Placing.place",
                "if raw: self._place_by_key(record, section, raw, label)",
                'if raw or record.get(self._engine.keyable(model)) == "":\n'
                "        self._place_by_key(record, section, raw, label)",
            ),
        ),
    ),
    Mutant(
        "15 and 18 characters are two ids",
        "F07",
        "An id of 15 characters is kept as it is.",
        (Text("crm_sync.record_ids._completed", "return text + checksum(text)", "return text"),),
    ),
    Mutant(
        "an id keeps the case it came in",
        "F08",
        "The case of an 18-character id is not restored from its suffix.",
        (
            Text("crm_sync.record_ids._restored", "c.upper() if upper else c.lower()", "c"),
            Text("crm_sync.record_ids._restored", "if mixed and restored[:15] != text[:15]", "if False"),
        ),
        tests=("tests/crm_sync/test_pure.py::test_a_lower_cased_18_is_restored",),
    ),
    Mutant(
        "a key that is linked begins anew",
        "F09",
        "A Conversation that carries the id of a linked Salesforce Task is not joined to that link.",
        (
            Text(
                f"{OBSERVE}placing.Placing._place_by_key",
                "link = self._follows(record, section, self._state.link_of_salesforce(sf_object, sf_id))",
                "link = None",
            ),
        ),
    ),
    Mutant(
        "a Conversation never continues its Task",
        "F09",
        "A Conversation without a key of its own gets a Salesforce Task of its own.",
        (Text(f"{OBSERVE}placing.Placing._pointed_at", "", "return None"),),
    ),
    Mutant(
        "a Task never joins its Conversation",
        "F09",
        "A Task that takes part later than the Conversation that was logged of it gets a Salesforce Task of its own.",
        (Text(f"{OBSERVE}placing.Placing._continued_by", "", "return None"),),
        scenario="F09 a Task takes part later",
    ),
    Mutant(
        "whatever bears its key was made by it",
        "F02",
        "After a death, a record that a person made meanwhile, and typed the id into, counts as agreed on with what it "
        "never said, and empties Salesforce.",
        (Text("crm_sync.journal.Journal._may_be_typed", "", "return False"),),
        scenario="F02 an id is typed into Planhat after a death",
    ),
    Mutant(
        "what nobody read stays without its counterpart",
        "F02",
        "What a run that died had just made in Totango, and somebody deleted since, leaves its source in Salesforce.",
        (Text("crm_sync.journal.Journal._recover_deleted", "section is not None and", "section is None and"),),
        tests=("tests/crm_sync/test_journal_parts.py",),
    ),
    Mutant(
        "a Task in doubt waits while its Conversations sync",
        "F02",
        "What a run that died had made of a Salesforce Task gets a Conversation beside it, once Tasks are off.",
        (
            Text(
                "crm_sync.journal.Journal.recover",
                "{model} if look_again else self._engine.profile.one_activity(model)",
                "{model}",
            ),
        ),
        tests=("tests/crm_sync/test_journal_parts.py",),
    ),
    Mutant(
        "a key that was not written waits for a list",
        "F02",
        "What a run that died had linked keeps no mark that its key is missing: past the window it never gets one.",
        (Text(f"{ACT}_link_created", "if lacking:", "if False:"),),
        tests=("tests/crm_contracts/pairs/test_pair_found.py",),
    ),
    Mutant(
        "the switch counts as it is now",
        "F10",
        "A Conversation that was logged while inheritance was off joins its Task once it is on.",
        (Text(f"{OBSERVE}placing.Placing._logged_while_on", "", "return True"),),
        tests=("tests/crm_sync/test_rules.py",),
    ),
    Mutant(
        "a vendor's stamp is read by our clock",
        "F56",
        "A Conversation that Planhat's slow clock dated before the switch was on counts as logged while it was off.",
        (Text("crm_sync.transport.Transport.ours", "stamp - self.skew", "stamp"),),
    ),
    Mutant(
        "a creation in doubt is looked for by our clock",
        "F56",
        "What Salesforce's slow clock dated before it was begun is not recognised, and made again.",
        (Text("crm_sync.transport.Transport._measure", "", "return"),),
    ),
    Mutant(
        "the switch follows the condition",
        "F10",
        "Inheritance goes off with the configuration that had switched it on (P22).",
        (Text("crm_sync.inheritance.Inheritance.saved", "self.on or (met and not self.met)", "met"),),
    ),
    Mutant(
        "a copy takes the key over",
        "F11",
        "A record that carries another one's key is joined to the same activity.",
        (
            Text(
                f"{OBSERVE}salesforce.SalesforceReader._adopt_by_external_key",
                "activity.link is not None or activity.salesforce is not None",
                "False",
            ),
            Text(f"{OBSERVE}salesforce.SalesforceReader._adopt_by_external_key", "None if linked else", ""),
        ),
        tests=(f"{HTTP}test_a_copy_that_took_the_key_along",),
    ),
    Mutant(
        "keys typed by hand are not read",
        "F12",
        "At the first run a record that carries the other's id is made again.",
        (
            Text(
                f"{OBSERVE}placing.Placing.place",
                "if raw: self._place_by_key(record, section, raw, label)",
                "if False:\n        self._place_by_key(record, section, raw, label)",
            ),
        ),
    ),
    Mutant(
        "what is empty wins at first sight",
        "F12",
        "Of two records that were linked by hand, the newer one takes from the other what it does not say itself.",
        (
            Text(
                "crm_sync.cases.seen",
                'return Seen.SAME if key is None or key == "" else Seen.CHANGED',
                "return Seen.CHANGED",
            ),
        ),
        scenario="F12 a newer",
    ),
    Mutant(
        "a preview writes",
        "F12",
        "The transport of a dry run lets writes through.",
        (
            Text("crm_sync.run.Sync.run", "client.transport.read_only = dry_run", "client.transport.read_only = False"),
            Text(
                "crm_sync.run.Sync._round",
                "if report.dry_run: self._describe(plans, report)",
                "if False:\n            self._describe(plans, report)",
            ),
        ),
        tests=(f"{HTTP}test_a_first_run_can_be_looked_at_first",),
    ),
    Mutant(
        "links are in the memory only",
        "F13",
        "The Salesforce id is not written back into Planhat's record.",
        (
            Text(f"{PLAN}_plan_key", "plan.write.setdefault(model, {})[keyable] = sf_id", "pass"),
            Text(
                f"{ACT}_link_created", "plan.write.setdefault(model, {})[self._engine.keyable(model)] = sf_id", "pass"
            ),
        ),
    ),
    Mutant(
        "a link needs its account again",
        "F14",
        "A linked record whose account was merged away takes no part any more.",
        (
            Text(
                "crm_sync.cases._scopes",
                "if found or activity.link is not None or activity.claimed_sf_id:",
                "if found or activity.claimed_sf_id:",
            ),
        ),
    ),
    Mutant(
        "a merged account has no heir",
        "F14",
        "What is new at the Company of a merged account is put aside, though Salesforce tells where it went.",
        (Text("crm_sync.act.Actor._retarget", "", "return False"),),
    ),
    Mutant(
        "out of the bin and still buried",
        "F15",
        "A record that was taken out of the recycle bin does not wake its link.",
        (
            Text(
                f"{OBSERVE}completing.Completing._mark_deleted_salesforce",
                "(SALESFORCE in link.deleted) != record.deleted",
                "SALESFORCE not in link.deleted and record.deleted",
            ),
        ),
    ),
    Mutant(
        "a duplicate rule ends the run",
        "F16",
        "A creation that a duplicate rule refuses stops everything behind it.",
        (
            Text(
                f"{ACT}_create_or_adopt",
                "self._state.close_intent(intent) raise except ServiceUnavailable: raise",
                "raise ServiceUnavailable(str(error)) from error\n"
                "        except ServiceUnavailable:\n            raise",
            ),
        ),
        tests=(f"{HTTP}test_a_duplicate_rule_refuses",),
    ),
)
