"""Make the project's own Python environment in .venv, or leave it alone when nothing has changed.

    python tools/setup_env.py [test | lite]

test: adds what only the tests need; the book's environment is made first and stays as it is.
lite: the environment in .venv-lite that makes the JupyterLite site, which the rest of the project does not use.
Uses the standard library only: it runs before anything is installed. pip fetches uv, which installs the rest many times
faster than pip, with the settings that the user has given pip. Where uv cannot be had or cannot do it, pip does it all.
"""

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LITE = sys.argv[1:] == ["lite"]
VENV = ROOT / (".venv-lite" if LITE else ".venv")
BASE = ROOT / ("requirements-lite.txt" if LITE else "requirements.txt")
TEST = ROOT / "requirements-test.txt"
UV_LOCKED = ROOT / "tools" / "uv.txt"
MARK, MARK_TEST = VENV / "klar", VENV / "klar-test"
PROGRAMS, SUFFIX = (VENV / "Scripts", ".exe") if os.name == "nt" else (VENV / "bin", "")
PYTHON, UV = PROGRAMS / f"python{SUFFIX}", PROGRAMS / f"uv{SUFFIX}"

# pip's settings, and the variable that tells uv the same; uv reads none of pip's own
AS_UV = {
    "index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS",
    "no-index": "UV_OFFLINE", "no-cache-dir": "UV_NO_CACHE", "trusted-host": "UV_INSECURE_HOST",
    "keyring-provider": "UV_KEYRING_PROVIDER", "timeout": "UV_HTTP_TIMEOUT", "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE", "client-cert": "SSL_CLIENT_CERT", "proxy": "ALL_PROXY",
}
QUIET = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]  # for pip
IN_KERNELS = "IPython, ipykernel.kernelapp, matplotlib.pyplot, pyarrow.parquet, scipy.stats, seaborn, statsmodels.api"
EVERY = 15  # seconds between two words of how far it has come


def stop(message: str) -> None:
    """End with a message to the user and exit status 2."""
    print(message, file=sys.stderr)
    sys.exit(2)


def wanted(locked: Path) -> str:
    """Digest of all that decides what the environment holds, its place on the disk included."""
    files = (locked, ROOT / "pyproject.toml")
    parts = [sys.version.encode(), str(ROOT).encode(), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def done(mark: Path, locked: Path) -> bool:
    """Whether what the mark stands for was installed from the same files."""
    return mark.exists() and mark.read_text(encoding="utf-8") == wanted(locked)


def create() -> None:
    """Create an empty environment, with a pip of its own where Python can give it one."""
    own = find_spec("ensurepip") is not None
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    advice = f"Python mangler modulet ensurepip. Installér det med: apt install python{version}-venv"
    if not own and not find_spec("pip"):
        stop(f"{advice}\nIntet er ændret, og der er ikke lavet noget miljø.")
    if not own:
        print(f"{advice}\nFortsætter imens med den pip, der er på maskinen.", flush=True)
    venv.create(VENV, with_pip=own, clear=True)


def pip_command() -> list[str]:
    """The pip that installs into the environment: its own, or the machine's."""
    if (PROGRAMS / f"pip{SUFFIX}").exists():
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def progress(said: list[str], total: int) -> str:
    """How far pip or uv has come, by the lines it has written."""
    if not said:
        return "stadig i gang"
    if any(line.startswith(("Installing collected", "Prepared")) for line in said):
        return "pakkes ud"
    begun = sum(line.startswith("Downloading ") for line in said)  # uv names the large ones
    if begun:
        return f"{sum(line.startswith(' Downloaded ') for line in said)} af {begun} store pakker er hentet"
    return f"{sum(line.startswith(('Collecting', 'Processing')) for line in said)} af ca. {total} pakker er hentet"


def run(command: list[str], total: int = 0, settings: dict[str, str] | None = None) -> None:
    """Run a command, telling now and then how far it is; raises RuntimeError with what it said last if it fails."""
    said, ended = [], threading.Event()

    def tell() -> None:
        while not ended.wait(EVERY):
            print(f"  {progress(said, total)}", flush=True)

    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
                              errors="replace", env=os.environ | (settings or {})) as process:
            threading.Thread(target=tell, daemon=True).start()
            for line in process.stdout:
                said.append(line)
    except OSError as fault:
        raise RuntimeError(str(fault)) from None
    finally:
        ended.set()
    if process.returncode:
        raise RuntimeError("".join(said[-30:]))


def pip_settings(pip: list[str]) -> dict[str, str]:
    """What the user's files and variables tell pip about where and how packages are fetched."""
    told = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, encoding="utf-8", errors="replace",
                          check=False).stdout
    found = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    return {name.removeprefix(section): ast.literal_eval(value)
            for section in ("global.", "install.", ":env:.")  # the last one counts
            for name, value in found.items() if name.startswith(section)}


