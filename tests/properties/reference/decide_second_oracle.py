"""What a sync must decide about one pair and about one field, told a second time from the rules alone.

Whoever wrote this had seen neither the sync's table nor the first oracle. It asks in another order, too: first which
*ways* are open (a way is what the direction leads and the scope lets through), then what the link says, then who spoke.
All words are plain strings; nothing of the project is imported.

Rules are named as the rule files and the catalogue of failure modes name them (P Planhat, T Totango, M Marketo,
I invariants, F failure modes).

Silent: what the rules leave open, and what is taken here.

1. A pair without link and key has one record only: nothing is matched by what it says (M23). Two records are
   impossible, and so is a link or a key of which one side was never seen: what a key names is asked for, so it is at
   least unseen.
2. Unlinked, `same` is a record made or changed since the section was switched on and not yet paired: it is still to
   be made (P27, F59, I1). What T15 passes over is never asked about again, so it does not come here.
3. A deletion that its way may not carry just now (out of the window, type out on that way) buries the link: dropping
   it, as M18 says, would let the survivor come back as new when it is edited (I6). A missing account holds no
   deletion back.
4. Both gone ends every link, asleep or over, too: no call (T41). A key alone leaves nothing to end.
5. A link sleeps when every way that is led is excluded, and wakes when one is not (P6 knows one type for both ways).
6. A deletion under a sleeping link that may wake counts as under a live one.
7. With last_write_wins a later edit leaves the survivor alone on its side: a tombstone, no second birth (I6, E.5.3),
   and the deletion is the word given up. With keep_survivor nobody's word is given up: both stay as they are.
8. An unseen survivor is deleted where deletions win (the evidence is the deletion's), and waited for where the later
   write wins (whether it was edited cannot be known).
9. Link and key: a key naming a record that is not shown is for a person (I1: linked, or in quarantine with a reason).
   With proof that it was deleted, the pair is over: a tombstone (F13, F15).
10. A record that is not to be written again (updates off) may still be deleted: deletions have a switch of their own.
11. A record that would be made but may not be (switch off, filtered, excluded, account passed over) is a counted skip
    (I15, F67); of excluded types, too (T42: skipped for ever).
12. Two changed sides of which one way is open are compared: which values may pass is for the fields.
13. A past side of a linked pair beside an edit that is led is compared: the past side has not spoken, the edit has.
14. A silent change is no opinion (F32): it contends for nothing, neither for its field nor for the record, but when
    it is overwritten the conflict log tells (I5). A record's winner that is silent about a field supplies nothing for
    it.
15. A way shut at present still counts in the contest: who would win but cannot pass now is not overwritten (I5).
16. In a field that flows one way only there is no contest; an edit of the receiving side that is overwritten is
    logged.
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
    """(action, favours). *conflict* says nothing here: P24 is about values; a deletion has its own policy (F22, T41)."""
    del conflict
    if direction == "off":
        return "nothing", ""  # P2: not syncing makes no request at all
    ways = _ways(direction, scope_in, scope_out)
    if link == "none":
        return _unlinked(left, right, ways, create_in, create_out), ""
    if link == "keyed":
        return _keyed(left, right, ways), ""
    if "absent" in {left, right}:
        return "impossible", ""  # a link was made of two records that were seen
    if left == right == "deleted":
        return "drop_link", ""  # T41: both deleted, no call
    if link == "tombstone":
        return _over(left, right, ways), ""
    if _takes_no_part(ways):
        return ("nothing" if link == "dormant" else "sleep"), ""  # P6, F36: kept, asleep
    if "deleted" in {left, right}:
        return _one_gone(left, right, ways, deletions, order)
    if link == "dormant":
        return ("nothing" if "unseen" in {left, right} else "wake"), ""  # P6, F36
    return _linked(left, right, ways, updates=updates), ""


def _ways(direction: str, scope_in: str, scope_out: str) -> dict[str, str]:
    """The ways that are led, by the side they start from, each with what lets it through or stops it (I7)."""
    led = {}
    if direction in {"receive", "both"}:
        led["salesforce"] = scope_in
    if direction in {"send", "both"}:
        led["partner"] = scope_out
    return led


def _takes_no_part(ways: dict[str, str]) -> bool:
    return all(scope == "excluded" for scope in ways.values())


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
    if seen in {"deleted", "unseen"}:
        return "nothing"  # T39, M21: an unlinked deletion stays at home; F26: what is not shown says nothing
    if side not in ways:
        return "nothing"  # I7
    if seen == "past" and create != "all":
        return "nothing"  # P29, M14, F12: only a back-fill takes up what was there before
    if create == "no":
        return "skip"  # T13, T24: only records that are there are updated
    if ways[side] == "in":
        return made  # P8, M15, M19
    return _held_back([ways[side]])


def _keyed(left: str, right: str, ways: dict[str, str]) -> str:
    """No link is remembered, but one record names the other."""
    if "absent" in {left, right} or left == right == "unseen":
        return "impossible"
    shown = {side: seen for side, seen in (("salesforce", left), ("partner", right)) if seen in ALIVE}
    if not shown:
        return "nothing"  # T39: unlinked deletions need no call
    if "deleted" in {left, right}:
        return "nothing" if _takes_no_part(ways) else "bury"  # F13, I6: the pair is known and over
    scopes = list(ways.values())
    if len(shown) == 2:
        if "in" in scopes:
            return "link"  # P8, F03, F13: adopt instead of create
        return "nothing" if _takes_no_part(ways) else _held_back(scopes)
    ((side, seen),) = shown.items()
    if side not in ways or seen == "past":
        return "nothing"  # I7; P29
    if ways[side] == "in":
        return "quarantine"  # I1, F26: neither made again nor guessed
    return _held_back([ways[side]])


def _over(left: str, right: str, ways: dict[str, str]) -> str:
    """A pair of which one side was deleted."""
    if left in ALIVE and right in ALIVE and not _takes_no_part(ways):
        return "link"  # F15: undeleted, so linked again and not created
    return "nothing"  # P25, F23: the survivor is neither deleted nor made again


def _one_gone(left: str, right: str, ways: dict[str, str], deletions: str, order: str) -> tuple[str, str]:
    """A linked pair, one side deleted with proof, the other not."""
    gone = "salesforce" if left == "deleted" else "partner"
    survivor = right if gone == "salesforce" else left
    carried = "delete_partner" if gone == "salesforce" else "delete_salesforce"
    if deletions == "keep_survivor":
        return "bury", ""  # P25
    if ways.get(gone, "excluded") in {"excluded", "filtered"}:
        return "bury", ""  # I7; T23, T39, M18: outside the window nothing is deleted
    if deletions == "last_write_wins":
        if survivor == "unseen":
            return "wait", ""
        if survivor == "changed" and _later(order, "salesforce") != gone:
            return "bury", OTHER[gone]  # T41's setting: the edit came last
    return carried, (gone if survivor == "changed" else "")  # T39, T40, T41, M21, M22


def _linked(left: str, right: str, ways: dict[str, str], *, updates: bool) -> str:
    """A live link whose two records are both there, as far as one can see."""
    moved = [
        ways[side] for side, seen in (("salesforce", left), ("partner", right)) if seen == "changed" and side in ways
    ]
    if "unseen" in {left, right}:
        return "wait" if moved and updates else "nothing"  # F25, F26: absence is no deletion; I9: nor is the edit lost
    if moved and updates:
        return "compare" if "in" in moved else _held_back(moved)  # T14, T20, T23, P27
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
    loser = OTHER[winner]
    if not changed[winner] and not changed[loser]:
        return "", ""
    if len(contenders) == 1 and not changed[winner]:
        return "", ""  # only other fields of the winner moved, and nobody contends for this one
    if silent[winner] or shut[winner]:
        return "", ""  # M4, M7; I7
    return winner, (loser if changed[loser] else "")  # I5


def _winner(conflict: str, order: str, tie: str) -> str:
    return _later(order, tie) if conflict == "newest" else conflict
