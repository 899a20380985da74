"""One handler a file; `engine.kafka.dispatch` finds them here. The contract is written there."""
