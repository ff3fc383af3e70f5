// Typed access to the nodes of a sweep file; every failure names place and way out. Private to
// core/sweepfile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/sweepfile/yaml_tree.h"

namespace adares {

// Thread-safe: never changes. `what` names the node in messages: "objective.goal".
class NodeReader {
 public:
  explicit NodeReader(const SpecErrors& errors) : errors_(errors) {}

  const SpecErrors& errors() const { return errors_; }

  // A map, with any keys or with keys among `known` only.
  absl::Status CheckMap(const YamlNode& node, std::string_view what) const;
  absl::Status CheckMap(const YamlNode& node, std::string_view what,
                        const std::vector<std::string>& known) const;

  // A list with at least one element.
  absl::Status CheckList(const YamlNode& node, std::string_view what) const;

  absl::Status CheckScalar(const YamlNode& node, std::string_view what) const;

  // The value of a key that must be there.
  absl::StatusOr<const YamlNode*> Require(const YamlNode& map, std::string_view what,
                                          std::string_view key) const;

  absl::StatusOr<int64_t> ReadInteger(const YamlNode& node, std::string_view what, int64_t low,
                                      int64_t high) const;

  // Text of 1 to `longest` bytes without control characters.
  absl::StatusOr<std::string> ReadText(const YamlNode& node, std::string_view what,
                                       size_t longest) const;

  // One of `words`.
  absl::StatusOr<std::string> ReadWord(const YamlNode& node, std::string_view what,
                                       const std::vector<std::string>& words) const;

 private:
  const SpecErrors& errors_;
};

// The value of a key, or nullptr.
const YamlNode* Find(const YamlNode& map, std::string_view key);

}  // namespace adares
