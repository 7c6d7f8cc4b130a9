"""What must follow for a pair of records and for one field, worked out rule by rule from the rules alone.

Plain texts and booleans, no import of the sync: this was written before the sync's table, and in another form. Nothing
here looks a case up. Each rule is asked in turn what it has to say; the later rules are the stronger ones.

The words, as texts:
    left, right   absent | past | same | changed | deleted | unseen    (left: Salesforce, right: the partner)
    link          none | keyed | live | dormant | tombstone
    direction     send (partner to Salesforce) | receive (Salesforce to partner) | both | off
    conflict      newest | salesforce | partner
    deletions     keep_survivor | delete_wins | last_write_wins
    create_in, create_out   no | new (what was made since the section was switched on) | all
    updates       False: a record is never written again once it is made
    order         salesforce_newer | same_second | partner_newer
    scope_in, scope_out   in | filtered | excluded | parent_awaited | parent_missing, for each way by itself
                  (a parent not known on the other side: an awaited one is looked out for, without a missing one the
                  record is passed over until it changes)
Source: rules P1-P29, T1-T45, M1-M27; invariants I2, I4-I7, I12; failure modes F10-F38.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

ALIVE = frozenset({"past", "same", "changed"})
NOT_THERE = frozenset({"absent", "unseen"})

#: What is said: (action, the side whose word wins where both sides' meet, or "").
Said = tuple[str, str]


def is_possible(left: str, right: str, link: str) -> bool:
    """Can such a pair arise at all? By what the words mean."""
    if link == "none":
        # No two records are a pair without a link or a key (M23: nothing is matched by its looks), a record that was
        # linked before and is not shown needs the link, and a case needs a record.
        return (left == "absent") != (right == "absent") and "unseen" not in {left, right}
    if link == "keyed":
        return not (left in NOT_THERE and right in NOT_THERE)  # somebody carries the key
    return "absent" not in {left, right}  # a link names two records that were seen


def record_level(
    left: str,
    right: str,
    link: str,
    direction: str,
    conflict: str,
    deletions: str,
    create_in: str,
    create_out: str,
    updates: bool,
    order: str,
    scope_in: str,
    scope_out: str,
) -> Said:
    """See the module's docstring."""
    # P2, M1: Not Syncing makes no request and thinks of nothing.
    if direction == "off":
        return "nothing", ""
    if not is_possible(left, right, link):
        return "impossible", ""

    inwards, outwards = direction != "send", direction != "receive"
    scopes = (scope_in, scope_out) if direction == "both" else (scope_in,) if inwards else (scope_out,)
    left_alive, right_alive = left in ALIVE, right in ALIVE
    shown = left_alive and right_alive
    deleted = left == "deleted" or right == "deleted"
    said = "nothing"

    # F37, P29: what changed before the section was switched on is no news, it is where the sides start from.
    if link == "live" and (left == "past" or right == "past"):
        said = "rebase"
    # I7, T30: a change has a say only where its direction leads, and never where records are not updated.
    left_tells = left == "changed" and inwards and updates
    right_tells = right == "changed" and outwards and updates
    if link == "live" and (left_tells or right_tells):
        news = (scope_in if left_tells else "", scope_out if right_tells else "")
        # T14, T20, T23, F58: what a way does not let through is passed over, neither updated nor deleted...
        said = "skip"
        # P27, F59: ... or kept until the parent is there.
        if "parent_awaited" in news:
            said = "wait"
        # E.3: what somebody changed and may be heard is compared with the other side.
        if "in" in news:
            said = "compare"
            # F26: a write to a record that is not shown is a guess; absence is not deletion, so the change is kept.
            if not shown:
                said = "wait"
    # P6, F36: a link sleeps while its type takes no part, and wakes when it does again and both can be seen.
    if link == "live" and scopes in {("excluded",), ("excluded", "excluded")}:
        said = "sleep"
    if link == "dormant":
        said = "skip"
        # P27, F59: what waits for its account is looked out for, asleep or not.
        if "parent_awaited" in scopes and (left_alive or right_alive):
            said = "wait"
        if "in" in scopes:
            said = "wake" if shown else "wait" if left_alive or right_alive else "nothing"

    # P8, M15, M19, T13, T24: a record nobody has on the other side is made there...
    if link == "none" and not deleted:
        if right == "absent":
            source, said, allowed, leads, scope = left, "create_partner", create_in, inwards, scope_in
        else:
            source, said, allowed, leads, scope = right, "create_salesforce", create_out, outwards, scope_out
        # T11, T20, P27: ... once its parent is known there; T15: nobody looks out for it where the rules do not say so,
        if scope == "parent_awaited":
            said = "wait"
        if scope == "parent_missing":
            said = "skip"
        # P21, P29, M14, M15: ... unless it was there before the section was, and nobody asked for a back-fill,
        if source == "past" and allowed != "all":
            said = "skip"
        # T13, T24: ... or the switch is off,
        if allowed == "no":
            said = "skip"
        # I7: ... or the direction does not lead there,
        if not leads:
            said = "skip"
        # T14, T23, M15, M16, P6, T42: ... or it is not selected.
        if scope in {"filtered", "excluded"}:
            said = "skip"

    # P8, F12, F13: who carries the other's id is its counterpart.
    if link == "keyed" and shown:
        said = "link" if "in" in scopes else "wait" if "parent_awaited" in scopes else "skip"
    # F01, F26, P8: who carries the id of a record that cannot be seen has a counterpart; another one must not be made.
    if link == "keyed" and not shown and not deleted:
        leads, scope = (inwards, scope_in) if left_alive else (outwards, scope_out)
        said = "quarantine" if leads and scope not in {"filtered", "excluded"} else "skip"

    # Deletions. I6: only what is *deleted* is; unseen, filtered and excluded are not.
    if deleted:
        if left == "deleted":
            leads, scope, back = inwards, scope_in, scope_out
            edit_stands = right == "changed" and order == "partner_newer"
            carried, again, may = "delete_partner", "create_salesforce", outwards and updates and create_out != "no"
        else:
            leads, scope, back = outwards, scope_out, scope_in
            # T9, P24: equal seconds are Salesforce's.
            edit_stands = left == "changed" and order != "partner_newer"
            carried, again, may = "delete_salesforce", "create_partner", inwards and updates and create_in != "no"
        # T39, T40, M21: a deletion is carried over...
        said = carried
        # T41: ... also over an edit of the other side, unless the later one wins and the edit is it: then it stands,
        # and the deleted copy is made again, as any record without a counterpart (T11, T13, T14, T20, T23, T24). The
        # word of the deletion comes once: whatever is done about parents elsewhere, this waits for one.
        if deletions == "last_write_wins" and edit_stands:
            said = "bury"
            if may and back not in {"filtered", "excluded"}:
                said = again if back == "in" else "wait"
        # I7: ... where the direction leads; T14, T39, M18: within the window; P6, T42: of what takes part;
        # P25: and only where deletions travel at all.
        if not leads or scope in {"filtered", "excluded"} or deletions == "keep_survivor":
            said = "bury"
        # T41: both deleted, nothing is left to do; P25: Planhat's link keeps its tombstone.
        if left == right:
            said = "bury" if deletions == "keep_survivor" else "drop_link"
        # P6: what sleeps is not told of a deletion, but must never wake.
        if link == "dormant":
            said = "bury"
        # A key proves that the two belonged together, not that the sync ever linked them: nothing is deleted, nothing
        # is made again (T39, F13, I6).
        if link == "keyed":
            said = "bury" if left_alive or right_alive else "nothing"
        # T39, M21: what was never linked is deleted on its own side only.
        if link == "none":
            said = "nothing"

    # P25, F15, F23, I6: a tombstone is final, unless both records are there again.
    if link == "tombstone":
        said = "skip" if left_alive or right_alive else "nothing"
        if shown and "parent_awaited" in scopes:
            said = "wait"
        if shown and "in" in scopes:
            said = "link"

    favoured = ""
    if said == "compare":
        favoured = _favoured(left, right, direction, conflict, order)
    # I5: a deletion that undoes an edit, or an edit that undoes a deletion, gives somebody's word up.
    if deleted and (left == "changed" or right == "changed"):
        if said in {"create_partner", "delete_partner"}:
            favoured = "salesforce"
        if said in {"create_salesforce", "delete_salesforce"}:
            favoured = "partner"
    return said, favoured


