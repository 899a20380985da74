"""Raft: one group a partition replica and one for the controller; a pure core under a thin driver."""
