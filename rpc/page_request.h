// page_size and page_token of a list request. Thread-safe: pure functions.
#pragma once

#include <algorithm>

#include "absl/status/statusor.h"
#include "core/page.h"
#include "core/status.h"

namespace adares {

inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMaxPageSize = 1000;
// Of series, whose rows are small.
inline constexpr int kDefaultSeriesPageSize = 10'000;
inline constexpr int kMaxSeriesPageSize = 100'000;

// INVALID_ARGUMENT for a negative size; 0 means the default, too much is cut.
template <typename Request>
absl::StatusOr<Page> PageOfRequest(const Request& request, int default_size = kDefaultPageSize,
                                   int max_size = kMaxPageSize) {
  if (request.page_size() < 0) {
    return InvalidField("page_size", "must not be negative");
  }
  const int size = request.page_size() == 0 ? default_size : request.page_size();
  return Page{std::min(size, max_size), request.page_token()};
}

template <typename Request>
absl::StatusOr<Page> SeriesPageOfRequest(const Request& request) {
  return PageOfRequest(request, kDefaultSeriesPageSize, kMaxSeriesPageSize);
}

}  // namespace adares
