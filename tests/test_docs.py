"""The documentation is built without a warning, and nothing in it leads nowhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from bs4 import BeautifulSoup
from PIL import Image

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = REPOSITORY / "docs"
LARGEST_PICTURE_BYTES = 150_000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built documentation."""
    for module in ("sphinx", "myst_nb", "furo"):
        pytest.importorskip(module, reason=f"{module} isn't installed: pip install 'bng-opt[docs]'")
    folder = tmp_path_factory.mktemp("docs")
    built = folder / "html"
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "--quiet"]
    run = subprocess.run(
        [*command, "-d", str(folder / "doctrees"), str(DOCS), str(built)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return built


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, BeautifulSoup]:
    """Return the pages that people read, by their paths."""
    paths = [path for path in site.glob("**/*.html") if "_static" not in path.parts]
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in paths}


def local(reference: str) -> bool:
    """Return whether a reference stays on the site."""
    parts = urlsplit(reference)
    return not parts.scheme and not parts.netloc


def test_every_page_is_built(site: Path) -> None:
    missing = [
        source
        for source in DOCS.glob("**/*.md")
        if "_build" not in source.parts
        and not (site / source.relative_to(DOCS)).with_suffix(".html").is_file()
    ]
    assert missing == []


def test_every_internal_link_leads_somewhere(pages: dict[Path, BeautifulSoup]) -> None:
    ids = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in pages.items()}
    links, broken = 0, []
    for path, page in pages.items():
        for link in page.find_all("a", href=True):
            if not local(link["href"]):
                continue
            links += 1
            target, fragment = urldefrag(unquote(link["href"]))
            goal = (path.parent / target).resolve() if target else path
            there = goal.is_file() and (not fragment or fragment in ids.get(goal, {fragment}))
            broken += [] if there else [f"{path.name}: {link['href']}"]
    assert links > 100
    assert broken == []


def test_every_picture_is_there_and_says_what_it_shows(pages: dict[Path, BeautifulSoup]) -> None:
    pictures = [
        (path, picture)
        for path, page in pages.items()
        for picture in page.find_all("img")
        if local(picture["src"])
    ]
    assert len(pictures) > 8
    assert [src for path, p in pictures if not (path.parent / (src := p["src"])).is_file()] == []
    # Without words of its own a figure's alternative is its path.
    assert [p["src"] for _, p in pictures if not p.get("alt") or "/" in p["alt"]] == []


def test_no_page_asks_another_machine_for_anything(pages: dict[Path, BeautifulSoup]) -> None:
    asked = {
        reference
        for page in pages.values()
        for tag in page.find_all(["script", "img", "link", "iframe"])
        if (reference := tag.get("src") or tag.get("href")) and urlsplit(reference).netloc
    }
    assert asked == set()


def test_the_tutorial_was_run(pages: dict[Path, BeautifulSoup]) -> None:
    (tutorial,) = [page for path, page in pages.items() if path.name == "tutorial.html"]
    text = tutorial.get_text()
    assert "Proven: no lawful purchase is cheaper" in text
    assert "BNG-" in text


@pytest.mark.parametrize("path", sorted((DOCS / "images").glob("*")), ids=lambda path: path.name)
def test_a_screenshot_is_small_enough_to_keep(path: Path) -> None:
    assert path.stat().st_size <= LARGEST_PICTURE_BYTES
    with Image.open(path) as picture:
        picture.verify()
