#include "server/http/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace adares {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds kIdleTimeout{30};
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr size_t kMaxConnections = 256;
constexpr uint32_t kMaxHeaderBytes = 16 * 1024;

struct Site {
  std::map<std::string, HttpServer::Handler> routes;
  HttpServer::Observer observe;
  size_t connections = 0;

  HttpResponse Answer(http::verb method, const std::string& target) const {
    const auto begin = std::chrono::steady_clock::now();
    const std::string path = target.substr(0, target.find('?'));
    const auto route = routes.find(path);
    HttpResponse response;
    if (method != http::verb::get && method != http::verb::head) {
      response = {405, "text/plain; charset=utf-8", "only GET and HEAD are answered here\n"};
    } else if (route == routes.end()) {
      response = {404, "text/plain; charset=utf-8", "no such page; see /\n"};
    } else {
      response = route->second();
    }
    const std::chrono::duration<double> length = std::chrono::steady_clock::now() - begin;
    observe(route == routes.end() ? "other" : path, response.code, length.count());
    return response;
  }
};

// One connection. Lives as long as an operation on it is under way.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Site* site) : stream_(std::move(socket)), site_(site) {
    ++site_->connections;
  }
  ~Connection() { --site_->connections; }

  void Read() {
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    parser_->body_limit(kMaxHeaderBytes);
    stream_.expires_after(kIdleTimeout);
    http::async_read(stream_, buffer_, *parser_,
                     beast::bind_front_handler(&Connection::OnRead, shared_from_this()));
  }

 private:
  void OnRead(beast::error_code error, size_t) {
    if (error) return Close();
    const http::request<http::string_body>& request = parser_->get();
    const HttpResponse answer = site_->Answer(request.method(), std::string(request.target()));
    response_ = {};
    response_.version(request.version());
    response_.result(static_cast<unsigned>(answer.code));
    response_.set(http::field::content_type, answer.content_type);
    response_.set("X-Content-Type-Options", "nosniff");
    response_.keep_alive(request.keep_alive());
    response_.body() = answer.body;
    response_.prepare_payload();
    if (request.method() == http::verb::head) response_.body().clear();
    http::async_write(stream_, response_,
                      beast::bind_front_handler(&Connection::OnWrite, shared_from_this()));
  }

  void OnWrite(beast::error_code error, size_t) {
    if (error || !response_.keep_alive()) return Close();
    Read();
  }

  void Close() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  Site* const site_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

absl::StatusOr<tcp::endpoint> Resolve(asio::io_context& context, const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("--http ", address, ": expected HOST:PORT"));
  }
  beast::error_code error;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(address.substr(0, colon), address.substr(colon + 1), error);
  if (error || found.empty()) {
    return absl::UnavailableError(absl::StrCat("--http ", address, ": ", error.message()));
  }
  return found.begin()->endpoint();
}

}  // namespace

struct HttpServer::Impl {
  Site site;  // outlives the connections, which the context destroys
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::steady_timer pause{context};
  std::jthread thread;

  absl::Status Listen(const std::string& address) {
    const absl::StatusOr<tcp::endpoint> endpoint = Resolve(context, address);
    if (!endpoint.ok()) return endpoint.status();
    beast::error_code error;
    acceptor.open(endpoint->protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(*endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("cannot listen on --http ", address, ": ", error.message(),
                     "; stop what uses it, or name another address or none"));
  }

  void Accept() {
    acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (!acceptor.is_open()) return;
      if (!error && site.connections < kMaxConnections) {
        std::make_shared<Connection>(std::move(socket), &site)->Read();
      }
      if (!error) return Accept();
      // No descriptor is free: trying at once would only spin.
      pause.expires_after(kAcceptPause);
      pause.async_wait([this](beast::error_code) { Accept(); });
    });
  }
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& address,
                                                              std::map<std::string, Handler> routes,
                                                              Observer observe) {
  auto impl = std::make_unique<Impl>();
  impl->site.routes = std::move(routes);
  impl->site.observe = std::move(observe);
  const absl::Status listening = impl->Listen(address);
  if (!listening.ok()) return listening;
  impl->Accept();
  impl->thread = std::jthread([raw = impl.get()] { raw->context.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(); }

void HttpServer::Stop() {
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

int HttpServer::port() const { return impl_->acceptor.local_endpoint().port(); }

}  // namespace adares
