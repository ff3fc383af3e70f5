// What people were told is done: it must be there until somebody asks for something else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/torture/snapshot.h"

namespace adares::torture {

enum class Answer {
  kDone,
  kRefused,
  kNone,  // it may have happened, or may yet
};

// Follows calls of `adares` that change trials and workers, by their arguments: `trial pause S/ID`,
// `sweep cancel S`, `worker cordon w`. A call promises something only where no other one for the
// same trial or worker was under way with it, so that it is known which of them came last.
class Promises {
 public:
  // A call begins, in the server's life of this number (each start of it is another). The id is for
  // Take. Other calls than those that change something are ignored.
  int Begin(const std::vector<std::string>& arguments, int life);
  void Take(int id, Answer answer, int life);

  // Compares with what there is now; nothing else may have begun since it was read.
  void Look(const Snapshot& now);

  const std::vector<std::string>& findings() const { return findings_; }
  // How often a promise was found kept, by the word of the call.
  const std::map<std::string, int64_t>& kept() const { return kept_; }

 private:
  struct Call {
    std::string verb;
    std::string target;  // SWEEP/ID, SWEEP/ for all its trials, or the worker's name
    bool from_scratch = false;
    bool is_alone = true;
    // Whether no call for these trials was made since the look that `before` is of.
    bool is_fresh = true;
    std::map<std::string, TrialRow> before;
  };
  struct Promise {
    std::string call;
    std::string verb;
    TrialRow before;
  };
  // A call that nobody answered. The server may take it up as long as it lives.
  struct Loose {
    std::string target;
    int life;
  };

  void Promised(const Call& call);
  void Find(const std::string& finding);
  std::optional<std::string> Breach(const std::string& id, const Promise& promise,
                                    const Snapshot& now) const;

  int next_id_ = 0;
  std::map<int, Call> under_way_;
  std::vector<Loose> loose_;
  std::set<std::string> touched_;  // by calls since the last look
  Snapshot seen_;
  std::map<std::string, Promise> promises_;      // by the trial or the worker
  std::map<std::string, int64_t> from_scratch_;  // trial -> after which attempt, for good
  std::vector<std::string> findings_;
  std::map<std::string, int64_t> kept_;
};

}  // namespace adares::torture
