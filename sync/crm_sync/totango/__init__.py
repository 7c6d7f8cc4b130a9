"""What is Totango's own about the sync, without I/O: keys, texts, mappings of its jobs, stamps."""
