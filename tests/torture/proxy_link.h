// A link that is a proxy on loopback.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/torture/link.h"

namespace adares::torture {

// Has a thread of its own, on which all connections are served.
class ProxyLink : public Link {
 public:
  // To 127.0.0.1:port, also where nobody listens there yet.
  explicit ProxyLink(int port);
  ~ProxyLink() override;

  std::string address() const override;
  std::vector<std::string> AtTheFarEnd(std::vector<std::string> command) const override {
    return command;
  }
  void Cut() override { state_ = State::kCut; }
  void Slow() override { state_ = State::kSlow; }
  void Break() override;
  void Mend() override { state_ = State::kGood; }

 private:
  using Socket = boost::asio::ip::tcp::socket;
  enum class State { kGood, kSlow, kCut };

  struct Connection {
    explicit Connection(Socket from) : near(std::move(from)), far(near.get_executor()) {}
    Socket near;
    Socket far;
  };

  boost::asio::awaitable<void> Accept();
  boost::asio::awaitable<void> Serve(std::shared_ptr<Connection> connection);
  boost::asio::awaitable<void> Copy(std::shared_ptr<Connection> connection, Socket& from,
                                    Socket& to);
  boost::asio::awaitable<void> Pass();

  const int port_;
  std::atomic<State> state_ = State::kGood;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<std::weak_ptr<Connection>> connections_;  // of thread_
  std::thread thread_;
};

}  // namespace adares::torture
