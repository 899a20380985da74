"""Which partition of `__consumer_offsets` a group lives on: Kafka's own rule, so that Kafka's tools agree."""


def java_string_hash(text: str) -> int:
    """Java's `String.hashCode`: over UTF-16 code units, wrapped to a signed 32-bit int."""
    units = text.encode("utf-16-be", "surrogatepass")
    value = 0
    for at in range(0, len(units), 2):
        value = (31 * value + (units[at] << 8 | units[at + 1])) & 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value


def partition_for(group_id: str, partition_count: int) -> int:
    """The offsets partition of `group_id`, 0 … `partition_count` - 1."""
    return (java_string_hash(group_id) & 0x7FFFFFFF) % partition_count
