"""Progress rewrites a line on a terminal, is nearly silent elsewhere (UX-13)."""

import io

from rpk.out import progress
from rpk.out.output import Output
from rpk.out.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_something_at_once_and_a_clean_line_after(monkeypatch):
    monkeypatch.setattr(progress, "REDRAW_S", 0)
    out = Output(stderr=Terminal(), environment={})
    with Progress(out, "copying", total=10) as bar:
        assert out.stderr.getvalue() == "\r\x1b[Kcopying…"
        bar.update(3, "now")
    assert out.stderr.getvalue().endswith("\r\x1b[Kcopying: 3/10 now\r\x1b[K")


def test_a_pipe_sees_one_plain_line_per_interval(monkeypatch):
    out = Output(stderr=io.StringIO(), environment={})
    with Progress(out, "copying") as bar:
        bar.update(1)
        assert out.stderr.getvalue() == ""
        monkeypatch.setattr(progress, "PLAIN_LINE_S", 0)
        bar.update(2)
    assert out.stderr.getvalue() == "copying: 2\n"
