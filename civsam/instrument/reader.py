"""A questionnaire's file while it is read: what stands in it, and every fault with file and line."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from civsam.files import LINE, UserError, read_yaml, shown


class Reader:
    """The content of a file, and what there must be in it. Raises UserError for all else."""

    def __init__(self, path: Path) -> None:
        """Read the file."""
        self.path = path
        self.content = read_yaml(path)

    def stop(self, line: int | str, message: str) -> UserError:
        """The fault to raise, with file and line."""
        return UserError(f"{shown(self.path)}, linje {line}: {message}")

    def get(self, mapping: dict[str, Any], key: str, kind: Any, default: Any = None) -> Any:
        """The value under `key`, of the wanted kind; a key without default must be there."""
        value = mapping.get(key, default)
        if not isinstance(value, kind):
            names = {str: "tekst", list: "en liste", dict: "en opslagstabel", int: "et helt tal", bool: "true/false",
                     (int, float): "et tal"}
            found = "mangler" if value is None else f"er {value!r}"
            raise self.stop(mapping[LINE], f"'{key}' {found}; der skal stå {names[kind]}.")
        return {k: v for k, v in value.items() if k != LINE} if isinstance(value, dict) else value

    def known(self, line: int, what: str, value: str, allowed: Any) -> str:
        """`value`, if it is one of the allowed; else a message that suggests the nearest."""
        if value in allowed:
            return value
        near = get_close_matches(str(value), list(allowed), n=1)
        hint = f" Mente du '{near[0]}'?" if near else ""
        raise self.stop(line, f"ukendt {what} '{value}'.{hint} Kendte: {', '.join(allowed)}.")

    def yes(self, raw: dict[str, Any], key: str, default: bool) -> bool:
        """What is said with ja or nej, or with true or false."""
        value = raw.get(key, default)
        if not isinstance(value, bool) and value not in ("ja", "nej"):
            raise self.stop(raw[LINE], f"'{key}' er {value!r}; der skal stå ja eller nej.")
        return value in (True, "ja")
