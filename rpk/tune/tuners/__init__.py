"""One file a tuner: its record, and what it wants of a host, from facts alone. Nothing here touches the host."""
