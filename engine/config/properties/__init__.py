"""The cluster property table, a file a subject."""
