// A YAML (or JSON) document as a tree of nodes that know their places. Private to core/sweepfile;
// yaml-cpp is known to yaml_tree.cc only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/sweepfile/spec_errors.h"

namespace adares {

struct YamlKey {
  std::string text;
  Place place;
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  Place place;       // of the first character; of the key for a value that is missing
  std::string text;  // of a scalar, as written; its type is the reader's matter
  bool quoted = false;
  std::vector<YamlKey> keys;       // of a map, distinct, in file order
  std::vector<YamlNode> children;  // elements of a list; values of a map, one for each key
};

// Reads the one document that the text holds. Beyond what is not YAML, refuses what hides meaning:
// duplicate keys, anchors, aliases, tags, merge keys, keys that are not plain words, more than one
// document, and nesting deeper than any sweep file needs. `text` has passed CheckSourceText.
absl::StatusOr<YamlNode> ReadYamlTree(std::string_view text, const SpecErrors& errors);

}  // namespace adares
