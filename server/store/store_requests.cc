// Store: answers to requests that may come again.
#include "server/store/store.h"
#include "server/store/store_impl.h"

namespace adares {
namespace {

constexpr char kFind[] = "SELECT method, digest, response FROM request WHERE id = ?";

constexpr char kRecord[] = R"sql(
INSERT INTO request (id, method, digest, response, created_at) VALUES (?, ?, ?, ?, ?))sql";

constexpr char kForget[] = R"sql(
DELETE FROM request WHERE id IN (
  SELECT id FROM request WHERE created_at < ? ORDER BY created_at LIMIT ?))sql";

}  // namespace

absl::StatusOr<std::optional<RequestRecord>> Store::FindRequest(const std::string& id) {
  return Guarded("find a request", [&]() -> absl::StatusOr<std::optional<RequestRecord>> {
    Query query(impl_->connection.Prepare(kFind));
    if (!query.Bind(id).Step()) return std::nullopt;
    return RequestRecord{query.Text(0), query.Text(1), query.Text(2)};
  });
}

absl::Status Store::RecordRequest(const std::string& id, const RequestRecord& record,
                                  Timestamp now) {
  return GuardedWrite(impl_->connection, "record a request", [&] {
    Query(impl_->connection.Prepare(kRecord))
        .Bind(id)
        .Bind(record.method)
        .Bind(record.digest)
        .Bind(record.response)
        .Bind(now)
        .Run();
    return absl::OkStatus();
  });
}

absl::StatusOr<int64_t> Store::ForgetRequests(Timestamp before, int limit) {
  return GuardedWrite(impl_->connection, "forget requests", [&]() -> absl::StatusOr<int64_t> {
    return Query(impl_->connection.Prepare(kForget)).Bind(before).Bind(limit).Run();
  });
}

}  // namespace adares
