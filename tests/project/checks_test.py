"""Shows that the checks of this folder find what they are for: each is run over a small bad tree."""
import copy
import pathlib
import tempfile
import unittest

import api_comments
import commands
import layers
import monitoring
import pages
import tree


def make_tree(files):
    folder = tempfile.TemporaryDirectory()
    for name, content in files.items():
        path = pathlib.Path(folder.name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def problems_of(check, files):
    with make_tree(files) as root:
        return check(pathlib.Path(root))


class LayersTest(unittest.TestCase):
    def assert_refused(self, files, *words):
        problems = problems_of(layers.check, files)
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])

    def test_good_tree_passes(self):
        self.assertEqual(problems_of(layers.check, {
            "core/spec.h": "#include <string>\n#include \"absl/status/status.h\"\n",
            "core/spec.cc": "#include \"core/spec.h\"\n#include <openssl/sha.h>\n",
            "core/sweepfile/loader.cc": "#include <yaml-cpp/yaml.h>\n#include \"core/spec.h\"\n",
            "rpc/convert.h": "#include \"adares/v1/resources.pb.h\"\n#include \"core/spec.h\"\n",
            "server/store.cc": "#include <SQLiteCpp/SQLiteCpp.h>\n#include <boost/beast/http.hpp>\n",
            "worker/agent/agent.cc": "#include <grpcpp/grpcpp.h>\n#include <sys/wait.h>\n",
            "worker/trainer/model.h": "#include <torch/torch.h>\n",
            "client/main.cc": "#include <CLI/CLI.hpp>\n#include \"rpc/convert.h\"\n",
        }), [])

    def test_core_must_not_include_another_layer(self):
        self.assert_refused({"core/a.cc": "#include \"rpc/b.h\"\n", "rpc/b.h": ""}, "core/a.cc", "rpc/")

    def test_core_must_not_include_a_library_of_others(self):
        self.assert_refused({"core/a.cc": "  #  include <grpcpp/grpcpp.h>\n"}, "core/a.cc", "grpc")

    def test_only_sweepfile_reads_yaml(self):
        self.assert_refused({"core/a.cc": "#include <yaml-cpp/yaml.h>\n"}, "yaml")

    def test_hash_library_stays_out_of_headers(self):
        self.assert_refused({"core/a.h": "#include <openssl/sha.h>\n"}, "core/a.h", "openssl")

    def test_trainer_must_not_include_the_agent(self):
        self.assert_refused({"worker/trainer/a.cc": "#include \"worker/agent/b.h\"\n",
                             "worker/agent/b.h": ""}, "worker/trainer/a.cc", "worker/")

    def test_agent_must_not_include_the_trainer(self):
        self.assert_refused({"worker/agent/a.cc": "#include \"worker/trainer/b.h\"\n",
                             "worker/trainer/b.h": ""}, "worker/agent/a.cc", "worker/trainer/")

    def test_torch_stays_in_the_trainer(self):
        for folder in ("core", "rpc", "server", "worker/agent", "client"):
            self.assert_refused({f"{folder}/a.cc": "#include <torch/torch.h>\n"}, folder, "torch")

    def test_sql_stays_in_the_server(self):
        for folder in ("core", "rpc", "worker/agent", "worker/trainer", "client"):
            self.assert_refused({f"{folder}/a.cc": "#include <sqlite3.h>\n"}, folder, "sql")

    def test_libraries_that_nobody_uses_are_not_given(self):
        for folder, header in (("client", "boost/asio.hpp"), ("rpc", "boost/asio.hpp"),
                               ("client", "boost/process.hpp"), ("worker/agent", "boost/process.hpp"),
                               ("worker/agent", "prometheus/registry.h")):
            self.assert_refused({f"{folder}/a.cc": f"#include <{header}>\n"}, header)

    def test_forbidden_library_must_not_come_through_a_header(self):
        problems = problems_of(layers.check, {
            "worker/trainer/a.cc": "#include \"core/b.h\"\n",
            "core/b.h": "#include <boost/asio.hpp>\n",
        })
        self.assertTrue(any(p.startswith("worker/trainer/a.cc") and "core/b.h brings it" in p
                            for p in problems), problems)

    def test_unknown_library_is_refused(self):
        self.assert_refused({"server/a.cc": "#include <Eigen/Dense>\n"}, "Eigen/Dense")

    def test_empty_tree_is_refused(self):
        self.assert_refused({"README.md": ""}, "no sources")


