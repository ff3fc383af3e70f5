// A state folder with a database in it that no server uses, and a backup of it.
#pragma once

#include <gmock/gmock.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/status.h"
#include "server/offline/offline_work.h"
#include "server/store/database_check.h"
#include "server/store/database_copy.h"
#include "server/store/migrator.h"
#include "tests/server/store_fixture.h"

namespace adares {

class OfflineTest : public testing::Test {
 protected:
  OfflineTest() {
    std::filesystem::create_directory(state_);
    MakeDatabase(database_, "sweep-a");
  }

  // A database with one sweep, closed.
  static void MakeDatabase(const std::string& path, const std::string& sweep) {
    auto store = Store::Open(path, At(0));
    ADARES_ASSERT_OK(store.status());
    ADARES_ASSERT_OK((*store)->Begin());
    ADARES_ASSERT_OK((*store)->InsertSweep(MakePlan({.name = sweep}), "text", At(0)).status());
    ADARES_ASSERT_OK((*store)->Commit());
  }

  static void Execute(const std::string& path, const std::string& sql) {
    SQLite::Database(path, SQLite::OPEN_READWRITE, 10'000).exec(sql);
  }
  static std::string Text(const std::string& path, const std::string& sql) {
    return SQLite::Database(path, SQLite::OPEN_READONLY, 10'000).execAndGet(sql).getString();
  }

  // Names in the state folder, but the lock's.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(state_)) {
      if (entry.path().filename() != "server.lock") names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  EventSink Keep() {
    return [this](const v1::OfflineEvent& event) { events_.push_back(event); };
  }

  fixtures::TempFolder folder_;
  const std::string state_ = folder_ / "state";
  const std::string database_ = state_ + "/adares.db";
  std::vector<v1::OfflineEvent> events_;
};

}  // namespace adares
