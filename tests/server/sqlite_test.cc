// How SQLite's errors become statuses.
#include "server/store/sqlite.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "absl/status/statusor.h"

namespace adares {
namespace {

using testing::HasSubstr;

absl::Status StatusOf(int code) {
  return Guarded("try it", [&]() -> absl::Status { throw SQLite::Exception("words", code); });
}

TEST(SqliteStatus, BusyAndLockedSayTryAgain) {
  for (const int code : {SQLITE_BUSY, SQLITE_LOCKED, SQLITE_BUSY_SNAPSHOT}) {
    EXPECT_EQ(StatusOf(code).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ErrorReason(StatusOf(code)), reason::kDatabaseBusy);
  }
}

TEST(SqliteStatus, CorruptFilesAreDataLoss) {
  for (const int code : {SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CORRUPT_INDEX}) {
    EXPECT_EQ(StatusOf(code).code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(ErrorReason(StatusOf(code)), reason::kDatabaseCorrupt);
  }
}

TEST(SqliteStatus, AFullDiskIsExhausted) {
  EXPECT_EQ(StatusOf(SQLITE_FULL).code(), absl::StatusCode::kResourceExhausted);
}

TEST(SqliteStatus, TheRestIsInternalAndSaysWhatWasTried) {
  for (const int code : {SQLITE_CONSTRAINT, SQLITE_IOERR, SQLITE_MISUSE, -1}) {
    EXPECT_EQ(StatusOf(code).code(), absl::StatusCode::kInternal);
    EXPECT_THAT(StatusOf(code).ToString(), HasSubstr("try it: words"));
  }
}

TEST(SqliteStatus, WhatDoesNotThrowPasses) {
  const auto value = Guarded("try it", []() -> absl::StatusOr<int> { return 7; });
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value, 7);
}

}  // namespace
}  // namespace adares
