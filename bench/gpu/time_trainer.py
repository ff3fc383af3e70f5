"""Images per second of adares-trainer: its own time/images_per_second, median of the epochs after the
first, which pays for the set-up and the capture of graphs.

usage: time_trainer.py TRAINER [--device cuda] [--precision bf16] [--images N] [--epochs N] [--log-every N]
                       [--only KEY] [-- OPTIONS OF THE TRAINER]

Unless --log-every says more, the last step of each epoch alone is logged, as PyTorch's loops log nothing.

Prints a JSON object a setting.
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile

import settings


def measure(options, setting):
    spec = settings.spec_of(setting, options.images, options.epochs, options.precision,
                            options.log_every)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(spec, file)
        file.flush()
        command = [options.trainer, "--spec", file.name, "--device", options.device,
                   "--threads", str(options.threads), *options.rest]
        run = subprocess.run(command, capture_output=True, text=True, timeout=options.timeout)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.strip().splitlines()[-1] if run.stderr else "no message")
    speeds = []
    for line in run.stdout.splitlines():
        for point in json.loads(line).get("points", []):
            if point["key"] == "time/images_per_second":
                speeds.append(point["value"])
    return {"images_per_second": statistics.median(speeds[1:]), "epochs": speeds}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("trainer")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--images", type=int, default=19456)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--log-every", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--only", default="")
    parser.add_argument("rest", nargs="*")
    options = parser.parse_args()
    failed = False
    for setting in settings.SETTINGS:
        if options.only not in settings.key_of(setting):
            continue
        result = {"setting": settings.key_of(setting)}
        try:
            result.update(measure(options, setting))
        except Exception as error:  # the other settings are still worth their time
            result["error"] = str(error)
            failed = True
        print(json.dumps(result), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
