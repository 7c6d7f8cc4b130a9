"""The Bulk APIs: jobs over many rows, worked on while a client asks how they stand."""
