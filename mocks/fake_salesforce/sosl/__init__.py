"""SOSL: reading a search, the words of its FIND clause, and the index that finds them. No HTTP."""
