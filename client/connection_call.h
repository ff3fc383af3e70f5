// One call on a synchronous stub, with its deadline and with an end by interrupts. For the .cc
// files of Connection only, as it brings gRPC in.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/connection_impl.h"
#include "client/interrupt_guard.h"
#include "client/request_texts.h"
#include "rpc/grpc_status.h"

namespace adares::client {

inline absl::Status Interrupted() { return absl::CancelledError("interrupted"); }

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub, const CallLimits& limits,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  if (absl::Status texts = CheckTexts(request); !texts.ok()) return texts;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + limits.timeout);
  InterruptGuard guard(limits.signals, context);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (guard.Finish()) return Interrupted();
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

// Calls `each` for every message of a stream until it ends or `each` returns an error. There is no
// deadline: the messages say that it goes on.
template <typename Stub, typename Request, typename Response>
absl::Status ReadStream(Stub& stub, const CallLimits& limits,
                        std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(
                            grpc::ClientContext*, const Request&),
                        const Request& request,
                        const std::function<absl::Status(const Response&)>& each) {
  if (absl::Status texts = CheckTexts(request); !texts.ok()) return texts;
  grpc::ClientContext context;
  InterruptGuard guard(limits.signals, context);
  const auto reader = (stub.*method)(&context, request);
  Response response;
  while (reader->Read(&response)) {
    if (const absl::Status status = each(response); !status.ok()) {
      context.TryCancel();
      reader->Finish().ok();  // its CANCELLED is our own doing
      return status;
    }
  }
  const grpc::Status status = reader->Finish();
  if (guard.Finish()) return Interrupted();
  return FromGrpcStatus(status);
}

}  // namespace adares::client
