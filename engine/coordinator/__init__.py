"""The group coordinator: consumer groups and committed offsets, kept on `__consumer_offsets`."""
