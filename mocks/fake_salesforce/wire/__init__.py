"""How requests and answers are written and read: JSON, XML, compression, what a call means, words of faults."""
