// Shows how a download goes on: on a live terminal one line that is redrawn in place, elsewhere a
// line for each tenth of a large file. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace adares::client {

class FetchDisplay {
 public:
  struct Options {
    std::FILE* stream = stderr;
    bool is_live = false;
    bool quiet = false;  // shows nothing at all
  };
  using Clock = std::chrono::steady_clock;

  explicit FetchDisplay(const Options& options) : options_(options) {}

  // The next file, of so many bytes.
  void Begin(const std::string& name, int64_t bytes, Clock::time_point now);

  // `there` bytes, of which the first `begun` were there before.
  void Update(int64_t begun, int64_t there, Clock::time_point now);

  // A line that stays.
  void Note(const std::string& line);

  // Takes the redrawn line away, so that other text may follow.
  void Clear();

 private:
  void Write(const std::string& text);

  Options options_;
  std::string name_;
  int64_t bytes_ = 0;
  Clock::time_point began_at_;
  Clock::time_point drawn_at_;
  int64_t tenths_told_ = 0;
  bool is_line_drawn_ = false;
};

// "cifar-10-binary.tar.gz  45.2 MB of 170.1 MB (26 %)  5.1 MB/s  24s left"; rate and time left only
// once something has come. `elapsed` is for the bytes after the first `begun`.
std::string TransferLine(const std::string& name, int64_t begun, int64_t there, int64_t bytes,
                         std::chrono::steady_clock::duration elapsed);

}  // namespace adares::client
