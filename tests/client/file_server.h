// A web server on 127.0.0.1 with files in memory, which knows ranges and can be told to misbehave.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace adares::client {

class FileServer {
 public:
  // How one request is answered.
  struct Manner {
    int status = 0;                 // an error instead of the file
    bool ignores_ranges = false;    // the whole file, whatever was asked for
    bool mistakes_ranges = false;   // the whole file, and says that it is what was asked for
    int64_t cuts_after = -1;        // bytes of the file; the connection is closed then
    int64_t stalls_after = -1;      // and here nothing comes until the client goes away
    bool says_no_length = false;    // the end of the connection is the end of the file
    std::string redirects_to = {};  // another path
  };
  struct Request {
    std::string path;
    std::string range;  // "bytes=100-", or empty
  };

  FileServer();
  ~FileServer();
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;

  // "http://127.0.0.1:PORT/".
  std::string address() const;
  void Put(const std::string& name, const std::string& bytes);
  // Of the next request that has none yet; without, files are served as they should.
  void Next(const Manner& manner);
  std::vector<Request> requests() const;

 private:
  void Serve();
  void Answer(boost::asio::ip::tcp::socket& socket);
  Manner TakeManner(const Request& request);

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> files_;
  std::deque<Manner> manners_;
  std::vector<Request> requests_;
  int connection_ = -1;  // the descriptor of the one that is served
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace adares::client
