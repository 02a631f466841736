"""The parser of the command line in Danish."""

from __future__ import annotations

import argparse
from typing import NoReturn

from civsam.files import UserError

DANISH = {
    "usage: ": "brug: ",
    "options": "valg",
    "positional arguments": "argumenter",
    "show this help message and exit": "vis denne hjælp",
    "the following arguments are required: %s": "der mangler: %s",
    "unrecognized arguments: %s": "ukendte argumenter: %s",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s er flertydigt: %(matches)s",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "'%(value)s' findes ikke. Vælg mellem %(choices)s",
    "invalid %(type)s value: %(value)r": "'%(value)s' er ikke en gyldig værdi",
    "ignored explicit argument %r": "tager ingen værdi, men fik %r",
    "expected one argument": "mangler en værdi",
    "expected at least one argument": "mangler en værdi",
    "expected %s argument": "skal have %s værdi",
    "expected %s arguments": "skal have %s værdier",
    "not allowed with argument %s": "kan ikke bruges sammen med %s",
}
argparse._ = lambda text: DANISH.get(text, text)  # argparse has no other way to a language of one's own
argparse.ngettext = lambda one, many, number: argparse._(one if number == 1 else many)


class Parser(argparse.ArgumentParser):
    """An argument parser whose faults are UserErrors."""

    def error(self, message: str) -> NoReturn:
        """Raise UserError with the message and where to find help."""
        raise UserError(f"{message}. Hjælp: {self.prog} --help")
