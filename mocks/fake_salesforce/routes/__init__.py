"""HTTP in, HTTP out: read the request, call one operation, render. No vendor rule, no storage."""
