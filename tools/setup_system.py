"""Install Debian's programs for tests, PDF and Word, and R's haven and survey, or say why what needs them is left out.

Uses the standard library only, and always ends well: without them the other tests still run.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = {"chromium": ("chromium", "chromium-browser", "google-chrome"), "hunspell": ("hunspell",),
            "pandoc": ("pandoc",), "pspp": ("pspp",), "R": ("Rscript",)}
PACKAGES = {"chromium": ["chromium"], "hunspell": ["hunspell", "hunspell-da"], "pandoc": ["pandoc"], "pspp": ["pspp"],
            "R": ["r-cran-haven", "r-cran-survey"]}
LIBRARIES = {"R": ("haven", "survey")}  # of a program that may be there without them
SITE = Path("/usr/lib/R/site-library")


def prefix() -> list[str] | None:
    """What to put before a command that needs the administrator's rights; None where they cannot be had."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    may = shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if may and may.returncode == 0 else None


def install(packages: list[str]) -> str:
    """Install the packages with apt-get; return why that could not be done, or an empty text."""
    before = prefix()
    if not shutil.which("apt-get"):
        return "der er ingen apt-get på maskinen"
    if before is None:
        return "det kræver administratorrettigheder at installere"
    print(f"Henter {', '.join(packages)} til prøverne (et par minutter første gang)", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run([*before, "apt-get", "-q", *command], env=quiet, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            return f"apt-get {command[0]} fejlede: {(done.stderr or done.stdout).strip()[-500:]}"
    return ""


def main() -> None:
    """Make sure that the programs named, or all, are there, or tell loudly that they are not."""
    missing = [name for name in sys.argv[1:] or PROGRAMS if not any(map(shutil.which, PROGRAMS[name]))
               or not all((SITE / library).exists() for library in LIBRARIES.get(name, ()))]
    packages = [package for name in missing for package in PACKAGES[name]]
    if packages and (why := install(packages)):
        print(f"{'*' * 78}\nADVARSEL: de prøver, der bruger {' og '.join(missing)}, springes over: {why}.\n"
              f"Installér selv {' '.join(packages)} for at få dem med.\n{'*' * 78}", flush=True)


if __name__ == "__main__":
    main()
