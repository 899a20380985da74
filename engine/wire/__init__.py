"""The Kafka protocol in bytes: hot and cold codecs, record batches, compression, error codes. Pure: no I/O, no clock."""
