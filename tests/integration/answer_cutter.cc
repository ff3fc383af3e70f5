#include "tests/integration/answer_cutter.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

namespace adares {
namespace {

int ConnectTo(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

bool WriteAll(int fd, const char* bytes, ssize_t size) {
  while (size > 0) {
    const ssize_t sent = send(fd, bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= sent;
  }
  return true;
}

bool Copy(int from, int to) {
  std::array<char, 65'536> buffer;
  const ssize_t got = read(from, buffer.data(), buffer.size());
  return got > 0 && WriteAll(to, buffer.data(), got);
}

}  // namespace

AnswerCutter::AnswerCutter(std::string server_path) : server_path_(std::move(server_path)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      listen(listener_, SOMAXCONN) == 0 && pipe(wake_) == 0 &&
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Run(); });
  }
}

AnswerCutter::~AnswerCutter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    cut_ = true;
  }
  Wake();
  if (thread_.joinable()) thread_.join();
  for (const int fd : {listener_, wake_[0], wake_[1]}) close(fd);
}

void AnswerCutter::HoldAnswers() {
  const std::lock_guard lock(mutex_);
  hold_ = true;
  Wake();
}

void AnswerCutter::Cut() {
  const std::lock_guard lock(mutex_);
  hold_ = false;
  cut_ = true;
  Wake();
}

void AnswerCutter::Wake() const {
  if (write(wake_[1], "x", 1) < 0) return;
}

void AnswerCutter::Obey() {
  passes_answers_ = !hold_;
  if (!std::exchange(cut_, false)) return;
  for (const Connection& connection : connections_) {
    close(connection.client);
    close(connection.server);
  }
  connections_.clear();
}

void AnswerCutter::Accept() {
  const Connection connection{accept(listener_, nullptr, nullptr), ConnectTo(server_path_)};
  if (connection.client >= 0 && connection.server >= 0) {
    connections_.push_back(connection);
  } else {
    close(connection.client);
    close(connection.server);
  }
}

bool AnswerCutter::Pass(const Connection& connection, short client_events,
                        short server_events) const {
  if (client_events != 0 && !Copy(connection.client, connection.server)) return false;
  return server_events == 0 || !passes_answers_ || Copy(connection.server, connection.client);
}

void AnswerCutter::Run() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      Obey();
      if (stop_) return;
    }
    std::vector<pollfd> waits = {{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Connection& connection : connections_) {
      waits.push_back({connection.client, POLLIN, 0});
      waits.push_back({passes_answers_ ? connection.server : -1, POLLIN, 0});
    }
    poll(waits.data(), waits.size(), -1);
    char byte = 0;
    if (waits[0].revents != 0 && read(wake_[0], &byte, 1) < 0) return;
    {
      // What was asked for meanwhile comes before what came meanwhile.
      const std::lock_guard lock(mutex_);
      if (cut_ || hold_ == passes_answers_) continue;
    }
    std::vector<Connection> alive;
    for (size_t i = 0; i < connections_.size(); ++i) {
      if (Pass(connections_[i], waits[2 + 2 * i].revents, waits[3 + 2 * i].revents)) {
        alive.push_back(connections_[i]);
      } else {
        close(connections_[i].client);
        close(connections_[i].server);
      }
    }
    connections_ = std::move(alive);
    if (waits[1].revents != 0) Accept();
  }
}

}  // namespace adares
