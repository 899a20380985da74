"""`rpk redpanda`: start, stop and configure the broker of this host."""
