// One connection at a time, closed after its answer.
#include "tests/client/file_server.h"

#include <sys/socket.h>

#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <utility>

namespace adares::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

// The first byte that is asked for: 100 of "bytes=100-".
size_t BeginOf(const std::string& range) {
  return range.empty() ? 0 : std::stoul(range.substr(range.find('=') + 1));
}

std::string Head(int status, const std::string& fields) {
  return "HTTP/1.1 " + std::to_string(status) + " so\r\nConnection: close\r\n" + fields + "\r\n";
}

}  // namespace

FileServer::FileServer()
    : acceptor_(io_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
      thread_([this] { Serve(); }) {}

FileServer::~FileServer() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    if (connection_ >= 0) shutdown(connection_, SHUT_RDWR);
  }
  shutdown(acceptor_.native_handle(), SHUT_RDWR);
  thread_.join();
}

std::string FileServer::address() const {
  return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
}

void FileServer::Put(const std::string& name, const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  files_["/" + name] = bytes;
}

void FileServer::Next(const Manner& manner) {
  const std::lock_guard lock(mutex_);
  manners_.push_back(manner);
}

std::vector<FileServer::Request> FileServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FileServer::Serve() {
  for (;;) {
    tcp::socket socket(io_);
    beast::error_code error;
    acceptor_.accept(socket, error);
    {
      const std::lock_guard lock(mutex_);
      if (error || is_over_) return;
      connection_ = socket.native_handle();
    }
    Answer(socket);
    const std::lock_guard lock(mutex_);
    connection_ = -1;
  }
}

FileServer::Manner FileServer::TakeManner(const Request& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  if (manners_.empty()) return {};
  Manner manner = std::move(manners_.front());
  manners_.pop_front();
  return manner;
}

void FileServer::Answer(tcp::socket& socket) {
  beast::error_code error;
  beast::flat_buffer buffer;
  http::request<http::empty_body> asked;
  http::read(socket, buffer, asked, error);
  if (error) return;
  const Request request{std::string(asked.target()), std::string(asked[http::field::range])};
  const Manner manner = TakeManner(request);
  std::string file;
  bool is_there = false;
  {
    const std::lock_guard lock(mutex_);
    is_there = files_.contains(request.path);
    if (is_there) file = files_[request.path];
  }
  const size_t asked_for = manner.ignores_ranges ? 0 : BeginOf(request.range);
  const size_t begin = manner.mistakes_ranges ? 0 : asked_for;
  int status = asked_for > 0 ? 206 : 200;
  if (!is_there) status = 404;
  if (is_there && begin >= file.size()) status = 416;
  if (manner.status != 0) status = manner.status;
  if (!manner.redirects_to.empty()) {
    const std::string place = "Location: /" + manner.redirects_to + "\r\nContent-Length: 0\r\n";
    asio::write(socket, asio::buffer(Head(302, place)), error);
    return;
  }
  if (status >= 400) {
    asio::write(socket, asio::buffer(Head(status, "Content-Length: 5\r\n") + "sorry"), error);
    return;
  }
  const std::string body = file.substr(begin);
  const std::string length =
      manner.says_no_length ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  const int64_t stop = manner.cuts_after >= 0 ? manner.cuts_after : manner.stalls_after;
  asio::write(socket, asio::buffer(Head(status, length)), error);
  asio::write(socket, asio::buffer(stop >= 0 ? body.substr(0, static_cast<size_t>(stop)) : body),
              error);
  char byte = 0;
  // The client sends nothing more, so that this waits for it to go away.
  if (manner.stalls_after >= 0) socket.read_some(asio::buffer(&byte, 1), error);
}

}  // namespace adares::client
