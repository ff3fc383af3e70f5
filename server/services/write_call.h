// Answers a unary call that changes something and counts once (Coordinator::Once). The reaction
// returns at once.
#pragma once

#include <grpcpp/server_context.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "rpc/request_key.h"
#include "server/coordinator/commit_loop.h"
#include "server/services/change_rate.h"

namespace adares {

struct ChangeAccess {
  CommitLoop* loop = nullptr;
  ChangeRate* rate = nullptr;
};

// How many bytes of memory in a command, and of an answer that is remembered, count as one change
// more.
inline constexpr double kCommandBytesOfChange = 256 * 1024;
inline constexpr double kAnswerBytesOfChange = 4 * 1024;

// `body` runs on the owner thread, inside the transaction, and returns what the answer is made of;
// `answer` gets that once it is durable, also where an earlier call with the same id made it, or at
// once UNAVAILABLE OVERLOADED where the caller asks for too much. `bytes` is what the body holds of
// memory, where that is much.
inline void CallOnce(const ChangeAccess& access, const grpc::CallbackServerContext& context,
                     RequestKey key,
                     std::function<absl::StatusOr<std::string>(Coordinator&, Timestamp)> body,
                     std::function<void(absl::StatusOr<std::string>)> answer, size_t bytes = 0) {
  using Clock = std::chrono::steady_clock;
  std::string peer = context.peer();
  if (const absl::Status taken = access.rate->Take(peer, Clock::now()); !taken.ok()) {
    return answer(taken);
  }
  const auto was_done = std::make_shared<bool>(false);  // now, and not by an earlier call
  access.loop->Call<std::string>(
      [key = std::move(key), body = std::move(body), was_done](Coordinator& coordinator,
                                                               Timestamp now) {
        return coordinator.Once(key, now, [&] {
          *was_done = true;
          return body(coordinator, now);
        });
      },
      [rate = access.rate, peer = std::move(peer), bytes, was_done,
       answer = std::move(answer)](absl::StatusOr<std::string> outcome) {
        if (outcome.ok() && *was_done) {
          rate->Charge(peer,
                       static_cast<double>(bytes) / kCommandBytesOfChange +
                           static_cast<double>(outcome->size()) / kAnswerBytesOfChange,
                       Clock::now());
        }
        answer(std::move(outcome));
      },
      bytes);
}

}  // namespace adares
