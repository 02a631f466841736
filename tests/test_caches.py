"""What a process remembers must not change a number: each memory of a module says why it cannot go stale."""

import re
from itertools import pairwise
from pathlib import Path

import civsam

MEMORY = re.compile(r"@(cache|lru_cache.*)\b|_\w+(: [^=]+)? = (\{\}|\[\]|set\(\))")


def test_every_memory_of_a_module_says_why_it_cannot_go_stale() -> None:
    """`per_project` says it once for all that it remembers; `cached_property` is of one object, which is frozen."""
    silent = []
    for path in Path(civsam.__file__).parent.rglob("*.py"):
        lines = ["", *path.read_text("utf-8").splitlines()]
        silent += [f"{path.name}: {line}" for above, line in pairwise(lines)
                   if MEMORY.match(line) and "#" not in line and not above.startswith("#")]
    assert not silent
