#include "core/sweepfile/schedule_reader.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/measurement.h"
#include "core/number_text.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "core/sweepfile/label_map.h"

namespace adares {
namespace {

using Unit = std::pair<std::string_view, int64_t>;

constexpr Unit kTimeUnits[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
constexpr Unit kMemoryUnits[] = {{"MiB", int64_t{1} << 20}, {"GiB", int64_t{1} << 30}};
constexpr int64_t kLongestTimeout = 365 * int64_t{86400};  // seconds
constexpr int64_t kLastEpoch = 10'000;
constexpr int64_t kLargestMemory = int64_t{1024} << 30;  // bytes

// "90m" in the unit's measure; nullopt where it is no whole number above 0 with one of the units.
template <size_t kCount>
std::optional<int64_t> ParseQuantity(std::string_view text, const Unit (&units)[kCount],
                                     int64_t highest) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 1 || text.front() == '0') return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<size_t>(end - text.data()));
  for (const auto& [word, factor] : units) {
    if (suffix != word) continue;
    if (number > highest / factor) return std::nullopt;
    return number * factor;
  }
  return std::nullopt;
}

absl::Status Refuse(const YamlNode& node, const NodeReader& reader, std::string_view what,
                    std::string_view wanted) {
  return reader.errors().At(
      node.place,
      absl::StrCat(std::string(what), " takes ", std::string(wanted), ", not ", Quoted(node.text)));
}

absl::Status ReadTimeout(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckScalar(node, "schedule.timeout"));
  const auto seconds = ParseQuantity(node.text, kTimeUnits, kLongestTimeout);
  if (!seconds) {
    return Refuse(node, reader, "schedule.timeout",
                  "a whole number with s, m, h or d, as in 90m, up to 365d");
  }
  document.schedule.timeout = std::chrono::seconds(*seconds);
  return absl::OkStatus();
}

absl::Status ReadMemory(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckScalar(node, "resources.memory"));
  const auto bytes = ParseQuantity(node.text, kMemoryUnits, kLargestMemory);
  if (!bytes) {
    return Refuse(node, reader, "resources.memory",
                  "a whole number with MiB or GiB, as in 8GiB, up to 1024GiB");
  }
  document.schedule.resources.memory_bytes = *bytes;
  return absl::OkStatus();
}

// The reasons that a sweep may set a budget for.
std::vector<std::string> BudgetWords() {
  std::vector<std::string> words;
  for (const EndReason reason : AllEndReasons()) {
    if (HasRetryBudget(reason)) words.emplace_back(Name(reason));
  }
  return words;
}

absl::StatusOr<double> ReadTarget(const YamlNode& node, const NodeReader& reader,
                                  std::string_view what) {
  ADARES_RETURN_IF_ERROR(reader.CheckScalar(node, what));
  const absl::StatusOr<double> number = ParseNumber(node.text);
  if (number.ok()) return *number;
  return reader.errors().At(node.place, absl::StrCat(std::string(what), ": ", Quoted(node.text),
                                                     " ", std::string(number.status().message())));
}

absl::StatusOr<StopRule> ReadTargetRule(const YamlNode& node, const NodeReader& reader) {
  ADARES_RETURN_IF_ERROR(
      reader.CheckMap(node, "stop.rule", {"type", "metric", "below", "above", "after_epoch"}));
  StopRule rule;
  ADARES_ASSIGN_OR_RETURN(const YamlNode* metric, reader.Require(node, "stop.rule", "metric"));
  ADARES_ASSIGN_OR_RETURN(rule.metric,
                          reader.ReadWord(*metric, "stop.rule.metric", ReportedMetrics()));
  const YamlNode* const below = Find(node, "below");
  const YamlNode* const above = Find(node, "above");
  if ((below == nullptr) == (above == nullptr)) {
    return reader.errors().At(node.place, "stop.rule takes either `below` or `above`");
  }
  rule.side = below != nullptr ? StopRule::Side::kBelow : StopRule::Side::kAbove;
  ADARES_ASSIGN_OR_RETURN(
      rule.target, ReadTarget(below != nullptr ? *below : *above, reader, "stop.rule's target"));
  if (const YamlNode* epoch = Find(node, "after_epoch")) {
    ADARES_ASSIGN_OR_RETURN(rule.after_epoch,
                            reader.ReadInteger(*epoch, "stop.rule.after_epoch", 0, kLastEpoch));
  }
  return rule;
}

}  // namespace

