#include "worker/agent/trainer_process.h"

#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares::worker {
namespace {

using boost::system::error_code;
using Stream = boost::asio::posix::stream_descriptor;

constexpr size_t kReadBytes = 64 * 1024;
// A pipe holds 64 KiB unless somebody made it larger: one that is written all the time must not
// be drained for ever.
constexpr int kMaxDrainReads = 16;
// A process that left the group may hold the pipes open after the trainer's end.
constexpr std::chrono::seconds kPipesOutliveProcess{2};
constexpr std::chrono::milliseconds kDeathPoll{5};

}  // namespace

TrainerExit ExitOf(int wait_status) {
  if (WIFSIGNALED(wait_status)) return {128 + WTERMSIG(wait_status), WTERMSIG(wait_status)};
  return {WEXITSTATUS(wait_status), 0};
}

std::string Describe(const TrainerExit& exit) {
  if (exit.signal == 0) return absl::StrCat("exited with code ", exit.exit_code);
  const char* text = sigdescr_np(exit.signal);
  return absl::StrCat("was killed by signal ", exit.signal, " (",
                      text != nullptr ? text : "unknown", ")");
}

// Every operation under way holds the Impl; `handlers_` is empty once the owner has let go.
class TrainerProcess::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, TrainerHandlers handlers)
      : events_(io),
        log_(io),
        child_signals_(io),
        pipes_timer_(io),
        handlers_(std::move(handlers)) {}

  absl::Status Start(const TrainerProgram& program) {
    // Registered before the fork, so that no death is missed.
    child_signals_.add(SIGCHLD);
    ADARES_ASSIGN_OR_RETURN(const SpawnedTrainer spawned, SpawnTrainer(program));
    pid_ = spawned.pid;
    commands_fd_ = spawned.commands_fd;
    events_.assign(spawned.events_fd);
    log_.assign(spawned.log_fd);
    WaitForChild();
    WaitForEvents();
    WaitForLog();
    return absl::OkStatus();
  }

  // Kills without a word to anybody.
  void LetGo() {
    open_ = false;
    CloseInput();
    Kill();
    if (!ReapInTime()) spdlog::error("event=trainer_left_behind pid={}", pid_);
    CloseAll();
  }

  pid_t pid() const { return pid_; }

  absl::Status Send(std::string_view line) {
    if (commands_fd_ < 0) return absl::UnavailableError("the trainer's command pipe is closed");
    const std::string bytes = absl::StrCat(std::string(line), "\n");
    // The pipe is empty but for a command that the trainer has not read yet, and larger than both.
    const ssize_t written = write(commands_fd_, bytes.data(), bytes.size());
    if (written == static_cast<ssize_t>(bytes.size())) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("the trainer does not take commands: ",
                                               written < 0 ? std::strerror(errno) : "pipe full"));
  }

  void CloseInput() {
    if (commands_fd_ >= 0) close(std::exchange(commands_fd_, -1));
  }

  // Until it is reaped, neither the process' nor the group's number can belong to another.
  void Kill() {
    if (exit_) return;
    if (!death_due_) death_due_ = std::chrono::steady_clock::now() + kDeathWait;
    kill(-pid_, SIGKILL);
  }

  void DrainLog() {
    const auto self = shared_from_this();  // a handler may let go
    for (int reads = 0; reads < kMaxDrainReads; ++reads) {
      if (!TakeLog()) return;
    }
  }

  void DrainEvents() {
    const auto self = shared_from_this();
    for (int reads = 0; reads < kMaxDrainReads; ++reads) {
      if (!HasEvents() || !TakeEvents()) return;
    }
  }

 private:
  void WaitForChild() {
    child_signals_.async_wait([self = shared_from_this()](const error_code& error, int) {
      if (error || !self->open_) return;
      if (self->Ended() && self->Reap()) {
        self->ExitObserved();
      } else {
        self->WaitForChild();  // it was another's child
      }
    });
  }

  // Whether the process is over and waits to be reaped.
  bool Ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  // After Kill. Whoever waits for a device that hangs does not die, and is not waited for: the
  // worker would hang with it.
  bool ReapInTime() {
    while (!exit_ && !Reap()) {
      if (std::chrono::steady_clock::now() >= *death_due_) return false;
      std::this_thread::sleep_for(kDeathPoll);
    }
    return true;
  }

  bool Reap() {
    Kill();  // what it left behind in its group holds the pipes and the device
    int status = 0;
    pid_t got = 0;
    do {
      got = waitpid(pid_, &status, WNOHANG);
    } while (got < 0 && errno == EINTR);
    if (got != pid_) return false;
    exit_ = ExitOf(status);
    return true;
  }

  void ExitObserved() {
    CloseInput();
    if (PipesEnded()) {
      TellExit();
      return;
    }
    pipes_timer_.expires_after(kPipesOutliveProcess);
    pipes_timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && self->open_) self->TellExit();
    });
  }

  bool PipesEnded() const { return !events_.is_open() && !log_.is_open(); }

  void PipeEnded(Stream& pipe) {
    pipe.close();
    if (exit_ && PipesEnded()) TellExit();
  }

  void TellExit() {
    open_ = false;
    CloseAll();
    handlers_.exited(*exit_);
  }

  // Waits for readiness and reads by itself: bytes that Asio had read and not handed over yet would
  // come too late for DrainLog.
  void WaitForEvents() {
    events_.async_wait(Stream::wait_read, [self = shared_from_this()](const error_code& error) {
      if (error || !self->open_) return;
      if (self->TakeEvents()) self->WaitForEvents();
    });
  }

  void WaitForLog() {
    log_.async_wait(Stream::wait_read, [self = shared_from_this()](const error_code& error) {
      if (error || !self->open_) return;
      self->TakeLog();
      if (self->open_ && self->log_.is_open()) self->WaitForLog();
    });
  }

  // Whether reading would not wait.
  bool HasEvents() {
    if (!open_ || !events_.is_open()) return false;
    pollfd readable{events_.native_handle(), POLLIN, 0};
    return poll(&readable, 1, 0) > 0;
  }

  // False where no more is to be read.
  bool TakeEvents() {
    const ssize_t got = read(events_.native_handle(), buffer_.data(), buffer_.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got <= 0) {
      PipeEnded(events_);
      return false;
    }
    event_bytes_.append(buffer_.data(), static_cast<size_t>(got));
    return TakeEventLines();
  }

  // Whether there was something to take.
  bool TakeLog() {
    if (!open_ || !log_.is_open()) return false;
    const ssize_t got = read(log_.native_handle(), buffer_.data(), buffer_.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got <= 0) {
      PipeEnded(log_);
      return false;
    }
    handlers_.log({buffer_.data(), static_cast<size_t>(got)});
    return true;
  }

  // False where no more is to be read.
  bool TakeEventLines() {
    size_t begin = 0;
    for (size_t end = 0; (end = event_bytes_.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      handlers_.event(std::string_view(event_bytes_).substr(begin, end - begin));
      if (!open_) return false;
    }
    event_bytes_.erase(0, begin);
    if (event_bytes_.size() <= kMaxEventBytes) return true;
    event_bytes_.clear();
    handlers_.event_too_long();
    if (open_) PipeEnded(events_);
    return false;
  }

  void CloseAll() {
    error_code ignored;
    events_.close(ignored);
    log_.close(ignored);
    child_signals_.cancel(ignored);
    pipes_timer_.cancel();
  }

  pid_t pid_ = -1;
  int commands_fd_ = -1;
  Stream events_;
  Stream log_;
  boost::asio::signal_set child_signals_;
  boost::asio::steady_timer pipes_timer_;
  TrainerHandlers handlers_;
  bool open_ = true;                 // handlers may be called
  std::optional<TrainerExit> exit_;  // set once the process is reaped
  // Until when its owner waits for its end; set once it was killed.
  std::optional<std::chrono::steady_clock::time_point> death_due_;
  std::string event_bytes_;  // an unfinished line
  std::array<char, kReadBytes> buffer_{};
};

absl::StatusOr<std::unique_ptr<TrainerProcess>> TrainerProcess::Start(boost::asio::io_context& io,
                                                                      const TrainerProgram& program,
                                                                      TrainerHandlers handlers) {
  [[maybe_unused]] static const auto previous = signal(SIGPIPE, SIG_IGN);
  auto impl = std::make_shared<Impl>(io, std::move(handlers));
  ADARES_RETURN_IF_ERROR(impl->Start(program));
  return std::unique_ptr<TrainerProcess>(new TrainerProcess(std::move(impl)));
}

TrainerProcess::~TrainerProcess() { impl_->LetGo(); }

pid_t TrainerProcess::pid() const { return impl_->pid(); }
absl::Status TrainerProcess::Send(std::string_view line) { return impl_->Send(line); }
void TrainerProcess::CloseInput() { impl_->CloseInput(); }
void TrainerProcess::Kill() { impl_->Kill(); }
void TrainerProcess::DrainLog() { impl_->DrainLog(); }
void TrainerProcess::DrainEvents() { impl_->DrainEvents(); }

}  // namespace adares::worker
