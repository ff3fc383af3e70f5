// Order matters: the server before the worker at the start, the worker before the server at the
// end.
#include "client/local_service.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "client/problem.h"
#include "core/status.h"

namespace adares::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kReadyWithin{30};
constexpr std::chrono::seconds kStopWithin{20};
constexpr milliseconds kTryFor{200};
constexpr size_t kLogLines = 15;

absl::Status MakeFolder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return UsageError(absl::StrCat("cannot make the folder ", path.string(), ": ", error.message()),
                    "name another one with --state");
}

// Whether a server holds the folder. Looks at its lock, and makes nothing.
bool IsInUse(const std::string& state) {
  const int fd = open((state + "/server.lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool is_locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(fd);
  return is_locked;
}

absl::Status CheckIsFree(const std::string& state) {
  if (!IsInUse(state)) return absl::OkStatus();
  return WithHint(
      MakeError(
          absl::StatusCode::kFailedPrecondition, reason::kStateFolderInUse,
          absl::StrCat("another `adares run` or adares-server uses the state folder ", state)),
      "wait for it or stop it, or name another folder with --state; where it is a server: "
      "adares sweep submit FILE --wait");
}

absl::StatusOr<std::string> MakeSocketFolder() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  for (const std::string base : {runtime == nullptr ? "" : runtime, "/tmp"}) {
    // Socket paths end at 107 bytes.
    if (base.empty() || base.size() > 60) continue;
    std::string pattern = base + "/adares-run-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) return pattern;
  }
  return absl::InternalError(
      absl::StrCat("cannot make a folder for the socket in /tmp: ", std::strerror(errno)));
}

// Waits for the child's end; false where it needed to be killed.
bool StopChild(ChildProcess& child, Signals& signals) {
  child.Signal(SIGTERM);
  const auto deadline = steady_clock::now() + kStopWithin;
  while (!child.HasEnded()) {
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()) + milliseconds(1);
    if (left <= milliseconds(0) || signals.Wait(left).interrupt) return false;
  }
  return true;
}

}  // namespace

LocalService::LocalService(const Options& options, std::string socket_folder)
    : options_(options),
      socket_folder_(std::move(socket_folder)),
      address_(absl::StrCat("unix:", socket_folder_, "/socket")) {}

LocalService::~LocalService() {
  connection_.reset();
  worker_.reset();
  server_.reset();
  std::error_code ignored;  // a left-over socket in /tmp is no reason to complain
  std::filesystem::remove_all(socket_folder_, ignored);
}

std::string LocalService::LogPath(const std::string& program) const {
  return absl::StrCat(options_.state, "/logs/", program, ".log");
}

absl::StatusOr<std::unique_ptr<LocalService>> LocalService::Start(const Options& options,
                                                                  Signals& signals) {
  ADARES_RETURN_IF_ERROR(CheckIsFree(options.state));
  ADARES_RETURN_IF_ERROR(MakeFolder(std::filesystem::path(options.state) / "logs"));
  ADARES_RETURN_IF_ERROR(MakeFolder(std::filesystem::path(options.state) / "worker"));
  ADARES_ASSIGN_OR_RETURN(std::string socket_folder, MakeSocketFolder());
  std::unique_ptr<LocalService> service(new LocalService(options, std::move(socket_folder)));
  ADARES_RETURN_IF_ERROR(service->StartServer(signals));
  return service;
}

absl::Status LocalService::StartServer(Signals& signals) {
  ADARES_ASSIGN_OR_RETURN(
      ChildProcess server,
      ChildProcess::Start({ProgramBeside("adares-server"),
                           {"--state", options_.state, "--listen", address_, "--http", "none"},
                           LogPath("server")}));
  server_.emplace(std::move(server));
  ADARES_ASSIGN_OR_RETURN(connection_, Connection::Open(address_, options_.timeout, &signals));
  return AwaitServer(signals);
}

absl::Status LocalService::AwaitServer(Signals& signals) {
  const auto deadline = steady_clock::now() + kReadyWithin;
  for (;;) {
    const absl::Status answer = connection_->AwaitAnswer(kTryFor);
    if (answer.ok()) return answer;
    if (signals.Take().interrupt) return absl::CancelledError("interrupted");
    ADARES_RETURN_IF_ERROR(Check());
    if (steady_clock::now() > deadline) {
      return absl::InternalError(
          absl::StrCat("adares-server did not answer within 30 s; its log is ", LogPath("server")));
    }
  }
}

absl::Status LocalService::StartWorker(const SlotPlan& plan) {
  std::vector<std::string> arguments = {"--server",  address_,
                                        "--state",   options_.state + "/worker",
                                        "--name",    kLocalWorker,
                                        "--slots",   absl::StrCat(plan.slots),
                                        "--threads", absl::StrCat(plan.threads),
                                        "--device",  options_.device,
                                        "--trainer", ProgramBeside("adares-trainer")};
  if (!options_.data.empty()) arguments.insert(arguments.end(), {"--data", options_.data});
  // Where this process is killed the server goes too, and a drain without it would end in nothing
  // but the worker's patience, in which the same command could not go on.
  ADARES_ASSIGN_OR_RETURN(
      ChildProcess worker,
      ChildProcess::Start({ProgramBeside("adares-worker"), arguments, LogPath("worker"), SIGKILL}));
  worker_.emplace(std::move(worker));
  return absl::OkStatus();
}

absl::Status LocalService::EndedEarly(const std::string& program, const ChildProcess& child) const {
  std::string message = absl::StrCat("adares-", program, " ended ", child.EndText());
  const auto lines = child.LastLines(kLogLines);
  if (!lines.empty()) message += "; its last lines:";
  for (const std::string& line : lines) absl::StrAppend(&message, "\n  | ", line);
  return WithHint(absl::InternalError(message),
                  absl::StrCat("the whole log is ", LogPath(program),
                               "; once that is mended, the same command goes on"));
}

absl::Status LocalService::Check() {
  if (server_ && server_->HasEnded()) return EndedEarly("server", *server_);
  if (worker_ && worker_->HasEnded()) return EndedEarly("worker", *worker_);
  return absl::OkStatus();
}

void LocalService::Stop(Signals& signals) {
  if (worker_ && !StopChild(*worker_, signals)) worker_->Signal(SIGKILL);
  connection_.reset();  // the coordinator waits for its clients to leave
  if (server_ && !StopChild(*server_, signals)) server_->Signal(SIGKILL);
  worker_.reset();
  server_.reset();
}

}  // namespace adares::client
