// Reader: workers.
#include <algorithm>

#include "core/status.h"
#include "server/store/page_token.h"
#include "server/store/reader.h"
#include "server/store/reader_impl.h"
#include "server/store/record_bytes.h"
#include "server/store/worker_rows.h"

namespace adares {
namespace {

constexpr char kList[] = "workers";

// As a page may hold.
size_t HowManyFit(const std::vector<WorkerRecord>& workers) {
  size_t fit = 0;
  for (int64_t bytes = 0; fit < workers.size() && bytes < kBytesOfPage; ++fit) {
    bytes += BytesOf(workers[fit]);
  }
  return fit;
}

}  // namespace

absl::StatusOr<PageOf<WorkerRecord>> Reader::ListWorkers(const Page& page) {
  const auto body = [&]() -> absl::StatusOr<PageOf<WorkerRecord>> {
    ADARES_RETURN_IF_ERROR(CheckPage(page));
    std::string after;
    if (!page.token.empty()) {
      ADARES_ASSIGN_OR_RETURN(after, PageTokenKey(kList, page.token));
    }
    PageOf<WorkerRecord> result;
    ADARES_ASSIGN_OR_RETURN(result.items, ReadWorkers(impl_->connection, after, page.size + 1));
    const size_t fit = std::min(static_cast<size_t>(page.size), HowManyFit(result.items));
    if (result.items.size() > fit) {
      result.items.resize(fit);
      result.next_token = MakePageToken(kList, result.items.back().name);
    }
    return result;
  };
  return GuardedRead(impl_->connection, "list workers", body);
}

}  // namespace adares
