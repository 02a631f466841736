"""Install Debian's Chromium for the tests of the finished book, or say why they will be left out.

Uses the standard library only, and always ends well: without a browser the other tests still run.
"""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")


def prefix() -> list[str] | None:
    """What to put before a command that needs the administrator's rights; None where they cannot be had."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    may = shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if may and may.returncode == 0 else None


def install() -> str:
    """Install Chromium with apt-get; return why that could not be done, or an empty text."""
    before = prefix()
    if not shutil.which("apt-get"):
        return "der er ingen apt-get på maskinen"
    if before is None:
        return "det kræver administratorrettigheder at installere den"
    print("Henter browseren chromium til prøverne af bogen (et par minutter første gang)", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run([*before, "apt-get", "-q", *command], env=quiet, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            return f"apt-get {command[0]} fejlede: {(done.stderr or done.stdout).strip()[-500:]}"
    return ""


def main() -> None:
    """Make sure there is a browser, or tell loudly that there is none."""
    if any(shutil.which(name) for name in NAMES):
        return
    if why := install():
        print(f"{'*' * 78}\nADVARSEL: prøverne i en browser springes over: {why}.\n"
              f"Installér chromium selv for at få dem med.\n{'*' * 78}", flush=True)


if __name__ == "__main__":
    main()
