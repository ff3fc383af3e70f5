// SweepService over the commit loop and the reader pool. Thread-safe.
#pragma once

#include "adares/v1/sweep_service.grpc.pb.h"
#include "core/sweep_spec.h"
#include "server/services/change_hub.h"
#include "server/services/write_call.h"
#include "server/store/reader_pool.h"

namespace adares {

class SweepServiceImpl final : public v1::SweepService::CallbackService {
 public:
  // All must outlive the service.
  SweepServiceImpl(const ChangeAccess& changes, ReaderPool* readers, ChangeHub* hub)
      : changes_(changes), readers_(readers), hub_(hub) {}

  grpc::ServerUnaryReactor* CreateSweep(grpc::CallbackServerContext* context,
                                        const v1::CreateSweepRequest* request,
                                        v1::CreateSweepResponse* response) override;
  grpc::ServerUnaryReactor* GetSweep(grpc::CallbackServerContext* context,
                                     const v1::GetSweepRequest* request,
                                     v1::GetSweepResponse* response) override;
  grpc::ServerUnaryReactor* ListSweeps(grpc::CallbackServerContext* context,
                                       const v1::ListSweepsRequest* request,
                                       v1::ListSweepsResponse* response) override;
  grpc::ServerUnaryReactor* CancelSweep(grpc::CallbackServerContext* context,
                                        const v1::CancelSweepRequest* request,
                                        v1::CancelSweepResponse* response) override;
  grpc::ServerUnaryReactor* PauseSweep(grpc::CallbackServerContext* context,
                                       const v1::PauseSweepRequest* request,
                                       v1::PauseSweepResponse* response) override;
  grpc::ServerUnaryReactor* ResumeSweep(grpc::CallbackServerContext* context,
                                        const v1::ResumeSweepRequest* request,
                                        v1::ResumeSweepResponse* response) override;
  grpc::ServerUnaryReactor* RetrySweep(grpc::CallbackServerContext* context,
                                       const v1::RetrySweepRequest* request,
                                       v1::RetrySweepResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchSweepResponse>* WatchSweep(
      grpc::CallbackServerContext* context, const v1::WatchSweepRequest* request) override;

 private:
  // Queues what was planned, and finishes the call.
  void Submit(SweepPlan plan, grpc::CallbackServerContext* context,
              const v1::CreateSweepRequest& request, v1::CreateSweepResponse* response,
              grpc::ServerUnaryReactor* reactor);

  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* ControlSweep(grpc::CallbackServerContext* context,
                                         const Request& request, Response* response,
                                         ControlAction action);

  const ChangeAccess changes_;
  ReaderPool* const readers_;
  ChangeHub* const hub_;
};

}  // namespace adares
