"""The record format language: what `topic consume -f` prints and what `topic produce -f` reads."""
