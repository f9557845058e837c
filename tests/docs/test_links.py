"""Every link of every page leads somewhere."""

from pathlib import Path

import pytest

from tests.docs.markdown import PAGES, anchors, links
from tests.template import ROOT

LINKS = [(page, target) for page in PAGES for target in links(page)]


@pytest.mark.parametrize(
    ("page", "target"), [pytest.param(p, t, id=f"{p.relative_to(ROOT)}: {t}") for p, t in LINKS]
)
def test_a_link_leads_to_a_file_and_to_a_heading_of_it(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists()
    assert file.is_relative_to(ROOT)
    if anchor:
        assert anchor in anchors(file)


def test_the_pages_are_all_listed_in_the_index() -> None:
    index = ROOT / "docs/README.md"
    listed = {target for target in links(index) if "/" not in target}
    assert listed == {page.name for page in PAGES if page.parent == index.parent} - {"README.md"}


def test_there_are_pages_with_links() -> None:
    assert len(PAGES) >= 14
    assert len(LINKS) >= 60
