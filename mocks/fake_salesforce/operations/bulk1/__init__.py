"""Bulk API 1.0: jobs that clients cut into batches themselves. The rows are written by `operations.bulk`."""
