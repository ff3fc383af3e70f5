// What Connection holds; for its own .cc files and sweep_watch.cc only, as it brings gRPC in.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "adares/v1/admin_service.grpc.pb.h"
#include "adares/v1/analysis_service.grpc.pb.h"
#include "adares/v1/sweep_service.grpc.pb.h"
#include "adares/v1/trial_service.grpc.pb.h"
#include "adares/v1/worker_service.grpc.pb.h"
#include "client/connection.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace adares::client {

// What ends a call before its answer.
struct CallLimits {
  Timeout timeout;
  Signals* signals;  // may be null
};

struct Connection::Impl {
  Impl(std::string to, CallLimits call_limits, const std::shared_ptr<grpc::Channel>& channel)
      : address(std::move(to)),
        limits(call_limits),
        sweeps(channel),
        trials(channel),
        analysis(channel),
        workers(channel),
        admin(channel),
        health(channel) {}

  std::string address;
  CallLimits limits;
  v1::SweepService::Stub sweeps;
  v1::TrialService::Stub trials;
  v1::AnalysisService::Stub analysis;
  v1::WorkerService::Stub workers;
  v1::AdminService::Stub admin;
  grpc::health::v1::Health::Stub health;
};

}  // namespace adares::client
