// Looks at the database while everything is done to the programs, and finds what must not be.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/trial_state.h"

namespace adares::torture {

class Watcher {
 public:
  // `artifacts` is the folder of the files of checkpoints; a backup has none, and it is empty.
  explicit Watcher(std::string database, std::string artifacts = "")
      : database_(std::move(database)), artifacts_(std::move(artifacts)) {}

  // The server has acknowledged it: from now on it must be there.
  void Acknowledge(const std::string& sweep) { acknowledged_.insert(sweep); }

  // One look, in one snapshot: who has succeeded stays so, attempts that have ended stay as they
  // were to the last row, and nothing that was there is gone. Single moves between states are held
  // by the schema's triggers; between two looks any number of them may happen. Throws
  // SQLite::Exception.
  void Look();

  // The rules that a whole database follows, that no attempt has a hole in what it reported, and
  // that the files of checkpoints have the content that their names say.
  void CheckWhole();

  // SWEEP/ID of each trial that was not over at the last look.
  std::vector<std::string> OpenTrials() const;

  // What was found, for people.
  const std::vector<std::string>& findings() const { return findings_; }
  int64_t looks() const { return looks_; }
  // Files of checkpoints that were there and whole.
  int64_t blobs() const { return blobs_; }

 private:
  struct Attempt {
    std::string end;  // when and why; empty while it is alive
    int64_t rows = 0;
  };

  void Find(std::string finding);
  void LookAtTrial(const std::string& id, TrialState state);
  void LookAtAttempt(const std::string& id, const Attempt& now);
  void FindHoles();
  void ReadBlobs();

  const std::string database_;
  const std::string artifacts_;
  std::set<std::string> acknowledged_;
  std::map<std::string, TrialState> trials_;
  std::map<std::string, Attempt> attempts_;
  std::vector<std::string> findings_;
  int64_t looks_ = 0;
  int64_t blobs_ = 0;
};

}  // namespace adares::torture
