// Which addresses a server may listen on. Calls are neither encrypted nor authenticated, so
// anything that other machines reach needs the operator's word.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace adares {

// INVALID_ARGUMENT for a malformed address; FAILED_PRECONDITION for one that other machines reach
// unless `insecure`. `option` is what the operator gave it with, --listen or --http.
absl::Status CheckListenAddress(const std::string& option, const std::string& address,
                                bool insecure);

// UNAVAILABLE where a server could not listen on this well-formed address at present: it is in use,
// not of this machine, not allowed, or in a folder that is not there. Holds it for a moment, and
// leaves nothing; so it is known before a state folder is made.
absl::Status CheckCanListen(const std::string& option, const std::string& address);

}  // namespace adares
