"""The nouns all rooms share: ids, offsets, epochs, topic names, topic configs. Pure."""
