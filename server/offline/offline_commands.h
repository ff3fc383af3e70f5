// The commands of adares-server that work on a state folder no server uses: `check`, `migrate` and
// `restore`. They print one OfflineEvent a line (proto/adares/v1/offline.proto), for `adares db`.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace adares {

// Adds them. What one of them does is put into `chosen` when it is parsed; it returns the exit
// status. `state_dir` is the value of --state, which is there by then.
void AddOfflineCommands(CLI::App& app, const std::string& state_dir, std::function<int()>& chosen);

}  // namespace adares