class TreeTest(unittest.TestCase):
    def test_good_file_passes(self):
        self.assertEqual(problems_of(tree.check, {
            "docs/a.md": "See [b](../README.md) and https://example.org/home/x.\n"}), [])

    def test_each_rule_refuses(self):
        for name, content, word in (
                ("core/a.cc", "int a; \n", "blank"),
                ("core/a.cc", "\tint a;\n", "tab"),
                ("core/a.cc", "int a;", "newline"),
                ("core/a.cc", "//\n" * 501, "501 lines"),
                ("docs/a.md", "Look into /home" + "/jo/x.\n", "one machine"),
                ("docs/a.md", "Look into ../" + "../secret/x.\n", "leaves the tree"),
                ("dev", "cat ../" + "x\n", "leaves the tree")):
            with self.subTest(word=word):
                problems = problems_of(tree.check, {name: content})
                self.assertEqual(len(problems), 1, problems)
                self.assertIn(word, problems[0])


class PagesTest(unittest.TestCase):
    DEV = "echo 'usage: ./dev COMMAND'; echo '  test  run the tests'\n"

    def problems(self, readme, **more):
        return problems_of(pages.check, {"dev": self.DEV, "README.md": readme, **more})

    def test_good_page_passes(self):
        self.assertEqual(self.problems(
            "# A `b` page\n\n[here](#a-b-page) [dev](dev) `./dev test` runs `dev`. [x](https://x.org)\n"), [])

    def test_each_rule_refuses(self):
        for readme, word in (
                ("[a](gone.html)\n", "there is no gone.html"),
                ("# A\n\n[a](#b)\n", "no heading #b"),
                ("```\n./dev tset\n```\n", "./dev tset"),
                ("`adares run examples/gone.yaml`\n", "there is no examples/gone.yaml"),
                ("look into deploy/gone/\n", "there is no deploy/gone/")):
            with self.subTest(word=word):
                problems = self.problems(readme)
                self.assertEqual(len(problems), 1, problems)
                self.assertIn(word, problems[0])

    def test_source_must_not_name_a_page_that_is_not_there(self):
        problems = self.problems("# A\n", **{"core/a.h": "// See docs/gone.md.\n"})
        self.assertEqual(problems, ["core/a.h: there is no docs/gone.md"])

    def test_page_without_a_link_to_it_is_refused(self):
        problems = self.problems("# A\n", **{"docs/lost.md": "# Lost\n"})
        self.assertEqual(problems, ["docs/lost.md: no other page links to it"])


class ApiCommentsTest(unittest.TestCase):
    API = """syntax = "proto3";
package adares.v1;
import "google/protobuf/timestamp.proto";

// A service.
service Things {
  // Gives one.
  rpc GetThing(GetThingRequest) returns (GetThingResponse);
}

// A thing.
message Thing {
  option deprecated = true;
  reserved 7;
  // Where it stands.
  enum State {
    // Never sent.
    STATE_UNSPECIFIED = 0;
  }

  // Its name,
  // on two lines.
  string name = 1;
  // When it was made.
  google.protobuf.Timestamp create_time = 2;
  // What it is called.
  map<string, string> labels = 3;
  // Its parts.
  repeated Thing parts = 4;
  // One of two.
  oneof kind {
    // The first.
    int64 number = 5;
  }
}
"""

    def problems(self, content):
        return problems_of(api_comments.check, {"proto/adares/v1/things.proto": content})

    def test_good_api_passes(self):
        self.assertEqual(self.problems(self.API), [])

    def test_everything_that_lacks_its_comment_is_named(self):
        for comment, name in (
                ("// A service.", "service Things"), ("// Gives one.", "rpc GetThing"),
                ("// A thing.", "message Thing"), ("// Where it stands.", "enum State"),
                ("// Never sent.", "STATE_UNSPECIFIED"), ("// on two lines.", "name"),
                ("// When it was made.", "create_time"), ("// What it is called.", "labels"),
                ("// Its parts.", "parts"), ("// One of two.", "oneof kind"),
                ("// The first.", "number")):
            for empty in ("", "//"):
                with self.subTest(name=name, empty=empty):
                    problems = self.problems(self.API.replace(comment, empty))
                    self.assertEqual(len(problems), 1, problems)
                    self.assertIn(f": {name} has no comment", problems[0])

    def test_empty_tree_is_refused(self):
        self.assertEqual(len(problems_of(api_comments.check, {"README.md": ""})), 1)


