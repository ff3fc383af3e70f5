// yaml-cpp's event parser, and the builder that makes the tree of its events. The events are used
// instead of YAML::Load because Load keeps the first of two duplicate keys without a word.
#include "core/sweepfile/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/quoted_text.h"

namespace adares {
namespace {

constexpr size_t kMaxDepth = 16;

// Thrown through yaml-cpp, which has no other way to stop; caught in ReadYamlTree.
struct Refusal {
  Place place;
  std::string message;
};

// Turns yaml-cpp's marks, which count bytes from 0, into places.
class PlaceFinder {
 public:
  explicit PlaceFinder(std::string_view text) : text_(text), continuations_(text.size() + 1) {
    for (size_t i = 0; i < text.size(); ++i) {
      const bool continuation = (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
      continuations_[i + 1] = continuations_[i] + (continuation ? 1 : 0);
    }
  }

  Place Find(const YAML::Mark& mark) const {
    if (mark.is_null()) return {};
    const auto end = std::min(static_cast<size_t>(mark.pos), continuations_.size() - 1);
    const size_t begin = end - std::min(static_cast<size_t>(mark.column), end);
    const int uncounted = continuations_[end] - continuations_[begin];
    return {mark.line + 1, mark.column + 1 - uncounted};
  }

  std::string_view TextFrom(const YAML::Mark& mark) const {
    return text_.substr(std::min(static_cast<size_t>(mark.pos), text_.size()));
  }

 private:
  std::string_view text_;
  std::vector<int> continuations_;  // UTF-8 continuation bytes before each offset
};

// Whether the quoted text that begins here has its closing quote; yaml-cpp does without.
bool IsClosed(std::string_view quoted) {
  const char quote = quoted.front();
  for (size_t i = 1; i < quoted.size(); ++i) {
    const bool is_doubled = quote == '\'' && quoted.substr(i).starts_with("''");
    const bool is_escape = quote == '"' && quoted[i] == '\\';
    if (is_doubled || is_escape) {
      ++i;
    } else if (quoted[i] == quote) {
      return true;
    }
  }
  return false;
}

// yaml-cpp's messages, in words that say what to look for.
std::string Explain(const std::string& message) {
  static const auto& explanations = *new std::map<std::string, std::string>{
      {"end of sequence flow not found", "a [ is not closed, or a comma is missing"},
      {"end of map flow not found", "a { is not closed, or a comma is missing"},
      {"end of map not found",
       "this does not belong to the map before it; check indentation and "
       "quotes"},
      {"end of sequence not found",
       "this does not belong to the list before it; check indentation"},
      {"illegal map value",
       "a colon stands where no key can be; check indentation, or quote text "
       "that contains a colon"},
      {"illegal EOF in scalar", "quoted text is not closed"},
      {"illegal flow end", "this closes nothing that is open"},
      {"unknown token", "a value cannot begin with this character; quote it"},
  };
  const auto known = explanations.find(message);
  return known == explanations.end() ? message : known->second;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const PlaceFinder& places) : places_(places) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    const bool is_document = places_.TextFrom(mark).starts_with("---");
    throw Refusal{places_.Find(mark),
                  is_document ? "a second document begins here; a file holds one sweep"
                              : "this does not belong to what stands before it; check indentation"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    Add(NewNode(YamlNode::Kind::kNull, mark));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refusal{places_.Find(mark), "aliases (*name) are not allowed; write the value again"};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseTag(mark, tag);
    RefuseAnchor(mark, anchor);
    YamlNode node = NewNode(YamlNode::Kind::kScalar, mark);
    node.text = value;
    node.quoted = tag == kQuotedTag;
    if (node.quoted) CheckQuoted(mark);
    Add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

  YamlNode TakeRoot() { return std::move(root_); }

 private:
  // yaml-cpp's tags of scalars without a tag.
  static constexpr std::string_view kQuotedTag = "!";
  static constexpr std::string_view kPlainTag = "?";

  struct OpenNode {
    YamlNode node;
    std::optional<YamlKey> key;  // of a map, the one whose value comes next
    std::set<std::string> seen;
    bool WantsKey() const { return node.kind == YamlNode::Kind::kMap && !key; }
  };

  YamlNode NewNode(YamlNode::Kind kind, const YAML::Mark& mark) const {
    YamlNode node;
    node.kind = kind;
    node.place = places_.Find(mark);
    return node;
  }

  void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor == YAML::NullAnchor) return;
    throw Refusal{places_.Find(mark), "anchors (&name) are not allowed; write the value out"};
  }

  void RefuseTag(const YAML::Mark& mark, const std::string& tag) const {
    const bool is_default = tag.empty() || tag == kQuotedTag || tag == kPlainTag;
    if (is_default && !places_.TextFrom(mark).starts_with('!')) return;
    throw Refusal{places_.Find(mark), "tags (!name) are not allowed; the key decides the type"};
  }

  void CheckQuoted(const YAML::Mark& mark) const {
    const std::string_view source = places_.TextFrom(mark);
    const bool has_quote = source.starts_with('"') || source.starts_with('\'');
    if (has_quote && !IsClosed(source)) {
      throw Refusal{places_.Find(mark), "the quoted text that begins here has no closing quote"};
    }
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    RefuseTag(mark, tag);
    RefuseAnchor(mark, anchor);
    if (!open_.empty() && open_.back().WantsKey()) {
      throw Refusal{places_.Find(mark),
                    "a list or a map stands where a key should, or is not closed"};
    }
    if (open_.size() >= kMaxDepth) {
      throw Refusal{places_.Find(mark),
                    absl::StrCat("nested deeper than ", kMaxDepth, " levels, which no key needs")};
    }
    open_.push_back({NewNode(kind, mark), std::nullopt, {}});
  }

  void Close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.WantsKey()) {
      AddKey(parent, node);
      return;
    }
    if (parent.key) {
      if (node.kind == YamlNode::Kind::kNull) node.place = parent.key->place;
      parent.node.keys.push_back(*std::exchange(parent.key, std::nullopt));
    }
    parent.node.children.push_back(std::move(node));
  }

  void AddKey(OpenNode& parent, const YamlNode& node) const {
    if (node.kind == YamlNode::Kind::kNull) throw Refusal{node.place, "a key is missing"};
    if (node.text == "<<" && !node.quoted) {
      throw Refusal{node.place, "merge keys (<<) are not allowed; write the values out"};
    }
    if (!node.quoted && node.text.find(':') != std::string::npos) {
      throw Refusal{node.place,
                    absl::StrCat("a blank is missing after the colon in ", Quoted(node.text))};
    }
    if (!parent.seen.insert(node.text).second) {
      throw Refusal{node.place,
                    absl::StrCat("duplicate key ", Quoted(node.text), "; remove one of them")};
    }
    parent.key = YamlKey{node.text, node.place};
  }

  const PlaceFinder& places_;
  YamlNode root_;
  std::vector<OpenNode> open_;
  int documents_ = 0;
};

}  // namespace

absl::StatusOr<YamlNode> ReadYamlTree(std::string_view text, const SpecErrors& errors) {
  const PlaceFinder places(text);
  TreeBuilder builder(places);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return errors.At(refusal.place, refusal.message);
  } catch (const YAML::Exception& exception) {
    return errors.At(places.Find(exception.mark),
                     absl::StrCat("not valid YAML: ", Explain(exception.msg)));
  }
  return builder.TakeRoot();
}

}  // namespace adares
