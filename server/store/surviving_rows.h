// Which rows of a trial's attempts survive when a later attempt goes on from an earlier step.
// Private to server/store.
#pragma once

#include <cstdint>

#include "server/store/sqlite.h"
#include "server/store/store.h"

namespace adares {

// `attempt` goes on from `resumed_step`, or from scratch where that is 0: what earlier attempts
// reported of later steps is kept but counts no more, and the trial's summaries are those of what
// is left. Steps that are superseded stay so.
void SupersedeEarlier(Connection& connection, const LiveAttempt& attempt, int64_t resumed_step);

}  // namespace adares
