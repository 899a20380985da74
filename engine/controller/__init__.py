"""Cluster metadata: topics, brokers, cluster properties, producer ids; decided in one place, replayed from one log."""
