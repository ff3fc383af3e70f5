// What the worker logs while this lives.
#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>

namespace adares::worker {

// For tests of one thread.
class CapturedLog {
 public:
  CapturedLog() { spdlog::default_logger()->sinks().push_back(sink_); }
  ~CapturedLog() { spdlog::default_logger()->sinks().pop_back(); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  // How many lines tell of `event`.
  int Count(const std::string& event) const {
    std::istringstream lines(text_.str());
    int count = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.find("event=" + event + " ") != std::string::npos) ++count;
    }
    return count;
  }

 private:
  std::ostringstream text_;
  const std::shared_ptr<spdlog::sinks::ostream_sink_st> sink_ =
      std::make_shared<spdlog::sinks::ostream_sink_st>(text_);
};

}  // namespace adares::worker
