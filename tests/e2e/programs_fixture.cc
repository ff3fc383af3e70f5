#include "tests/e2e/programs_fixture.h"

#include <algorithm>
#include <iostream>
#include <regex>
#include <utility>

namespace adares {

using fixtures::Await;
using fixtures::Program;

void ProgramsTest::SetUp() { fixtures::AdoptOrphans(); }

void ProgramsTest::TearDown() {
  worker_.reset();
  server_.reset();
  fixtures::KillDescendants();
  if (!HasFailure()) return;
  for (const std::string& log : logs_) {
    std::cerr << "--- " << log << "\n" << fixtures::ReadTextFile(log + ".err");
  }
}

std::string ProgramsTest::NewLog(const std::string& program) {
  logs_.push_back(folder_ / (std::to_string(logs_.size()) + "-" + program));
  return logs_.back();
}

void ProgramsTest::StartServer(const std::vector<std::string>& more) {
  Program::Options options = {.path = ADARES_SERVER_PROGRAM, .log = NewLog("server")};
  options.arguments = {"--state", state_, "--listen", address_, "--http", http_address_};
  options.arguments.insert(options.arguments.end(), more.begin(), more.end());
  server_ = std::make_unique<Program>(std::move(options));
  if (address_.ends_with(":0")) TakePorts();
  ASSERT_TRUE(Await([this] { return Adares({"sweep", "list"}).code == 0 || server_->end(); }));
  ASSERT_FALSE(server_->end()) << server_->Errors();
}

void ProgramsTest::UseLoopback() { address_ = http_address_ = "127.0.0.1:0"; }

// The server says which ones it got.
void ProgramsTest::TakePorts() {
  static const std::regex kServing("serving .* grpc=([0-9.:]+) http=([0-9.:]+)");
  std::smatch found;
  std::string log;
  ASSERT_TRUE(Await([&] {
    log = server_->Errors();
    return std::regex_search(log, found, kServing) || server_->end();
  }));
  ASSERT_FALSE(server_->end()) << log;
  address_ = found[1];
  http_address_ = found[2];
}

void ProgramsTest::StartWorker(const std::string& name, int slots,
                               const std::vector<std::string>& more) {
  Program::Options options = {.path = ADARES_WORKER_PROGRAM, .log = NewLog("worker")};
  options.arguments = {"--server", address_,
                       "--name",   name,
                       "--state",  folder_ / ("worker-" + name),
                       "--slots",  std::to_string(slots),
                       "--device", "cpu"};
  if (std::find(more.begin(), more.end(), "--threads") == more.end()) {
    options.arguments.insert(options.arguments.end(), {"--threads", "1"});
  }
  options.arguments.insert(options.arguments.end(), more.begin(), more.end());
  options.environment["XDG_CACHE_HOME"] = folder_.path();
  worker_ = std::make_unique<Program>(std::move(options));
}

std::unique_ptr<Program> ProgramsTest::StartAdares(const std::vector<std::string>& arguments) {
  Program::Options options = {.path = ADARES_PROGRAM, .log = NewLog("adares")};
  options.arguments = arguments;
  options.environment["ADARES_SERVER"] = address_;
  options.environment["XDG_CACHE_HOME"] = folder_.path();
  return std::make_unique<Program>(std::move(options));
}

CommandResult ProgramsTest::Adares(const std::vector<std::string>& arguments) {
  const auto program = StartAdares(arguments);
  const auto end = program->AwaitEnd();
  return {end && end->signal == 0 ? end->code : -1, program->Output(), program->Errors()};
}

std::string ProgramsTest::Write(const fixtures::SmallSweep& sweep) {
  const std::string path = folder_ / (sweep.name + ".yaml");
  fixtures::WriteTextFile(path, fixtures::SweepFile(sweep));
  return path;
}

void ProgramsTest::Submit(const fixtures::SmallSweep& sweep) {
  const CommandResult submitted = Adares({"sweep", "submit", Write(sweep)});
  ASSERT_EQ(submitted.code, 0) << submitted.errors;
}

int64_t ProgramsTest::Trials(const std::string& state) const {
  return database_.Number("SELECT count(*) FROM v1_trials WHERE state = '" + state + "'");
}

// In one look: a trial that moves from one of these states to another is in none of several looks.
int64_t ProgramsTest::OpenTrials() const {
  return database_.Number(
      "SELECT count(*) FROM v1_trials WHERE state IN ('queued', 'running', 'stopping')");
}

void ProgramsTest::AwaitTraining() {
  ASSERT_TRUE(Await([this] {
    return database_.TryNumber(
               "SELECT count(*) FROM v1_trials JOIN v1_metrics USING (sweep, trial)"
               " WHERE state = 'running' AND epoch < epochs - 2") > 0;
  }));
}

void ProgramsTest::AwaitSuccess() {
  ASSERT_TRUE(Await([this] { return OpenTrials() == 0; }));
  EXPECT_EQ(database_.Rows("SELECT trial, state, message FROM v1_trials"
                           " WHERE state <> 'succeeded'"),
            std::multiset<std::string>());
}

void ProgramsTest::ExpectWholeResults(const fixtures::SmallSweep& sweep) {
  const std::string of_sweep = " WHERE sweep = '" + sweep.name + "'";
  const auto trials = static_cast<int64_t>(sweep.granularities.size() * sweep.seeds.size());
  EXPECT_EQ(database_.Number("SELECT count(*) FROM v1_trials" + of_sweep), trials);
  EXPECT_EQ(
      database_.Number("SELECT count(*) FROM v1_metrics" + of_sweep),
      database_.Number("SELECT count(*) FROM (SELECT DISTINCT trial, key, step FROM v1_metrics" +
                       of_sweep + ")"));
  EXPECT_EQ(database_.Number("SELECT count(*) FROM (SELECT trial FROM v1_metrics" + of_sweep +
                             " GROUP BY trial HAVING count(*) = " +
                             std::to_string(fixtures::PointsOfTrial(sweep)) + ")"),
            trials);
  EXPECT_EQ(database_.Number("SELECT count(*) FROM (SELECT trial FROM v1_skip_weights" + of_sweep +
                             " GROUP BY trial HAVING count(DISTINCT site) = 3 AND count(*) = " +
                             std::to_string(fixtures::SkipWeightsOfTrial(sweep)) + ")"),
            trials);
  EXPECT_EQ(database_.Number("SELECT count(DISTINCT site) FROM v1_skip_weights" + of_sweep), 3);
}

}  // namespace adares
