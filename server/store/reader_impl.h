// The inside of Reader, shared by its .cc files. Private to server/store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/reader.h"
#include "server/store/sqlite.h"

namespace adares {

struct Reader::Impl {
  explicit Impl(const std::string& path) : connection(path, Connection::Mode::kReadOnly) {}
  Connection connection;
};

// Guarded inside one read transaction, so that all that `body` reads is of one moment.
template <typename Body>
auto GuardedRead(Connection& connection, const char* what, Body&& body) -> decltype(body()) {
  return Guarded(what, [&]() -> decltype(body()) {
    const Transaction snapshot(connection, Transaction::Kind::kRead);
    return body();
  });
}

// The functions below throw SQLite::Exception.

// The row of a sweep. NOT_FOUND SWEEP_NOT_FOUND, with the nearest name there is.
absl::StatusOr<int64_t> FindSweepRow(Connection& connection, const std::string& sweep);

// The row of a trial; the sweep may be "-". NOT_FOUND TRIAL_NOT_FOUND, INVALID_ARGUMENT where "-"
// is ambiguous.
absl::StatusOr<int64_t> FindTrialRow(Connection& connection, const std::string& sweep,
                                     const std::string& trial);

// INVALID_ARGUMENT for a size out of range.
absl::Status CheckPage(const Page& page);

// The row as a list shows it.
absl::StatusOr<SweepRecord> ReadSweep(Connection& connection, int64_t row);
absl::StatusOr<TrialRecord> ReadTrial(Connection& connection, int64_t row);

// The connected workers, read when they are first asked for.
using LiveWorkers = std::optional<std::vector<WorkerRecord>>;

// Fills `pending` of a sweep that was read: those of its waiting trials that no connected worker
// could run, with the reason. Costs as much as there are groups of trials that wait; where there is
// a reason, as there are trials. `workers` serves many sweeps of one snapshot.
absl::Status ReadPending(Connection& connection, int64_t sweep_row, LiveWorkers& workers,
                         SweepRecord& sweep);

}  // namespace adares
