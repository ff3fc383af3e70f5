"""Holds docs/results.md against a database that the real store wrote.

usage: results_doc_test.py DATABASE_WRITER PAGE SQLITE3_SHELL

Runs every ```sql, ```sh and ```python block of the page as it stands, and compares the tables of
columns with the views.
"""
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

WRITER, PAGE, SHELL = sys.argv[1:4]
VIEWS = ["v1_trials", "v1_variants", "v1_attempts", "v1_metrics", "v1_skip_weights",
         "v1_flags", "v1_checkpoints"]
TYPES = {"TEXT": str, "INTEGER": int, "REAL": float}


def blocks(language):
    text = pathlib.Path(PAGE).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def documented_columns(view):
    """[(column, type)] of the table below the view's heading."""
    text = pathlib.Path(PAGE).read_text(encoding="utf-8")
    section = re.search(rf"^## {view}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL).group(1)
    return re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE)


class ResultsPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="adares-results-"))
        cls.file = cls.folder / "adares.db"
        subprocess.run([WRITER, cls.file], check=True, timeout=60)
        cls.database = sqlite3.connect(f"file:{cls.file}?mode=ro", uri=True)

    @classmethod
    def tearDownClass(cls):
        cls.database.close()
        shutil.rmtree(cls.folder)

    def shell(self, sql):
        return subprocess.run([SHELL, "-readonly", "-bail", "-csv", self.file], input=sql,
                              capture_output=True, text=True, check=False, timeout=60)

    def test_every_query_gives_rows(self):
        queries = blocks("sql")
        self.assertGreaterEqual(len(queries), 8)
        for query in queries:
            with self.subTest(query=query):
                done = self.shell(query)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertNotEqual(done.stdout.strip(), "", "the query gives no row")

    def test_every_shell_block_writes_rows(self):
        scripts = blocks("sh")
        self.assertTrue(scripts)
        for script in scripts:
            subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, check=True,
                           timeout=60)
            for name in re.findall(r"> (\S+\.csv)", script):
                lines = (self.folder / name).read_text(encoding="utf-8").splitlines()
                self.assertGreater(len(lines), 1, name)

    def test_every_python_block_prints_rows(self):
        scripts = blocks("python")
        self.assertTrue(scripts)
        for script in scripts:
            done = subprocess.run([sys.executable, "-c", script], cwd=self.folder, check=True,
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(len(done.stdout.splitlines()), 10)

    def test_the_columns_are_those_of_the_page(self):
        for view in VIEWS:
            cursor = self.database.execute(f"SELECT * FROM {view} LIMIT 0")
            columns = [column[0] for column in cursor.description]
            self.assertEqual([name for name, _ in documented_columns(view)], columns, view)

    def test_the_values_have_the_types_of_the_page(self):
        for view in VIEWS:
            for name, type_name in documented_columns(view):
                rows = self.database.execute(
                    f"SELECT {name} FROM {view} WHERE {name} IS NOT NULL").fetchall()
                types = {type(value) for (value,) in rows}
                if (view, name) != ("v1_attempts", "exit_code"):
                    self.assertEqual(types, {TYPES[type_name]}, f"{view}.{name}")

    def test_views_are_those_documented(self):
        names = self.database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'view' AND name LIKE 'v1@_%' ESCAPE '@'"
            " ORDER BY name").fetchall()
        self.assertEqual([name for (name,) in names], sorted(VIEWS))

    def test_means_and_deviations_are_right(self):
        # Trials come seed by seed: variant v has the accuracies 0.97 + 0.001 v and, for seed 1,
        # 0.975 + 0.001 v; the deviation of two values is their difference over the root of 2.
        rows = self.database.execute(
            "SELECT test_accuracy_n, test_accuracy_mean, test_accuracy_sd, is_baseline, succeeded, "
            "failed FROM v1_variants ORDER BY label = 'granularity=none' DESC, test_accuracy_n DESC"
        ).fetchall()
        self.assertEqual(len(rows), 5)
        n, mean, sd, is_baseline, succeeded, failed = rows[0]
        self.assertEqual((n, is_baseline, succeeded, failed), (2, 1, 2, 0))
        self.assertAlmostEqual(mean, 0.9725, places=12)
        self.assertAlmostEqual(sd, 0.005 / 2 ** 0.5, places=12)
        self.assertEqual(sum(row[5] for row in rows), 1)
        self.assertEqual([row[2] for row in rows if row[0] == 1], [None, None])

    def test_each_step_stands_once_and_times_are_exact(self):
        total, distinct = self.database.execute(
            "SELECT count(*), count(DISTINCT trial || key || step) FROM v1_metrics").fetchone()
        self.assertEqual(total, distinct)
        attempts = self.database.execute(
            "SELECT DISTINCT attempt FROM v1_metrics JOIN v1_trials USING (sweep, trial) "
            "WHERE attempts = 2").fetchall()
        self.assertEqual(attempts, [(2,)])
        row = self.database.execute(
            "SELECT created, started, finished, duration_seconds, init, axes FROM v1_trials "
            "ORDER BY started LIMIT 1").fetchone()
        self.assertEqual(row, ("2026-01-02T03:04:05.000006Z", "2026-01-02T03:04:06.000006Z",
                               "2026-01-02T03:05:07.000006Z", 61.0, "1",
                               '{"granularity":"none"}'))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
