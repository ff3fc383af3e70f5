"""Holds the server, the dashboards and the alerts against the catalogue of docs/metrics.md.

usage: monitoring.py [ROOT]
       monitoring.py --promtool PROMTOOL    checks configuration, rules and queries with Prometheus' tool
"""
import itertools
import json
import re
import subprocess
import sys
import tempfile

import source_tree

CATALOGUE_ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|([^|]*)\|([^|]+)\|$", re.MULTILINE)
# Metrics that Prometheus itself makes, and labels that it adds.
PROMETHEUS_METRICS = {"up": set()}
PROMETHEUS_LABELS = {"job", "instance", "le"}
# Words of PromQL that are neither functions nor metrics.
KEYWORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right",
            "bool", "offset"}
UNITS = {"short", "s", "bytes", "percentunit", "ops"}
PANEL_TYPES = {"timeseries", "stat", "gauge", "bargauge", "table", "heatmap", "state-timeline",
               "status-history", "barchart", "histogram", "piechart", "text", "row"}
SOURCE_NAME = re.compile(r'"((?:adares|grpc_server|process)_[a-z0-9_]+)"')


def catalogue(root):
    """Metric name -> labels; histograms under the names of their series too."""
    metrics = dict(PROMETHEUS_METRICS)
    for name, kind, labels, _ in CATALOGUE_ROW.findall(source_tree.text(root, "docs/metrics.md")):
        metrics[name] = set(re.findall(r"`(\w+)`", labels))
        if kind == "histogram":
            for suffix in ("_bucket", "_sum", "_count"):
                metrics[name + suffix] = metrics[name]
    return metrics


def query_problems(query, metrics):
    """Unknown metrics and labels in a PromQL expression."""
    query = query.replace("$__rate_interval", "5m")
    labels = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", query)
    for group in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", query):
        labels += [label for label in re.split(r"[\s,]+", group) if label]
    bare = re.sub(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", query)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", " ", bare)
    names = set(re.findall(r"\b([a-zA-Z_:][\w:]*)\b(?!\s*\()", bare)) - KEYWORDS
    known = PROMETHEUS_LABELS.union(*(metrics.get(name, set()) for name in names))
    for name in sorted(names - set(metrics)):
        yield f"docs/metrics.md does not list {name}"
    for label in sorted(set(labels) - known):
        yield f"no metric of the query has the label {label}"


def overlap(a, b):
    return (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
            and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


def panel_problems(panel):
    if panel["type"] not in PANEL_TYPES:
        yield f"panel type {panel['type']} is not in every Grafana from 9 on"
    if not panel.get("title"):
        yield "no title"
    if panel["type"] == "row":
        return
    if not panel.get("description"):
        yield "no description"
    unit = panel.get("fieldConfig", {}).get("defaults", {}).get("unit")
    if unit not in UNITS:
        yield f"unit {unit} is none of {sorted(UNITS)}"
    if not panel.get("targets"):
        yield "no targets"
    for part in [panel] + panel.get("targets", []):
        if part.get("datasource") != {"type": "prometheus", "uid": "${datasource}"}:
            yield "the data source is not the variable ${datasource}"


def queries_of(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel.get("title", "?"), target["expr"]
    for annotation in dashboard.get("annotations", {}).get("list", []):
        yield annotation["name"], annotation["expr"]


def dashboard_problems(dashboard, metrics):
    if dashboard.get("schemaVersion") != 36 or dashboard.get("id") is not None:
        yield "schemaVersion must be 36 and id null, so that every Grafana from 9 on loads it"
    if not any(v["name"] == "datasource" and v["type"] == "datasource"
               for v in dashboard["templating"]["list"]):
        yield "no variable `datasource`"
    ids = [panel["id"] for panel in dashboard["panels"]]
    for number in sorted({number for number in ids if ids.count(number) > 1}):
        yield f"panel id {number} occurs {ids.count(number)} times"
    for a, b in itertools.combinations(dashboard["panels"], 2):
        if overlap(a["gridPos"], b["gridPos"]):
            yield f"panels `{a.get('title')}` and `{b.get('title')}` overlap"
    for panel in dashboard["panels"]:
        for problem in panel_problems(panel):
            yield f"panel `{panel.get('title')}`: {problem}"
    for place, query in queries_of(dashboard):
        for problem in query_problems(query, metrics):
            yield f"`{place}`: {problem}"


def rule_queries(content):
    """The expressions of a rules file: what follows `expr:`, folded lines joined."""
    for match in re.finditer(r"^( *)(?:- )?expr: (.*)\n((?:\1 +.*\n)*)", content, re.MULTILINE):
        first = "" if match.group(2).strip() in (">-", ">", "|", "|-") else match.group(2)
        yield " ".join((first + " " + match.group(3)).split())


def exported_names(root):
    return {name for path in source_tree.files(root, {".cc", ".h"}, "server")
            for name in SOURCE_NAME.findall(source_tree.text(root, path))}


def check(root):
    metrics = catalogue(root)
    if len(metrics) <= len(PROMETHEUS_METRICS):
        return ["docs/metrics.md: no catalogue found"]
    problems = []
    listed = {n for n in metrics if not re.search(r"_(bucket|sum|count)$", n)}
    exported = exported_names(root)
    for name in sorted(exported - listed):
        problems.append(f"server/ exports {name}, which docs/metrics.md does not list")
    for name in sorted(listed - exported - set(PROMETHEUS_METRICS)):
        problems.append(f"docs/metrics.md lists {name}, which server/ does not export")
    for path in source_tree.files(root, {".json"}, "deploy/grafana/dashboards"):
        dashboard = json.loads(source_tree.text(root, path))
        problems += [f"{path}: {p}" for p in dashboard_problems(dashboard, metrics)]
    for path in source_tree.files(root, {".yml"}, "deploy/prometheus"):
        for query in rule_queries(source_tree.text(root, path)):
            problems += [f"{path}: {query}: {p}" for p in query_problems(query, metrics)]
    return problems


def run_promtool(promtool):
    root = source_tree.ROOT
    rules = {"groups": [{"name": "dashboards", "rules": []}]}
    for path in source_tree.files(root, {".json"}, "deploy/grafana/dashboards"):
        for _, query in queries_of(json.loads(source_tree.text(root, path))):
            query = query.replace("$__rate_interval", "5m")
            number = len(rules["groups"][0]["rules"])
            rules["groups"][0]["rules"].append({"record": f"query:{number}", "expr": query})
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(rules, file)  # JSON is YAML
        file.flush()
        for arguments in (["check", "config", "deploy/prometheus/prometheus.yml"],
                          ["check", "rules", file.name],
                          ["test", "rules", "tests/project/alerts_test.yml"]):
            subprocess.run([promtool, *arguments], cwd=root, check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--promtool"]:
        run_promtool(sys.argv[2])
    else:
        source_tree.main(check)
