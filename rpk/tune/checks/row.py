"""One row of a check: what is required, what is there, how bad a miss is, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

FATAL, WARNING, INFO = "fatal", "warning", "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """condition is what scripts look for. current is empty and passed None where it cannot be known here."""

    condition: str
    required: str
    current: str
    severity: str = WARNING
    passed: bool | None
    fix: str = ""
    name: str = ""
    """Stable identifier."""

    def as_data(self) -> dict[str, object]:
        """The row for output; `fix` only where there is something to mend."""
        return {
            "name": self.name,
            "condition": self.condition,
            "required": self.required,
            "current": self.current,
            "severity": self.severity,
            "passed": self.passed,
            "fix": self.fix if self.passed is False else "",
        }


def shown(value: object) -> str:
    """A value as checks print it."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def boolean(
    name: str,
    condition: str,
    passed: bool | None,
    fix: str,
    *,
    severity: str = WARNING,
    current: str | None = None,
) -> Row:
    """A row that requires `true`."""
    text = current if current is not None else "unknown" if passed is None else shown(passed)
    return Row(
        name=name,
        condition=condition,
        required="true",
        current=text,
        severity=severity,
        passed=passed,
        fix=fix,
    )


def at_least(
    name: str, condition: str, current: float | None, wanted: float, fix: str, *, required: str = ""
) -> Row:
    """A row that requires a number or more."""
    return Row(
        name=name,
        condition=condition,
        required=required or f">= {wanted:g}",
        current="" if current is None else f"{current:.2f}".rstrip("0").rstrip("."),
        passed=None if current is None else current >= wanted,
        fix=fix,
    )
