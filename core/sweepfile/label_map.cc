#include "core/sweepfile/label_map.h"

#include "absl/strings/str_cat.h"
#include "core/label.h"
#include "core/quoted_text.h"
#include "core/status.h"

namespace adares {

absl::StatusOr<std::map<std::string, std::string>> ReadLabelMap(const YamlNode& node,
                                                                const NodeReader& reader,
                                                                std::string_view what,
                                                                std::string_view owner) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, what));
  if (node.keys.size() > kMaxLabels) {
    return reader.errors().At(
        node.keys[kMaxLabels].place,
        absl::StrCat(std::string(owner), " has at most ", kMaxLabels, " labels"));
  }
  std::map<std::string, std::string> labels;
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    if (!IsLabelKey(key.text)) {
      return reader.errors().At(
          key.place, absl::StrCat("a label cannot be called ", Quoted(key.text), "; write up to ",
                                  kLongestLabelKey, " of a-z, 0-9 and . _ / -, a letter first"));
    }
    ADARES_ASSIGN_OR_RETURN(
        labels[key.text],
        reader.ReadText(node.children[i], absl::StrCat(std::string(what), ".", key.text),
                        kLongestLabelValue));
  }
  return labels;
}

}  // namespace adares
