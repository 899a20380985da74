"""The only room that talks to brokers; commands get small records of our own, never a library's types."""
