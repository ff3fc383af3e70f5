"""cmake/WriteCommit.cmake: what it writes, and when it leaves the file alone.

usage: commit_test.py CMAKE GIT
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import source_tree

CMAKE, GIT = sys.argv.pop(1), sys.argv.pop(1)


class CommitTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source = pathlib.Path(folder.name) / "source"
        self.source.mkdir()
        self.output = pathlib.Path(folder.name) / "commit.cc"

    def git(self, *arguments):
        names = {f"GIT_{who}_{what}": "somebody" for who in ("AUTHOR", "COMMITTER")
                 for what in ("NAME", "EMAIL")}
        # Not what git sets for whoever runs this from one of its hooks.
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("GIT_")}
        run = subprocess.run([GIT, "-C", str(self.source), *arguments], check=True,
                             capture_output=True, text=True, env={**environment, **names})
        return run.stdout.strip()

    def commit_of(self, source=None, git=GIT):
        """Runs the script over the folder: what the file then says."""
        script = source_tree.ROOT / "cmake/WriteCommit.cmake"
        subprocess.run([CMAKE, f"-DGIT={git}", f"-DSOURCE={source or self.source}",
                        f"-DOUTPUT={self.output}", "-P", str(script)], check=True)
        return re.search(r'kTrainerCommit\[\] = "(.*)";', self.output.read_text()).group(1)

    def make_history(self):
        self.git("init", "-q")
        (self.source / "a").write_text("1")
        self.git("add", "a")
        self.git("commit", "-qm", "a")

    def test_without_history_or_git_it_is_unknown(self):
        self.assertEqual(self.commit_of(), "unknown")
        self.make_history()
        self.assertEqual(self.commit_of(git=""), "unknown")
        inside = self.source / "unpacked"  # in a history that is not its own
        inside.mkdir()
        self.assertEqual(self.commit_of(source=inside), "unknown")

    def test_it_is_the_commit_and_says_what_was_changed_after_it(self):
        self.make_history()
        self.git("tag", "v1")
        commit = self.git("rev-parse", "HEAD")[:8]
        self.assertEqual(self.commit_of(), commit)
        (self.source / "a").write_text("2")
        self.assertEqual(self.commit_of(), commit + "-dirty")

    def test_the_file_is_written_where_the_commit_has_changed_alone(self):
        self.make_history()
        self.commit_of()
        os.utime(self.output, (1, 1))
        self.commit_of()
        self.assertEqual(self.output.stat().st_mtime, 1)
        self.git("commit", "-qm", "b", "--allow-empty")
        self.commit_of()
        self.assertNotEqual(self.output.stat().st_mtime, 1)


if __name__ == "__main__":
    unittest.main()
