"""Checks the pages: links, anchors, paths and commands that they name exist, and none is orphaned.

usage: pages.py [ROOT]
"""
import os
import re
import subprocess

import source_tree

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
DEV_COMMAND = re.compile(r"\./dev[ \t]+([a-z][a-z-]*)")
# A file or folder of the project: has an extension, a wildcard, or ends with a slash.
NAMED_PATH = re.compile(
    r"(?<![\w./$-])((?:bench|client|cmake|core|deploy|docs|examples|migrations|proto|rpc|server"
    r"|tests|worker)/(?:[\w.*-]+/)*(?:[\w*-]+\.[\w.*-]*\w|\*|(?<=/)))(?![\w/])")
PAGE_IN_SOURCE = re.compile(r"docs/[\w/-]+\.md")


def pages_of(root):
    tops = [p for p in source_tree.files(root, {".md"}) if len(p.parts) == 1]
    return tops + list(source_tree.files(root, {".md"}, "docs"))


def anchors(content):
    """The anchors of a page's headings, made the way code hosts make them."""
    found = set()
    for heading in HEADING.findall(FENCE.sub("", content)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        unique, number = slug, 0
        while unique in found:
            number += 1
            unique = f"{slug}-{number}"
        found.add(unique)
    return found


def link_problems(root, page, content, linked):
    prose = INLINE_CODE.sub("", FENCE.sub("", content))
    for target in LINK.findall(prose):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = os.path.normpath(page.parent / name) if name else str(page)
        if not (root / path).exists():
            yield f"{page}: link to {target}: there is no {path}"
            continue
        linked.add((str(page), path))
        if anchor and path.endswith(".md") and anchor not in anchors(source_tree.text(root, path)):
            yield f"{page}: link to {target}: {path} has no heading #{anchor}"


def dev_commands(root):
    usage = subprocess.run(["bash", str(root / "dev"), "help"], capture_output=True, text=True,
                           check=True).stdout
    return set(re.findall(r"^  ([a-z]+)", usage, re.MULTILINE))


def source_problems(root):
    """Comments of the sources that send the reader to a page that is not there."""
    for path in source_tree.files(root, {".cc", ".h", ".proto", ".sql"}):
        for name in sorted(set(PAGE_IN_SOURCE.findall(source_tree.text(root, path)))):
            if not (root / name).exists():
                yield f"{path}: there is no {name}"


def check(root):
    problems, linked = [], set()
    commands = dev_commands(root)
    pages = pages_of(root)
    for page in pages:
        content = source_tree.text(root, page)
        problems.extend(link_problems(root, page, content, linked))
        for name in sorted(set(NAMED_PATH.findall(LINK.sub("", content)))):
            if not any(root.glob(name.rstrip("/"))):
                problems.append(f"{page}: there is no {name}")
        for command in sorted(set(DEV_COMMAND.findall(content)) - commands):
            problems.append(f"{page}: there is no command ./dev {command}")
    for page in pages:
        is_linked = any(target == str(page) and origin != target for origin, target in linked)
        if page.parts[0] == "docs" and not is_linked:
            problems.append(f"{page}: no other page links to it")
    problems.extend(source_problems(root))
    return problems


if __name__ == "__main__":
    source_tree.main(check)
