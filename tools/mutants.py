"""Break the code at random places, one at a time, and see whether a test fails.

    python tools/mutants.py --seed 1 --count 50 [--room inference disclosure] [--part 1/4] [--all] [-m MARK] [--sure]

The tree is copied to a temporary folder, and each mutant is tried there: first by the tests that belong to its module
(those of its room that name it, or else all of the room, and any other that names it), with --all then by the other
tests of the same choice (-m). A mutant that no test notices has survived: a test is missing, or the code is not needed,
or the change makes no difference. The same seed gives the same mutants, shared out by --part; nothing is kept.

A tool of its own, since mutmut and cosmic-ray try all mutants of a file by one command: they draw no sample of a whole
package, know no tests by room, and leave the texts that readers meet as they are.
"""

import argparse
import ast
import copy
import difflib
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from statsmodels.stats.proportion import proportion_confint

ROOT = Path(__file__).resolve().parents[1]
OTHER = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.MatMult: ast.Mult,
}
TURNED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
DROPPED = (ast.Expr, ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete)
UNKNOWN = 300  # seconds that tests may be thought to take
SLOWER = 4  # times as long as without a mutant, and a minute: tests that take longer have noticed it


@dataclass(frozen=True)
class Mutant:
    """A file, where in it, what is done, and the file's text afterwards."""

    file: Path
    line: int
    what: str
    text: str


