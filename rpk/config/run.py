"""One run of rpk: what the user asked of it all, and its settings and output, made when first used.

`rpk.cli` fills `Options` while it parses the command line; commands call `current()`.
"""

from __future__ import annotations

import os
import time

from rpk.out.errors import InternalError
from rpk.out.output import Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rpk.config.settings import Settings


class Options:
    """The global flags, as typed. `overrides` are the `-X` texts, `legacy` those that hidden flags stand for."""

    def __init__(self) -> None:
        self.overrides: list[str] = []
        self.legacy: list[str] = []
        self.profile: str | None = None
        self.config: str | None = None
        self.ignore_profile = False
        self.verbose = False
        self.format = "text"
        self.color = "auto"
        self.no_headers = False
        self.no_input = False
        self.yes = False
        self.no_pager = False
        self.timeout: str | None = None


class Run:
    """What one command works with: `out`, `settings`, `deadline_s`, `environment`."""

    def __init__(self, options: Options | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.options = options or Options()
        self.environment: Mapping[str, str] = os.environ if environment is None else environment
        self.started_s = time.monotonic()
        self._settings: Settings | None = None
        self._out: Output | None = None

    @property
    def out(self) -> Output:
        """Where the command prints."""
        if self._out is None:
            options = self.options
            self._out = Output(
                format=options.format,
                color=options.color,
                headers=not options.no_headers,
                no_input=options.no_input,
                assume_yes=options.yes,
                pager=not options.no_pager,
                environment=self.environment,
            )
        return self._out

    @out.setter
    def out(self, out: Output) -> None:
        self._out = out

    @property
    def settings(self) -> Settings:
        """The effective settings; resolved once, warnings about unknown keys go to stderr."""
        if self._settings is None:
            from rpk.config.resolve import resolve

            self._settings = resolve(self.options, self.environment, warn=self.out.warning)
            if self._settings.values["pass"].source in ("-X", "flag"):
                self.out.warning(
                    "the process list shows a password given on the command line; RPK_PASS does not"
                )
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._settings = settings

    def debug(self, text: str | Callable[[], str]) -> None:
        """Say on stderr what goes on, under `-v` only."""
        if self.options.verbose:
            line = text if isinstance(text, str) else text()
            self.out.notice(f"debug: +{time.monotonic() - self.started_s:.3f}s {line}")

    def timeout_s(self, default_s: float | None = None) -> float:
        """Seconds this command may spend on the cluster: `--timeout`, else its own default, else the setting."""
        if self.options.timeout is not None:
            from rpk.config.durations import parse_duration

            return parse_duration(self.options.timeout)
        return self.settings.command_timeout_s if default_s is None else default_s


_current: list[Run] = []


def current() -> Run:
    """The run this process is in."""
    if not _current:
        raise InternalError("no command is running")
    return _current[-1]


def enter(run: Run) -> None:
    """Make `run` the current one."""
    _current[:] = [run]


def leave() -> None:
    """No run is current any more."""
    _current.clear()
