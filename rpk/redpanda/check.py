"""`rpk redpanda check`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from rpk.config.run import current
from rpk.out.errors import Unhealthy
from rpk.out.tables import Column, Table, Text
from rpk.tune.session import Choices, Session, open_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rpk.out.tables import View
    from rpk.tune.checks.row import Row

EXAMPLES = (
    ("rpk redpanda check", "every row: required, current, severity, passed; then how to mend what failed"),
    ("rpk redpanda check --strict --format json", "for CI: warnings count too"),
)
OUTPUT = {
    "schema_version": "integer",
    "ok": "boolean",
    "checks": "list of {name, condition, required, current, severity, passed, fix}",
}
COLUMNS = (
    Column("CONDITION", "condition"),
    Column("REQUIRED", "required"),
    Column("CURRENT", "current"),
    Column("SEVERITY", "severity"),
    Column("PASSED", "passed"),
    Column("FIX", "fix", wide=True),
)


def command(
    strict: Annotated[
        bool, typer.Option("--strict", help="A failed warning is as bad as a fatal one.")
    ] = False,
    root: Annotated[
        str, typer.Option("--root", metavar="DIR", help="Check the tree below DIR instead of this host.")
    ] = "",
) -> None:
    """Check this host and redpanda.yaml.

    Looks only: nothing is written, no address is asked, and nothing hangs when systemd or a time service is
    absent; what cannot be known is shown as unknown and counts as passed.

    Exits 10 when something fatal was found, with --strict also for warnings.
    """
    run = current()
    session = open_session(run, Choices(root=root))
    rows = sorted(check_rows(session), key=lambda row: row.condition.lower())
    failed = [row for row in rows if row.passed is False]
    bad = [row for row in failed if strict or row.severity == "fatal"]
    views: list[View] = [Table(COLUMNS, [_text(row) for row in rows])]
    if failed:
        lines = [f"{row.condition}: {row.fix}" for row in failed if row.fix]
        views.append(Text(*lines, title="HOW TO MEND"))
    run.out.document({"ok": not bad, "checks": [row.as_data() for row in rows]}, *views)
    if bad:
        fatal = sum(1 for row in bad if row.severity == "fatal")
        noun = "fatal finding" if fatal else "warning"
        count = fatal or len(bad)
        raise Unhealthy(
            f"{count} {noun}{'' if count == 1 else 's'}: {bad[0].condition}",
            cause=bad[0].current,
            hint=bad[0].fix,
        )


def check_rows(session: Session) -> list[Row]:
    """Every check of this host."""
    from rpk.tune.checks.config_file import check_config
    from rpk.tune.checks.interrupts import check_interrupts
    from rpk.tune.checks.kernel import check_kernel
    from rpk.tune.checks.memory import check_memory
    from rpk.tune.checks.storage import check_storage, probe_data_directory

    facts = session.facts()
    directory = session.request.directories[0] if session.request.directories else "/"
    io_config = os.path.join(os.path.dirname(os.path.abspath(session.config_path)), "io-config.yaml")
    data = probe_data_directory(session.host, facts, directory, io_config, session.parameters.ballast_path)
    return [
        *check_config(session.config, session.config_path),
        *check_storage(facts, data),
        *check_memory(facts),
        *check_kernel(facts),
        *check_interrupts(facts, session.parameters),
    ]


def _text(row: Row) -> dict[str, object]:
    """PASSED is `unknown` where it is neither; scripts look for a trailing true or false."""
    return {**row.as_data(), "passed": "unknown" if row.passed is None else row.passed}