def there(place: str) -> bool:
    """Whether a place to look for packages is on the net or on this disk: pip passes over the others, uv stops."""
    return "://" in place or Path(place).expanduser().exists()


def uv_settings(pip: list[str]) -> dict[str, str]:
    """The user's settings for pip, as the variables that uv reads; what the user has told uv itself goes first."""
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # as pip: any index will do, since the hash decides
    for name, value in pip_settings(pip).items():
        if name == "find-links":
            value = ",".join(filter(there, value.split()))
        if name in AS_UV and value:
            settings[AS_UV[name]] = " ".join(value.split())
    if bundle := os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE"):
        settings.setdefault("SSL_CERT_FILE", bundle)
    if "SSL_CERT_FILE" not in settings | dict(os.environ):
        settings["UV_SYSTEM_CERTS"] = "true"  # as pip
    return {name: value for name, value in settings.items() if name not in os.environ}


def get_uv(pip: list[str]) -> bool:
    """Fetch uv with pip unless it is there, and say so where the machine cannot have it."""
    if not UV.exists():
        try:
            run([*pip, "install", *QUIET, "--require-hashes", "--only-binary", ":all:", "-r", str(UV_LOCKED)], total=1)
        except RuntimeError:
            print("uv kan ikke hentes til denne maskine, så pip installerer pakkerne (nogle minutter).", flush=True)
    return UV.exists()


def install(*steps: list[str], total: int) -> None:
    """Take each step with uv, or with pip if uv cannot. Raises RuntimeError if pip cannot either."""
    pip = pip_command()
    if get_uv(pip):
        settings = uv_settings(pip)
        try:
            for step in steps:
                run([str(UV), "pip", "install", "--python", str(PYTHON), *step], total, settings)
            return
        except RuntimeError as fault:
            print(f"uv kunne ikke installere pakkerne, så pip prøver (nogle minutter). uv skrev:\n{fault}", flush=True)
    for step in steps:
        as_pip = ["--force-reinstall" if part == "--reinstall" else part for part in step]
        run([*pip, "install", *QUIET, "--no-compile", *as_pip], total)


def compile_imports() -> None:
    """Compile what each chapter imports: once now, also where Python is told not to, or every chapter would."""
    run([str(PYTHON), "-c", f"import {IN_KERNELS}"], settings={"PYTHONDONTWRITEBYTECODE": ""})


def count(locked: Path) -> int:
    """How many packages the file locks."""
    return sum(line[0].isalnum() for line in locked.read_text(encoding="utf-8").splitlines())


@contextmanager
def faults(kept: str) -> Iterator[None]:
    """End with a message if the packages cannot be installed; `kept` says what is left behind."""
    try:
        yield
    except RuntimeError as fault:
        stop(f"Pakkerne kunne ikke installeres; {kept}. pip skrev:\n{fault}")
    except KeyboardInterrupt:
        stop(f"Afbrudt; {kept}.")


def make() -> None:
    """Make the environment anew: the locked packages, each checked against its hash, then civsam where it is used."""
    steps = [["--require-hashes", "-r", str(BASE)]]
    if not LITE:
        steps.append(["--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    try:
        create()
        print(f"Installerer {count(BASE)} låste pakker i {VENV.name} (op til et minut første gang)", flush=True)
        install(*steps, total=count(BASE))
        if not LITE:
            compile_imports()
    except BaseException:
        shutil.rmtree(VENV, ignore_errors=True)  # a half-made environment would look like a whole one
        raise
    MARK.write_text(wanted(BASE), encoding="utf-8")


def add_tests() -> None:
    """Add what only the tests need, each package whole: an attempt that was cut short may have left some half-made."""
    print(f"Lægger {count(TEST)} låste pakker til prøverne i {VENV.name}", flush=True)
    install(["--require-hashes", "--no-deps", "--reinstall", "-r", str(TEST)], total=count(TEST))
    MARK_TEST.write_text(wanted(TEST), encoding="utf-8")


def main() -> None:
    """Make what is asked for unless it is there, made from the same files."""
    if sys.version_info < (3, 11):  # noqa: UP036 (runs before pip can refuse)
        stop(f"Python 3.11 eller nyere er nødvendig; dette er {sys.version.split()[0]}. "
             "Vælg en anden med: make PYTHON=python3.12")
    if not done(MARK, BASE):
        with faults(f"{VENV.name} er fjernet igen"):
            make()
    if sys.argv[1:] == ["test"] and not done(MARK_TEST, TEST):
        with faults("bogens egne pakker er, som de var"):
            add_tests()


if __name__ == "__main__":
    main()
