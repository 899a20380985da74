"""The Kafka API door: connections, the dispatch table, one handler a file, fetch sessions."""
