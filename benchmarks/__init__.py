"""Speed, measured side by side: the bundled engine beside Apache Kafka, rpk beside kcat, in one run."""
