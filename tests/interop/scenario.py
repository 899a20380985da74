"""What every client must manage: 4 partitions, 400 keyed records, a group of two with a rebalance."""

from collections import Counter

PARTITIONS = 4
RECORDS = 400
DEADLINE_SECONDS = 60


def records() -> list[tuple[bytes, bytes]]:
    """The keyed records a client produces."""
    return [(f"key-{number}".encode(), f"value-{number}".encode()) for number in range(RECORDS)]


def check_all_arrived(values: list[bytes]) -> None:
    """Every value was delivered; a rebalance may repeat a record, never lose one."""
    delivered = Counter(values)
    expected = {value for _, value in records()}
    assert set(delivered) == expected
