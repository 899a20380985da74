"""`rpk topic`: create, list, change, write to and read from topics."""
