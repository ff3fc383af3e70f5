"""Rules for every file: size, whitespace, and no paths of somebody's machine.

usage: tree.py [ROOT]
"""
import pathlib
import re

import source_tree

MAX_LINES = {".cc": 500, ".h": 250, ".py": 500, ".sql": 500, ".proto": 500, ".md": 500}
TEXT_SUFFIXES = {".cc", ".h", ".py", ".sql", ".proto", ".md", ".txt", ".cmake", ".yaml", ".yml",
                 ".json", ".service", ".env", ".conf", ".sh", ""}

# Absolute paths that exist on one machine only. The look-behind lets URLs and longer paths pass.
MACHINE_PATH = re.compile(r"(?<![\w.$}/:-])/(home|root|Users|work|workspace|tmp)/[\w.-]+")
# A path that climbs: it must not leave the tree.
CLIMBING_PATH = re.compile(r"(?<![\w./-])((?:\.\./)+[\w.-][\w./-]*)")
# Files that may name what lies beside the tree, because they are about one machine.
ABOUT_A_MACHINE = {".ci/run"}


def line_problems(path, number, line):
    where = f"{path}:{number}"
    if line != line.rstrip():
        yield f"{where}: blank at the end of the line"
    if "\t" in line and path.suffix not in {".md", ""}:
        yield f"{where}: tab"
    if str(path) in ABOUT_A_MACHINE:
        return
    for match in MACHINE_PATH.finditer(line):
        yield f"{where}: a path of one machine: {match.group(0)}"
    for match in CLIMBING_PATH.finditer(line):
        depth = len(path.parent.parts)
        for part in pathlib.PurePosixPath(match.group(1)).parts:
            depth += -1 if part == ".." else 1
            if depth < 0:
                yield f"{where}: a path that leaves the tree: {match.group(1)}"
                break


def check(root):
    problems = []
    for path in source_tree.files(root, TEXT_SUFFIXES):
        if path.name == "LICENSE":
            continue
        content = source_tree.text(root, path)
        lines = content.split("\n")
        if content and not content.endswith("\n"):
            problems.append(f"{path}: no newline at the end")
        limit = MAX_LINES.get(path.suffix)
        if limit is not None and len(lines) - 1 > limit:
            problems.append(f"{path}: {len(lines) - 1} lines, the limit is {limit}: split it")
        for number, line in enumerate(lines, start=1):
            problems.extend(line_problems(path, number, line))
    return problems


if __name__ == "__main__":
    source_tree.main(check)
