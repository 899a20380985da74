"""The one way from a command to stdout and stderr.

A command hands over its data once, with the views that draw it as text; `--format` decides which of the two
is printed. stdout carries the data alone; notices, warnings and errors go to stderr (UX-01).
"""

from __future__ import annotations

import os
import sys

from rpk.out.colour import is_terminal, paint, wants_colour
from rpk.out.errors import ItemsFailed, RpkError, UsageError
from rpk.out.escape import one_line
from rpk.out.tables import Column, Table, Text, View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

FORMATS = ("text", "wide", "json", "yaml", "help")
FORMAT_ALIASES = {"short": "text", "long": "wide"}
SCHEMA_VERSION = 1
UNICODE_BREAKS = "\x85\u2028\u2029"


class ItemResult:
    """What became of one of many items: `error` is None when it worked; `fields` are shown beside it."""

    __slots__ = ("error", "fields", "name")

    def __init__(self, name: str, error: RpkError | None = None, **fields: object) -> None:
        self.name = name
        self.error = error
        self.fields = fields

    @property
    def ok(self) -> bool:
        """True when the item worked."""
        return self.error is None

    @property
    def status(self) -> str:
        """`OK`, or `NAME: text` of the error, for the STATUS column."""
        if self.error is None:
            return "OK"
        text = self.error.cause or self.error.message
        return text if text.startswith(self.error.name) else f"{self.error.name}: {text}"

    def as_json(self) -> dict[str, object]:
        """{name, ok, error, …fields} in that order (UX-07)."""
        error = self.error.as_json() if self.error is not None else None
        return {"name": self.name, "ok": self.ok, "error": error, **self.fields}


