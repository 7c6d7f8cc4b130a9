"""What a sync must decide about one pair and about one field, told a second time from the rules alone.

Whoever wrote this had seen neither the sync's table nor the first oracle; the first version stands in the history, from
before any comparison. It asks in another order: first which *ways* are open (a way is what the direction leads; it is
named by the side it starts from), then what the link says, then who spoke. All words are plain strings; nothing of the
project is imported.

Rules are named as the rule files and the catalogue of failure modes name them (P Planhat, T Totango, M Marketo,
I invariants, F failure modes).

Silent: what the rules leave open, and what is taken here. "Reconciled" marks what was first said otherwise and changed
because the table's choice was found reasonable; `test_decide_second_opinion.py` tells what was first said, and why.

1. A pair without link and key has one record only: nothing is matched by what it says (M23). Two records are
   impossible, and so is a link of which one side was never seen, or missing what nothing names (reconciled).
2. Unlinked, `same` is a record made or changed since the section was switched on and not yet paired: it is still to
   be made (P27, F59, I1). What T15 passes over is never asked about again, so it does not come here.
3. A deletion that its way may not carry just now (out of the window, type out on that way) buries the link: dropping
   it, as M18 says, would let the survivor come back as new when it is edited (I6). A missing account holds no
   deletion back.
4. Gone on both sides, a live link is dropped (T41), and buried where survivors are kept (P25); a sleeping one is
   buried and a tombstone stays (F24). Reconciled.
5. A live link sleeps when every way that is led is excluded. It wakes when one way lets it through (reconciled).
6. Under a sleeping link a deletion only buries: no deletion made while a type took no part is carried (reconciled).
7. With last_write_wins a later edit has the record made again (F22; reconciled); where that may not be, the survivor
   stays alone under a tombstone. Where both stay as they are nobody's word is given up.
8. An unseen survivor was not edited as far as one has read (I5), so the deletion is carried (reconciled).
9. A key naming a record that is not shown, or was never seen, is for a person (I1), whatever the account (reconciled).
   With proof that it was deleted, the pair is over: a tombstone (F13, F15).
10. A record that is not to be written again (updates off) may still be deleted: deletions have a switch of their own.
11. A record that is seen and does not pass is a counted skip (I15, F67, T42), also for its direction (reconciled).
12. Two changed sides of which one way is open are compared: which values may pass is for the fields. `favours` then
    names who wins where one field is contested (reconciled).
13. A past side of a linked pair beside an edit that is led is compared: the past side has not spoken, the edit has.
14. A silent change is no opinion (F32): it contends for nothing, neither for its field nor for the record; a record's
    winner that is silent about a field leaves it to the other side, and no value is set back only because the loser
    is silent (M7; both reconciled). When a silent change is overwritten the conflict log tells (I5).
15. A way shut at present still counts in the contest: who would win but cannot pass now is not overwritten (I5).
16. In a field that flows one way only there is no contest; an edit of the receiving side that is overwritten is
    logged.
17. A pair that waits for its account is kept in mind whatever its link (P27, F59), asleep or undeleted, too.
"""

from __future__ import annotations

ALIVE = ("past", "same", "changed")
OTHER = {"salesforce": "partner", "partner": "salesforce"}


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
) -> tuple[str, str]:
    """(action, favours)."""
    if direction == "off":
        return "nothing", ""  # P2: not syncing makes no request at all
    ways = _ways(direction, scope_in, scope_out)
    if link == "none":
        return _unlinked(left, right, ways, create_in, create_out), ""
    if link == "keyed":
        return _keyed(left, right, ways), ""
    if "absent" in {left, right}:
        return "impossible", ""  # a link was made of two records that were seen
    if link == "tombstone":
        return _over(left, right, ways), ""
    if link == "dormant":
        return _asleep(left, right, ways), ""
    if left == right == "deleted":
        return ("bury" if deletions == "keep_survivor" else "drop_link"), ""  # P25; T41: both deleted, no call
    if "deleted" in {left, right}:
        make = create_in if right == "deleted" else create_out
        return _one_gone(left, right, ways, deletions, order, may_make=updates and make != "no")
    if all(scope == "excluded" for scope in ways.values()):
        return "sleep", ""  # P6, F36
    action = _linked(left, right, ways, updates=updates)
    if action == "compare" and left == right:
        return action, next(iter(ways)) if len(ways) == 1 else _winner(conflict, order, "salesforce")  # P24, T9, M22
    return action, ""


def _ways(direction: str, scope_in: str, scope_out: str) -> dict[str, str]:
    """The ways that are led, by the side they start from, each with what lets it through or stops it (I7)."""
    led = {}
    if direction in {"receive", "both"}:
        led["salesforce"] = scope_in
    if direction in {"send", "both"}:
        led["partner"] = scope_out
    return led


def _held_back(scopes: list[str]) -> str:
    """Something should pass, none of its ways is open: look again for a parent (P27, F59), else count it (F67, I15)."""
    return "wait" if "parent_awaited" in scopes else "skip"


def _unlinked(left: str, right: str, ways: dict[str, str], create_in: str, create_out: str) -> str:
    """One record that no other is known to belong to."""
    if (left == "absent") == (right == "absent"):
        return "impossible"  # M23: nothing is matched by what it says
    if right == "absent":
        side, seen, create, made = "salesforce", left, create_in, "create_partner"
    else:
        side, seen, create, made = "partner", right, create_out, "create_salesforce"
    if seen == "unseen":
        return "impossible"  # nothing names it
    if seen == "deleted":
        return "nothing"  # T39, M21: an unlinked deletion stays at home
    if side not in ways or create == "no":
        return "skip"  # I7; T13, T24: only records that are there are updated
    if seen == "past" and create != "all":
        return "skip"  # P29, M14, F12: only a back-fill takes up what was there before
    if ways[side] == "in":
        return made  # P8, M15, M19
    return _held_back([ways[side]])


