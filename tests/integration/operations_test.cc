// `adares db`, `adares server` and `adares doctor` with the real programs, which are killed in the
// middle: whatever happens, a file with the name of a backup is a whole backup, and a state folder
// holds a whole database.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>

#include "nlohmann/json.hpp"
#include "rpc/channel.h"
#include "tests/fixtures/await.h"
#include "tests/fixtures/program.h"
#include "tests/integration/admin_fixture.h"

namespace adares {
namespace {

namespace fs = std::filesystem;
using fixtures::Await;
using fixtures::Program;
using fixtures::ProgramResult;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// The server is a process of its own.
class OperationsTest : public AdminTest {
 protected:
  void SetUp() override { StartProgram(); }
  void TearDown() override { program_.reset(); }

  Program::Options Options(const std::string& path, std::vector<std::string> arguments) {
    Program::Options options = {.path = path,
                                .arguments = std::move(arguments),
                                .log = folder_ / ("program-" + std::to_string(++programs_))};
    options.environment["ADARES_SERVER"] = config_.listen;
    return options;
  }

  void StartProgram(const std::vector<std::string>& more = {}) {
    auto options = Options(ADARES_SERVER_PROGRAM,
                           {"--state", state_, "--listen", config_.listen, "--http", "none"});
    options.arguments.insert(options.arguments.end(), more.begin(), more.end());
    program_ = std::make_unique<Program>(std::move(options));
    channel_ = MakeChannel(config_.listen);
    ADARES_ASSERT_OK(Health());  // waits for it
  }
  void StopProgram() {
    program_->Signal(SIGTERM);
    ASSERT_EQ(program_->AwaitEnd(), fixtures::ProgramEnd{});
  }

  std::unique_ptr<Program> Begin(std::vector<std::string> arguments) {
    return std::make_unique<Program>(Options(ADARES_PROGRAM, std::move(arguments)));
  }
  ProgramResult Adares(std::vector<std::string> arguments) {
    return Begin(std::move(arguments))->Finish();
  }
  // With the limit of files' sizes that a shell gives.
  ProgramResult AdaresOnSmallDisk(const std::string& arguments) {
    const std::string command =
        std::string("trap '' XFSZ; ulimit -f 64; exec ") + ADARES_PROGRAM + " " + arguments;
    return Program(Options("/bin/sh", {"-c", command})).Finish();
  }

  int64_t SweepsIn(const std::string& path) const {
    return fixtures::Database(path).Number("SELECT count(*) FROM sweep");
  }

