// A small HTTP/1.1 server for GET: what Prometheus, probes and people ask for.
//
// One thread of its own. Handlers run on it and may block for a moment (a scrape reads counters).
// Stop is idempotent; the destructor stops.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace adares {

struct HttpResponse {
  int code = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

class HttpServer {
 public:
  using Handler = std::function<HttpResponse()>;
  using Observer = std::function<void(const std::string& path, int code, double seconds)>;

  // `address` is HOST:PORT; port 0 takes a free one. `routes` maps paths to handlers; `observe` is
  // told each answer ("other" for unknown paths) and how long it took to make. UNAVAILABLE naming
  // the address if it cannot be listened on.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& address,
                                                           std::map<std::string, Handler> routes,
                                                           Observer observe);
  ~HttpServer();

  void Stop();
  int port() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace adares
