// Answers a unary call that changes something and counts once (Coordinator::Once). The reaction
// returns at once.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "rpc/request_key.h"
#include "server/coordinator/commit_loop.h"

namespace adares {

// `body` runs on the owner thread, inside the transaction, and returns what the answer is made of;
// `answer` gets that once it is durable, also where an earlier call with the same id made it.
// `bytes` is what the body holds of memory, where that is much.
inline void CallOnce(CommitLoop* loop, RequestKey key,
                     std::function<absl::StatusOr<std::string>(Coordinator&, Timestamp)> body,
                     std::function<void(absl::StatusOr<std::string>)> answer, size_t bytes = 0) {
  loop->Call<std::string>(
      [key = std::move(key), body = std::move(body)](Coordinator& coordinator, Timestamp now) {
        return coordinator.Once(key, now, [&] { return body(coordinator, now); });
      },
      std::move(answer), bytes);
}

}  // namespace adares
