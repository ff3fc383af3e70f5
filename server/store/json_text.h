// The JSON that some columns hold. Private to server/store. Thread-safe: pure functions.
//
// Writing never fails: what is no UTF-8 is replaced. Reading gives DATA_LOSS where a column holds
// something else than this program writes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/sweep_spec.h"

namespace adares {

std::string ToJson(const std::map<std::string, std::string>& object);
std::string ToJson(const std::vector<std::string>& array);
std::string ToJson(const std::vector<int64_t>& array);
std::string ToJson(const std::vector<Axis>& axes);
std::string ToJson(const AxisValues& values);  // an object that keeps the order
std::string ToJson(const RetryBudgets& budgets);
std::string ToJson(const std::vector<TrialState>& states);  // an array of their words

absl::StatusOr<std::map<std::string, std::string>> StringMapFromJson(const std::string& text);
absl::StatusOr<std::vector<std::string>> StringsFromJson(const std::string& text);
absl::StatusOr<std::vector<int64_t>> IntegersFromJson(const std::string& text);
absl::StatusOr<std::vector<Axis>> AxesFromJson(const std::string& text);
absl::StatusOr<AxisValues> AxisValuesFromJson(const std::string& text);
absl::StatusOr<RetryBudgets> RetryBudgetsFromJson(const std::string& text);

}  // namespace adares
