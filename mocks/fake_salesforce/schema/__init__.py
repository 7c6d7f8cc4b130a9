"""What an org is made of: objects and fields, read from data files, org files and imported describes."""
