"""Measure what a disk can really do and write the I/O properties file that engines read."""
