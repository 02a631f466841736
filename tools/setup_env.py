"""Make the project's own Python environment in .venv, or leave it alone when nothing has changed.

    python tools/setup_env.py [lite]

lite: the environment in .venv-lite that makes the JupyterLite site, which the rest of the project does not use.
Uses the standard library only: it runs before anything is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LITE = sys.argv[1:] == ["lite"]
VENV = ROOT / (".venv-lite" if LITE else ".venv")
LOCKED = ROOT / ("requirements-lite.txt" if LITE else "requirements.txt")
MARK = VENV / "klar"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stop(message: str) -> None:
    """End with a message to the user and exit status 2."""
    print(message, file=sys.stderr)
    sys.exit(2)


def wanted() -> str:
    """Digest of all that decides what the environment holds, its place on the disk included."""
    files = (LOCKED, ROOT / "pyproject.toml")
    parts = [sys.version.encode(), str(ROOT).encode(), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def pip_command() -> list[str]:
    """Create an empty environment and return the pip that can install into it."""
    if find_spec("ensurepip"):
        venv.create(VENV, with_pip=True, clear=True)
        return [str(PYTHON), "-m", "pip"]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    advice = f"Python mangler modulet ensurepip. Installér det med: apt install python{version}-venv"
    if not find_spec("pip"):
        stop(f"{advice}\nIntet er ændret, og der er ikke lavet noget miljø.")
    print(f"{advice}\nFortsætter imens med den pip, der er på maskinen.", flush=True)
    venv.create(VENV, with_pip=False, clear=True)
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def run_pip(pip: list[str], *arguments: str, total: int = 0) -> None:
    """Run pip install; show a count of packages while it works and all it said if it fails."""
    command = [*pip, "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off", *arguments]
    said, seen = [], 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout:
            said.append(line)
            fetched = line.startswith(("Collecting", "Processing"))
            seen += fetched
            if total and fetched and seen % 25 == 0:
                print(f"  {seen} af ca. {total} pakker er hentet", flush=True)
            if total and line.startswith("Installing collected"):
                print("  pakkes ud (op til et minut)", flush=True)
    if process.returncode:
        raise RuntimeError("".join(said[-30:]))


def install() -> None:
    """Install the locked packages, each checked against its hash, then civsam itself where it is used."""
    pip = pip_command()
    total = LOCKED.read_text(encoding="utf-8").count("==")
    print(f"Installerer ca. {total} låste pakker i {VENV.name} (et par minutter første gang)", flush=True)
    run_pip(pip, "--require-hashes", "-r", str(LOCKED), total=total)
    if not LITE:
        run_pip(pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT))


def main() -> None:
    """Make the environment unless the one that is there was made from the same files."""
    if sys.version_info < (3, 11):  # noqa: UP036 (runs before pip can refuse)
        stop(f"Python 3.11 eller nyere er nødvendig; dette er {sys.version.split()[0]}. "
             "Vælg en anden med: make PYTHON=python3.12")
    if MARK.exists() and MARK.read_text(encoding="utf-8") == wanted():
        return
    try:
        install()
    except BaseException as fault:
        shutil.rmtree(VENV, ignore_errors=True)  # a half-made environment would look like a whole one
        if isinstance(fault, RuntimeError):
            stop(f"Pakkerne kunne ikke installeres; {VENV.name} er fjernet igen. pip skrev:\n{fault}")
        raise
    MARK.write_text(wanted(), encoding="utf-8")


if __name__ == "__main__":
    main()
