"""What the processes of a crawl are and hold, read from /proc: Linux only."""

from collections.abc import Iterable
from pathlib import Path
from time import monotonic, sleep

PROC = Path("/proc")

Process = tuple[int, int]
"""Number, and time of start: numbers are used again."""


def every_process() -> dict[Process, int]:
    """Give all processes but zombies, with the number of their parent."""
    found = {}
    for entry in PROC.glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold blanks and brackets itself.
            state, parent, *rest = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if state != "Z":
            found[int(entry.parent.name), int(rest[17])] = int(parent)
    return found


def tree(root: int) -> set[Process]:
    """Give a process and all its descendants."""
    every, numbers = every_process(), {root}
    while more := {number for (number, _), parent in every.items() if parent in numbers} - numbers:
        numbers |= more
    return {process for process in every if process[0] in numbers}


def commands(processes: Iterable[Process]) -> str:
    """Give the command lines of processes."""
    lines = []
    for number, _ in processes:
        try:
            lines.append((PROC / str(number) / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has ended meanwhile
    return "\n".join(lines)


def left_over(processes: set[Process], seconds: float = 5.0) -> str:
    """Wait for all these processes to end, so long at most; give the command lines of those that have not."""
    deadline = monotonic() + seconds
    while (found := every_process().keys() & processes) and monotonic() < deadline:
        sleep(0.05)
    return commands(found)


def held(processes: Iterable[Process]) -> int:
    """Give the memory that processes hold together (PSS: what several share is counted once), in bytes."""
    kilobytes = 0
    for number, _ in processes:
        try:
            lines = (PROC / str(number) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # it has ended meanwhile
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes * 1024
