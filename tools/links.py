"""List the addresses outside the book that its finished pages lead to, and from where; run after ``civsam book``.

Links within the book are tested (tests/book/test_site.py). These are not: other people's servers are no fault of
the book.
"""

import re
from collections import defaultdict

from bs4 import BeautifulSoup

from civsam.book.build import Places


def main() -> None:
    """Print each address, and below it the pages that have it."""
    site, found = Places("standard").book, defaultdict(set)
    for page in sorted(site.rglob("*.html")):
        for link in BeautifulSoup(page.read_text("utf-8"), "html.parser").select("a[href]"):
            if re.match("https?:|mailto:", link["href"]):
                found[link["href"]].add(page.relative_to(site).as_posix())
    for address in sorted(found):
        print(address, *(f"    {page}" for page in sorted(found[address])), sep="\n")
    print(f"{len(found)} adresser uden for bogen")


if __name__ == "__main__":
    main()
