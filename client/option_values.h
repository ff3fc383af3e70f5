// What options may be given, with messages that name it. Brings CLI11 in. Thread-safe: pure
// functions.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace adares::client {

// One of the words.
CLI::Validator OneOf(const std::vector<std::string>& words);

CLI::Validator IntegerBetween(int64_t low, int64_t high);
CLI::Validator NumberBetween(double low, double high);

}  // namespace adares::client
