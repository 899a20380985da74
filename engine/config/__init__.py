"""Typed configuration: the node file (redpanda.yaml) and the cluster's property table. No event loop in here."""
