"""Holds the #includes of the sources against the layers of docs/architecture.md.

usage: layers.py [ROOT]

Three rules:
1. A file includes only folders and libraries that the table gives its layer.
2. A heavy header (gRPC, LibTorch, SQLite, Asio) stands in a header only inside its own layers.
3. What a layer must never see does not reach it through headers of other layers either.
"""
import collections
import re

import source_tree

Layer = collections.namedtuple("Layer", "folders libraries never")

# Layer -> folders of the project it may include, libraries it may include, libraries it must never
# see, not even through another folder's header. The longest matching folder name is a file's layer.
LAYERS = {
    "core": Layer({"core"}, {"std", "absl", "json", "boost.math"},
                  {"grpc", "protobuf", "sql", "torch", "asio", "yaml"}),
    "core/sweepfile": Layer({"core"}, {"std", "absl", "json", "yaml"},
                            {"grpc", "protobuf", "sql", "torch", "asio"}),
    "rpc": Layer({"core", "rpc"}, {"std", "absl", "fmt", "grpc", "protobuf"},
                 {"sql", "torch", "asio"}),
    "server": Layer({"core", "rpc", "server"},
                    {"std", "absl", "json", "fmt", "spdlog", "cli11", "grpc", "protobuf", "sql",
                     "asio", "prometheus", "openssl"},
                    {"torch"}),
    "server/artifacts": Layer({"core", "server/artifacts"}, {"std", "absl"},
                              {"grpc", "protobuf", "sql", "torch", "asio"}),
    "worker": Layer({"core", "rpc", "worker"},
                    {"std", "absl", "json", "fmt", "spdlog", "cli11", "grpc", "protobuf", "asio"},
                    {"torch", "sql"}),
    "worker/trainer": Layer({"core", "worker/trainer"},
                            {"std", "absl", "json", "fmt", "spdlog", "cli11", "png", "torch"},
                            {"grpc", "protobuf", "asio", "sql"}),
    "client": Layer({"core", "rpc", "client"},
                    {"std", "absl", "json", "fmt", "spdlog", "cli11", "grpc", "protobuf"},
                    {"sql", "torch", "asio"}),
}

# Single files that may include more than their layer: (pattern of the path, libraries).
EXCEPTIONS = [
    (re.compile(r"core/[^/]+\.cc"), {"openssl"}),  # SHA-256 of specs
    (re.compile(r"client/(curl_api\.h|download\.cc)"), {"curl"}),
    (re.compile(r"client/(archive_api\.h|unpack\.cc)"), {"archive"}),
]

# Heavy libraries -> layers whose own headers may include them.
HEAVY = {
    "grpc": {"rpc", "server", "worker", "client"},
    "asio": {"server", "worker"},
    "sql": {"server"},
    "torch": {"worker/trainer"},
}

# How an include path tells its library; the first match counts.
LIBRARIES = [
    ("absl", r"absl/"),
    ("json", r"nlohmann/"),
    ("boost.math", r"boost/math/"),
    ("asio", r"boost/(asio|beast|system|core|url|intrusive)"),
    ("grpc", r"grpc(pp)?/|.*\.grpc\.pb\.h$"),
    ("protobuf", r"google/|.*\.pb\.h$"),
    ("sql", r"sqlite3\.h$|SQLiteCpp/"),
    ("torch", r"(torch|ATen|c10)/"),
    ("prometheus", r"prometheus/"),
    ("yaml", r"yaml-cpp/"),
    ("openssl", r"openssl/"),
    ("curl", r"curl/"),
    ("archive", r"archive(_entry)?\.h$"),
    ("spdlog", r"spdlog/"),
    ("fmt", r"fmt/"),
    ("cli11", r"CLI/"),
    ("png", r"png\.h$"),
    # The standard library, and the system's headers.
    ("std", r"[a-z0-9_]+(\.h)?$|(sys|netinet|arpa|linux)/[a-z0-9_]+\.h$"),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)


def layer_of(path):
    """The layer of a file or an include by the longest folder name that matches; None if none."""
    return max((l for l in LAYERS if path.startswith(l + "/")), key=len, default=None)


def library_of(include):
    return next((name for name, pattern in LIBRARIES if re.match(pattern, include)), None)


def may_include_folder(layer, target):
    """Whether `layer` may include files of `target`. worker does not hold worker/trainer."""
    if target == "worker/trainer":
        return target in LAYERS[layer].folders
    return any(target == f or target.startswith(f + "/") for f in LAYERS[layer].folders)


def direct_problems(path, layer, include):
    target = layer_of(include)
    if target is not None:
        if not may_include_folder(layer, target):
            yield f"{path}: {layer}/ must not include {target}/ ({include})"
        return
    library = library_of(include)
    if library is None:
        yield (f"{path}: <{include}> belongs to no library known; if it is meant, add it to "
               "tests/project/layers.py and docs/architecture.md")
        return
    allowed = set(LAYERS[layer].libraries)
    for pattern, more in EXCEPTIONS:
        if pattern.fullmatch(path):
            allowed |= more
    if library not in allowed:
        yield f"{path}: {layer}/ must not include {library} (<{include}>)"
    elif path.endswith(".h") and library in HEAVY and layer not in HEAVY[library]:
        yield f"{path}: a header of {layer}/ must not include {library} (<{include}>)"


def reached(path, includes):
    """Yields (library, header) for all that `path` gets through headers of the project."""
    seen, todo = {path}, [path]
    while todo:
        current = todo.pop()
        for include in includes[current]:
            if include in includes:
                if include not in seen:
                    seen.add(include)
                    todo.append(include)
            elif current != path:
                yield library_of(include), current


def check(root):
    includes = {}
    for folder in sorted({layer.split("/")[0] for layer in LAYERS}):
        for path in source_tree.files(root, {".h", ".cc"}, folder):
            includes[str(path)] = INCLUDE.findall(source_tree.text(root, path))
    if not includes:
        return [f"{root}: no sources found"]
    problems = []
    for path, names in includes.items():
        layer = layer_of(path)
        for include in names:
            problems.extend(direct_problems(path, layer, include))
        for library, header in sorted(set(reached(path, includes)), key=str):
            if library in LAYERS[layer].never:
                problems.append(f"{path}: {layer}/ must never see {library}, and {header} brings it")
    return problems


if __name__ == "__main__":
    source_tree.main(check)
