"""What an org does by itself when a row is saved: the rules of an org file, as data.

`options` is what a request says about it (headers), `tables` reads the org file, `saving` runs the rules, `duplicates`
and `assignment` are the two that the vendor has names for. An org without rules costs a save one look into an empty
mapping: `Org.rules` holds an `ObjectRules` for each object that has any.
"""
