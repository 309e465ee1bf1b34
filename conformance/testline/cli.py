"""The command `testline`: list, run, certify, verify, decode.

Ends with 0 when everything is as it should be, 1 when a verdict (or a check) is not, 2 when the order
cannot be carried out as given, 3 when the run broke down.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.markup import escape

from testline import __version__, baseline, certificate, pics
from testline.catalogue import Catalogue, load
from testline.decode import render
from testline.errors import TestlineError
from testline.progress import RunProgress, counts_text
from testline.report.pages import Pages
from testline.report.record import Results
from testline.rigs import check_rig
from testline.runner import BrokenDown, Request, run
from testrig.errors import TestrigError

FAILED: Final = 1
MISTAKE: Final = 2
BROKEN: Final = 3


class Mistake(click.ClickException):
    """Something the user can mend."""

    exit_code = MISTAKE


class Broken(click.ClickException):
    """The run broke down."""

    exit_code = BROKEN


class Commands(click.Group):
    """Commands whose errors are told in a sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenDown as error:
            raise Broken(str(error)) from error
        except (TestlineError, TestrigError) as error:
            raise Mistake(str(error)) from error
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(FAILED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="testline")
def main() -> None:
    """Conformance tests for call-centre switches and boards."""


# cases


@main.command()
@click.argument("patterns", nargs=-1)
@click.option("--area", "areas", multiple=True, help="Only this area; may be given more than once.")
@click.option("--json", "as_json", is_flag=True, help="Everything known of each case, as JSON.")
def cases(patterns: tuple[str, ...], areas: tuple[str, ...], as_json: bool) -> None:
    """List what is tested, with clauses and what each case needs."""
    catalogue = load()
    chosen = catalogue.select([*patterns, *areas])
    if as_json:
        click.echo(
            json.dumps([{"area": each.area, **asdict(each)} for each in chosen], indent=1, ensure_ascii=False)
        )
        return
    for area in catalogue.areas:
        mine = [each for each in area.cases if each in chosen]
        if not mine:
            continue
        click.echo(f"\n{area.name}: {area.title}")
        width = max(len(each.id) for each in mine)
        for each in mine:
            mark = " (unverified)" if each.unverified else ""
            click.echo(f"  {each.id:{width}}  {each.title}")
            needs = f"; needs {', '.join(each.needs)}" if each.needs else ""
            click.echo(
                f"  {'':{width}}  {', '.join(each.clauses)}{mark}; proves {', '.join(each.proves)}{needs}"
            )
    click.echo(f"\n{len(chosen)} cases")


# running


def _workers(asked: str, *, virtual: bool) -> int:
    if asked == "auto":
        return max(1, os.cpu_count() or 1) if virtual else 1
    if not asked.isdigit() or int(asked) < 1:
        raise Mistake(f"-n {asked}: expected a number of workers, or auto")
    if int(asked) > 1 and not virtual:
        raise Mistake(f"-n {asked}: a rig with real lines takes one worker at a time")
    return int(asked)


def _request(
    *, rig: str, pics_file: str, patterns: Sequence[str], workers: str, report: Path | None, features: bool
) -> tuple[Request, Catalogue]:
    """Check everything that can be checked before anything is started."""
    catalogue = load()
    chosen = catalogue.select(patterns)
    virtual = check_rig(rig)
    if pics_file:
        pics.read(Path(pics_file))
    count = min(_workers(workers, virtual=virtual), max(1, len(chosen)))
    return Request(rig, pics_file, patterns, True, features, report, count), catalogue


def _run(request: Request, catalogue: Catalogue, console: Console) -> Results:
    chosen = Counter(each.area for each in catalogue.select(request.patterns))
    areas = {name: (catalogue.title_of(name), number) for name, number in chosen.items()}
    what = f"{sum(chosen.values())} cases{' and the features' if request.features else ''}"
    workers = f", {request.workers} workers" if request.workers > 1 else ""
    console.print(f"Testline {__version__}: {what} on rig {escape(request.rig)}{workers}", highlight=False)
    with RunProgress(console, areas) as progress:
        results = run(request, progress.told)
    expected = {each.id for each in catalogue.select(request.patterns)}
    lost = expected - {each.id for each in results.cases}
    if lost:
        raise BrokenDown(f"the run broke down: no verdict for {', '.join(sorted(lost)[:10])}")
    return results


