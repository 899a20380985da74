"""`rpk group`: list, describe and change consumer groups."""
