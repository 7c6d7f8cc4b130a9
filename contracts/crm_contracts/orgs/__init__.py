"""A real org beside the fake one: importing its describes, and telling how the two differ."""
