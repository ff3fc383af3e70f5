// A state folder with a database in it that no server uses, and a backup of it.
#pragma once

#include <gmock/gmock.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "core/status.h"
#include "server/offline/offline_work.h"
#include "server/store/database_check.h"
#include "server/store/database_copy.h"
#include "server/store/migrator.h"
#include "tests/server/store_fixture.h"

namespace adares {

// Another program that has read a database and has it open still: a forgotten shell.
class ForgottenShell {
 public:
  explicit ForgottenShell(const std::string& database) {
    int ready[2];
    if (pipe(ready) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Hold(database, ready[1]);
    }
    close(ready[1]);
    char byte = 0;
    EXPECT_EQ(read(ready[0], &byte, 1), 1) << "it has read";
    close(ready[0]);
  }
  ~ForgottenShell() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  ForgottenShell(const ForgottenShell&) = delete;
  ForgottenShell& operator=(const ForgottenShell&) = delete;

  pid_t pid() const { return pid_; }

 private:
  [[noreturn]] static void Hold(const std::string& path, int ready) {
    SQLite::Database database(path, SQLite::OPEN_READWRITE, 10'000);
    database.execAndGet("SELECT count(*) FROM sqlite_schema");
    if (write(ready, "x", 1) != 1) _exit(1);
    for (;;) pause();
  }

  pid_t pid_ = -1;
};

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

  // The database becomes that of a server that was killed: its sweep-d is in its log alone.
  void LeaveLog() const {
    const std::string other = folder_ / "other.db";
    MakeDatabase(other, "sweep-c");
    auto killed = Store::Open(other, At(0));
    ADARES_ASSERT_OK((*killed)->Begin());
    ADARES_ASSERT_OK((*killed)->InsertSweep(MakePlan({.name = "sweep-d"}), "text", At(0)).status());
    ADARES_ASSERT_OK((*killed)->Commit());
    std::filesystem::copy(other, database_, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy(other + "-wal", database_ + "-wal");
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
