// Answers a unary call on the reader pool. The reaction returns at once.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <utility>

#include "absl/status/statusor.h"
#include "rpc/grpc_status.h"
#include "server/store/reader_pool.h"

namespace adares {

// `read` gets a Reader and returns StatusOr<Response>; it must own what it needs of the request.
template <typename Response, typename Read>
grpc::ServerUnaryReactor* AnswerFromReader(grpc::CallbackServerContext* context,
                                           ReaderPool* readers, Response* response, Read read) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  readers->Post([reactor, response, read = std::move(read)](Reader& reader) {
    absl::StatusOr<Response> result = read(reader);
    if (result.ok()) *response = *std::move(result);
    reactor->Finish(ToGrpcStatus(result.status()));
  });
  return reactor;
}

// Answers a call that needs no look at the database.
inline grpc::ServerUnaryReactor* AnswerAtOnce(grpc::CallbackServerContext* context,
                                              const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace adares
