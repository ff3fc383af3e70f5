// JSON columns by nlohmann-json.
#include "server/store/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

template <typename Value>
std::string Dump(const Value& value) {
  return value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

// Parses `text` and hands it to `convert`, which may throw nlohmann's exceptions.
template <typename Value, typename Convert>
auto Parse(const std::string& text, Convert convert) -> absl::StatusOr<decltype(convert(Value()))> {
  try {
    return convert(Value::parse(text));
  } catch (const typename Value::exception& error) {
    return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                     absl::StrCat("a column of JSON holds something else: ", error.what()));
  }
}

}  // namespace

std::string ToJson(const std::map<std::string, std::string>& object) {
  return Dump(Json(Json::object_t(object.begin(), object.end())));
}

std::string ToJson(const std::vector<std::string>& array) {
  return Dump(Json(Json::array_t(array.begin(), array.end())));
}

std::string ToJson(const std::vector<int64_t>& array) {
  return Dump(Json(Json::array_t(array.begin(), array.end())));
}

std::string ToJson(const std::vector<Axis>& axes) {
  Json array = Json::array();
  for (const Axis& axis : axes) {
    array.push_back({{"name", axis.name}, {"path", axis.path}, {"values", axis.values}});
  }
  return Dump(array);
}

std::string ToJson(const AxisValues& values) {
  OrderedJson object = OrderedJson::object();
  for (const auto& [axis, value] : values) object[axis] = value;
  return Dump(object);
}

std::string ToJson(const RetryBudgets& budgets) {
  Json object = Json::object();
  for (const auto& [reason, budget] : budgets) object[std::string(Name(reason))] = budget;
  return Dump(object);
}

std::string ToJson(const std::vector<TrialState>& states) {
  Json array = Json::array();
  for (const TrialState state : states) array.push_back(std::string(Name(state)));
  return Dump(array);
}

absl::StatusOr<std::map<std::string, std::string>> StringMapFromJson(const std::string& text) {
  return Parse<Json>(
      text, [](const Json& json) { return json.get<std::map<std::string, std::string>>(); });
}

absl::StatusOr<std::vector<std::string>> StringsFromJson(const std::string& text) {
  return Parse<Json>(text, [](const Json& json) { return json.get<std::vector<std::string>>(); });
}

absl::StatusOr<std::vector<int64_t>> IntegersFromJson(const std::string& text) {
  return Parse<Json>(text, [](const Json& json) {
    // Fractions pass for integers, and numbers too large for those are read as fractions.
    const auto is_integer = [](const Json& item) { return item.is_number_integer(); };
    const bool are_integers = std::all_of(json.begin(), json.end(), is_integer);
    return (are_integers ? json : Json())
        .get<std::vector<int64_t>>();  // throws for what is no list
  });
}

absl::StatusOr<std::vector<Axis>> AxesFromJson(const std::string& text) {
  return Parse<Json>(text, [](const Json& json) {
    std::vector<Axis> axes;
    for (const Json& entry : json) {
      axes.push_back({entry.at("name").get<std::string>(), entry.at("path").get<std::string>(),
                      entry.at("values").get<std::vector<std::string>>()});
    }
    return axes;
  });
}

absl::StatusOr<AxisValues> AxisValuesFromJson(const std::string& text) {
  return Parse<OrderedJson>(text, [](const OrderedJson& json) {
    AxisValues values;
    for (const auto& [axis, value] : json.items()) {
      values.emplace_back(axis, value.get<std::string>());
    }
    return values;
  });
}

absl::StatusOr<RetryBudgets> RetryBudgetsFromJson(const std::string& text) {
  return Parse<Json>(text, [](const Json& json) {
    RetryBudgets budgets;
    for (const auto& [word, budget] : json.items()) {
      // A reason that a newer version knows has no say here.
      if (const auto reason = ParseEndReason(word)) budgets[*reason] = budget.get<int>();
    }
    return budgets;
  });
}

}  // namespace adares
