"""No two figures or tables of the book have the same name: a link to one would lead to the other, or stop the book."""

import json
import re
from collections import Counter

from civsam.book.contents import chapters, notebook

NAME = re.compile(r"[\"']((?:fig|tab)-[a-z0-9_-]+)[\"']|:name: ((?:fig|tab)-\S+)")  # in code, or in Markdown


def test_every_name_stands_in_one_cell_of_the_book() -> None:
    found = Counter()
    for chapter in chapters():
        if (path := notebook(chapter)).exists():
            for cell in json.loads(path.read_text("utf-8"))["cells"]:
                found.update({one[0] or one[1] for one in NAME.findall("".join(cell["source"]))})
    assert len(found) > 50
    assert not [name for name, times in found.items() if times > 1]
