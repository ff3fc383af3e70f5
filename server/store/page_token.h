// Page tokens: where the next page of a list begins, opaque and URL-safe. A token belongs to one
// list; another list refuses it. Thread-safe: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace adares {

// `list` names the list and its parent: "trials of my-sweep". `key` is the last row's key.
std::string MakePageToken(std::string_view list, std::string_view key);

// What a token that cannot be used is answered with.
absl::Status InvalidPageToken();

// The key in `token`; INVALID_ARGUMENT PAGE_TOKEN_INVALID for what MakePageToken(list, ...) did not
// make.
absl::StatusOr<std::string> PageTokenKey(std::string_view list, const std::string& token);

// The same for keys that are numbers.
absl::StatusOr<int64_t> PageTokenNumber(std::string_view list, const std::string& token);

}  // namespace adares
