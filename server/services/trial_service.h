// TrialService over the commit loop and the reader pool. Thread-safe.
#pragma once

#include "adares/v1/trial_service.grpc.pb.h"
#include "server/services/change_hub.h"
#include "server/services/write_call.h"
#include "server/store/reader_pool.h"

namespace adares {

class TrialServiceImpl final : public v1::TrialService::CallbackService {
 public:
  // All must outlive the service.
  TrialServiceImpl(const ChangeAccess& changes, ReaderPool* readers, ChangeHub* hub)
      : changes_(changes), readers_(readers), hub_(hub) {}

  grpc::ServerUnaryReactor* GetTrial(grpc::CallbackServerContext* context,
                                     const v1::GetTrialRequest* request,
                                     v1::GetTrialResponse* response) override;
  grpc::ServerUnaryReactor* ListTrials(grpc::CallbackServerContext* context,
                                       const v1::ListTrialsRequest* request,
                                       v1::ListTrialsResponse* response) override;
  grpc::ServerWriteReactor<v1::TailLogsResponse>* TailLogs(
      grpc::CallbackServerContext* context, const v1::TailLogsRequest* request) override;
  grpc::ServerUnaryReactor* ControlTrials(grpc::CallbackServerContext* context,
                                          const v1::ControlTrialsRequest* request,
                                          v1::ControlTrialsResponse* response) override;

 private:
  const ChangeAccess changes_;
  ReaderPool* const readers_;
  ChangeHub* const hub_;
};

}  // namespace adares
