"""The book is the same wherever it is built: byte by byte, with another order of sets, in another folder.

Most chapters are taken over as they were run: nbval has just run all of them with other orders of sets, and held them
against what is stored.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from civsam.book.build import Places
from civsam.book.contents import chapters
from civsam.files import project

RUN = "koersel.js"
SITE = Path("_build") / "udgaver" / "standard"
NOT_COPIED = shutil.ignore_patterns("_build", ".*", "__pycache__")
RUN_THERE = {f"{name}.ipynb" for name in ("baggrund", "kodebog", "koer_igen", "resultater")}  # all kinds of outputs


def content(site: Path) -> dict[str, bytes]:
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()}


@pytest.mark.slow
@pytest.mark.browser  # needs the built book
def test_a_copy_of_the_project_gives_the_same_book_in_another_folder_with_another_hash_seed(tmp_path: Path) -> None:
    copy = tmp_path / "et andet sted"
    shutil.copytree(project.root, copy, ignore=NOT_COPIED)
    places = Places("standard")
    work = copy / places.work.relative_to(project.root)
    shutil.copytree(places.executed, work / places.executed.name, ignore=lambda _, names: RUN_THERE & set(names))
    shutil.copy(places.state, work)
    around = os.environ | {"PYTHONHASHSEED": "12345", "PYTHONPATH": str(copy), "TZ": "Pacific/Auckland"}
    done = subprocess.run([sys.executable, "-m", "civsam.cli", "book"], cwd=copy, env=around, capture_output=True,
                          encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("uændret") == len(chapters()) - len(RUN_THERE)
    here, there = content(project.root / SITE), content(copy / SITE)
    assert len(here) > 100
    assert sorted(here) == sorted(there)
    assert [name for name in here if here[name] != there[name]] in ([], [RUN])  # when and how long it ran
