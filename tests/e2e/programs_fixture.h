// The four real programs, as people start them: a server and workers on a Unix socket or on
// loopback, and `adares`. A test looks at them from outside only, through the CLI, the database and
// /proc.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/fixtures/await.h"
#include "tests/fixtures/database.h"
#include "tests/fixtures/processes.h"
#include "tests/fixtures/program.h"
#include "tests/fixtures/small_sweep.h"
#include "tests/fixtures/temp_folder.h"

namespace adares {

struct CommandResult {
  int code = -1;  // -1 where it did not exit by itself
  std::string output;
  std::string errors;
};

class ProgramsTest : public testing::Test {
 protected:
  void SetUp() override;
  // Ends everything, and shows the logs of a test that failed.
  void TearDown() override;

  // Waits until the server answers. Starting it again uses the same folder and address.
  void StartServer(const std::vector<std::string>& more = {});
  // From now on servers listen on a free port of 127.0.0.1, with pages on another one.
  void UseLoopback();
  void StartWorker(const std::string& name, int slots = 2,
                   const std::vector<std::string>& more = {});
  // `adares` with these arguments, to its end.
  CommandResult Adares(const std::vector<std::string>& arguments);
  // The same, under way.
  std::unique_ptr<fixtures::Program> StartAdares(const std::vector<std::string>& arguments);

  // Writes the sweep's file and gives its path.
  std::string Write(const fixtures::SmallSweep& sweep);
  void Submit(const fixtures::SmallSweep& sweep);

  // Waits until some trial is in the middle: it has reported epochs and has more to come.
  void AwaitTraining();
  // Waits until every trial is final, and expects that all have succeeded.
  void AwaitSuccess();
  // Expects that every trial has all its points and skip weights, each once.
  void ExpectWholeResults(const fixtures::SmallSweep& sweep);

  int64_t Trials(const std::string& state) const;
  int64_t OpenTrials() const;  // that wait, run or stop

  fixtures::TempFolder folder_;
  const std::string state_ = folder_ / "state";
  const fixtures::Database database_{state_ + "/adares.db"};
  // MNIST where there is some.
  const std::string dataset_ = fixtures::DataFolder().empty() ? "synthetic" : "mnist";
  std::string address_ = "unix:" + (folder_ / "socket");
  std::string http_address_ = "none";
  std::unique_ptr<fixtures::Program> server_;
  std::unique_ptr<fixtures::Program> worker_;

 private:
  void TakePorts();
  std::string NewLog(const std::string& program);

  std::vector<std::string> logs_;
};

}  // namespace adares