def _summarise(results: Results, report: Path | None, console: Console) -> None:
    system = escape(f"{results.system.get('name') or 'system'} {results.system.get('version') or ''}".strip())
    counts = counts_text(results.summary) or "nothing was run"
    console.print(
        f"\n[bold]{system}[/]: {counts} in {results.seconds:.1f} s",
        highlight=False,
        soft_wrap=True,
    )
    status = str(results.oracle.get("status"))
    if status == "ready":
        shown = sum(each.oracle.frames for each in results.cases)
        console.print(
            f"third opinion: {shown:,} signal units and messages shown to "
            f"{escape(str(results.oracle['tool']))}",
            highlight=False,
            soft_wrap=True,
        )
    else:
        console.print(
            f"[bold yellow]third opinion {escape(status)}[/]: "
            "no outside decoder checked signal units and messages",
            soft_wrap=True,
        )
    marginal = [each.id for each in results.cases if each.marginal]
    if marginal:
        console.print(f"[yellow]marginal[/]: {', '.join(marginal)}", highlight=False, soft_wrap=True)
    if report is not None:
        console.print(
            f"report: {(report.absolute() / 'index.html').as_uri()}", highlight=False, soft_wrap=True
        )


def _against_baseline(results: Results, file: str, update: bool, console: Console) -> bool:
    """Return whether the verdicts are those of the baseline; list where they are not."""
    path = baseline.embedded(str(results.rig["name"])) if file == "embedded" else Path(file)
    if update:
        baseline.write(path, results.cases)
        console.print(f"baseline written: {path}", highlight=False, soft_wrap=True)
        return True
    differences = baseline.compare(baseline.read(path), results.cases, whole=results.complete)
    for each in differences:
        console.print(
            f"[bold red]differs from the baseline[/] {escape(str(each))}", highlight=False, soft_wrap=True
        )
    return not differences


_RIG: Final = click.option(
    "--rig", default="virtual", show_default=True, help="Embedded rig by name, or a rig file."
)
_PICS: Final = click.option("--pics", "pics_file", default="", help="What the vendor declares, YAML or TOML.")
_WORKERS: Final = click.option(
    "-n", "workers", default="auto", show_default=True, help="Workers; auto: one a core."
)
_FEATURES: Final = click.option("--features", is_flag=True, help="The feature suites too.")


@main.command("run")
@click.argument("patterns", metavar="[CASES]...", nargs=-1)
@_RIG
@_PICS
@_WORKERS
@_FEATURES
@click.option("--report", type=click.Path(path_type=Path), default=None, help="Write the report there.")
@click.option("--baseline", "baseline_file", default="", help="Compare verdicts: a file, or 'embedded'.")
@click.option("--update-baseline", is_flag=True, help="Write the baseline instead of comparing.")
@click.pass_context
def run_cases(
    ctx: click.Context,
    *,
    patterns: tuple[str, ...],
    rig: str,
    pics_file: str,
    workers: str,
    features: bool,
    report: Path | None,
    baseline_file: str,
    update_baseline: bool,
) -> None:
    """Run CASES (ids, starts of ids, patterns, areas), or all of them."""
    console = Console()
    request, catalogue = _request(
        rig=rig, pics_file=pics_file, patterns=patterns, workers=workers, report=report, features=features
    )
    results = _run(request, catalogue, console)
    _summarise(results, report, console)
    as_expected = True
    if baseline_file:
        as_expected = _against_baseline(results, baseline_file, update_baseline, console)
    if not (results.acceptable and as_expected):
        ctx.exit(FAILED)


