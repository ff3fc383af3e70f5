// How `adares` may end in a fleet that everything befalls.
#pragma once

#include <string>
#include <vector>

#include "tests/fixtures/program.h"
#include "tests/torture/promises.h"

namespace adares::torture {

// A call that has ended.
struct CallEnd {
  std::vector<std::string> arguments;
  fixtures::ProgramEnd end;
  std::string errors = "";
  // The server, or the way to it, was hit while the call was under way.
  bool was_hit = false;
};

// Whether what befalls a fleet explains that it ended so: there was no answer, or a refusal that
// this call may get.
bool IsExplained(const CallEnd& call);

Answer AnswerOf(const fixtures::ProgramEnd& end);

}  // namespace adares::torture
