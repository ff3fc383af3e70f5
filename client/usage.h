// Errors of the command line itself.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace adares::client {

// INVALID_ARGUMENT for a parser's complaint about `arguments`: names the first command or option
// that there is not, with the nearest one as the hint; else repeats the complaint and says where to
// read on.
absl::Status UsageProblem(const CLI::App& app, const std::string& complaint,
                          const std::vector<std::string>& arguments);

// The command that was parsed, as it is typed: `adares trial list`.
std::string ChosenCommand(const CLI::App& app);

}  // namespace adares::client