  const std::string backup_ = folder_ / "backup.db";
  std::unique_ptr<Program> program_;
  int programs_ = 0;
};

TEST_F(OperationsTest, ABackupIsMadeRestoredAndServed) {
  MakeHistory();
  const std::multiset<std::string> results = database_.Rows("SELECT * FROM v1_metrics");
  const ProgramResult made = Adares({"db", "backup", backup_});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, testing::StartsWith(backup_ + ": "));
  EXPECT_THAT(made.err, HasSubstr("copying\nverifying the copy\nreceiving\n"));
  Create({.name = "later", .granularities = {"none"}, .seeds = {0}});
  StopProgram();
  EXPECT_EQ(Adares({"db", "restore", backup_, "--state", state_}).exit_code, 5);
  EXPECT_EQ(SweepsIn(state_ + "/adares.db"), 2);
  const ProgramResult restored = Adares({"db", "restore", backup_, "--state", state_, "--yes"});
  EXPECT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_THAT(restored.out, HasSubstr(state_ + ": 1 sweep, 2 trials"));
  EXPECT_THAT(restored.out, HasSubstr("is kept as " + state_ + "/adares.db.replaced-"));
  StartProgram();
  EXPECT_EQ(database_.Rows("SELECT * FROM v1_metrics"), results);
  EXPECT_EQ(Adares({"db", "check"}).exit_code, 0);
}

TEST_F(OperationsTest, ABackupNeverReplacesAFile) {
  fixtures::WriteTextFile(backup_, "precious");
  const ProgramResult refused = Adares({"db", "backup", backup_});
  EXPECT_EQ(refused.exit_code, 5);
  EXPECT_THAT(refused.err, HasSubstr(backup_ + " exists already\nhint: "));
  EXPECT_EQ(fixtures::ReadTextFile(backup_), "precious");
  EXPECT_EQ(Adares({"db", "backup", folder_.path()}).exit_code, 5);
}

TEST_F(OperationsTest, AServerThatIsKilledInABackupLeavesNoFileOfItsName) {
  AddBallast(200'000'000);
  const auto client = Begin({"db", "backup", backup_});
  ASSERT_TRUE(Await([this] { return fs::exists(state_ + "/adares.db.copy"); }));
  program_->Kill();
  EXPECT_TRUE(fs::exists(state_ + "/adares.db.copy")) << "the copy was done already";
  const ProgramResult result = client->Finish();
  EXPECT_EQ(result.exit_code, 6) << result.err;
  EXPECT_FALSE(fs::exists(backup_));
  EXPECT_FALSE(fs::exists(backup_ + ".partial"));
  StartProgram();
  EXPECT_FALSE(fs::exists(state_ + "/adares.db.copy"));
  EXPECT_EQ(Adares({"db", "backup", backup_}).exit_code, 0);
}

TEST_F(OperationsTest, AClientThatIsKilledInABackupLeavesNoFileOfItsName) {
  AddBallast(200'000'000);
  const auto client = Begin({"db", "backup", backup_});
  ASSERT_TRUE(Await([this] {
    std::error_code error;
    return fs::file_size(backup_ + ".partial", error) > 0 && !error;
  }));
  client->Kill();
  EXPECT_FALSE(fs::exists(backup_)) << "the backup was done already";
  // What is left over is no hindrance.
  EXPECT_EQ(Adares({"db", "backup", backup_}).exit_code, 0);
  EXPECT_FALSE(fs::exists(backup_ + ".partial"));
}

TEST_F(OperationsTest, AnInterruptedBackupLeavesNothing) {
  AddBallast(200'000'000);
  const auto client = Begin({"db", "backup", backup_});
  ASSERT_TRUE(client->Says("copying"));
  client->Signal(SIGINT);
  EXPECT_EQ(client->Finish().exit_code, 130);
  EXPECT_FALSE(fs::exists(backup_));
  EXPECT_FALSE(fs::exists(backup_ + ".partial"));
}

TEST_F(OperationsTest, AFullDiskLeavesNothing) {
  const ProgramResult result = AdaresOnSmallDisk("db backup " + backup_);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot write " + backup_ + ".partial"));
  EXPECT_FALSE(fs::exists(backup_));
  EXPECT_FALSE(fs::exists(backup_ + ".partial"));
  EXPECT_EQ(Adares({"db", "backup", backup_}).exit_code, 0);
}

TEST_F(OperationsTest, PlantedDamageIsFoundThroughTheServerAndWithoutIt) {
  MakeHistory();
  database_.Execute("UPDATE metric_summary SET count = 99");
  const ProgramResult online = Adares({"db", "check"});
  EXPECT_EQ(online.exit_code, 9) << online.err;
  EXPECT_THAT(online.out, HasSubstr("summaries            failed         1"));
  EXPECT_THAT(online.out, HasSubstr("the summary of loss says 99 points"));
  EXPECT_EQ(Adares({"db", "check", "--state", state_}).exit_code, 5) << "the server runs";
  StopProgram();
  const ProgramResult offline = Adares({"db", "check", "--state", state_});
  EXPECT_EQ(offline.exit_code, 9) << offline.err;
  EXPECT_EQ(offline.out, online.out);
  const json document =
      json::parse(Adares({"db", "check", "--state", state_, "-o", "json"}).out, nullptr, false);
  std::vector<std::string> failed;
  for (const json& check : document) {
    if (check["outcome"] == "OUTCOME_FAILED") failed.push_back(check["check"]);
  }
  EXPECT_EQ(failed, (std::vector<std::string>{"summaries"}));
}

TEST_F(OperationsTest, ADeepCheckReadsTheFilesOfCheckpoints) {
  const std::string blob = Sha256Hex("content");
  fixtures::WriteTextFile(state_ + "/artifacts/" + blob.substr(0, 2) + "/" + blob, "contend");
  EXPECT_EQ(Adares({"db", "check"}).exit_code, 0);
  const ProgramResult online = Adares({"db", "check", "--deep"});
  EXPECT_EQ(online.exit_code, 9) << online.err;
  EXPECT_THAT(online.err, HasSubstr("checking blob-contents\n"));
  EXPECT_THAT(online.out, HasSubstr("the blob " + blob + ", which no checkpoint names, has the"));
  StopProgram();
  EXPECT_EQ(Adares({"db", "check", "--state", state_}).exit_code, 0);
  const ProgramResult offline = Adares({"db", "check", "--deep", "--state", state_});
  EXPECT_EQ(offline.exit_code, 9) << offline.err;
  EXPECT_EQ(offline.out, online.out);
}

TEST_F(OperationsTest, AnInterruptEndsADeepCheck) {
  const std::string blob = Sha256Hex("content");
  const std::string path = state_ + "/artifacts/" + blob.substr(0, 2) + "/" + blob;
  fixtures::WriteTextFile(path, "");
  fs::resize_file(path, int64_t{1} << 40);  // a hole, which takes minutes to read all the same
  const auto client = Begin({"db", "check", "--deep"});
  ASSERT_TRUE(client->Says("checking blob-contents"));
  client->Signal(SIGINT);
  EXPECT_EQ(client->Finish().exit_code, 130);
  EXPECT_EQ(Adares({"db", "check"}).exit_code, 0) << "its thread is free for the next";
}

TEST_F(OperationsTest, WhatIsNoBackupIsNotRestored) {
  StopProgram();
  const std::string before = fixtures::ReadTextFile(state_ + "/adares.db");
  fixtures::WriteTextFile(backup_, std::string(100'000, 'x'));
  const ProgramResult damaged = Adares({"db", "restore", backup_, "--state", state_, "--yes"});
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_THAT(damaged.err, HasSubstr("not a database"));
  EXPECT_EQ(Adares({"db", "restore", folder_ / "none", "--state", state_}).exit_code, 3);
  EXPECT_TRUE(fixtures::ReadTextFile(state_ + "/adares.db") == before);
}

TEST_F(OperationsTest, ANewerSchemaIsNeitherRestoredNorMigrated) {
  ASSERT_EQ(Adares({"db", "backup", backup_}).exit_code, 0);
  StopProgram();
  fixtures::Database(backup_).Execute("INSERT INTO schema_migration VALUES (999, 'x', 'x', 0)");
  const ProgramResult refused = Adares({"db", "restore", backup_, "--state", state_, "--yes"});
  EXPECT_EQ(refused.exit_code, 5);
  EXPECT_THAT(refused.err, HasSubstr("the file has schema 999"));
  database_.Execute("INSERT INTO schema_migration VALUES (999, 'x', 'x', 0)");
  EXPECT_EQ(Adares({"db", "migrate", "--state", state_}).exit_code, 5);
}

TEST_F(OperationsTest, ARestoreThatIsKilledLeavesAWholeDatabase) {
  MakeHistory();
  AddBallast(200'000'000);
  ASSERT_EQ(Adares({"db", "backup", backup_}).exit_code, 0);
  StopProgram();
  Program restore(Options(ADARES_SERVER_PROGRAM, {"restore", backup_, "--state", state_, "--yes"}));
  ASSERT_TRUE(Await([this] { return fs::exists(state_ + "/adares.db.copy"); }));
  restore.Kill();
  const ProgramResult checked = Adares({"db", "check", "--state", state_});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  StartProgram();
  EXPECT_FALSE(fs::exists(state_ + "/adares.db.copy"));
}

TEST_F(OperationsTest, ACurrentSchemaNeedsNoMigration) {
  StopProgram();
  const ProgramResult result = Adares({"db", "migrate", "--dry-run", "--state", state_});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("nothing to do"));
}

TEST_F(OperationsTest, PruningSaysWhatItWouldDeleteAndWhatItHasDeleted) {
  MakeHistory();
  const ProgramResult dry = Adares({"db", "prune", "--older-than", "0s", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("log lines                   4\n"));
  EXPECT_THAT(dry.err, HasSubstr("this would be deleted; nothing was"));
  EXPECT_EQ(Adares({"db", "prune", "--older-than", "0s"}).out, dry.out);
  EXPECT_THAT(Adares({"db", "prune", "--older-than", "0s", "-o", "csv"}).out,
              HasSubstr("0,0,0,0,0\r\n"));
  EXPECT_EQ(Adares({"db", "prune", "--older-than", "soon"}).exit_code, 2);
}

TEST_F(OperationsTest, InfoAndHealthAnswer) {
  const ProgramResult info = Adares({"server", "info"});
  EXPECT_EQ(info.exit_code, 0) << info.err;
  EXPECT_THAT(info.out, HasSubstr(state_));
  const ProgramResult health = Adares({"server", "health", "-o", "json"});
  EXPECT_EQ(health.exit_code, 0) << health.err;
  EXPECT_EQ(json::parse(health.out, nullptr, false)["serving"], true);
  program_->Kill();
  EXPECT_EQ(Adares({"server", "health"}).exit_code, 6);
}

TEST_F(OperationsTest, TheDoctorSeesTheServer) {
  const ProgramResult result = Adares({"doctor", "-o", "json"});
  std::map<std::string, std::string> found;
  for (const json& diagnosis : json::parse(result.out, nullptr, false)) {
    found[diagnosis["check"]] = diagnosis["result"];
  }
  EXPECT_EQ(found["coordinator"], "ok") << result.out;
  EXPECT_EQ(found["version"], "ok");
  EXPECT_EQ(found["clock"], "ok");
  EXPECT_EQ(found["commits"], "ok");
  EXPECT_EQ(found["workers"], "warning") << "there is none";
  EXPECT_TRUE(found.contains("trainer"));
  program_->Kill();
  const ProgramResult without = Adares({"doctor", "--server", config_.listen});
  EXPECT_EQ(without.exit_code, 9);
  EXPECT_THAT(without.out, HasSubstr("cannot reach the coordinator"));
}

TEST_F(OperationsTest, AMisspeltOptionOfTheServerIsNamedWithTheNearest) {
  const auto refusal = [this](std::vector<std::string> arguments) {
    const ProgramResult result = Program(Options(ADARES_SERVER_PROGRAM, arguments)).Finish();
    EXPECT_EQ(result.exit_code, 2);
    return result.err;
  };
  EXPECT_THAT(refusal({"--stat", state_}), HasSubstr("no option --stat; did you mean --state?\n"));
  EXPECT_THAT(refusal({"migrate", "--state", state_, "--dryrun"}),
              HasSubstr("no option --dryrun; did you mean --dry-run?\n"));
  EXPECT_THAT(refusal({}), HasSubstr("--state is required"));
}

TEST_F(OperationsTest, TheServerRaisesItsLimitOfOpenFiles) {
  StopProgram();
  rlimit before = {};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{64, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  StartProgram();
  setrlimit(RLIMIT_NOFILE, &before);
  rlimit raised = {};
  ASSERT_EQ(prlimit(program_->pid(), RLIMIT_NOFILE, nullptr, &raised), 0);
  EXPECT_EQ(raised.rlim_cur, before.rlim_max);
}

TEST_F(OperationsTest, RetentionIsAnOptionOfTheServer) {
  MakeHistory();
  StopProgram();
  StartProgram({"--retention", "0.000000001"});
  EXPECT_TRUE(Await([this] { return database_.Number("SELECT count(*) FROM log_line") == 0; }));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM metric_point"), 2);
}

}  // namespace
}  // namespace adares
