// Errors of the command line itself.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace adares::client {

// INVALID_ARGUMENT for a parser's complaint, with the nearest command or option as the hint where
// one of `arguments` looks misspelt, else with where to read on.
absl::Status UsageProblem(const CLI::App& app, const std::string& complaint,
                          const std::vector<std::string>& arguments);

}  // namespace adares::client
