"""The host: reads the node file, runs its shard, watches it, and stops it in order."""
