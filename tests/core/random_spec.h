// Random valid trial specs, made from the table of fields, so that tests of properties cover fields
// that do not exist yet.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/number_text.h"
#include "core/trial_spec.h"
#include "core/trial_spec_fields.h"

namespace adares {

class RandomSpec {
 public:
  explicit RandomSpec(uint64_t seed) : random_(seed) {}

  TrialSpec Next() {
    TrialSpec spec;
    for (const TrialSpecField& field : TrialSpecFields()) SetField(field, Value(field), spec);
    // Fields that do not go together get their defaults again, one by one.
    while (const auto conflict = FindConflict(spec)) Mend(conflict->paths, spec);
    return spec;
  }

 private:
  // Gives the first of the fields that has another value its default.
  static void Mend(const std::vector<std::string>& paths, TrialSpec& spec) {
    for (const std::string& path : paths) {
      const TrialSpecField& field = *FindTrialSpecField(path);
      const std::string text = field.text(TrialSpec{});
      if (field.text(spec) == text) continue;
      SetField(field, text, spec);
      return;
    }
    throw std::runtime_error("default values conflict");
  }

  static void SetField(const TrialSpecField& field, const std::string& text, TrialSpec& spec) {
    const absl::Status status = field.set(spec, {text, false});
    if (!status.ok()) throw std::runtime_error(std::string(status.message()));
  }

  // A value that the field's type, as the documentation says it, permits.
  std::string Value(const TrialSpecField& field) {
    if (field.path == "model.skip.init") return Init();
    if (field.type.starts_with("inherit, ")) return Below(2) == 0 ? "inherit" : Init();
    if (field.path == "data.folder") return Below(2) == 0 ? "none" : "folder-" + Positive();
    if (field.type == "none, sigmoid(k), tanh(k), softplus or clamp(low, high)") {
      return Constraint();
    }
    if (field.type == "a number") return Signed();
    std::istringstream type(field.type);
    std::string word;
    type >> word;
    if (word == "one") return Choice(field.type.substr(std::string("one of ").size()));
    type >> word;
    if (word == "integer") return Integer(type);
    if (field.type == "a number > 0") return Positive();
    if (field.type == "a number >= 0") return Below(4) == 0 ? "0" : Positive();
    if (field.type == "a number >= 0 and < 1") return FormatNumber(Fraction());
    if (field.type == "a number > 0 and <= 1") return FormatNumber(1 - Fraction());
    throw std::runtime_error("teach RandomSpec the type: " + field.type);
  }

  std::string Choice(const std::string& words) {
    std::vector<std::string> choices;
    std::istringstream stream(words);
    for (std::string word; std::getline(stream >> std::ws, word, ',');) choices.push_back(word);
    return choices[Below(choices.size())];
  }

  // After "an integer": "from A to B" or ">= A".
  std::string Integer(std::istringstream& range) {
    std::string word;
    int64_t low = 0;
    int64_t high = std::numeric_limits<int64_t>::max();
    range >> word >> low;
    if (word == "from") range >> word >> high;
    return std::to_string(std::uniform_int_distribution<int64_t>(low, high)(random_));
  }

  std::string Init() {
    switch (Below(8)) {
      case 0:
        return Signed();
      case 1:
        return "normal(" + Signed() + ", " + Positive() + ")";
      case 2:
        return "root-depth(" + Signed() + ")";
      case 3:
        return "decay(" + Signed() + ")";
      case 4:
        return "match-rms(" + Positive() + (Below(2) == 0 ? ", " + Batches() : "") + ")";
      case 5:
        return "depth-power(" + Positive() + ", " + Signed() + ")";
      case 6:
        return "admin(" + Batches() + ")";
      default:
        return "uniform(-" + Positive() + ", " + Positive() + ")";
    }
  }

  std::string Constraint() {
    switch (Below(5)) {
      case 0:
        return "none";
      case 1:
        return "softplus";
      case 2:
        return "sigmoid(" + Positive() + ")";
      case 3:
        return "tanh(" + Positive() + ")";
      default:
        return "clamp(-" + Positive() + ", " + Positive() + ")";
    }
  }

  std::string Batches() { return std::to_string(1 + Below(32)); }
  std::string Positive() { return FormatNumber(std::ldexp(0.5 + Fraction() / 2, Exponent())); }
  std::string Signed() { return (Below(2) == 0 ? "-" : "") + Positive(); }
  int Exponent() { return static_cast<int>(Below(120)) - 60; }
  double Fraction() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  size_t Below(size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random_);
  }

  std::mt19937_64 random_;
};

}  // namespace adares
