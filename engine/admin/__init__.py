"""The Admin API and the metrics endpoints: JSON over HTTP for operators and rpk, on the shard's loop."""
