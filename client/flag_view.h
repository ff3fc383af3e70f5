// How flags of trials are shown. Thread-safe: pure functions.
#pragma once

#include <string>
#include <vector>

#include "adares/v1/resources.pb.h"

namespace adares::client {

// A table of those that are raised, below a blank line; empty for none.
std::string FlagsText(const v1::Trial& trial, bool color);

// Flags of one kind, at least one, in one line: the first of them, with the number of the others,
// as sites often fall together.
std::string FlagText(const std::vector<v1::Flag>& flags);

}  // namespace adares::client
