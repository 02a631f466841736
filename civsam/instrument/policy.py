"""What a page of ours lets the browser do: run the scripts that belong to it, and ask nobody else for anything.

Each page carries its policy itself (Content Security Policy Level 3, W3C, in a meta element), for it is opened from a
disk as well as from any server. What a text in a page happens to hold, no browser then runs.
"""

from __future__ import annotations

import base64
import hashlib

HERE = "'self' file:"  # the page's own site; to Firefox, what lies beside a page on a disk is not 'self'


def meta(policy: str) -> str:
    """The element that tells the browser, to stand before all that it is about."""
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def digest(script: str) -> str:
    """What lets a script run that stands in the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def alone(*scripts: str) -> str:
    """The element of a page that has all in itself. scripts: those that run, as they stand between their tags."""
    allowed = " ".join(map(digest, scripts)) or "'none'"
    return meta(f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
                "base-uri 'none'; form-action 'none'")


# Of a page of a site: its scripts are files of the site, and none stands in it.
SITE = meta(f"default-src 'none'; script-src {HERE}; style-src {HERE} 'unsafe-inline'; img-src {HERE} data:; "
            f"font-src {HERE}; connect-src 'none'; base-uri 'none'; form-action {HERE}")