def changed(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of the node with some fields replaced."""
    made = copy.copy(node)
    vars(made).update(fields)
    return made


def other(operator: ast.AST) -> Iterator[ast.AST]:
    """What an operator may be taken for."""
    yield from (table[type(operator)]() for table in (OTHER, TURNED) if type(operator) in table)


def constants(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    """A number one more or less, a truth value turned, a text of words with a word less."""
    value = node.value
    if isinstance(value, bool):
        yield f"{value} vendt", changed(node, value=not value)
    elif isinstance(value, int | float):
        yield from ((f"{value} {step:+d}", changed(node, value=value + step)) for step in (1, -1))
    elif isinstance(value, str) and len(value.split()) > 1:
        yield "tekst uden sidste ord", changed(node, value=value.rstrip().rpartition(" ")[0])


def expressions(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """All that may be done to an expression: in words, and as it then is."""
    match node:
        case ast.Compare(ops=[operator, *rest]):
            yield from (("sammenligning", changed(node, ops=[new, *rest])) for new in other(operator))
        case ast.BinOp(op=operator):
            yield from (("regnetegn", changed(node, op=new)) for new in other(operator))
        case ast.BoolOp(op=operator):
            yield from (("og/eller", changed(node, op=new)) for new in other(operator))
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            yield "fortegn eller ikke fjernet", operand
        case ast.IfExp(test=test):
            yield "betingelse vendt", changed(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.Constant():
            yield from constants(node)
        case ast.JoinedStr(values=values):
            for place, part in enumerate(values):
                for what, new in constants(part) if isinstance(part, ast.Constant) else ():
                    yield what, changed(node, values=[*values[:place], new, *values[place + 1:]])
        case ast.Call(keywords=keywords):
            for place, keyword in enumerate(keywords):
                if keyword.arg:
                    yield f"{keyword.arg}= fjernet", changed(node, keywords=keywords[:place] + keywords[place + 1:])


def statements(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """All that may be done to a statement without touching those within it, but for its condition."""
    match node:
        case ast.Return(value=value) if value and not (isinstance(value, ast.Constant) and value.value is None):
            yield "returnerer None", changed(node, value=None)
        case ast.Expr(value=ast.Constant()):
            return  # a docstring
        case _ if isinstance(node, DROPPED):
            yield "linje fjernet", ast.Pass()


def spliced(source: bytes, starts: list[int], node: ast.AST, new: str) -> str:
    """The source with the node's text replaced; ast counts columns in bytes."""
    start = starts[node.lineno - 1] + node.col_offset
    end = starts[node.end_lineno - 1] + node.end_col_offset
    return (source[:start] + new.encode() + source[end:]).decode()


def mutants(file: Path) -> list[Mutant]:
    """All mutants of a file, in order. Annotations, docstrings and what names a module are left alone."""
    source, starts = file.read_bytes(), [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found: list[Mutant] = []

    def note(node: ast.AST, what: str, new: str) -> None:
        found.append(Mutant(file, node.lineno, what, spliced(source, starts, node, new)))

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            return
        for what, new in statements(node):
            note(node, what, ast.unparse(ast.fix_missing_locations(new)))
        if isinstance(node, ast.If | ast.While):
            note(node.test, "betingelse vendt", f"not ({ast.unparse(node.test)})")
        if isinstance(node, ast.expr):
            for what, new in expressions(node):
                note(node, what, f"({ast.unparse(ast.fix_missing_locations(new))})")
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            return  # Python 3.11 does not know where the parts of a text with values stand
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns", "decorator_list"):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        walk(child)

    walk(ast.parse(source))
    return found


def drawn(seed: int, count: int, rooms: list[str]) -> list[Mutant]:
    """As many mutants as asked for, of the rooms (or modules) named or of all, in an order of their own."""
    os.chdir(ROOT)
    files = sorted(Path("civsam").rglob("*.py"))
    chosen = [file for file in files if not rooms or set(rooms) & {file.stem, *file.parts[1:-1]}]
    every = [mutant for file in chosen for mutant in mutants(file)]
    if not every:
        sys.exit(f"Ingen moduler hedder {', '.join(rooms)}.")
    return random.Random(seed).sample(every, min(count, len(every)))


def belonging(file: Path) -> list[str]:
    """The tests that belong to a module: of its own room first, the rest of those that name it after."""
    room = Path("tests", *file.parts[1:-1])
    tests = sorted(Path("tests").rglob("test_*.py"), key=lambda test: (test.parent != room, test.stem[5:] != file.stem))
    naming = [test for test in tests if file.stem in test.read_text("utf-8")]
    own = [test for test in naming if test.parent == room] or [test for test in tests if test.parent == room]
    return list(map(str, dict.fromkeys([*own, *naming])))


def fails(place: Path, tests: list[str], mark: str, longest: float | None = None) -> bool:
    """Whether a test fails, or takes longer than so many seconds, in the copy at that place."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:nbval", "-p", "no:cacheprovider",
               "-m", mark, *tests]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          env=os.environ | {"PYTHONPATH": str(place)}) as run:
        try:
            return run.wait(longest) not in (0, 5)  # 5: none of the tests is of that choice
        except subprocess.TimeoutExpired:
            run.kill()
            return True


def tried(mutant: Mutant, place: Path, steps: dict[tuple[str, ...], float], mark: str, clock: int) -> bool:
    """Whether one of the steps notices the mutant; steps: the seconds that each set of tests takes without it.

    `clock` differs each time, so that no old bytecode is used.
    """
    target, before = place / mutant.file, (ROOT / mutant.file).read_text("utf-8")
    for text, when in ((mutant.text, clock), (before, clock + 1)):
        target.write_text(text, "utf-8")
        os.utime(target, (when, when))
        if text == mutant.text:
            noticed = any(fails(place, list(tests), mark, 60 + SLOWER * seconds) for tests, seconds in steps.items())
    return noticed


def difference(mutant: Mutant) -> str:
    """The lines that the mutant changes, before and after."""
    before = (ROOT / mutant.file).read_text("utf-8").splitlines()
    lines = difflib.unified_diff(before, mutant.text.splitlines(), n=0, lineterm="")
    return "\n".join(f"    {line}" for line in lines if not line.startswith(("---", "+++", "@@")))


def summary(survived: int, of: int) -> str:
    """The share that was noticed, with Wilson's interval (Wilson 1927)."""
    low, high = proportion_confint(of - survived, of, method="wilson")
    return f"{of - survived} af {of} opdaget: {(of - survived) / of:.0%} (95 %-interval {low:.0%} til {high:.0%})"


def main() -> None:
    """Draw the mutants, try them, and tell of each."""
    parser = argparse.ArgumentParser(description="Ødelæg koden tilfældige steder, og se, om en prøve opdager det.")
    parser.add_argument("--seed", type=int, default=1, help="hvilke mutanter der trækkes")
    parser.add_argument("--count", type=int, default=50, help="hvor mange")
    parser.add_argument("--room", nargs="*", default=[], help="kun disse mapper eller moduler i civsam/")
    parser.add_argument("--part", default="1/1", help="kun denne del af dem, fx 1/4")
    parser.add_argument("--all", action="store_true", help="prøv til sidst med alle prøverne")
    parser.add_argument("-m", dest="mark", default="not slow and not browser", help="hvilke prøver")
    parser.add_argument("--sure", action="store_true", help="prøverne består: prøv dem ikke først uden mutant")
    given = parser.parse_args()
    number, parts = map(int, given.part.split("/"))
    mine = drawn(given.seed, given.count, given.room)[number - 1::parts]
    whole: dict[tuple[str, ...], float] = {}
    survivors = 0
    with TemporaryDirectory() as folder:
        place = Path(folder, "civsam")
        left_out = shutil.ignore_patterns("_build", ".git", ".venv*", "__pycache__", ".*cache")
        shutil.copytree(ROOT, place, ignore=left_out)
        for count, mutant in enumerate(mine, 1):
            steps = [tuple(belonging(mutant.file))] + [("tests",)] * given.all
            for step in steps:
                started = time.perf_counter()
                if step not in whole and not given.sure and fails(place, list(step), given.mark):
                    sys.exit(f"Prøverne fejler, før noget er ødelagt: {' '.join(step)}")
                whole.setdefault(step, UNKNOWN if given.sure else time.perf_counter() - started)
            started = time.perf_counter()
            noticed = tried(mutant, place, {step: whole[step] for step in steps}, given.mark, int(started) + 10 * count)
            survivors += not noticed
            print(f"{count}/{len(mine)} {'opdaget' if noticed else 'OVERLEVEDE'} {mutant.file}:{mutant.line} "
                  f"{mutant.what} ({time.perf_counter() - started:.0f} s)", flush=True)
            if not noticed:
                print(difference(mutant), flush=True)
    print(summary(survivors, len(mine)))


if __name__ == "__main__":
    main()
