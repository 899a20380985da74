"""Nobody reads: the writer goes on, drops, counts, and says so once somebody does."""

import os
import re
import threading
import time
from contextlib import suppress

import pytest

from engine.node.line_writer import LineWriter


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader, writer
    for fd in (reader, writer):
        with suppress(OSError):
            os.close(fd)


def read_until(reader, wanted):
    found = b""
    while wanted not in found:
        found += os.read(reader, 1 << 16)
    return found


def test_lines_arrive_in_order(pipe):
    reader, fd = pipe
    writer = LineWriter(fd)
    for number in range(100):
        writer.write(f"line {number} \udcff")
    assert writer.flush(60)
    lines = read_until(reader, b"line 99 ").decode().split("\n")
    assert lines[:100] == [f"line {number} \\udcff" for number in range(100)]
    assert writer.dropped == 0


def test_an_unread_pipe_stops_nobody(pipe):
    reader, fd = pipe
    os.set_blocking(fd, False)
    with suppress(BlockingIOError):
        while True:
            os.write(fd, b"." * 4096)
    os.set_blocking(fd, True)
    writer = LineWriter(fd, queued_bytes_max=10_000)
    line = "x" * 99
    started = time.monotonic()
    for _ in range(5000):
        writer.write(line)
    assert time.monotonic() - started < 60
    assert not writer.flush(0.01)
    # What the kernel's pipe and the queue hold is not lost, the rest is counted.
    assert 0 < writer.dropped < 5000
    dropped = writer.dropped
    found = bytearray()
    told = re.compile(rb"\((\d+) log lines were dropped here")

    def read():
        # It is told in as many portions as the thread took.
        while b"the end" not in found or sum(map(int, told.findall(found))) < dropped:
            found.extend(os.read(reader, 1 << 16))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert writer.flush(60)
    writer.write("the end")
    thread.join(60)
    assert sum(map(int, told.findall(found))) == dropped
    assert found.count(line.encode()) == 5000 - dropped


def test_a_reader_that_went_away_is_no_error(pipe):
    reader, fd = pipe
    os.close(reader)
    writer = LineWriter(fd)
    writer.write("to nobody")
    assert writer.flush(60)
    writer.write("nor this")
    assert writer.flush(60)


def test_a_non_blocking_descriptor_is_waited_for(pipe):
    reader, fd = pipe
    os.set_blocking(fd, False)
    writer = LineWriter(fd)
    for _ in range(3000):
        writer.write("y" * 99)
    thread = threading.Thread(target=read_until, args=(reader, b"the end"))
    thread.start()
    writer.write("the end")
    assert writer.flush(60)
    thread.join(60)
