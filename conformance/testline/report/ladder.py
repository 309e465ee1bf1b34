"""The ladder diagram of a case: tester on the left, system on the right, line time downwards.

A pure function from trace rows to one SVG that stands inline in a page: colours come from the page's
variables, so that light, dark and print all work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from testline.report.record import TraceRow
from testrig.clock import clock_text

WIDTH: Final = 960
TESTER: Final = 230
SYSTEM: Final = 800
STEP: Final = 30
TOP: Final = 46
LONGEST: Final = 86
"""Characters of a label; the whole text is in its tooltip."""
MOST: Final = 400
"""Rows drawn at most; the middle of a longer trace is left to the table below."""


def condense(rows: Sequence[TraceRow]) -> list[TraceRow]:
    """Return the rows with fill-in signal units of one direction in a row as one, with a count.

    Rows that say something of their own (first departure, malformed, wrong on purpose) stay.
    """
    found: list[TraceRow] = []
    for row in rows:
        last = found[-1] if found else None
        if (
            last is not None
            and row.summary.startswith("FISU")
            and last.summary.startswith("FISU")
            and (row.channel, row.direction) == (last.channel, last.direction)
            and not any(each.departure or each.malformed or each.deliberate for each in (row, last))
        ):
            found[-1] = replace(last, summary="FISU", repeats=last.repeats + row.repeats)
        else:
            found.append(row)
    return found


def shorten(rows: Sequence[TraceRow]) -> list[TraceRow | int]:
    """Return at most `MOST` rows, the first departure among them; a number stands for rows left out."""
    if len(rows) <= MOST:
        return list(rows)
    departure = next((index for index, row in enumerate(rows) if row.departure), len(rows) - 1)
    head = MOST // 4
    keep = [range(head), range(max(head, departure - MOST // 2), min(len(rows), departure + MOST // 4))]
    kept = sorted({index for part in keep for index in part})
    found: list[TraceRow | int] = []
    expected = 0
    for index in [*kept, len(rows)]:
        if index > expected:
            found.append(index - expected)
        if index < len(rows):
            found.append(rows[index])
        expected = index + 1
    return found


def _label(row: TraceRow) -> str:
    count = f" ×{row.repeats:,}" if row.repeats > 1 else ""
    wrong = " (wrong on purpose)" if row.deliberate else ""
    text = row.summary
    room = LONGEST - len(count) - len(wrong)
    return (text if len(text) <= room else f"{text[: room - 1]}…") + count + wrong


def _class(row: TraceRow) -> str:
    names = [row.direction]
    names += [name for name in ("deliberate", "departure", "malformed") if getattr(row, name)]
    if not row.octets and row.direction != "note":
        names.append("apart")
    return " ".join(names)


def _row(row: TraceRow, y: int) -> list[str]:
    title = f"<title>{escape(f'{row.channel} {row.protocol}: {row.summary}')}</title>"
    parts = [f"<g class={quoteattr(_class(row))}>{title}"]
    parts.append(f'<text class="time" x="8" y="{y + 4}">{clock_text(row.at)}</text>')
    parts.append(f'<text class="channel" x="{TESTER - 100}" y="{y + 4}">{escape(row.channel[:12])}</text>')
    middle = (TESTER + SYSTEM) // 2
    if row.direction == "note":
        parts.append(f'<text class="label" x="{middle}" y="{y + 4}">{escape(_label(row))}</text>')
    else:
        start, end = (TESTER, SYSTEM) if row.direction == "sent" else (SYSTEM, TESTER)
        back = -9 if end > start else 9
        parts.append(f'<line x1="{start}" y1="{y}" x2="{end + back // 2}" y2="{y}"/>')
        parts.append(f'<path d="M{end} {y}l{back} -4.5v9z"/>')
        parts.append(f'<text class="label" x="{middle}" y="{y - 5}">{escape(_label(row))}</text>')
    if row.departure or row.malformed:
        text = f"expected: {row.departure}" if row.departure else row.malformed
        shown = text if len(text) <= LONGEST + 10 else f"{text[: LONGEST + 9]}…"
        parts.append(f'<text class="expected" x="{middle}" y="{y + 17}">{escape(shown)}</text>')
    parts.append("</g>")
    return parts


def ladder(rows: Iterable[TraceRow], *, tester: str = "tester", system: str = "system") -> str:
    """Return the ladder of a trace as SVG; without rows, an empty string."""
    drawn = shorten(condense(list(rows)))
    if not drawn:
        return ""
    body: list[str] = []
    y = TOP + STEP
    for row in drawn:
        if isinstance(row, int):
            body.append(
                f'<text class="label gap" x="{(TESTER + SYSTEM) // 2}" y="{y}">'
                f"⋮ {row:,} entries are in the trace only ⋮</text>"
            )
        else:
            body += _row(row, y)
            if row.departure or row.malformed:
                y += 18
        y += STEP
    head = []
    for x, name in ((TESTER, tester), (SYSTEM, system)):
        head.append(f'<rect class="head" x="{x - 105}" y="6" width="210" height="28" rx="5"/>')
        head.append(f'<text class="name" x="{x}" y="25">{escape(name[:26])}</text>')
        head.append(f'<line class="life" x1="{x}" y1="34" x2="{x}" y2="{y - 8}"/>')
    return (
        f'<svg class="ladder" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" '
        f"aria-label={quoteattr(f'Ladder diagram: {tester} and {system}')}>{''.join(head + body)}</svg>"
    )
