"""Checks the commands that pages and samples show against the programs' own --help.

usage: commands.py BIN PROGRAM...      programs that are not named are not checked
"""
import pathlib
import re
import shlex
import subprocess
import sys

import pages
import source_tree

# A line of a code block, or of a systemd unit, that starts one of the programs.
COMMAND = re.compile(r"^(?:ExecStart=)?(?:[\w./]*/)?(adares(?:-server|-worker|-trainer)?)\s(.*)$",
                     re.MULTILINE)
# Settings that become arguments of a program.
ARGUMENTS = re.compile(r"^ADARES_(SERVER|WORKER)_ARGS=\"(.*)\"$", re.MULTILINE)
GROUPS = {"sweep", "trial", "worker", "data", "db", "server"}  # commands of `adares` that have commands of their own
VALUED = {"--server", "-s", "--output", "-o"}  # global flags with a value, before the command


def commands_in(content, is_page):
    """Yields (program, arguments) for each command line."""
    blocks = [content]
    if is_page:
        fences = [match.group(0) for match in pages.FENCE.finditer(content)]
        blocks = [fence for fence in fences if re.match(r"\W+(|sh|bash|console)\n", fence)]
    for block in blocks:
        joined = re.sub(r"\\\n\s*", " ", block)
        for program, rest in COMMAND.findall(re.sub(r"^[ \t]+", "", joined, flags=re.MULTILINE)):
            yield program, shlex.split(rest, comments=True)
    for role, rest in ARGUMENTS.findall(content):
        yield f"adares-{role.lower()}", shlex.split(rest)


def command_words(arguments):
    """The command of `adares`: `sweep submit`, `run`; empty for a lone flag."""
    words, after_flag = [], False
    for argument in arguments:
        if not after_flag and not argument.startswith("-"):
            words.append(argument)
        after_flag = argument in VALUED
    return words[:2] if words[:1] and words[0] in GROUPS else words[:1]


def help_of(program, words, helps):
    key = (program, *words)
    if key not in helps:
        run = subprocess.run([str(program), *words, "--help"], capture_output=True, text=True)
        helps[key] = run.stdout if run.returncode == 0 else None
    return helps[key]


def command_problems(binary, program, arguments, helps):
    words = command_words(arguments) if program == "adares" else []
    text = help_of(binary, words, helps)
    if text is None:
        yield f"`{program} {' '.join(words)}` is no command"
        return
    text += help_of(binary, [], helps) or ""
    for argument in arguments:
        flag = argument.split("=")[0]
        if re.fullmatch(r"-[a-z]|--[a-z-]+", flag) and not re.search(
                rf"(?<![\w-]){flag}(?![\w-])", text):
            yield f"`{' '.join([program, *words])}` has no flag {flag}"


def check(root, binaries, programs):
    problems, helps = [], {}
    sources = pages.pages_of(root) + list(
        source_tree.files(root, {".service", ".env"}, "deploy"))
    for path in sources:
        for program, arguments in commands_in(source_tree.text(root, path), path.suffix == ".md"):
            if program in programs:
                problems += [f"{path}: {p}" for p in
                             command_problems(binaries / program, program, arguments, helps)]
    return problems


if __name__ == "__main__":
    found = check(source_tree.ROOT, pathlib.Path(sys.argv[1]), set(sys.argv[2:]))
    print("\n".join(found))
    sys.exit(1 if found else 0)