absl::Status ReadSchedule(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(
      reader.CheckMap(node, "schedule", {"priority", "max_parallel", "order", "timeout"}));
  Schedule& schedule = document.schedule;
  if (const YamlNode* priority = Find(node, "priority")) {
    ADARES_ASSIGN_OR_RETURN(const int64_t value,
                            reader.ReadInteger(*priority, "schedule.priority", 0, kMaxPriority));
    schedule.priority = static_cast<int>(value);
  }
  if (const YamlNode* parallel = Find(node, "max_parallel")) {
    ADARES_ASSIGN_OR_RETURN(
        const int64_t value,
        reader.ReadInteger(*parallel, "schedule.max_parallel", 1, kMaxParallelLimit));
    schedule.max_parallel = static_cast<int>(value);
  }
  if (const YamlNode* order = Find(node, "order")) {
    ADARES_ASSIGN_OR_RETURN(
        const std::string word,
        reader.ReadWord(*order, "schedule.order", {"seed-major", "variant-major"}));
    schedule.order = *ParseTrialOrder(word);
  }
  if (const YamlNode* timeout = Find(node, "timeout")) {
    ADARES_RETURN_IF_ERROR(ReadTimeout(*timeout, reader, document));
  }
  return absl::OkStatus();
}

absl::Status ReadRetries(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, "retries", BudgetWords()));
  for (size_t i = 0; i < node.keys.size(); ++i) {
    ADARES_ASSIGN_OR_RETURN(
        const int64_t budget,
        reader.ReadInteger(node.children[i], absl::StrCat("retries.", node.keys[i].text), 0,
                           kMaxRetries));
    document.schedule.retries[*ParseEndReason(node.keys[i].text)] = static_cast<int>(budget);
  }
  return absl::OkStatus();
}

absl::Status ReadResources(const YamlNode& node, const NodeReader& reader,
                           SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, "resources", {"device", "memory", "labels"}));
  Resources& resources = document.schedule.resources;
  if (const YamlNode* device = Find(node, "device")) {
    ADARES_ASSIGN_OR_RETURN(resources.device,
                            reader.ReadWord(*device, "resources.device", {"cpu", "cuda"}));
  }
  if (const YamlNode* memory = Find(node, "memory")) {
    ADARES_RETURN_IF_ERROR(ReadMemory(*memory, reader, document));
  }
  if (const YamlNode* labels = Find(node, "labels")) {
    ADARES_ASSIGN_OR_RETURN(resources.labels,
                            ReadLabelMap(*labels, reader, "resources.labels", "a worker"));
  }
  return absl::OkStatus();
}

absl::Status ReadStop(const YamlNode& node, const NodeReader& reader, SweepDocument& document) {
  ADARES_RETURN_IF_ERROR(reader.CheckMap(node, "stop", {"rule"}));
  ADARES_ASSIGN_OR_RETURN(const YamlNode* rule, reader.Require(node, "stop", "rule"));
  ADARES_RETURN_IF_ERROR(reader.CheckMap(*rule, "stop.rule"));
  ADARES_ASSIGN_OR_RETURN(const YamlNode* type, reader.Require(*rule, "stop.rule", "type"));
  ADARES_ASSIGN_OR_RETURN(const std::string word,
                          reader.ReadWord(*type, "stop.rule.type", {"none", "target"}));
  if (word == "none") return reader.CheckMap(*rule, "stop.rule", {"type"});
  document.stop_place = rule->place;
  ADARES_ASSIGN_OR_RETURN(document.schedule.stop, ReadTargetRule(*rule, reader));
  return absl::OkStatus();
}

}  // namespace adares
