// The HTTP server over a real socket.
#include "server/http/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace adares {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    std::map<std::string, HttpServer::Handler> routes;
    routes["/page"] = [] { return HttpResponse{200, "text/plain; charset=utf-8", "hello\n"}; };
    routes["/sick"] = [] { return HttpResponse{503, "text/plain; charset=utf-8", "no\n"}; };
    server_ = *HttpServer::Start(
        "127.0.0.1:0", std::move(routes),
        [this](const std::string& path, int code, double) { seen_ = path + std::to_string(code); });
  }

  // Sends `request` as it is and reads until the server closes.
  std::string Exchange(const std::string& request) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(server_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::string answer;
    char buffer[4096];
    for (ssize_t n = 0; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) answer.append(buffer, n);
    close(fd);
    return answer;
  }

  std::string Get(const std::string& path) {
    return Exchange("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }

  std::string seen_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersARouteWithItsBodyAndType) {
  const std::string answer = Get("/page?query=ignored");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; charset=utf-8"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\nhello\n"));
  server_->Stop();
  EXPECT_EQ(seen_, "/page200");
}

TEST_F(HttpServerTest, PassesTheHandlersCodeOn) { EXPECT_THAT(Get("/sick"), HasSubstr("503")); }

TEST_F(HttpServerTest, UnknownPathsAre404AndCountAsOther) {
  EXPECT_THAT(Get("/nothing"), HasSubstr("404 Not Found"));
  server_->Stop();
  EXPECT_EQ(seen_, "other404");
}

TEST_F(HttpServerTest, OnlyReadingIsAllowed) {
  EXPECT_THAT(Exchange("POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
                       "Connection: close\r\n\r\n"),
              HasSubstr("405"));
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  const std::string answer =
      Exchange("HEAD /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 6"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, GarbageAndHugeHeadersOnlyCloseTheirConnection) {
  Exchange("\x01\x02 nonsense\r\n\r\n");
  Exchange("GET /page HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n");
  EXPECT_THAT(Get("/page"), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(HttpServerTest, ATakenAddressIsNamed) {
  const std::string taken = "127.0.0.1:" + std::to_string(server_->port());
  const auto second = HttpServer::Start(taken, {}, [](const std::string&, int, double) {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(taken));
}

}  // namespace
}  // namespace adares
