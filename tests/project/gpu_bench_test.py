"""bench/gpu/run.sh where it can measure nothing, and what report.py makes of the parts."""
import contextlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import source_tree

GPU = source_tree.ROOT / "bench/gpu"
sys.path.insert(0, str(GPU))
import report  # noqa: E402


class RunTest(unittest.TestCase):
    def test_without_a_gpu_it_is_skipped_with_one_line(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            python = folder / "python3"  # one that cannot import torch, whatever the machine has
            python.write_text("#!/bin/sh\nexit 1\n")
            python.chmod(0o755)
            run = subprocess.run(["bash", str(GPU / "run.sh"), str(folder / "result.json")],
                                 env={**os.environ, "PATH": f"{name}:{os.environ['PATH']}"},
                                 capture_output=True, text=True)
            self.assertEqual(run.returncode, 77)
            self.assertEqual(run.stdout, "")
            self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
            self.assertIn("skipped", run.stderr)
            self.assertEqual([path.name for path in folder.iterdir()], ["python3"])

    def test_what_is_asked_for_comes_first_and_has_its_time(self):
        script = (GPU / "run.sh").read_text(encoding="utf-8")
        whole = int(re.search(r"SECONDS_IN_ALL=(\d+)", script).group(1))
        parts = re.findall(r"^(part|optional) (\S+) (\S+) ", script, re.MULTILINE)
        names = [name for _, name, _ in parts]
        self.assertEqual(names, report.PARTS)
        required = [limit for kind, _, limit in parts if kind == "part"]
        self.assertEqual(len(required), names.index("compile") + 1)
        self.assertLessEqual(sum(map(int, required[:-1])), whole - 100)


class ReportTest(unittest.TestCase):
    def report(self, parts):
        """Runs report.py over parts, (exit status, lines of JSON) by name: status, output, result."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for part, (code, lines) in parts.items():
                (folder / f"{part}.status").write_text(f"{code} 7\n")
                (folder / f"{part}.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
            result = folder / "result.json"
            output = io.StringIO()
            with mock.patch.object(sys, "argv", ["report.py", name, str(result)]), \
                    contextlib.redirect_stdout(output):
                code = report.main()
            return code, output.getvalue(), json.loads(result.read_text()) if result.exists() else None

    def test_what_was_measured_is_written_beside_what_failed(self):
        speed = {"setting": "resnet18/128", "images_per_second": 31234.5}
        code, output, result = self.report({"trainer": (0, [speed]), "eager": (124, [])})
        self.assertEqual(code, 0)
        self.assertEqual(result["parts"]["trainer"]["results"], [speed])
        self.assertEqual(result["parts"]["eager"]["error"], "ran out of its time")
        self.assertEqual(result["parts"]["build"]["error"], "not run")
        self.assertIn("| resnet18 | 128 | 31,234 | - | - |", output)

    def test_without_a_measurement_nothing_is_written(self):
        failed = {"setting": "resnet18/128", "error": "no kernel image"}
        for parts in ({}, {"machine": (0, [{"torch": "2.6"}]), "build": (2, [])},
                      {"build": (0, []), "trainer": (1, [failed])}):
            with self.subTest(parts=parts):
                code, output, result = self.report(parts)
                self.assertEqual(code, 1)
                self.assertIsNone(result)
                self.assertIn("nothing was measured", output)


if __name__ == "__main__":
    unittest.main()
