// What is done to the database of a state folder that no server uses: checks, restores, migrations.
// Each holds the folder's lock meanwhile, and works on a copy, so that whatever becomes of the
// process the database is either as it was or as it should be.
//
// Blocking, and not thread-safe for one folder.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adares/v1/offline.pb.h"
#include "core/timestamp.h"
#include "server/state_folder.h"

namespace adares {

// Gets what is told while it goes on.
using EventSink = std::function<void(const v1::OfflineEvent&)>;

// The lock of a folder that must be there. NOT_FOUND DATABASE_MISSING where it is not, or holds no
// database while `needs_database`; FAILED_PRECONDITION STATE_FOLDER_IN_USE.
absl::StatusOr<std::unique_ptr<StateFolder>> LockFolder(const std::string& state_dir,
                                                        bool needs_database);

struct CheckRequest {
  std::string state_dir;
  bool deep = false;  // reads the files of checkpoints, too
};

// Makes all checks (server/store/database_check.h). What is found is told and no error.
absl::StatusOr<v1::CheckReport> CheckOffline(const CheckRequest& request, const EventSink& sink);

struct RestoreRequest {
  std::string source;     // the file
  std::string state_dir;  // made if missing
  bool replace = false;   // whether a database that is there may be replaced; it is kept beside it
};

// Puts the database that `source` holds into the state folder. What is found by the checks of rows
// is told and does not hinder it.
//
// NOT_FOUND DATABASE_MISSING no such file; FAILED_PRECONDITION STATE_FOLDER_IN_USE, or
// SCHEMA_MISMATCH where a newer adares wrote it or it is none of adares'; ALREADY_EXISTS
// DATABASE_EXISTS unless `replace`; DATA_LOSS DATABASE_CORRUPT; RESOURCE_EXHAUSTED DATABASE_FULL;
// UNAVAILABLE DATABASE_BUSY where another program has the database open that is replaced.
absl::StatusOr<v1::RestoreReport> RestoreOffline(const RestoreRequest& request, Timestamp now,
                                                 const EventSink& sink);

struct MigrationRequest {
  std::string state_dir;
  bool dry_run = false;  // only on the copy
};

// Applies the migrations that the database lacks, to a copy that is checked and then takes its
// place; the database as it was is kept beside it.
//
// NOT_FOUND DATABASE_MISSING; FAILED_PRECONDITION STATE_FOLDER_IN_USE, SCHEMA_MISMATCH; DATA_LOSS
// DATABASE_CORRUPT; RESOURCE_EXHAUSTED DATABASE_FULL; UNAVAILABLE DATABASE_BUSY where another
// program has the database open; INTERNAL where a migration fails.
absl::StatusOr<v1::MigrationReport> MigrateOffline(const MigrationRequest& request, Timestamp now,
                                                   const EventSink& sink);

}  // namespace adares