def _favoured(left: str, right: str, direction: str, conflict: str, order: str) -> str:
    """Both sides changed: whose value wins (P24, T9, M22, I7)."""
    if left != "changed" or right != "changed":
        return ""
    if direction != "both":
        return "partner" if direction == "send" else "salesforce"
    if conflict != "newest":
        return conflict
    return "partner" if order == "partner_newer" else "salesforce"


def field_level(
    *,
    left_changed: bool,
    left_silent: bool,
    right_changed: bool,
    right_silent: bool,
    flow: str,
    conflict: str,
    order: str,
    tie: str,
    grain: str,
    others_left: bool,
    others_right: bool,
    write_in: str,
    write_out: str,
    agree: bool,
    shut_in: bool = False,
    shut_out: bool = False,
) -> tuple[str, str]:
    """One field of a linked pair: the side whose value is taken, and the side whose change is given up; "" for none.

    *silent*: the side shows a value that the other cannot say (M4, M7: no opinion). *others_left*, *others_right*: did
    that side change another field that both may write? *write_in*, *write_out*: always | once | never, how the partner
    and Salesforce are written. *shut_in*, *shut_out*: nothing may pass to the partner, to Salesforce at
    present. *tie*: the side that wins at equal seconds.
    """
    left_opinion = left_changed and not left_silent
    right_opinion = right_changed and not right_silent
    speakers = set()
    # I7: who may speak. T17, T19, T31, T34: what is written once or never is not written now, and not compared.
    if left_opinion and flow in {"receive", "both"} and write_in == "always":
        speakers.add("salesforce")
    if right_opinion and flow in {"send", "both"} and write_out == "always":
        speakers.add("partner")
    # P24, T9, M22: the later of two, equal seconds by the tie, or the side the section names.
    if conflict != "newest":
        preferred = conflict
    else:
        preferred = {"salesforce_newer": "salesforce", "partner_newer": "partner", "same_second": tie}[order]
    taken = ""
    if len(speakers) == 1:
        (taken,) = speakers
    elif speakers:
        taken = preferred
    # T9: one winner for the whole record supplies each field that both may write and that somebody changed (T25, M5);
    # a winner without an opinion of this field leaves it to the other (M4).
    if grain == "record" and (flow, write_in, write_out) == ("both", "always", "always") and speakers:
        both_changed = ("salesforce" in speakers or others_left) and ("partner" in speakers or others_right)
        mute = left_silent if preferred == "salesforce" else right_silent
        if both_changed and not mute:
            taken = preferred
    # Values that say the same need nothing.
    if agree:
        taken = ""
    # T14, T20, T23: a value that may not pass stays where it is; it has won all the same, so nothing replaces it.
    if (taken == "salesforce" and shut_in) or (taken == "partner" and shut_out):
        taken = ""
    # I5: whoever's change is overwritten is named, also one that the other side has no word for.
    given_up = ""
    if taken == "salesforce" and right_changed:
        given_up = "partner"
    if taken == "partner" and left_changed:
        given_up = "salesforce"
    return taken, given_up


