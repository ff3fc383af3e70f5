// Answers a unary call on the reader pool. The reaction returns at once.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <utility>

#include "absl/status/statusor.h"
#include "rpc/grpc_status.h"
#include "server/coordinator/commit_loop.h"
#include "server/store/reader_pool.h"

namespace adares {

// Runs `read(Reader&, grpc::ServerUnaryReactor*)`, which finishes the call, on the pool. A call
// that nobody waits for any more is not read for, and where too many wait the answer is UNAVAILABLE
// OVERLOADED.
template <typename Read>
grpc::ServerUnaryReactor* PostRead(grpc::CallbackServerContext* context, ReaderPool* readers,
                                   Read read) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool posted =
      readers->TryPost([context, reactor, read = std::move(read)](Reader& reader) mutable {
        if (context->IsCancelled()) {
          return reactor->Finish(ToGrpcStatus(absl::CancelledError("the call was given up")));
        }
        read(reader, reactor);
      });
  if (!posted) reactor->Finish(ToGrpcStatus(OverloadedError()));
  return reactor;
}

// `read` gets a Reader and returns StatusOr<Response>; it must own what it needs of the request.
template <typename Response, typename Read>
grpc::ServerUnaryReactor* AnswerFromReader(grpc::CallbackServerContext* context,
                                           ReaderPool* readers, Response* response, Read read) {
  return PostRead(
      context, readers,
      [response, read = std::move(read)](Reader& reader, grpc::ServerUnaryReactor* reactor) {
        absl::StatusOr<Response> result = read(reader);
        if (result.ok()) *response = *std::move(result);
        reactor->Finish(ToGrpcStatus(result.status()));
      });
}

// Answers a call that needs no look at the database.
inline grpc::ServerUnaryReactor* AnswerAtOnce(grpc::CallbackServerContext* context,
                                              const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace adares
