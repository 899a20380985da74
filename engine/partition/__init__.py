"""One replica of one partition: append checks, producer state, watermarks, reads, waiting fetches."""
