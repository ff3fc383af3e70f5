// Canonical JSON of trial specs and the ids made from it, both by the table of fields.
#include "core/trial_spec.h"

#include <vector>

#include "absl/strings/str_split.h"
#include "core/number_text.h"
#include "core/sha256.h"
#include "core/trial_spec_fields.h"

namespace adares {
namespace {

constexpr size_t kIdDigits = 12;

// Writes fields that come sorted by path as nested objects. Blanks never stand outside strings.
class CanonicalWriter {
 public:
  void Add(std::string_view path, const std::string& text) {
    std::vector<std::string> keys = absl::StrSplit(std::string(path), '.');
    const std::string leaf = keys.back();
    keys.pop_back();
    EnterGroup(keys);
    AddKey(leaf);
    json_ += IsNumberText(text) ? text : '"' + text + '"';  // words need no escapes
  }

  std::string Finish() {
    EnterGroup({});
    return json_ + '}';
  }

 private:
  // Closes and opens objects so that the next key stands inside `keys`.
  void EnterGroup(const std::vector<std::string>& keys) {
    size_t shared = 0;
    while (shared < group_.size() && shared < keys.size() && group_[shared] == keys[shared]) {
      ++shared;
    }
    for (; group_.size() > shared; group_.pop_back()) json_ += '}';
    for (; group_.size() < keys.size(); group_.push_back(keys[group_.size()])) {
      AddKey(keys[group_.size()]);
      json_ += '{';
    }
  }

  void AddKey(const std::string& key) {
    if (json_.back() != '{') json_ += ',';
    json_ += '"' + key + "\":";
  }

  std::string json_ = "{";
  std::vector<std::string> group_;
};

std::string WriteCanonical(const TrialSpec& spec, bool with_seed) {
  CanonicalWriter writer;
  for (const TrialSpecField& field : TrialSpecFields()) {
    if (field.path != kSeedPath || with_seed) writer.Add(field.path, field.text(spec));
  }
  return writer.Finish();
}

}  // namespace

std::string CanonicalJson(const TrialSpec& spec) { return WriteCanonical(spec, true); }

std::string CanonicalVariantJson(const TrialSpec& spec) { return WriteCanonical(spec, false); }

std::string TrialId(const TrialSpec& spec) {
  return Sha256Hex(CanonicalJson(spec)).substr(0, kIdDigits);
}

std::string VariantId(const TrialSpec& spec) {
  return Sha256Hex(CanonicalVariantJson(spec)).substr(0, kIdDigits);
}

}  // namespace adares