class Replica(NamedTuple):
    """One of the partner's two records of one activity: *opinion* same | changed | silent, *at* seconds."""

    name: str
    opinion: str
    value: str
    at: int
    flow: str


def activity_level(
    opinion: str, value: str, replicas: Sequence[Replica], conflict: str
) -> tuple[str, frozenset[str], frozenset[str]]:
    """One field of an activity that has a Task and a Conversation beside its Salesforce record (P1), which was changed
    at second 0: (whose value is taken, who gets it, whose changed value is given up).
    """
    heard = [r for r in replicas if r.opinion == "changed" and r.flow in {"send", "both"} and r.value != value]
    open_to = [r for r in replicas if r.flow in {"receive", "both"}]
    # P1, P24: of Task and Conversation the later one speaks, and the Conversation where they are of one moment.
    speaker = max(heard, key=lambda r: (r.at, r.name == "Conversation"), default=None)
    left_changed = opinion == "changed"
    takes_partner = speaker is not None
    if speaker is not None and left_changed and speaker.flow == "both":
        takes_partner = speaker.at > 0 if conflict == "newest" else conflict == "partner"
    if speaker is not None and takes_partner:
        taken, new = speaker.name, speaker.value
        targets = {"salesforce"} | {r.name for r in open_to if r is not speaker and r.value != new}
    elif left_changed:
        taken, new = "salesforce", value
        targets = {r.name for r in open_to if r.value != new}
    else:
        return "", frozenset(), frozenset()
    if not targets:
        return "", frozenset(), frozenset()
    # I5: given up is what somebody changed and is overwritten, and what was said and not heard.
    outvoted = {r.name for r in heard if speaker and r is not speaker and r.value != speaker.value}
    if speaker and not takes_partner:
        outvoted.add(speaker.name)
    # A change that nobody else has a word for is somebody's word all the same.
    changed = {r.name for r in replicas if r.opinion != "same"} | ({"salesforce"} if opinion != "same" else set())
    return taken, frozenset(targets), frozenset(outvoted | (changed & targets))
