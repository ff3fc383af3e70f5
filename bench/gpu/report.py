"""Puts what the parts of run.sh left in a folder into one JSON file, and prints the table.

usage: report.py PARTS RESULT

PARTS has for each part NAME.json (lines of JSON), NAME.log and NAME.status (exit status and seconds).
A part that failed or is not there stands in the result with its error. Where no part has measured
anything RESULT is left as it is, and the exit status is 1.
"""
import json
import pathlib
import sys

import settings

PARTS = ["machine", "build", "tests", "torchvision", "trainer", "eager", "compile",
         "trainer-logged", "trainer-eager-steps"]
COLUMNS = [("trainer", "adares-trainer"), ("eager", "PyTorch eager"), ("compile", "torch.compile"),
           ("trainer-logged", "log_every: 50"), ("trainer-eager-steps", "without graphs")]


def read_part(folder, name):
    part = {}
    status = folder / f"{name}.status"
    if not status.exists():
        return {"error": "not run"}
    code, seconds = status.read_text().split()
    part["seconds"] = float(seconds)
    lines = []
    output = folder / f"{name}.json"
    for line in output.read_text().splitlines() if output.exists() else []:
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            part.setdefault("not_json", []).append(line)
    if lines:
        part["results"] = lines
    if int(code) != 0:
        log = folder / f"{name}.log"
        tail = log.read_text(errors="replace").splitlines()[-30:] if log.exists() else []
        part["error"] = ("ran out of its time" if int(code) == 124 else f"exit status {code}")
        part["log"] = tail
    return part


def speeds(part):
    return {result["setting"]: result for result in part.get("results", []) if "setting" in result}


def cell(result):
    if result is None:
        return "-"
    return f"{result['images_per_second']:,.0f}" if "images_per_second" in result else "failed"


def table(parts):
    lines = ["| network | batch | " + " | ".join(title for _, title in COLUMNS) + " |",
             "|---|---|" + "---|" * len(COLUMNS)]
    for setting in settings.SETTINGS:
        key = settings.key_of(setting)
        cells = [cell(speeds(parts[name]).get(key)) for name, _ in COLUMNS]
        lines.append(f"| {setting['network']} | {setting['batch']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def is_measured(parts):
    return any("images_per_second" in result for part in parts.values()
               for result in part.get("results", []))


def main():
    folder = pathlib.Path(sys.argv[1])
    parts = {name: read_part(folder, name) for name in PARTS}
    result = {"format": "adares-gpu-benchmark 1", "unit": "images per second, training, bf16 autocast",
              "settings": settings.SETTINGS, "parts": parts}
    measured = is_measured(parts)
    if measured:
        pathlib.Path(sys.argv[2]).write_text(json.dumps(result, indent=1) + "\n")
    print(table(parts))
    for name, part in parts.items():
        if "error" in part:
            print(f"{name}: {part['error']}")
    print(f"the result is in {sys.argv[2]}" if measured else "nothing was measured, nothing written")
    return 0 if measured else 1


if __name__ == "__main__":
    sys.exit(main())
