"""Broker-to-broker calls: one-way messages and requests with deadlines, one connection a peer and direction."""
