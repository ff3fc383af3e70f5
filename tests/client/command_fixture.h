// The real `adares` against a scripted coordinator over a real Unix socket.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/client/scripted_coordinator.h"
#include "tests/fixtures/program.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::client {

using fixtures::Program;
using fixtures::ProgramResult;

class CommandFixture : public testing::Test {
 protected:
  std::string Address() const { return "unix:" + (folder_ / "socket"); }

  void Serve(Script script) {
    coordinator_ = std::make_unique<ScriptedCoordinator>(Address(), std::move(script));
  }

  // A program that knows nothing of the environment of the test.
  Program::Options Isolated(const std::string& path, std::vector<std::string> arguments) {
    Program::Options options = {.path = path,
                                .arguments = std::move(arguments),
                                .log = folder_ / ("program-" + std::to_string(++programs_)),
                                .is_isolated = true};
    options.environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}, {"TERM", "xterm"}};
    return options;
  }

  // `adares`, with the coordinator's address in its environment.
  Program::Options Options(std::vector<std::string> arguments) {
    Program::Options options = Isolated(ADARES_PROGRAM, std::move(arguments));
    options.environment["ADARES_SERVER"] = Address();
    return options;
  }

  ProgramResult Run(std::vector<std::string> arguments) {
    return Program(Options(std::move(arguments))).Finish();
  }

  // The text of the one request of this call, after its name.
  std::string Request(const std::string& call) const {
    for (const auto& request : coordinator_->requests()) {
      if (request.starts_with(call + " ")) return request.substr(call.size() + 1);
    }
    return "(never called)";
  }

  fixtures::TempFolder folder_;
  std::unique_ptr<ScriptedCoordinator> coordinator_;
  int programs_ = 0;
};

}  // namespace adares::client
