#include "bench/fleet/server_process.h"

#include <signal.h>

#include <chrono>
#include <regex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"

namespace adares::bench {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kListensWithin{60};
constexpr std::chrono::seconds kEndsWithin{60};
constexpr milliseconds kPause{2};
constexpr size_t kLogLines = 15;

}  // namespace

absl::StatusOr<ServerProcess> ServerProcess::Start(const std::filesystem::path& state) {
  ADARES_ASSIGN_OR_RETURN(client::ChildProcess child,
                          client::ChildProcess::Start({client::ProgramBeside("adares-server"),
                                                       {"--state", state.string(), "--listen",
                                                        "127.0.0.1:0", "--http", "none"},
                                                       (state / "server.log").string()}));
  ServerProcess server(std::move(child), state);
  ADARES_RETURN_IF_ERROR(server.AwaitAddress());
  return server;
}

// It says itself which port it got.
absl::Status ServerProcess::AwaitAddress() {
  static const std::regex kServing("serving .* grpc=([0-9.:]+)");
  const auto deadline = Clock::now() + kListensWithin;
  while (Clock::now() < deadline) {
    const std::string log = absl::StrJoin(child_.LastLines(kLogLines), "\n");
    std::smatch found;
    if (std::regex_search(log, found, kServing)) {
      address_ = found[1];
      return absl::OkStatus();
    }
    if (child_.HasEnded()) return Failure(absl::StrCat("it ended ", child_.EndText()));
    std::this_thread::sleep_for(kPause);
  }
  return Failure("it does not listen");
}

absl::Status ServerProcess::Stop() {
  child_.Signal(SIGTERM);
  const auto deadline = Clock::now() + kEndsWithin;
  while (!child_.HasEnded()) {
    if (Clock::now() > deadline) return Failure("it does not end");
    std::this_thread::sleep_for(kPause);
  }
  if (child_.EndText() != "with exit code 0") {
    return Failure(absl::StrCat("it ended ", child_.EndText()));
  }
  std::error_code error;
  const auto wal_bytes = std::filesystem::file_size(state_ / "adares.db-wal", error);
  if (!error && wal_bytes > 0) {
    return Failure(absl::StrCat("it left a write-ahead log of ", wal_bytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ServerProcess::DatabaseBytes() const {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(state_ / "adares.db", error);
  if (error) return Failure(absl::StrCat("its database: ", error.message()));
  return static_cast<int64_t>(bytes);
}

absl::Status ServerProcess::Failure(const std::string& what) const {
  return absl::InternalError(absl::StrCat("adares-server: ", what, "; the end of its log:\n",
                                          absl::StrJoin(child_.LastLines(kLogLines), "\n")));
}

}  // namespace adares::bench
