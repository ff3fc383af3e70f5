// `adares db`, `server` and `doctor` against a scripted coordinator: what is asked, what is told,
// and what is left when the answers break off.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>

#include "core/sha256.h"
#include "core/status.h"
#include "nlohmann/json.hpp"
#include "tests/client/command_fixture.h"
#include "tests/fixtures/await.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class DbCommandTest : public CommandFixture {
 protected:
  static Script BackupOf(const std::string& bytes, const std::string& sha256) {
    Script script;
    script.backup.resize(4);
    script.backup[0].mutable_progress()->set_phase(v1::BackupProgress::PHASE_COPYING);
    script.backup[1].mutable_header()->set_bytes(static_cast<int64_t>(bytes.size()));
    script.backup[1].mutable_header()->set_schema_version(3);
    script.backup[2].set_chunk(bytes);
    script.backup[3].mutable_end()->set_sha256(sha256);
    return script;
  }

  void ExpectNoBackup() const {
    EXPECT_FALSE(fs::exists(dest_));
    EXPECT_FALSE(fs::exists(dest_ + ".partial"));
  }

  const std::string dest_ = folder_ / "backup.db";
};

TEST_F(DbCommandTest, ABackupThatIsWholeGetsItsName) {
  Serve(BackupOf("abc", Sha256Hex("abc")));
  const auto result = Run({"db", "backup", dest_, "-o", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(fixtures::ReadTextFile(dest_), "abc");
  const json document = json::parse(result.out, nullptr, false);
  EXPECT_EQ(document["path"], dest_);
  EXPECT_EQ(document["schemaVersion"], 3);
}

TEST_F(DbCommandTest, ABackupOfOtherBytesIsNone) {
  Serve(BackupOf("abc", Sha256Hex("abd")));
  const auto result = Run({"db", "backup", dest_});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("what arrived is not what the coordinator sent"));
  ExpectNoBackup();
}

TEST_F(DbCommandTest, ABackupIntoNoFolderIsAWrongArgument) {
  Serve(BackupOf("abc", Sha256Hex("abc")));
  const auto result = Run({"db", "backup", folder_ / "none/backup.db"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr(": there is no folder " + (folder_ / "none") + "\nhint: "));
  EXPECT_EQ(Request("BackupDatabase"), "(never called)");
}

TEST_F(DbCommandTest, ABackupThatEndsInItsMiddleIsNone) {
  Script script = BackupOf("abc", Sha256Hex("abc"));
  script.backup.pop_back();
  Serve(std::move(script));
  EXPECT_EQ(Run({"db", "backup", dest_}).exit_code, 1);
  ExpectNoBackup();
}

TEST_F(DbCommandTest, AnInterruptEndsABackup) {
  Script script = BackupOf("abc", Sha256Hex("abc"));
  script.held = {"BackupDatabase"};
  Serve(std::move(script));
  Program program(Options({"db", "backup", dest_}));
  ASSERT_TRUE(program.Says("receiving"));
  program.Signal(SIGINT);
  EXPECT_EQ(program.Finish().exit_code, 130);
  ExpectNoBackup();
}

TEST_F(DbCommandTest, TheServersRefusalIsTold) {
  Script script;
  script.errors["BackupDatabase"] = MakeError(absl::StatusCode::kResourceExhausted,
                                              reason::kDatabaseFull, "a backup needs 9 MiB");
  Serve(std::move(script));
  const auto result = Run({"db", "backup", dest_});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("error: a backup needs 9 MiB\nhint: free space"));
  ExpectNoBackup();
}

TEST_F(DbCommandTest, PruningAsksForAnAge) {
  Script script;
  script.pruned.emplace_back().mutable_counts()->set_log_lines(5);
  Serve(std::move(script));
  const auto result = Run({"db", "prune", "--older-than", "30d", "-n"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Request("PruneDatabase"), "older_than { seconds: 2592000 } validate_only: true");
  EXPECT_EQ(Run({"db", "prune"}).exit_code, 2);
  EXPECT_EQ(Run({"db", "prune", "--older-than", "-3d"}).exit_code, 2);
}

TEST_F(DbCommandTest, FindingsAreAnExitCodeOfTheirOwn) {
  Script script;
  script.checks.emplace_back().set_check("integrity");
  script.checks.back().set_outcome(v1::CheckResult::OUTCOME_FAILED);
  Serve(std::move(script));
  EXPECT_EQ(Run({"db", "check"}).exit_code, 9);
}

TEST_F(DbCommandTest, WhatNoBackupBringsBackIsNotAskedOfOne) {
  Script script;
  script.checks.emplace_back().set_check("integrity");
  script.checks.back().set_outcome(v1::CheckResult::OUTCOME_PASSED);
  script.checks.emplace_back().set_check("blobs");
  script.checks.back().set_outcome(v1::CheckResult::OUTCOME_FAILED);
  Serve(std::move(script));
  const auto result = Run({"db", "check"});
  EXPECT_EQ(result.exit_code, 9);
  EXPECT_THAT(result.err, HasSubstr("the database is sound, and files of checkpoints"));
  EXPECT_THAT(result.err, testing::Not(HasSubstr("db restore")));
}

TEST_F(DbCommandTest, ADeepCheckIsAskedFor) {
  Serve({});
  EXPECT_EQ(Run({"db", "check"}).exit_code, 0);
  EXPECT_EQ(Run({"db", "check", "--deep"}).exit_code, 0);
  EXPECT_THAT(coordinator_->requests(), ElementsAre("CheckDatabase ", "CheckDatabase deep: true"));
}

TEST_F(DbCommandTest, WorkOnAFolderNeedsTheServersProgram) {
  fs::create_directory(folder_ / "bin");
  fs::copy_file(ADARES_PROGRAM, folder_ / "bin/adares");
  const auto alone =
      Program(Isolated(folder_ / "bin/adares", {"db", "check", "--state", folder_.path()}))
          .Finish();
  EXPECT_EQ(alone.exit_code, 3);
  EXPECT_THAT(alone.err, HasSubstr("hint: work on a folder is done by adares-server"));
  fixtures::WriteTextFile(folder_ / "bin/adares-server",
                          "#!/bin/sh\necho 'no such library' >&2\nexit 127\n");
  fs::permissions(folder_ / "bin/adares-server", fs::perms::owner_all);
  const auto broken =
      Program(Isolated(folder_ / "bin/adares", {"db", "check", "--state", folder_.path()}))
          .Finish();
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_THAT(broken.err, HasSubstr("adares-server ended with exit code 127: no such library"));
}

TEST_F(DbCommandTest, AServerThatIsNotHealthyIsAnExitCode) {
  Script script;
  script.health.set_loop_moving(true);
  script.health.set_last_commit_succeeded(false);
  Serve(std::move(script));
  const auto result = Run({"server", "health"});
  EXPECT_EQ(result.exit_code, 9);
  EXPECT_THAT(result.out, HasSubstr("Commits:     fail\n"));
}

TEST_F(DbCommandTest, TheDoctorLooksAtATrainer) {
  Serve({});
  const std::string trainer = folder_ / "trainer";
  const auto verdict = [&](const std::string& text) {
    fixtures::WriteTextFile(trainer, text);
    fs::permissions(trainer, fs::perms::owner_all);
    const auto result = Run({"doctor", "--trainer", trainer, "-o", "json"});
    for (const json& diagnosis : json::parse(result.out, nullptr, false)) {
      if (diagnosis["check"] == "trainer") return diagnosis;
    }
    return json();
  };
  EXPECT_EQ(verdict("#!/bin/sh\necho adares-trainer 1.2.3\n")["what"], "adares-trainer 1.2.3");
  const json broken = verdict("#!/bin/sh\necho libtorch.so: not found >&2\nexit 127\n");
  EXPECT_EQ(broken["result"], "error");
  EXPECT_THAT(broken["what"].get<std::string>(), HasSubstr("libtorch.so: not found"));
}

TEST_F(DbCommandTest, AnInterruptEndsTheDoctor) {
  Serve({});
  mkfifo((folder_ / "fifo").c_str(), 0600);
  const std::string trainer = folder_ / "trainer";
  fixtures::WriteTextFile(trainer, "#!/bin/sh\ntouch " + (folder_ / "begun") + "\nread x <" +
                                       (folder_ / "fifo") + "\n");
  fs::permissions(trainer, fs::perms::owner_all);
  Program program(Options({"doctor", "--trainer", trainer}));
  ASSERT_TRUE(fixtures::Await([this] { return fs::exists(folder_ / "begun"); }));
  program.Signal(SIGINT);
  EXPECT_EQ(program.Finish().exit_code, 130);
}

}  // namespace
}  // namespace adares::client
