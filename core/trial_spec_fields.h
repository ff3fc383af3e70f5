// The table of a trial spec's fields: one row each, and everything that reads or writes a spec by
// path goes through it (sweep files, --set, JSON, ids, near misses, the reference of keys).
// A new field is a member in trial_spec.h and a row in trial_spec_fields.cc.
//
// Thread-safe: the table never changes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/trial_spec.h"

namespace adares {

// A scalar as somebody wrote it. Its type is the field's matter; quotes only say that it is text.
struct ScalarText {
  std::string text;
  bool quoted = false;
};

struct TrialSpecField {
  std::string path;  // "train.lr"
  std::string type;  // what it takes: "a number > 0"
  std::string doc;   // one sentence

  // Sets the field. INVALID_ARGUMENT (SPEC_INVALID) naming path, type and cause.
  std::function<absl::Status(TrialSpec&, const ScalarText&)> set;
  // The canonical text: "0.1", "block", "normal(0, 0.05)".
  std::function<std::string(const TrialSpec&)> text;
};

// The path of the seed, which sweep files set by replicates and never by an axis.
inline constexpr std::string_view kSeedPath = "seed";

// All fields, sorted by path.
const std::vector<TrialSpecField>& TrialSpecFields();

// nullptr where there is no field at this path.
const TrialSpecField* FindTrialSpecField(std::string_view path);

// The keys one level below `group` ("" for the top): "model" has family, depth and skip.
std::vector<std::string> TrialSpecKeysBelow(std::string_view group);

// Whether the key is known there. A key has no points: "train.lr" is a path, and known nowhere.
bool IsTrialSpecKey(std::string_view group, std::string_view key);

// Whether fields stand below this path: "model.skip".
bool IsTrialSpecGroup(std::string_view path);

// `unknown key "..."` with the near miss, for a key that stands at `group` and is not known there.
// `more_paths` are known too, though no field stands there.
std::string UnknownKeyMessage(std::string_view group, std::string_view key,
                              const std::vector<std::string>& more_paths = {});

// What is wrong with a path at which no field stands.
std::string UnknownPathMessage(std::string_view path,
                               const std::vector<std::string>& more_paths = {});

// INVALID_ARGUMENT (SPEC_INVALID): `text` is none of the words that the path takes.
absl::Status UnknownWordError(const std::string& path, const std::vector<std::string>& words,
                              const std::string& text);

// Two fields whose values do not go together.
struct TrialSpecConflict {
  std::string message;
  std::vector<std::string> paths;  // the fields that take part, the likeliest culprit first
};

// The first conflict between fields, each of which is valid by itself.
std::optional<TrialSpecConflict> FindConflict(const TrialSpec& spec);

}  // namespace adares
