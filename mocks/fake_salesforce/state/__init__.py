"""What an org remembers that is no row of an object: sessions, cursors, consents, locks, counters."""
