"""The report's pages as a reader's browser shows them: nothing broken, links lead somewhere, sound plays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from testline import runner

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="not run: chromium missing")
CASES = ("E1/1", "Q.784.1/2.2.1b", "Q.781/1.2")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a few cases of the reference on the virtual rig."""
    folder = tmp_path_factory.mktemp("report")
    results = runner.run(runner.Request(patterns=CASES, report=folder), lambda event: None)
    assert len(results.cases) == len(CASES)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that remembers what went wrong on it. A browser gives up loading sound it has enough of, or
    when the page closes: such a request is aborted, and nothing is wrong with it."""
    opened = browser.new_page()
    wrong: list[str] = []

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":
            wrong.append(f"{request.url}: {request.failure}")

    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("requestfailed", failed)
    yield opened
    opened.close()
    assert not wrong


def test_every_link_of_the_summary_leads_to_a_file(page: Page, report: Path) -> None:
    page.goto((report / "index.html").as_uri())
    assert "callcenter reference" in page.title()
    targets = page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
    files = {target.partition("#")[0] for target in targets if not target.startswith("#")} - {""}
    assert sum("cases/" in target for target in files) >= len(CASES)
    assert not [target for target in files if not (report / target).exists()]


def test_filter_hides_the_cases_that_passed(page: Page, report: Path) -> None:
    page.goto((report / "index.html").as_uri())
    row = page.locator("tr", has_text="E1/1").first
    assert row.is_visible()
    page.get_by_role("checkbox").first.uncheck()
    assert not row.is_visible()


def test_case_page_shows_ladder_and_plays_what_was_heard(page: Page, report: Path) -> None:
    page.goto((report / "cases" / "Q.784.1_2.2.1b.html").as_uri())
    ladder = page.locator("svg").first
    assert ladder.is_visible()
    assert "IAM" in (ladder.text_content() or "")
    seconds = page.evaluate(
        """() => new Promise(resolve => {
            const sound = document.querySelector('audio');
            if (sound.readyState >= 1) resolve(sound.duration);
            sound.addEventListener('loadedmetadata', () => resolve(sound.duration));
            sound.addEventListener('error', () => resolve(-1));
            sound.preload = 'metadata';
            sound.load();
        })"""
    )
    assert seconds > 0.1


def test_case_page_fits_a_narrow_screen(page: Page, report: Path) -> None:
    page.set_viewport_size({"width": 420, "height": 800})
    page.goto((report / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
