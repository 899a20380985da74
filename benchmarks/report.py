"""Windows to tables: the median of accepted rounds, ratios, and what was rejected."""

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.machine import Window


@dataclass(slots=True)
class Cell:
    """All windows of one measurement, by contestant."""

    name: str
    unit_up: bool
    windows: dict[str, list[Window]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, contestant: str, windows: list[Window]) -> None:
        """Keep the windows of one round."""
        self.windows.setdefault(contestant, []).extend(windows)

    def median(self, contestant: str) -> dict[str, float]:
        """Median of each figure over accepted windows; over all, when every one was noisy."""
        windows = self.windows.get(contestant, [])
        chosen = [window for window in windows if window.accepted] or windows
        names = chosen[0].value if chosen else {}
        return {name: statistics.median(window.value[name] for window in chosen) for name in names}


def render(cells: list[Cell]) -> str:
    """The report as text."""
    lines: list[str] = []
    for cell in cells:
        lines += ["", cell.name, "=" * len(cell.name)]
        contestants = list(cell.windows)
        medians = {name: cell.median(name) for name in contestants}
        for figure in medians[contestants[0]] if contestants else ():
            row = f"{figure:32}"
            for name in contestants:
                row += f"  {name} {medians[name].get(figure, float('nan')):>12,.3f}"
            if len(contestants) == 2:
                first, second = (medians[name].get(figure, float("nan")) for name in contestants)
                row += f"   ratio {first / second if second else float('nan'):6.2f}"
            lines.append(row)
        for name in contestants:
            windows = cell.windows[name]
            rejected = sum(1 for window in windows if not window.accepted)
            steal = max(window.steal_percent for window in windows)
            line = f"  {name}: {len(windows)} windows, {rejected} rejected for steal, highest steal {steal:.1f} %"
            if rejected == len(windows):
                line += " (NONE QUIET: figures of a noisy machine)"
            lines.append(line)
        lines += [f"  {note}" for note in cell.notes]
    return "\n".join(lines)


def save(cells: list[Cell], path: Path) -> None:
    """The raw windows as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        cell.name: {
            name: [
                {"value": window.value, "seconds": window.seconds, "steal_percent": window.steal_percent}
                for window in windows
            ]
            for name, windows in cell.windows.items()
        }
        for cell in cells
    }
    path.write_text(json.dumps(document, indent=2))
