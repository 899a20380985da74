"""`rpk cluster`: look at and configure a cluster."""