def _keyed(left: str, right: str, ways: dict[str, str]) -> str:
    """No link is remembered, but one record names the other."""
    shown = [side for side, seen in (("salesforce", left), ("partner", right)) if seen in ALIVE]
    if not shown:
        return "nothing" if "deleted" in {left, right} else "impossible"  # T39; a key that nobody carries
    if "deleted" in {left, right}:
        return "bury"  # F13, I6: the pair is known and over
    if len(shown) == 2:
        return "link" if "in" in ways.values() else _held_back(list(ways.values()))  # P8, F03, F13: adopt, not create
    if ways.get(shown[0], "excluded") in {"excluded", "filtered"}:
        return "skip"  # I7, P6, T14, T23
    return "quarantine"  # I1, F26: neither made again nor guessed


def _over(left: str, right: str, ways: dict[str, str]) -> str:
    """A pair of which one side was deleted."""
    if left in ALIVE and right in ALIVE:
        return "link" if "in" in ways.values() else _held_back(list(ways.values()))  # F15: undeleted, linked again
    if left in ALIVE or right in ALIVE:
        return "skip"  # P25, F23: the survivor is neither deleted nor made again
    return "nothing"  # F24: a tombstone outlives both


def _asleep(left: str, right: str, ways: dict[str, str]) -> str:
    """A link whose type took no part (P6, F36)."""
    if "deleted" in {left, right}:
        return "bury"  # I6: it must not wake; I7: nor is anything deleted for it
    if "in" not in ways.values():
        return "skip" if left == right == "unseen" else _held_back(list(ways.values()))
    if left == right == "unseen":
        return "nothing"  # F26: what is not shown says nothing
    return "wait" if "unseen" in {left, right} else "wake"


def _one_gone(
    left: str, right: str, ways: dict[str, str], deletions: str, order: str, *, may_make: bool
) -> tuple[str, str]:
    """A linked pair, one side deleted with proof, the other not; *may_make*: may the deleted one be made again?"""
    gone = "salesforce" if left == "deleted" else "partner"
    survivor = right if gone == "salesforce" else left
    if deletions == "keep_survivor":
        return "bury", ""  # P25
    if ways.get(gone, "excluded") in {"excluded", "filtered"}:
        return "bury", ""  # I7; T23, T39, M18: outside the window nothing is deleted
    if deletions == "last_write_wins" and survivor == "changed" and _later(order, "salesforce") != gone:
        back = ways.get(OTHER[gone], "excluded")
        if not may_make or back in {"excluded", "filtered"}:
            return "bury", ""  # T41's setting: the edit came last, but may not pass (I7, T13, T14, T23, T24, T30)
        if back == "in":
            return f"create_{gone}", OTHER[gone]  # T41's setting, F22, I5: the deletion is given up
        return "wait", ""  # P27: the edit is not lost while the account is missing, nor the deletion forgotten
    return f"delete_{OTHER[gone]}", (gone if survivor == "changed" else "")  # T39, T40, T41, M21, M22


def _linked(left: str, right: str, ways: dict[str, str], *, updates: bool) -> str:
    """A live link whose two records are both there, as far as one can see."""
    seen = {"salesforce": left, "partner": right}
    moved = [scope for side, scope in ways.items() if seen[side] == "changed"]
    if moved and updates:
        if "in" not in moved:
            return _held_back(moved)  # T14, T20, T23, P27: neither updated nor deleted
        return "wait" if "unseen" in {left, right} else "compare"  # F25, F26: absence is no deletion; I9: no edit lost
    if "past" in {left, right}:
        return "rebase"  # F37, P29: today's values, nothing written
    return "nothing"  # I2; I7: what moved on a way that is not led; T30: never written again


def _later(order: str, tie: str) -> str:
    return {"salesforce_newer": "salesforce", "partner_newer": "partner", "same_second": tie}[order]


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
    shut_in: bool,
    shut_out: bool,
) -> tuple[str, str]:
    """(taken, given_up)."""
    changed = {"salesforce": left_changed, "partner": right_changed}
    spoke = {
        "salesforce": left_changed and not left_silent,
        "partner": right_changed and not right_silent,
    }  # M4, M7, F32
    silent = {"salesforce": left_silent, "partner": right_silent}
    others = {"salesforce": others_left, "partner": others_right}
    shut = {"salesforce": shut_in, "partner": shut_out}
    may = {
        "salesforce": flow in {"receive", "both"} and write_in == "always",  # I7, M10, T31, T34
        "partner": flow in {"send", "both"} and write_out == "always",  # I7, M11, T17, T19
    }
    if agree or not any(changed.values()):
        return "", ""  # I2, T36: nothing to write
    whole = grain == "record" and all(may.values())  # T9: what one side may never write stays out of the comparison
    contenders = [side for side in ("salesforce", "partner") if may[side] and (spoke[side] or (whole and others[side]))]
    if not contenders:
        return "", ""
    winner = contenders[0] if len(contenders) == 1 else _winner(conflict, order, tie)  # P24, T9, M22
    if silent[winner]:
        winner = OTHER[winner]  # F32, M4: no opinion about this field
    if not any(spoke.values()) or shut[winner]:
        return "", ""  # only other fields moved, or silently, and M7 sets nothing back; I7
    loser = OTHER[winner]
    return winner, (loser if changed[loser] else "")  # I5


def _winner(conflict: str, order: str, tie: str) -> str:
    return _later(order, tie) if conflict == "newest" else conflict