class MonitoringTest(unittest.TestCase):
    METRICS = {"adares_trials": {"state"}, "adares_wait_seconds_bucket": set()}
    DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}

    def dashboard(self):
        panel = {"id": 1, "type": "stat", "title": "Trials", "description": "Trials.",
                 "datasource": self.DATA_SOURCE, "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4},
                 "fieldConfig": {"defaults": {"unit": "short"}},
                 "targets": [{"datasource": self.DATA_SOURCE, "expr": "sum(adares_trials)"}]}
        return {"id": None, "schemaVersion": 36, "panels": [panel],
                "templating": {"list": [{"name": "datasource", "type": "datasource"}]}}

    def problems(self, change):
        dashboard = copy.deepcopy(self.dashboard())
        change(dashboard, dashboard["panels"][0])
        return list(monitoring.dashboard_problems(dashboard, self.METRICS))

    def test_good_dashboard_passes(self):
        self.assertEqual(self.problems(lambda dashboard, panel: None), [])

    def test_each_rule_refuses(self):
        def second(dashboard, panel, **more):
            dashboard["panels"].append({**panel, **more})
        apart = {"x": 4, "y": 0, "w": 4, "h": 4}
        for change, word in (
                (lambda d, p: d.update(schemaVersion=41), "schemaVersion"),
                (lambda d, p: d["templating"]["list"].clear(), "variable"),
                (lambda d, p: second(d, p, gridPos=apart), "panel id 1"),
                (lambda d, p: second(d, p, id=2), "overlap"),
                (lambda d, p: p.update(title=""), "no title"),
                (lambda d, p: p.update(description=""), "no description"),
                (lambda d, p: p["fieldConfig"]["defaults"].clear(), "unit"),
                (lambda d, p: p.update(type="graph"), "panel type"),
                (lambda d, p: p.update(datasource={"type": "prometheus", "uid": "x"}), "data source"),
                (lambda d, p: p["targets"][0].update(expr="sum(adares_trails)"), "adares_trails"),
                (lambda d, p: p["targets"][0].update(expr="sum by (worker) (adares_trials)"), "worker")):
            with self.subTest(word=word):
                problems = self.problems(change)
                self.assertEqual(len(problems), 1, problems)
                self.assertIn(word, problems[0])

    def test_query_reader_knows_promql(self):
        query = ('histogram_quantile(0.9, sum by (le) (rate(adares_wait_seconds_bucket[$__rate_interval])))'
                 ' > 1e3 and on (job) up{job="a"} == 1 or vector(0)')
        metrics = {**self.METRICS, **monitoring.PROMETHEUS_METRICS}
        self.assertEqual(list(monitoring.query_problems(query, metrics)), [])

    def test_rules_reader_joins_folded_lines(self):
        rules = "  - alert: A\n    expr: >-\n      a\n      > 1\n    for: 1m\n  - expr: b == 2\n"
        self.assertEqual(list(monitoring.rule_queries(rules)), ["a > 1", "b == 2"])

    def test_catalogue_and_server_must_agree(self):
        row = "| `adares_{}` | gauge | {} | Meaning. |\n"
        problems = problems_of(monitoring.check, {
            "docs/metrics.md": row.format("listed", "`a`: b") + row.format("both", ""),
            "server/metrics.cc": 'Add("adares_both"); Add("adares_secret");\n'})
        self.assertEqual(problems, [
            "server/ exports adares_secret, which docs/metrics.md does not list",
            "docs/metrics.md lists adares_listed, which server/ does not export"])


class CommandsTest(unittest.TestCase):
    PROGRAM = """#!/bin/sh
case "$*" in
  --help) echo '  --server TEXT  the address' ;;
  'sweep submit --help') echo '  --set TEXT ...' ;;
  *) exit 2 ;;
esac
"""

    def problems(self, line):
        with make_tree({"bin/adares": self.PROGRAM,
                        "README.md": f"```\n{line}\n```\n"}) as folder:
            root = pathlib.Path(folder)
            (root / "bin/adares").chmod(0o755)
            return commands.check(root, root / "bin", {"adares"})

    def test_good_commands_pass(self):
        self.assertEqual(self.problems("adares --server a:1 sweep submit f.yaml --set a=--b"), [])
        self.assertEqual(self.problems("build/bin/adares sweep submit f  # --not-a-flag"), [])

    def test_wrong_commands_are_refused(self):
        for line, word in (("adares sweep sbumit f.yaml", "is no command"),
                           ("adares sweep submit f --sett a=b", "no flag --sett"),
                           ("adares --server a:1 \\\n  sweep submit f -x", "no flag -x")):
            with self.subTest(line=line):
                problems = self.problems(line)
                self.assertEqual(len(problems), 1, problems)
                self.assertIn(word, problems[0])

    def test_units_are_read(self):
        unit = "[Service]\nExecStart=/usr/local/bin/adares-server --state %S $ARGS\n"
        self.assertEqual(list(commands.commands_in(unit, is_page=False)),
                         [("adares-server", ["--state", "%S", "$ARGS"])])


if __name__ == "__main__":
    unittest.main()
