"""What Marketo Sales Insight Actions does beside the engine's own policies. Values in, values out; no I/O."""