@main.command()
@_RIG
@_PICS
@_WORKERS
@_FEATURES
@click.option("--report", type=click.Path(path_type=Path), default=Path("report"), show_default=True)
@click.option(
    "--key", "key_file", type=click.Path(path_type=Path), default=None, help="Private key to sign with."
)
@click.pass_context
def certify(
    ctx: click.Context,
    *,
    rig: str,
    pics_file: str,
    workers: str,
    features: bool,
    report: Path,
    key_file: Path | None,
) -> None:
    """Run the whole catalogue, write the report and sign it."""
    console = Console()
    request, catalogue = _request(
        rig=rig, pics_file=pics_file, patterns=(), workers=workers, report=report, features=features
    )
    key = _signing_key(key_file, console)
    results = _run(request, catalogue, console)
    errors = results.summary["error"]
    if errors:
        console.print(
            f"[bold magenta]no certificate[/]: bench or rig failed in {errors} cases; nothing is certified",
            highlight=False,
        )
    else:
        issued = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        body = certificate.make_body(results, key.public_key(), issued)
        pages = Pages(results, certificate=body)
        (report / "index.html").write_text(pages.index(), encoding="utf-8")
        (report / "certificate.html").write_text(pages.certificate(), encoding="utf-8")
        certificate.sign(report, body, key)
        console.print(f"signed by key {body['fingerprint']}", highlight=False, soft_wrap=True)
        console.print(f"check it: testline verify {escape(str(report))}", highlight=False, soft_wrap=True)
    _summarise(results, report, console)
    if not results.acceptable:
        ctx.exit(FAILED)


def _signing_key(file: Path | None, console: Console) -> Ed25519PrivateKey:
    path = file or certificate.default_key()
    if path.exists():
        return certificate.load_key(path)
    if file is not None:
        raise Mistake(f"key {file}: there is none; `testline keygen {file}` makes one")
    key = certificate.create_key(path)
    console.print(
        f"made a signing key: {path} (yours alone, mode 0600); "
        f"its public half to hand out: {certificate.public_path(path)}",
        highlight=False,
        soft_wrap=True,
    )
    return key


@main.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
def keygen(file: Path | None) -> None:
    """Make a key to sign certificates with, in FILE or where `certify` looks for it."""
    path = file or certificate.default_key()
    key = certificate.create_key(path)
    click.echo(f"private key: {path} (mode 0600; keep it to yourself)")
    click.echo(f"public key:  {certificate.public_path(path)}")
    click.echo(f"fingerprint: {certificate.fingerprint(key.public_key())}")


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--key", "key_text", default="", help="Accept this key only: public key file, or sha256:... fingerprint."
)
@click.pass_context
def verify(ctx: click.Context, directory: Path, key_text: str) -> None:
    """Check a signed report offline: who signed it, and whether every file is as it was."""
    pinned = certificate.pinned_fingerprint(key_text) if key_text else ""
    found = certificate.verify(directory, pinned=pinned)
    for what, names in (("altered", found.altered), ("missing", found.missing), ("added", found.extra)):
        for name in names:
            click.echo(f"{what}: {name}")
    if not found.signature_holds:
        click.echo(f"altered: {certificate.FILE} (the signature does not fit what it says)")
    if found.wrong_signer:
        click.echo(f"signed by {found.fingerprint}, not by {found.wrong_signer}")
    if not found.holds:
        click.echo(f"{directory}: NOT as it was signed")
        ctx.exit(FAILED)
    body = found.body
    counts = ", ".join(f"{number} {name}" for name, number in body["summary"].items() if number)
    click.echo(f"{directory}: as it was signed, {len(body['evidence'])} files")
    click.echo(
        f"system: {body['system']['name']} {body['system']['version']}, suite {body['suite']}: {counts}"
    )
    if not body["complete"]:
        click.echo(f"of a selection only: {', '.join(body['selection'])}")
    click.echo(f"issued: {body['issued']}")
    click.echo(f"signed by key {found.fingerprint}")
    if not key_text:
        click.echo("whether to trust this key is for you to decide; --key accepts one key only")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--variant", type=click.Choice(["itu14", "china24"]), default="itu14", show_default=True)
def decode(file: Path, variant: Any) -> None:
    """Turn a capture with SS7 in it into text, and a ladder for every call."""
    if not file.is_file():
        raise Mistake(f"{file}: there is no such file")
    for line in render(file, variant=variant):
        click.echo(line)
