// A way to a server that loses its answers when a test says so: connections over TCP that pass on
// what comes, until it holds answers back and cuts the connections off.
#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace adares {

// Thread-safe.
class AnswerCutter {
 public:
  // `server_path` is the server's Unix socket.
  explicit AnswerCutter(std::string server_path);
  ~AnswerCutter();
  AnswerCutter(const AnswerCutter&) = delete;
  AnswerCutter& operator=(const AnswerCutter&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // Passes requests on, but no answers.
  void HoldAnswers();
  // Ends the connections that there are, with what they hold back; later ones are whole.
  void Cut();

 private:
  struct Connection {
    int client = -1;
    int server = -1;
  };

  void Run();
  void Obey();
  void Accept();
  // False where one of its ends is gone.
  bool Pass(const Connection& connection, short client_events, short server_events) const;
  void Wake() const;

  const std::string server_path_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  int port_ = 0;
  std::vector<Connection> connections_;  // the thread's
  bool passes_answers_ = true;           // the thread's

  std::mutex mutex_;
  bool hold_ = false;  // guarded by mutex_
  bool cut_ = false;   // guarded by mutex_
  bool stop_ = false;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace adares
