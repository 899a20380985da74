"""Civil time of any 64-bit millisecond timestamp, always UTC.

Records carry whatever their producers wrote; the library's datetime stops at the years 1 and 9999, so the
calendar is computed here (days to civil, Howard Hinnant's algorithm).
"""

from __future__ import annotations

from dataclasses import dataclass

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CivilTime:
    """A moment split into calendar fields; `weekday` 0 is Sunday, `year_day` 1 is January the first."""

    epoch_ms: int
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int
    weekday: int
    year_day: int

    def iso_week(self) -> tuple[int, int]:
        """ISO 8601 year and week number."""
        weekday = self.weekday or 7
        week = (self.year_day - weekday + 10) // 7
        if week < 1:
            return self.year - 1, _iso_weeks(self.year - 1)
        if week > _iso_weeks(self.year):
            return self.year + 1, 1
        return self.year, week


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def civil(epoch_ms: int) -> CivilTime:
    """Calendar fields of milliseconds since the epoch, negative ones too."""
    seconds, millisecond = divmod(epoch_ms, 1000)
    days, of_day = divmod(seconds, 86400)
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_index = (5 * day_of_year + 2) // 153
    month = month_index + (3 if month_index < 10 else -9)
    year = era * 400 + year_of_era + (month <= 2)
    return CivilTime(
        epoch_ms=epoch_ms,
        year=year,
        month=month,
        day=day_of_year - (153 * month_index + 2) // 5 + 1,
        hour=of_day // 3600,
        minute=of_day // 60 % 60,
        second=of_day % 60,
        millisecond=millisecond,
        weekday=(days + 4) % 7,
        year_day=days - days_from_civil(year, 1, 1) + 1,
    )


def _iso_weeks(year: int) -> int:
    def first_of_next_week(of: int) -> int:
        return (of + of // 4 - of // 100 + of // 400) % 7

    return 53 if first_of_next_week(year) == 4 or first_of_next_week(year - 1) == 3 else 52
