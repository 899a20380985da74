"""Log lines on stderr: one line an event, fixed fields, bounded in length and in rate.

    2026-11-20T15:43:25.123Z WARN  engine.net - 10.0.0.7:51234 closed: idle for 600 s

Text from outside cannot forge a line: control characters are escaped. A message template that repeats more than
`BURST` times in `WINDOW_S` is counted instead, and the count is told when the window is over. Nobody waits for the
reader of stderr; see `line_writer`.
"""

import logging
import time

from engine.node.line_writer import STDERR, LineWriter

BURST = 20
WINDOW_S = 10.0
LINE_CHARS_MAX = 8_192
TEMPLATES_MAX = 512
TRACE = 5

_NAMES = {
    logging.CRITICAL: "FATAL",
    logging.ERROR: "ERROR",
    logging.WARNING: "WARN ",
    logging.INFO: "INFO ",
    logging.DEBUG: "DEBUG",
    TRACE: "TRACE",
}
_LEVELS = {
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": TRACE,
}
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(0x80, 0xA0))}


class LineFormatter(logging.Formatter):
    """One event, one line; a traceback follows indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        level = _NAMES.get(record.levelno, record.levelname)
        message = record.getMessage().translate(_ESCAPES)
        if len(message) > LINE_CHARS_MAX:
            message = message[:LINE_CHARS_MAX] + "…"
        line = f"{moment}.{int(record.msecs):03d}Z {level} {record.name} - {message}"
        if record.exc_info:
            trace = self.formatException(record.exc_info)
            line += "".join(f"\n    {part.translate(_ESCAPES)}" for part in trace.split("\n"))
        return line


class RateLimit(logging.Filter):
    """Lets `BURST` events of one template through a window, then counts."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, str], list[float]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the event is written."""
        if record.levelno >= logging.CRITICAL:
            return True
        key = (record.name, str(record.msg))
        entry = self._seen.get(key)
        if entry is None or record.created - entry[0] >= WINDOW_S:
            if entry is not None and entry[1] > BURST:
                record.msg = f"{record.getMessage()} ({int(entry[1] - BURST)} like it were left out)"
                record.args = ()
            if len(self._seen) >= TEMPLATES_MAX:
                self._seen.clear()
            self._seen[key] = [record.created, 1]
            return True
        entry[1] += 1
        return entry[1] <= BURST


class LineHandler(logging.Handler):
    """Hands lines to a `LineWriter`."""

    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the line. A record that cannot be formatted is said to be so: it must not hurt the broker."""
        try:
            line = self.format(record)
        except (TypeError, ValueError) as error:
            line = f"a log line of {record.name} could not be made: {error!r} in {record.msg!r}"
        self._writer.write(line)


def set_up_logs(level: str, logger_levels: dict[str, str]) -> None:
    """Send all loggers to stderr; `logger_levels` holds exceptions by logger name (``engine.`` may be left out)."""
    logging.addLevelName(TRACE, "TRACE")
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = LineHandler(STDERR)
    handler.setFormatter(LineFormatter())
    handler.addFilter(RateLimit())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("engine").setLevel(_LEVELS[level])
    for name, chosen in logger_levels.items():
        full = name if name == "engine" or name.startswith("engine.") else f"engine.{name}"
        logging.getLogger(full).setLevel(_LEVELS[chosen])
