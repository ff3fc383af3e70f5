// Work on the database of a state folder that no server uses: done by `adares-server`, the program
// beside our own, which alone can read it. Not thread-safe; main thread only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adares/v1/offline.pb.h"
#include "client/signals.h"

namespace adares::client {

// Runs `adares-server` with these arguments to its end, and calls `each` for the events before the
// last, which is returned: a report. The error that it prints instead is returned as it is;
// NOT_FOUND where the program is not there; CANCELLED where an interrupt came; INTERNAL with its
// last lines where it ends without a word.
absl::StatusOr<v1::OfflineEvent> RunOffline(
    const std::vector<std::string>& arguments, Signals& signals,
    const std::function<void(const v1::OfflineEvent&)>& each);

}  // namespace adares::client
