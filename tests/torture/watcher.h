// Looks at the database while everything is done to the programs, and finds what must not be.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/torture/snapshot.h"

namespace adares::torture {

// What a copy of the database that is begun now must have.
struct Known {
  std::set<std::string> sweeps;                // that were acknowledged
  std::map<std::string, TrialRow> trials;      // that have succeeded
  std::map<std::string, AttemptRow> attempts;  // that have ended
};

class Watcher {
 public:
  // `artifacts` is the folder of the files of checkpoints; a backup has none, and it is empty.
  // `known`: what the database must have from the start.
  explicit Watcher(std::string database, std::string artifacts = "", const Known& known = {});

  // The server has acknowledged it: from now on it must be there.
  void Acknowledge(const std::string& sweep) { acknowledged_.insert(sweep); }
  Known known() const;

  // One look, in one snapshot: who has succeeded stays so, attempts that have ended stay as they
  // were to the last row, nothing that was there is gone, what has failed had used up its tries,
  // and no sweep runs more trials than it may. Single moves between states are held by the schema's
  // triggers; between two looks any number of them may happen. Throws SQLite::Exception.
  void Look();
  // What the last look saw.
  const Snapshot& seen() const { return seen_; }

  // The rules that a whole database follows, that no attempt has a hole in what it reported, that
  // its rows are its own, and that the files of checkpoints have the content that their names say.
  void CheckWhole();

  // What was found, for people.
  const std::vector<std::string>& findings() const { return findings_; }
  int64_t looks() const { return looks_; }
  // Files of checkpoints that were there and whole.
  int64_t blobs() const { return blobs_; }

 private:
  void Find(std::string finding);
  void LookAtSweep(const std::string& name, const SweepRow& now);
  void LookAtTrial(const std::string& id, const TrialRow& now, const SweepRow& sweep);
  void LookAtAttempt(const std::string& id, const AttemptRow& before, const AttemptRow& now);
  void ReadBlobs();

  const std::string database_;
  const std::string artifacts_;
  std::set<std::string> acknowledged_;
  Snapshot seen_;
  std::vector<std::string> findings_;
  int64_t looks_ = 0;
  int64_t blobs_ = 0;
};

}  // namespace adares::torture
