// From which commit adares-trainer was built; its definition is written by the build.
#pragma once

namespace adares {

// "90feb30a", with "-dirty" where files were changed after it; "unknown" where the build had no git
// or no history.
extern const char kTrainerCommit[];

}  // namespace adares
