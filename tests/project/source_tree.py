"""The files of the project, and how the checks of this folder report what they find."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Folders at the top that are no part of the project: builds, states, data, and what tools leave.
SKIPPED_AT_TOP = {".git", "adares-state", "data", "node_modules"}


def files(root, suffixes=None, under="."):
    """Yields the paths of the project's files, sorted, relative to `root`."""
    for path in sorted((root / under).rglob("*")):
        relative = path.relative_to(root)
        top = relative.parts[0]
        if top in SKIPPED_AT_TOP or top.startswith("build") or "__pycache__" in relative.parts:
            continue
        if path.is_file() and (suffixes is None or path.suffix in suffixes):
            yield relative


def text(root, path):
    return (root / path).read_text(encoding="utf-8")


def main(check):
    """Runs `check(root)`, prints each problem on a line, and exits with 1 if there is one."""
    problems = check(pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
