"""The broker: a Kafka-API streaming engine. `engine/README.md` is the map."""
