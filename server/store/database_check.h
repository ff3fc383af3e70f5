// Looks whether a database is what it should be: the file, its references, its schema, and the
// rules of the domain that its rows follow. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/maintenance.h"

namespace adares {

// What a check tells and asks while it goes on, on the thread that checks. All may be empty.
struct CheckObserver {
  std::function<void(const std::string& check)> begin;
  std::function<void(const CheckResult&)> end;
  // While blobs are read; often.
  std::function<void(int64_t done_bytes, int64_t total_bytes)> progress;
  std::function<bool()> stop;  // whether to end early
};

enum class CheckDepth {
  kStructure,
  kAll,   // the domain's rules, too: takes as long as reading all points
  kDeep,  // and what is in the blobs: takes as long as reading all files of checkpoints
};

// Makes the checks, each in snapshots of its own, and only reads. A file that is damaged, or of
// another schema, is a finding and no error; checks that it makes impossible are skipped. While the
// file is in use, its log cannot begin anew during the longest of them. `artifacts` is the folder
// of the blobs that checkpoints name; where it is empty they are neither looked for nor read.
//
// NOT_FOUND DATABASE_MISSING; UNAVAILABLE DATABASE_BUSY; CANCELLED where `stop` says so.
absl::Status CheckDatabase(const std::string& path, CheckDepth depth, const CheckObserver& observer,
                           const std::string& artifacts = "");

// Makes the checks of the structure. DATA_LOSS DATABASE_CORRUPT with the first finding, or
// FAILED_PRECONDITION SCHEMA_MISMATCH.
absl::Status CheckStructure(const std::string& path, const std::function<bool()>& stop = {});

// How much a database of any schema of adares holds. Errors are those of reading it.
struct DatabaseContents {
  int64_t sweeps = 0;
  int64_t trials = 0;
};
absl::StatusOr<DatabaseContents> ContentsOf(const std::string& path);

}  // namespace adares
