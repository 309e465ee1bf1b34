"""How a run gets on, on the terminal: one line an area, running counts, the time it will still take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from testline.verdicts import Verdict

STYLES: Final = {
    "pass": "green",
    "fail": "bold red",
    "inconclusive": "yellow",
    "error": "bold magenta",
    "not applicable": "dim",
}
_WIDTH: Final = 52


def counts_text(counts: Mapping[str, int]) -> str:
    """Return counts by verdict as styled text, zeros left out."""
    parts = [
        f"[{STYLES[each.value]}]{counts[each.value]} {each.value}[/]"
        for each in Verdict
        if counts.get(each.value)
    ]
    return ", ".join(parts)


class RunProgress:
    """Shows the verdicts of a run as they come; on something that is no terminal, a line an area."""

    def __init__(self, console: Console, areas: Mapping[str, tuple[str, int]]) -> None:
        """`areas`: name to title and number of cases."""
        self._console = console
        self._areas = dict(areas)
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in areas}
        self._progress = Progress(
            TextColumn("{task.description}", table_column=None),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[counts]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        for name, (title, total) in areas.items():
            self._add(name, title, total)
        self._all = self._progress.add_task(
            "[bold]all[/]", total=sum(total for _, total in areas.values()), counts=""
        )

    def _add(self, name: str, title: str, total: int) -> None:
        shown = title if len(title) <= _WIDTH else f"{title[: _WIDTH - 1]}…"
        self._tasks[name] = self._progress.add_task(escape(shown), total=total, counts="")

    def told(self, event: Mapping[str, Any]) -> None:
        """Take a verdict."""
        area, verdict = str(event["area"]), str(event["verdict"])
        if area not in self._areas:
            self._areas[area] = (area.replace("_", " "), 0)
            self._counts[area] = Counter()
            self._add(area, self._areas[area][0], 0)
        counts = self._counts[area]
        counts[verdict] += 1
        title, total = self._areas[area]
        done = counts.total()
        self._progress.update(
            self._tasks[area], completed=done, total=max(total, done), counts=counts_text(counts)
        )
        everything = sum(self._counts.values(), Counter[str]())
        whole = sum(max(total, self._counts[name].total()) for name, (_, total) in self._areas.items())
        self._progress.update(
            self._all, completed=everything.total(), total=whole, counts=counts_text(everything)
        )
        if not Verdict(verdict).acceptable:
            self._console.print(
                f"[{STYLES[verdict]}]{verdict}[/] [bold]{escape(str(event['id']))}[/] "
                f"{escape(str(event['reason']))}",
                soft_wrap=True,
                highlight=False,
            )
        if not self._console.is_terminal and done == total:
            self._console.print(f"{escape(title)}: {counts_text(counts)}", soft_wrap=True, highlight=False)

    def __enter__(self) -> RunProgress:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if self._console.is_terminal:
            return
        for name, (title, total) in self._areas.items():
            if not total:  # features: how many scenarios they have is known when they have run
                self._console.print(f"{escape(title)}: {counts_text(self._counts[name])}", soft_wrap=True)
