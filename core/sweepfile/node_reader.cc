// Checks of kind, range and spelling.
#include "core/sweepfile/node_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/near_miss.h"
#include "core/number_text.h"
#include "core/quoted_text.h"
#include "core/status.h"

namespace adares {
namespace {

std::string KindName(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return Quoted(node.text);
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      break;
  }
  return "a map";
}

std::string Takes(std::string_view what, std::string_view wanted, const YamlNode& node) {
  return absl::StrCat(std::string(what), " takes ", std::string(wanted), ", not ", KindName(node));
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

const YamlNode* Find(const YamlNode& map, std::string_view key) {
  for (size_t i = 0; i < map.keys.size(); ++i) {
    if (map.keys[i].text == key) return &map.children[i];
  }
  return nullptr;
}

absl::Status NodeReader::CheckMap(const YamlNode& node, std::string_view what) const {
  if (node.kind == YamlNode::Kind::kMap) return absl::OkStatus();
  return errors_.At(node.place, Takes(what, "a map (key: value)", node));
}

absl::Status NodeReader::CheckMap(const YamlNode& node, std::string_view what,
                                  const std::vector<std::string>& known) const {
  if (node.kind != YamlNode::Kind::kMap) {
    const std::string wanted = absl::StrCat("a map of ", absl::StrJoin(known, ", "));
    return errors_.At(node.place, Takes(what, wanted, node));
  }
  for (const YamlKey& key : node.keys) {
    if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
    return errors_.At(key.place, absl::StrCat("unknown key ", Quoted(key.text), " in ",
                                              std::string(what), DidYouMean(key.text, known)));
  }
  return absl::OkStatus();
}

absl::Status NodeReader::CheckList(const YamlNode& node, std::string_view what) const {
  if (node.kind != YamlNode::Kind::kList) {
    return errors_.At(node.place, Takes(what, "a list ([a, b])", node));
  }
  if (node.children.empty()) {
    return errors_.At(node.place, absl::StrCat(std::string(what), " needs at least one element"));
  }
  return absl::OkStatus();
}

absl::Status NodeReader::CheckScalar(const YamlNode& node, std::string_view what) const {
  if (node.kind == YamlNode::Kind::kScalar) return absl::OkStatus();
  return errors_.At(node.place, Takes(what, "one value", node));
}

absl::StatusOr<const YamlNode*> NodeReader::Require(const YamlNode& map, std::string_view what,
                                                    std::string_view key) const {
  if (const YamlNode* node = Find(map, key)) return node;
  return errors_.At(map.place,
                    absl::StrCat(std::string(what), " lacks the key ", std::string(key)));
}

absl::StatusOr<int64_t> NodeReader::ReadInteger(const YamlNode& node, std::string_view what,
                                                int64_t low, int64_t high) const {
  const std::string wanted = absl::StrCat("an integer from ", low, " to ", high);
  if (node.kind != YamlNode::Kind::kScalar) {
    return errors_.At(node.place, Takes(what, wanted, node));
  }
  absl::StatusOr<int64_t> value = ParseInteger(node.text);
  std::string cause;
  if (node.quoted) {
    cause = "is a string; remove the quotes";
  } else if (!value.ok()) {
    cause = std::string(value.status().message());
  } else if (*value < low || *value > high) {
    cause = "is out of range";
  } else {
    return value;
  }
  return errors_.At(node.place, absl::StrCat(std::string(what), " takes ", wanted, ": ",
                                             Quoted(node.text), " ", cause));
}

absl::StatusOr<std::string> NodeReader::ReadText(const YamlNode& node, std::string_view what,
                                                 size_t longest) const {
  if (node.kind != YamlNode::Kind::kScalar) {
    return errors_.At(node.place, Takes(what, "text", node));
  }
  if (node.text.empty() || node.text.size() > longest) {
    return errors_.At(node.place, absl::StrCat(std::string(what), " takes 1 to ", longest,
                                               " bytes of text, not ", node.text.size()));
  }
  if (HasControlCharacter(node.text)) {
    return errors_.At(node.place, absl::StrCat(std::string(what),
                                               " takes one line of text without "
                                               "control characters"));
  }
  return node.text;
}

absl::StatusOr<std::string> NodeReader::ReadWord(const YamlNode& node, std::string_view what,
                                                 const std::vector<std::string>& words) const {
  ADARES_RETURN_IF_ERROR(CheckScalar(node, what));
  if (std::find(words.begin(), words.end(), node.text) != words.end()) return node.text;
  return errors_.At(node.place, absl::StrCat(std::string(what), " cannot be ", Quoted(node.text),
                                             DidYouMean(node.text, words)));
}

}  // namespace adares
