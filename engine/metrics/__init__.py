"""Counters and histograms cheap enough for the hot path, and their exposition in Prometheus text."""
