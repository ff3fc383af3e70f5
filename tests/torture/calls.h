// `adares`, many at a time.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/fixtures/program.h"
#include "tests/torture/fleet.h"
#include "tests/torture/promises.h"

namespace adares::torture {

// Use it from the main thread only.
class Calls {
 public:
  using Arguments = std::vector<std::string>;
  using Then = std::function<void(Answer answer)>;

  // `tell` gets a line for the story.
  Calls(Fleet& fleet, std::function<void(const std::string&)> tell);

  void Ask(Arguments arguments, Then then);
  // Takes what has ended, and calls back.
  void Reap();
  bool empty() const { return calls_.empty(); }
  // What is under way, and what begins until it is over, may lose its connection.
  void BeginHit();
  void EndHit() { --hits_under_way_; }

  Promises& promises() { return promises_; }
  // What was ever asked for, as "VERB TARGET" without the options between them.
  const std::set<std::string>& asked() const { return asked_; }
  const std::vector<std::string>& findings() const { return findings_; }

 private:
  struct Call {
    std::unique_ptr<fixtures::Program> program;
    Arguments arguments;
    Then then;
    int promise;
    bool was_hit;
  };

  void Take(Call& call);

  Fleet& fleet_;
  const std::function<void(const std::string&)> tell_;
  std::vector<Call> calls_;
  Promises promises_;
  int hits_under_way_ = 0;
  std::set<std::string> asked_;
  std::vector<std::string> findings_;
};

}  // namespace adares::torture
