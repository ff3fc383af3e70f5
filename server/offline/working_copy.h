// The copy that offline work is done on, and what is told of it. Private to server/offline.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/offline/offline_work.h"
#include "server/state_folder.h"

namespace adares {

// Copies `from` to `folder.copy()`, which is removed with this unless it took the database's place.
class WorkingCopy {
 public:
  explicit WorkingCopy(const StateFolder& folder) : path_(folder.copy()), folder_(folder.path()) {}
  ~WorkingCopy();
  WorkingCopy(const WorkingCopy&) = delete;
  WorkingCopy& operator=(const WorkingCopy&) = delete;

  // RESOURCE_EXHAUSTED DATABASE_FULL before anything is written where there is no room; `what` is
  // what needs it. Else as CopyDatabase.
  absl::Status Make(const std::string& from, const std::string& what, const EventSink& sink);

  // DATA_LOSS DATABASE_CORRUPT or FAILED_PRECONDITION SCHEMA_MISMATCH where its structure is not
  // sound; what the checks of rows find is told only.
  absl::Status Check(const EventSink& sink) const;

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  const std::string folder_;
};

void TellStep(const EventSink& sink, const std::string& step);

}  // namespace adares
