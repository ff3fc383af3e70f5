// Channels over links that are slow.
#include "rpc/channel.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/fixtures/await.h"

namespace adares {
namespace {

// A listener on a free port of the loopback interface.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const std::string& address() const { return address_; }
  int Accept() const { return accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC); }

 private:
  int fd_;
  std::string address_;
};

// The peer's first words in HTTP/2, without which gRPC takes no connection for established.
constexpr char kEmptySettings[] = "\0\0\0\4\0\0\0\0";  // its own last NUL is the ninth byte

// The one second that a test waits for: that nobody hangs up is no event.
TEST(ChannelTest, APeerMayTakeASecondToAnswer) {
  const Listener listener;
  bool hung_up = false;
  std::thread peer([&] {
    const int connection = listener.Accept();
    pollfd end = {connection, POLLRDHUP, 0};
    hung_up = poll(&end, 1, 1000) > 0;
    send(connection, kEmptySettings, sizeof(kEmptySettings), MSG_NOSIGNAL);
    poll(&end, 1, 30'000);  // until the channel is gone
    close(connection);
  });
  {
    const auto channel = MakeChannel(listener.address());
    EXPECT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + fixtures::kPatience));
  }
  peer.join();
  EXPECT_FALSE(hung_up);
}

}  // namespace
}  // namespace adares
