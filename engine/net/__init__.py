"""Listeners and transports: bytes in, whole frames up, answers out in order; bounds on all of it."""
