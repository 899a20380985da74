"""From a command line to a running command to an exit status.

Rooms are loaded when a word names them; a command's module is imported when it is about to run.
"""

from __future__ import annotations

import os
import sys

import click

from rpk.cli import streams
from rpk.cli.loader import LazyGroup
from rpk.cli.table import ROOT
from rpk.config.run import Options, Run, enter, leave
from rpk.out.errors import RpkError

EXIT_INTERRUPTED = 130


def run(arguments: list[str]) -> int:
    """Run the command; never raises, never shows a traceback without -v (UX-22)."""
    streams.prepare()
    run = Run(Options())
    # An error in the command line itself is reported before --format is parsed: look ahead for it.
    run.options.format = _format_asked(arguments)
    enter(run)
    status = 0
    try:
        status = _invoke(arguments)
        streams.flush()
    except RpkError as error:
        status = _report(run, error)
    except KeyboardInterrupt:
        status = EXIT_INTERRUPTED
    except BrokenPipeError:
        status = streams.abandon_stdout()
    except Exception as error:  # noqa: BLE001 - the last resort of the process; it becomes a report file
        from rpk.cli.report import internal_error

        status = _report(run, internal_error(error, arguments, verbose=run.options.verbose))
    finally:
        leave()
    try:
        streams.flush()
    except BrokenPipeError:
        return streams.abandon_stdout()
    return status


def _invoke(arguments: list[str]) -> int:
    root = LazyGroup(ROOT, "rpk")
    try:
        with root.make_context("rpk", list(arguments)) as context:
            root.invoke(context)
    except click.exceptions.Exit as end:
        return int(end.exit_code)
    except click.exceptions.Abort as error:
        raise KeyboardInterrupt from error
    except click.UsageError as error:
        from rpk.cli.usage import translate

        raise translate(error) from error
    return 0


def _report(run: Run, error: RpkError) -> int:
    try:
        streams.flush()
    except BrokenPipeError:
        return streams.abandon_stdout()
    try:
        run.out.format = run.options.format
        run.out.error(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    return error.exit_code


def _format_asked(arguments: list[str]) -> str:
    for at, word in enumerate(arguments):
        if word == "--":
            break
        if word == "--format" and arguments[at + 1 : at + 2] == ["json"]:
            return "json"
        if word == "--format=json":
            return "json"
    return "text"
