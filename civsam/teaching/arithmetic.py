"""What simple Python comes to: numbers, text, names and arithmetic. Nothing is run; what is more has no value.

Code is gone through in the order in which it stands. A name has a value only while nothing else can have changed it:
what binds it inside a loop, a condition or a function, or to something that has no value here, takes its value away.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

LONGEST = 80  # characters of an expression, as it is shown
EXACT = 2**53  # whole numbers beyond this are floats, so that no number can grow without end
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: lambda base, power: float(base) ** float(power)}
SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
BUILT_IN = {"round": round, "abs": abs, "min": min, "max": max, "float": float, "int": int,
            "pow": lambda base, power: float(base) ** float(power)}
IN_MODULE = {"sqrt": math.sqrt, "exp": math.exp, "log": math.log, "floor": math.floor, "ceil": math.ceil,
             "round": round, "abs": abs, "fabs": abs, "pi": math.pi, "e": math.e}
MODULES = ("math", "numpy")
AT_FIRST = {**BUILT_IN, "math": IN_MODULE, "np": IN_MODULE, "numpy": IN_MODULE}
ANYTHING = ("exec", "eval", "globals", "locals", "setattr")  # calls that can bind any name


class NoValue(ValueError):
    """The code has no value here. The message is why, in Danish, as it stands after "fordi"."""


class _NotHere(Exception):
    """Some part of an expression only has a value when the notebook is run."""


class Names:
    """The names that code has bound so far, each with its value."""

    def __init__(self) -> None:
        """Only what Python has of its own is known."""
        self.known: dict[str, Any] = dict(AT_FIRST)

    def enter(self, statement: ast.stmt) -> None:
        """Forget what may change while the statement runs, before expressions in it are looked at."""
        binds = isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign)
        self._forget(statement.value if binds else statement)

    def leave(self, statement: ast.stmt) -> None:
        """Bind what the statement binds."""
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
                new = [self._or_none(value) for value in values]
            case ast.Assign(targets=names, value=value):
                new = [self._or_none(value)] * len(names)
            case ast.AugAssign(target=ast.Name(id=name), op=sign, value=value):
                names = [statement.target]
                new = [self._or_none(ast.BinOp(ast.Name(name, ast.Load()), sign, value))]
            case ast.AnnAssign(target=name, value=ast.expr() as value):
                names, new = [name], [self._or_none(value)]
            case _:
                names, new = [], []
        self._forget(statement)
        self.known |= {name.id: value for name, value in zip(names, new, strict=True) if isinstance(name, ast.Name)}
        self._imported(statement)

    def value(self, node: ast.expr) -> Any:
        """What the expression comes to: a number, text, a tuple of such, or a constant. Raises NoValue."""
        try:
            return self._value(node)
        except _NotHere:
            raise NoValue(f"»{written(node)}« først har en værdi, når notebooken køres. Skriv selve svaret") from None
        except ZeroDivisionError:
            raise NoValue("der divideres med nul") from None
        except OverflowError:
            raise NoValue("tallet er for stort") from None
        except RecursionError:
            raise NoValue("regnestykket er for langt") from None

    def _or_none(self, node: ast.expr) -> Any:
        try:
            return self.value(node)
        except NoValue:
            return None

    def _forget(self, statement: ast.AST | None) -> None:
        """Take the value from each name that is bound anywhere in the statement; from all, where any may be."""
        for node in ast.walk(statement) if statement else ():
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                    self.known[name] = None
                case ast.alias(name="*") | ast.Call(args=[ast.Constant("run"), *_]):  # %run
                    self.known = dict(AT_FIRST)
                case ast.alias(name=name, asname=other):
                    self.known[other or name.split(".")[0]] = None
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in ANYTHING:
                    self.known = dict(AT_FIRST)
                case _ if isinstance(name := getattr(node, "name", None) or getattr(node, "rest", None), str):
                    self.known[name] = None  # functions, classes, patterns, caught errors

    def _imported(self, statement: ast.stmt) -> None:
        """Know `math` and `numpy` again, under the names that they are imported by."""
        if isinstance(statement, ast.Import):
            self.known |= {one.asname or one.name: IN_MODULE for one in statement.names if one.name in MODULES}
        if isinstance(statement, ast.ImportFrom) and statement.module in MODULES:
            self.known |= {one.asname or one.name: IN_MODULE[one.name] for one in statement.names
                           if one.name in IN_MODULE}

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
                return _bounded(value)
            case ast.Constant(value=value) if not isinstance(value, bytes | complex):
                return value
            case ast.Tuple(elts=parts):
                return tuple(self._value(part) for part in parts)
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in SIGNS:
                return SIGNS[type(sign)](self._number(operand))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
                return _bounded(OPERATORS[type(sign)](self._number(left), self._number(right)))
            case ast.Name(id=name) if isinstance(self.known.get(name), int | float | str | tuple):
                return self.known[name]
            case ast.Attribute() if isinstance(found := self._found(node), float):
                return found
            case ast.Call(func=func, args=args, keywords=[]) if callable(call := self._found(func)):
                return self._called(call, node, args)
        raise _NotHere

    def _called(self, call: Callable[..., Any], node: ast.expr, args: list[ast.expr]) -> Any:
        given = [self._value(arg) for arg in args]
        if not all(isinstance(one, int | float) or (call is float and isinstance(one, str)) for one in given):
            raise _NotHere
        try:
            return _bounded(call(*given))
        except (TypeError, ValueError):
            raise _NotHere from None

    def _found(self, node: ast.expr) -> Any:
        """The function or constant that a name, or a name in a module, stands for; None for others."""
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = self.known.get(node.value.id)
            return module.get(node.attr) if isinstance(module, dict) else None
        return None

    def _number(self, node: ast.expr) -> float:
        value = self._value(node)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _NotHere
        return value


def written(node: ast.expr) -> str:
    """The expression as code, cut where it is long."""
    try:
        text = ast.unparse(node)
    except RecursionError:
        return "…"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _bounded(number: Any) -> int | float:
    """The number; a float where it is a large whole one. Raises OverflowError for what is no number, or beyond."""
    if not isinstance(number, int | float):  # a complex root
        raise OverflowError
    if isinstance(number, int) and abs(number) > EXACT:
        return float(number)
    return number
