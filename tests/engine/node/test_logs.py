import logging

from engine.node.logs import BURST, WINDOW_S, LineFormatter, LineHandler, RateLimit


def record(message, *args, created=1000.0, level=logging.INFO, exc_info=None):
    found = logging.LogRecord("engine.net", level, "f.py", 1, message, args, exc_info)
    found.created, found.msecs = created, (created % 1) * 1000
    return found


def test_one_event_one_line():
    line = LineFormatter().format(record("closed %s", "x", created=1.25))
    assert line == "1970-01-01T00:00:01.250Z INFO  engine.net - closed x"


def test_text_from_outside_cannot_forge_a_line():
    line = LineFormatter().format(record("client id %s", "a\n2026-01-01T00:00:00Z ERROR \x1b[31m\x7f\x85"))
    assert "\n" not in line
    assert "\x1b" not in line
    assert "\\x0a" in line


def test_long_messages_are_cut():
    assert len(LineFormatter().format(record("x" * 100_000))) < 10_000


def test_a_traceback_follows_indented():
    try:
        raise ValueError("no")
    except ValueError as error:
        line = LineFormatter().format(record("failed", exc_info=(type(error), error, error.__traceback__)))
    assert all(part.startswith("    ") for part in line.split("\n")[1:])


def test_repeats_are_counted_and_told():
    limit = RateLimit()
    passed = sum(limit.filter(record("same %d", number)) for number in range(BURST + 30))
    assert passed == BURST
    assert limit.filter(record("other"))
    late = record("same %d", 7, created=1000.0 + WINDOW_S)
    assert limit.filter(late)
    assert late.getMessage() == "same 7 (30 like it were left out)"
    assert limit.filter(record("same %d", 1, level=logging.CRITICAL))


class Lines:
    def __init__(self):
        self.lines = []

    def write(self, line):
        self.lines.append(line)


def test_a_record_that_cannot_be_formatted_is_said_to_be_so():
    writer = Lines()
    handler = LineHandler(writer)
    handler.setFormatter(LineFormatter())
    handler.handle(record("%d", "no number"))
    handler.handle(record("fine"))
    assert "could not be made" in writer.lines[0]
    assert writer.lines[1].endswith("fine")
