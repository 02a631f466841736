"""The house as the imports really are: rooms in the order of a survey's life, and no arrow back."""

import ast
from functools import cache
from pathlib import Path

import civsam

PACKAGE = Path(civsam.__file__).parent
# From the ground up; a room takes only from rooms before it.
ROOMS = ("files", "danish", "sharing", "instrument", "survey", "intake", "inference", "disclosure", "pages", "study",
         "edition", "book", "teaching", "laboratory", "profiles", "cli")
LONGEST, LONGEST_FUNCTION = 400, 40  # lines of a module; of a function without its docstring


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def room(module: str) -> str:
    return module.split(".")[1]


@cache
def imported(module: str) -> frozenset[str]:
    """The modules of civsam that a module takes from, wherever in it that stands."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "civsam"}
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "civsam":
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in names}
    return frozenset(found - {"civsam", module})


def test_every_module_stands_in_a_room() -> None:
    assert {room(module) for module in MODULES if module != "civsam"} == set(ROOMS)
    assert len(ROOMS) <= 16


def test_no_room_takes_from_one_after_it() -> None:
    back = [f"{module} -> {other}" for module in MODULES if module != "civsam" for other in imported(module)
            if ROOMS.index(room(other)) > ROOMS.index(room(module))]
    assert not back


def test_no_two_modules_take_from_one_another() -> None:
    ways: dict[str, frozenset[str]] = {}

    def reached(module: str, through: tuple[str, ...] = ()) -> frozenset[str]:
        assert module not in through, " -> ".join([*through[through.index(module):], module])
        if module not in ways:
            own = imported(module)
            ways[module] = own.union(*(reached(other, (*through, module)) for other in own))
        return ways[module]

    assert all(module not in reached(module) for module in MODULES)


def test_only_the_study_and_its_users_know_of_municipalities() -> None:
    """The rooms before `study`, and a project of another survey, work without it."""
    rooms = set(ROOMS[:ROOMS.index("study")])
    told = [module for module, path in MODULES.items() if module != "civsam" and room(module) in rooms
            and "civsam.study" in path.read_text("utf-8")]
    assert not told


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of its body, its docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) is not None and len(function.body) > 1 else function.body
    return body[-1].end_lineno - body[0].lineno + 1


def test_no_module_and_no_function_is_long() -> None:
    lines = {module: path.read_text("utf-8").count("\n") for module, path in MODULES.items()}
    assert not {module: number for module, number in lines.items() if number > LONGEST}
    functions = {f"{module}.{node.name}": length(node) for module, path in MODULES.items()
                 for node in ast.walk(ast.parse(path.read_text("utf-8")))
                 if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert not {name: number for name, number in functions.items() if number > LONGEST_FUNCTION}
