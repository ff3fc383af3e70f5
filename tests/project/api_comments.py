"""Sees that everything in the API has a comment: the comments are its specification.

usage: api_comments.py [ROOT]
"""
import re

import source_tree

COMMENT = re.compile(r"\s*//\s*\S")
# Statements that declare nothing; `option` and `reserved` would look like fields.
OTHER = re.compile(r"\s*(syntax|package|import|option|reserved|extensions)\b")
DECLARATIONS = [
    re.compile(r"\s*(service|rpc|message|enum|oneof)\s+(\w+)"),
    re.compile(r"\s*()([A-Z][A-Z0-9_]*)\s*=\s*-?\d+"),  # a value of an enumeration
    re.compile(r"\s*(?:repeated\s+|optional\s+)?()(?:map\s*<[^>]*>|[\w.]+)\s+(\w+)\s*=\s*\d+"),
]


def declared(line):
    """What a line declares, for messages; None where it declares nothing."""
    if OTHER.match(line):
        return None
    for pattern in DECLARATIONS:
        match = pattern.match(line)
        if match:
            return " ".join(match.groups()).strip()
    return None


def problems_of(path, content):
    before = ""
    for number, line in enumerate(content.split("\n"), start=1):
        name = declared(line)
        if name is not None and not COMMENT.match(before):
            yield f"{path}:{number}: {name} has no comment above it"
        before = line


def check(root):
    paths = list(source_tree.files(root, {".proto"}, "proto/adares"))
    if not paths:
        return [f"{root}: no API found"]
    return [p for path in paths for p in problems_of(path, source_tree.text(root, path))]


if __name__ == "__main__":
    source_tree.main(check)