class Output:
    """stdout and stderr of one run, with everything the user said about how to write to them."""

    def __init__(
        self,
        *,
        format: str = "text",
        color: str = "auto",
        headers: bool = True,
        no_input: bool = False,
        assume_yes: bool = False,
        pager: bool = True,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.format = format
        self.color = color
        self.headers = headers
        self.no_input = no_input
        self.assume_yes = assume_yes
        self.pager = pager
        self._stdin = stdin
        self._stdout = stdout
        self._stderr = stderr
        self.environment: Mapping[str, str] = os.environ if environment is None else environment

    @property
    def stdin(self) -> TextIO:
        """Where answers to prompts come from."""
        return self._stdin or sys.stdin

    @property
    def stdout(self) -> TextIO:
        """Where data goes."""
        return self._stdout or sys.stdout

    @property
    def stderr(self) -> TextIO:
        """Where everything else goes."""
        return self._stderr or sys.stderr

    @property
    def structured(self) -> bool:
        """True when stdout is for machines (json or yaml)."""
        return self.format in ("json", "yaml")

    # -- data ---------------------------------------------------------------------------------------------

    def emit(self, data: object, *views: View) -> None:
        """Print `data` as JSON or YAML, or the `views` as text, a title and a blank line between several."""
        if self.format == "json":
            self._write(_json(data) + "\n")
        elif self.format == "yaml":
            self._write(yaml_text(data))
        else:
            self._write("".join(self._draw(views)))

    def table(self, columns: Sequence[Column], rows: Iterable[Mapping[str, object]]) -> None:
        """Print rows: a JSON list of all their keys, or a text table of the columns."""
        kept = list(rows)
        self.emit(kept, Table(columns, kept))

    def document(self, data: Mapping[str, object], *views: View) -> None:
        """Print one object; its JSON root carries `schema_version`."""
        self.emit({"schema_version": SCHEMA_VERSION, **data}, *views)

    def results(
        self, noun: str, results: Sequence[ItemResult], columns: Sequence[Column] | None = None
    ) -> None:
        """Print one row an item, then raise ItemsFailed when any failed (UX-03).

        noun: singular, names the first column and the count ("topic"). columns: instead of NAME STATUS; keys
        are `name`, `status` and those of `fields`.
        """
        columns = columns or (Column(noun.upper().replace(" ", "-"), "name"), Column("STATUS", "status"))
        rows = [{**result.fields, "name": result.name, "status": result.status} for result in results]
        self.emit([result.as_json() for result in results], Table(columns, rows))
        failed = [result for result in results if result.error is not None]
        if failed:
            raise items_failed(noun, failed, len(results))

    def done(self, sentence: str, **data: object) -> None:
        """Say in one sentence what a command did; JSON gets `data` and `message`."""
        self.document({"ok": True, "message": sentence, **data}, Text(sentence))

    def line(self, data: Mapping[str, object], text: str) -> None:
        """One item of a stream: a JSON object a line (a document a line in YAML), or `text`."""
        if self.format == "json":
            self._write(_json(data) + "\n")
        elif self.format == "yaml":
            self._write("---\n" + yaml_text(data))
        else:
            self._write(one_line(text) + "\n")

    def raw(self, text: str) -> None:
        """Print `text` exactly, whatever the format (generated files, shell code)."""
        self._write(text)

    def fields(self, fields: Mapping[str, str]) -> None:
        """Answer `--format help`: the names and types of the fields a command prints."""
        rows = [{"field": name, "type": kind} for name, kind in fields.items()]
        table = Table((Column("FIELD", "field"), Column("TYPE", "type")), rows)
        self._write("".join(f"{line}\n" for line in table.lines(headers=self.headers)))

    # -- everything else ----------------------------------------------------------------------------------

    def notice(self, text: str) -> None:
        """Tell the user something that is not the answer, on stderr."""
        self._note(one_line(text))

    def warning(self, text: str) -> None:
        """Warn on stderr."""
        self._note(paint("warning:", "yellow", enabled=self.colour_on(self.stderr)) + " " + one_line(text))

    def error(self, error: RpkError) -> None:
        """Print one error (UX-22), as a JSON line when the format is JSON (UX-08), on stderr."""
        if self.format == "json":
            self._note(_json(error.as_json()))
            return
        colour = self.colour_on(self.stderr)
        self._note(paint("error:", "red", enabled=colour) + " " + one_line(error.message))
        if error.cause:
            self._note(paint("cause:", "dim", enabled=colour) + " " + one_line(error.cause))
        if error.hint:
            self._note(paint("hint:", "cyan", enabled=colour) + " " + one_line(error.hint))

    def colour_on(self, stream: TextIO) -> bool:
        """Whether that stream gets colour."""
        return wants_colour(self.color, self.environment, stream)

    def confirm(self, question: str, *, flag: str = "--yes", assume_yes: bool = False) -> bool:
        """Ask y/N; True on yes.

        `--yes` (or `assume_yes`, a command's own `--no-confirm`) answers it. Without a terminal on stdin, or
        with `--no-input`, raises UsageError naming `flag` (UX-14).
        """
        if self.assume_yes or assume_yes:
            return True
        return self._ask(question, "[y/N]", flag).strip().lower() in ("y", "yes")

    def confirm_count(self, question: str, count: int, *, flag: str = "--yes") -> bool:
        """Ask for the number of things about to be destroyed; True when it was typed exactly (UX-43)."""
        if self.assume_yes:
            return True
        return self._ask(question, f"Type how many ({count}) to go on:", flag).strip() == str(count)

    def _ask(self, question: str, how: str, flag: str) -> str:
        if self.no_input or not is_terminal(self.stdin):
            raise UsageError(
                f"not confirmed: {question}",
                cause="stdin is not a terminal" if not self.no_input else "--no-input was given",
                hint=f"add {flag} to go on without being asked",
                name="NOT_CONFIRMED",
            )
        self.stderr.write(f"{one_line(question)} {how} ")
        self.stderr.flush()
        return self.stdin.readline()

    def _draw(self, views: Sequence[View]) -> Iterable[str]:
        for at, view in enumerate(views):
            if at:
                yield "\n"
            if view.title is not None:
                yield f"{view.title}\n{'=' * len(view.title)}\n"
            for line in view.lines(wide=self.format == "wide", headers=self.headers):
                yield line + "\n"

    def _write(self, text: str) -> None:
        self.stdout.write(text)

    def _note(self, text: str) -> None:
        self.stdout.flush()
        self.stderr.write(text + "\n")
        self.stderr.flush()


def items_failed(noun: str, failed: Sequence[ItemResult], total: int) -> RpkError:
    """The error a command ends with after printing rows of which some failed; one alone keeps its own hint."""
    first = failed[0].error
    hint = first.hint if first is not None else None
    plural = "" if total == 1 else "es" if noun.endswith("s") else "s"
    return ItemsFailed(f"{len(failed)} of {total} {noun}{plural} failed", hint=hint)


def _json(data: object) -> str:
    import json

    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)


def yaml_text(data: object) -> str:
    """YAML, keys in their order; what is read back is what was written."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        # Plain and single-quoted styles would fold these line breaks of Unicode into spaces.
        style = '"' if any(breaking in value for breaking in UNICODE_BREAKS) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return str(yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False))
