"""The book is the same wherever it is built: byte by byte, with another order of sets, in another folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from civsam.files import project

RUN = "koersel.js"
SITE = Path("_build") / "udgaver" / "standard"
NOT_COPIED = shutil.ignore_patterns("_build", ".*", "__pycache__")


def content(site: Path) -> dict[str, bytes]:
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()}


@pytest.mark.slow
@pytest.mark.browser  # needs the built book
def test_a_copy_of_the_project_gives_the_same_book_in_another_folder_with_another_hash_seed(tmp_path: Path) -> None:
    copy = tmp_path / "et andet sted"
    shutil.copytree(project.root, copy, ignore=NOT_COPIED)
    around = os.environ | {"PYTHONHASHSEED": "12345", "PYTHONPATH": str(copy), "TZ": "Pacific/Auckland"}
    done = subprocess.run([sys.executable, "-m", "civsam.cli", "book"], cwd=copy, env=around, capture_output=True,
                          encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    here, there = content(project.root / SITE), content(copy / SITE)
    assert len(here) > 100
    assert sorted(here) == sorted(there)
    assert [name for name in here if here[name] != there[name]] in ([], [RUN])  # when and how long it ran
