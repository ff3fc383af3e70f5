// The real `adares` against a scripted coordinator over a real Unix socket.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/client/program.h"
#include "tests/client/scripted_coordinator.h"

namespace adares::client {

class CommandFixture : public testing::Test {
 protected:
  CommandFixture() {
    std::string pattern = std::filesystem::temp_directory_path() / "adares-test-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~CommandFixture() override {
    coordinator_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Address() const { return "unix:" + folder_ + "/socket"; }

  void Serve(Script script) {
    coordinator_ = std::make_unique<ScriptedCoordinator>(Address(), std::move(script));
  }

  Program::Options Options(std::vector<std::string> arguments) const {
    Program::Options options;
    options.arguments = std::move(arguments);
    options.environment["ADARES_SERVER"] = Address();
    return options;
  }

  Program::Result Run(std::vector<std::string> arguments) const {
    return Program(ADARES_PROGRAM, Options(std::move(arguments))).Finish();
  }

  // The text of the one request of this call, after its name.
  std::string Request(const std::string& call) const {
    for (const auto& request : coordinator_->requests()) {
      if (request.starts_with(call + " ")) return request.substr(call.size() + 1);
    }
    return "(never called)";
  }

  std::string folder_;
  std::unique_ptr<ScriptedCoordinator> coordinator_;
};

}  // namespace adares::client
