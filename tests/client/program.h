// A program under test: started with pipes or on a pseudo-terminal, read until it says something,
// signalled, and waited for.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace adares::client {

class Program {
 public:
  struct Options {
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment;  // added to a bare one
    std::string input;                               // its standard input
    int terminal_columns = 0;  // > 0: standard output and error are a terminal this wide
  };
  struct Result {
    int exit_code = -1;  // 128 + n where signal n ended it
    std::string out;     // with a terminal, both streams
    std::string err;
  };

  Program(const std::string& path, const Options& options);
  // Kills it if it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Reads until standard output or error holds the text; false where it ends before, or after 30 s.
  bool ReadUntil(const std::string& text);

  void Signal(int number);

  // Reads the rest and waits for the end; kills it after 60 s.
  Result Finish();

 private:
  // Reads what is there; false at the end of both streams or at the deadline.
  bool ReadSome(int timeout_ms);

  pid_t pid_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  Result result_;
};

}  // namespace adares::client
