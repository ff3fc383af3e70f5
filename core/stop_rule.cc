#include "core/stop_rule.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/number_text.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "nlohmann/json.hpp"

namespace adares {
namespace {

constexpr char kType[] = "target";

std::string_view Word(StopRule::Side side) {
  return side == StopRule::Side::kAbove ? "above" : "below";
}

absl::Status Unreadable(std::string_view text) {
  return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                   absl::StrCat("not a stop rule: ", Quoted(text)));
}

}  // namespace

bool IsReached(const StopRule& rule, const MetricPoint& point) {
  if (point.key != rule.metric || point.epoch < rule.after_epoch) return false;
  return rule.side == StopRule::Side::kAbove ? point.value > rule.target
                                             : point.value < rule.target;
}

std::string WhyStopped(const StopRule& rule, const MetricPoint& point) {
  const std::string value =
      std::isfinite(point.value) ? FormatNumber(point.value) : absl::StrCat(point.value);
  return absl::StrCat("stopped early: ", rule.metric, " was ", value, " in epoch ", point.epoch,
                      ", ", std::string(Word(rule.side)), " ", FormatNumber(rule.target));
}

std::string ToText(const StopRule& rule) {
  const nlohmann::json json = {{"type", kType},
                               {"metric", rule.metric},
                               {std::string(Word(rule.side)), rule.target},
                               {"after_epoch", rule.after_epoch}};
  return json.dump();
}

absl::StatusOr<StopRule> ParseStopRule(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Unreadable(text);
  try {
    if (json.at("type") != kType) return Unreadable(text);
    StopRule rule;
    rule.metric = json.at("metric").get<std::string>();
    rule.side = json.contains("above") ? StopRule::Side::kAbove : StopRule::Side::kBelow;
    rule.target = json.at(std::string(Word(rule.side))).get<double>();
    const nlohmann::json& after_epoch = json.at("after_epoch");
    // Larger numbers are read as fractions, which no integer can take.
    if (!after_epoch.is_number_integer()) return Unreadable(text);
    rule.after_epoch = after_epoch.get<int64_t>();
    if (rule.after_epoch < 0) return Unreadable(text);
    return rule;
  } catch (const nlohmann::json::exception&) {
    return Unreadable(text);
  }
}

}  // namespace adares
