"""What a request does, without HTTP. Nothing in here imports Flask."""
