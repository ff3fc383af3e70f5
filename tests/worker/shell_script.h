// A shell script in the place of a trainer.
#pragma once

#include <filesystem>
#include <string>

#include "tests/fixtures/temp_folder.h"

namespace adares::worker {

inline std::filesystem::path ShellScript(const fixtures::TempFolder& folder,
                                         const std::string& script) {
  const std::filesystem::path path = folder / "trainer.sh";
  fixtures::WriteTextFile(path, "#!/bin/sh\n" + script + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

}  // namespace adares::worker
