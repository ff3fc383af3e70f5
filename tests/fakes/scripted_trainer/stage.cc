#include "tests/fakes/scripted_trainer/stage.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace adares::fakes {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void Stage::Say(const std::string& bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t written = write(events_fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) std::_Exit(4);  // nobody listens
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

trainer_protocol::TrainCommand Stage::NextTrial() {
  while (!trial_) TakeInput(/*timeout_ms=*/-1);
  return *std::exchange(trial_, std::nullopt);
}

bool Stage::Wait(milliseconds time) {
  const auto until = steady_clock::now() + time;
  milliseconds left = time;
  do {
    TakeInput(static_cast<int>(left.count()));
    left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
  } while (!stop_ && left > milliseconds::zero());
  return stop_;
}

void Stage::WaitForEndOfFile() {
  while (true) TakeInput(/*timeout_ms=*/-1);
}

void Stage::TakeInput(int timeout_ms) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, timeout_ms) <= 0) return;
  std::array<char, 4096> bytes{};
  const ssize_t got = read(STDIN_FILENO, bytes.data(), bytes.size());
  if (got == 0) std::_Exit(0);
  if (got < 0) return;
  unread_.append(bytes.data(), static_cast<size_t>(got));
  for (size_t end = 0; (end = unread_.find('\n')) != std::string::npos; unread_.erase(0, end + 1)) {
    auto command = trainer_protocol::ParseCommand(unread_.substr(0, end));
    if (!command.ok()) std::_Exit(2);
    if (auto* train = std::get_if<trainer_protocol::TrainCommand>(&*command)) {
      trial_ = std::move(*train);
      stop_ = false;
    } else {
      stop_ = true;
    }
  }
}

}  // namespace adares::fakes
