#include "tests/torture/proxy_link.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

namespace adares::torture {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;

constexpr std::chrono::milliseconds kLook{10};    // how often a copy asks whether the cut is over
constexpr std::chrono::milliseconds kDelay{150};  // of each piece on a slow link

asio::ip::tcp::endpoint Loopback(int port) {
  return {asio::ip::address_v4::loopback(), static_cast<asio::ip::port_type>(port)};
}

void Close(asio::ip::tcp::socket& socket) {
  boost::system::error_code ignored;
  // So that the other side learns at once, and what is under way is lost.
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

}  // namespace

ProxyLink::ProxyLink(int port) : port_(port), acceptor_(context_, Loopback(0)) {
  asio::co_spawn(context_, Accept(), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
}

ProxyLink::~ProxyLink() {
  context_.stop();
  thread_.join();
}

std::string ProxyLink::address() const {
  return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
}

void ProxyLink::Break() {
  asio::post(context_, [this] {
    for (const auto& weak : connections_) {
      const auto connection = weak.lock();
      if (connection == nullptr) continue;
      Close(connection->near);
      Close(connection->far);
    }
    connections_.clear();
  });
}

asio::awaitable<void> ProxyLink::Accept() {
  while (true) {
    auto connection = std::make_shared<Connection>(co_await acceptor_.async_accept(use_awaitable));
    std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
    connections_.push_back(connection);
    asio::co_spawn(context_, Serve(std::move(connection)), asio::detached);
  }
}

asio::awaitable<void> ProxyLink::Serve(std::shared_ptr<Connection> connection) {
  co_await Pass();
  boost::system::error_code error;
  co_await connection->far.async_connect(Loopback(port_),
                                         asio::redirect_error(use_awaitable, error));
  if (error) {
    Close(connection->near);
    co_return;
  }
  asio::co_spawn(context_, Copy(connection, connection->near, connection->far), asio::detached);
  asio::co_spawn(context_, Copy(connection, connection->far, connection->near), asio::detached);
}

// Until either side closes; then both are closed.
asio::awaitable<void> ProxyLink::Copy(std::shared_ptr<Connection> connection, Socket& from,
                                      Socket& to) {
  std::array<char, 16384> buffer;
  boost::system::error_code error;
  while (!error) {
    const size_t size = co_await from.async_read_some(asio::buffer(buffer),
                                                      asio::redirect_error(use_awaitable, error));
    co_await Pass();
    if (size == 0) break;
    co_await asio::async_write(to, asio::buffer(buffer.data(), size),
                               asio::redirect_error(use_awaitable, error));
  }
  Close(connection->near);
  Close(connection->far);
}

// Waits as the link's state wants it.
asio::awaitable<void> ProxyLink::Pass() {
  asio::steady_timer timer(context_);
  if (state_ == State::kSlow) {
    timer.expires_after(kDelay);
    co_await timer.async_wait(use_awaitable);
  }
  while (state_ == State::kCut) {
    timer.expires_after(kLook);
    co_await timer.async_wait(use_awaitable);
  }
}

}  // namespace adares::torture
