// Synchronous services over the script.
#include "tests/client/scripted_coordinator.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <utility>

#include "core/status.h"
#include "rpc/grpc_status.h"

namespace adares::client {
namespace {

constexpr int kPage = 2;

// What all services share.
struct Shared {
  Script script;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> requests;
  size_t watches_used = 0;
  bool is_stopping = false;

  // Notes the request; the error that the script has for the call, or OK.
  grpc::Status Note(const std::string& call, const google::protobuf::Message& request) {
    const std::lock_guard lock(mutex);
    requests.push_back(call + " " + request.ShortDebugString());
    const auto error = script.errors.find(call);
    return error == script.errors.end() ? grpc::Status::OK : ToGrpcStatus(error->second);
  }

  // Whether this call of TailLogs is one that is lost.
  bool LosesTail() {
    const std::lock_guard lock(mutex);
    return script.lost_tails > 0 && script.lost_tails-- > 0;
  }

  // Until the client or the test leaves.
  grpc::Status Hold(const grpc::ServerContext& context) {
    std::unique_lock lock(mutex);
    while (!is_stopping && !context.IsCancelled()) {
      changed.wait_for(lock, std::chrono::milliseconds(20));
    }
    return {grpc::StatusCode::CANCELLED, "nobody waits any more"};
  }

  // `status`, unless the script holds the call.
  grpc::Status End(const std::string& call, const grpc::ServerContext& context,
                   const grpc::Status& status) {
    if (!script.held.contains(call)) return status;
    script.on_hold();
    return Hold(context);
  }

  grpc::Status NoteAndEnd(const std::string& call, const grpc::ServerContext& context,
                          const google::protobuf::Message& request) {
    return End(call, context, Note(call, request));
  }
};

// Copies the page that `token` names and returns the next token.
template <typename Items, typename Field>
std::string CopyPage(const Items& items, const std::string& token, Field* field) {
  const int size = static_cast<int>(items.size());
  const int begin = token.empty() ? 0 : std::stoi(token);
  const int end = std::min(size, begin + kPage);
  for (int i = begin; i < end; ++i) *field->Add() = items[i];
  return end < size ? std::to_string(end) : "";
}

grpc::Status NotFound(std::string_view reason, const std::string& name) {
  return ToGrpcStatus(MakeError(absl::StatusCode::kNotFound, reason, "there is no " + name));
}

class Sweeps : public v1::SweepService::Service {
 public:
  explicit Sweeps(Shared& shared) : shared_(shared) {}

  grpc::Status CreateSweep(grpc::ServerContext* context, const v1::CreateSweepRequest* request,
                           v1::CreateSweepResponse* response) override {
    *response = shared_.script.created;
    return shared_.NoteAndEnd("CreateSweep", *context, *request);
  }

  grpc::Status GetSweep(grpc::ServerContext* context, const v1::GetSweepRequest* request,
                        v1::GetSweepResponse* response) override {
    return shared_.End("GetSweep", *context,
                       Find("GetSweep", *request, request->name(), response->mutable_sweep()));
  }

  grpc::Status CancelSweep(grpc::ServerContext*, const v1::CancelSweepRequest* request,
                           v1::CancelSweepResponse* response) override {
    return Find("CancelSweep", *request, request->name(), response->mutable_sweep());
  }

  grpc::Status PauseSweep(grpc::ServerContext*, const v1::PauseSweepRequest* request,
                          v1::PauseSweepResponse* response) override {
    return Find("PauseSweep", *request, request->name(), response->mutable_sweep());
  }

  grpc::Status ResumeSweep(grpc::ServerContext*, const v1::ResumeSweepRequest* request,
                           v1::ResumeSweepResponse* response) override {
    return Find("ResumeSweep", *request, request->name(), response->mutable_sweep());
  }

  grpc::Status RetrySweep(grpc::ServerContext*, const v1::RetrySweepRequest* request,
                          v1::RetrySweepResponse* response) override {
    return Find("RetrySweep", *request, request->name(), response->mutable_sweep());
  }

  grpc::Status ListSweeps(grpc::ServerContext*, const v1::ListSweepsRequest* request,
                          v1::ListSweepsResponse* response) override {
    response->set_next_page_token(
        CopyPage(shared_.script.sweeps, request->page_token(), response->mutable_sweeps()));
    return shared_.Note("ListSweeps", *request);
  }

  grpc::Status WatchSweep(grpc::ServerContext* context, const v1::WatchSweepRequest* request,
                          grpc::ServerWriter<v1::WatchSweepResponse>* writer) override {
    const grpc::Status error = shared_.Note("WatchSweep", *request);
    if (!error.ok()) return error;
    shared_.script.before_watch();
    std::unique_lock lock(shared_.mutex);
    if (shared_.watches_used < shared_.script.watches.size()) {
      const WatchScript& watch = shared_.script.watches[shared_.watches_used++];
      lock.unlock();
      for (const auto& message : watch.messages) writer->Write(message);
      return ToGrpcStatus(watch.end);
    }
    lock.unlock();
    return shared_.Hold(*context);
  }

 private:
  grpc::Status Find(const std::string& call, const google::protobuf::Message& request,
                    const std::string& name, v1::Sweep* result) {
    const grpc::Status error = shared_.Note(call, request);
    if (!error.ok()) return error;
    for (const auto& sweep : shared_.script.sweeps) {
      if (sweep.name() != name) continue;
      *result = sweep;
      return grpc::Status::OK;
    }
    return NotFound(reason::kSweepNotFound, name);
  }

  Shared& shared_;
};

class Trials : public v1::TrialService::Service {
 public:
  explicit Trials(Shared& shared) : shared_(shared) {}

  grpc::Status GetTrial(grpc::ServerContext*, const v1::GetTrialRequest* request,
                        v1::GetTrialResponse* response) override {
    const grpc::Status error = shared_.Note("GetTrial", *request);
    if (!error.ok()) return error;
    const std::string id = request->name().substr(request->name().rfind('/'));
    for (const auto& trial : shared_.script.trials) {
      if (!trial.name().ends_with(id)) continue;
      *response->mutable_trial() = trial;
      return grpc::Status::OK;
    }
    return NotFound(reason::kTrialNotFound, request->name());
  }

  grpc::Status ControlTrials(grpc::ServerContext*, const v1::ControlTrialsRequest* request,
                             v1::ControlTrialsResponse* response) override {
    for (const auto& trial : shared_.script.trials) *response->add_changed() = trial.name();
    return shared_.Note("ControlTrials", *request);
  }

  grpc::Status ListTrials(grpc::ServerContext*, const v1::ListTrialsRequest* request,
                          v1::ListTrialsResponse* response) override {
    std::vector<v1::Trial> wanted;
    for (const auto& trial : shared_.script.trials) {
      const auto& states = request->states();
      const bool is_wanted =
          states.empty() || std::find(states.begin(), states.end(), trial.state()) != states.end();
      if (is_wanted && trial.name().starts_with(request->parent() + "/")) wanted.push_back(trial);
    }
    response->set_next_page_token(
        CopyPage(wanted, request->page_token(), response->mutable_trials()));
    return shared_.Note("ListTrials", *request);
  }

  grpc::Status TailLogs(grpc::ServerContext* context, const v1::TailLogsRequest* request,
                        grpc::ServerWriter<v1::TailLogsResponse>* writer) override {
    const grpc::Status error = shared_.Note("TailLogs", *request);
    if (!error.ok()) return error;
    for (const auto& message : shared_.script.logs) {
      if (message.lines_size() > 0 && message.lines(0).number() < request->first_line()) continue;
      writer->Write(message);
      if (shared_.LosesTail()) return ToGrpcStatus(shared_.script.tail_loss);
    }
    return shared_.End("TailLogs", *context, ToGrpcStatus(shared_.script.logs_end));
  }

 private:
  Shared& shared_;
};

class Analysis : public v1::AnalysisService::Service {
 public:
  explicit Analysis(Shared& shared) : shared_(shared) {}

  grpc::Status QueryMetrics(grpc::ServerContext*, const v1::QueryMetricsRequest* request,
                            v1::QueryMetricsResponse* response) override {
    const v1::QueryMetricsResponse& all = shared_.script.metrics;
    response->set_trial(all.trial());
    response->set_next_page_token(
        CopyPage(all.points(), request->page_token(), response->mutable_points()));
    return shared_.Note("QueryMetrics", *request);
  }

  grpc::Status QuerySkipWeights(grpc::ServerContext*, const v1::QuerySkipWeightsRequest* request,
                                v1::QuerySkipWeightsResponse* response) override {
    const v1::QuerySkipWeightsResponse& all = shared_.script.weights;
    response->set_trial(all.trial());
    response->set_next_page_token(
        CopyPage(all.weights(), request->page_token(), response->mutable_weights()));
    return shared_.Note("QuerySkipWeights", *request);
  }

  grpc::Status CompareVariants(grpc::ServerContext* context,
                               const v1::CompareVariantsRequest* request,
                               v1::CompareVariantsResponse* response) override {
    *response = shared_.script.comparison;
    return shared_.NoteAndEnd("CompareVariants", *context, *request);
  }

 private:
  Shared& shared_;
};

class Workers : public v1::WorkerService::Service {
 public:
  explicit Workers(Shared& shared) : shared_(shared) {}

  grpc::Status ListWorkers(grpc::ServerContext*, const v1::ListWorkersRequest* request,
                           v1::ListWorkersResponse* response) override {
    response->set_next_page_token(
        CopyPage(shared_.script.workers, request->page_token(), response->mutable_workers()));
    return shared_.Note("ListWorkers", *request);
  }

  grpc::Status CordonWorker(grpc::ServerContext*, const v1::CordonWorkerRequest* request,
                            v1::CordonWorkerResponse*) override {
    return shared_.Note("CordonWorker", *request);
  }

  grpc::Status DrainWorker(grpc::ServerContext*, const v1::DrainWorkerRequest* request,
                           v1::DrainWorkerResponse*) override {
    return shared_.Note("DrainWorker", *request);
  }

  grpc::Status UncordonWorker(grpc::ServerContext*, const v1::UncordonWorkerRequest* request,
                              v1::UncordonWorkerResponse*) override {
    return shared_.Note("UncordonWorker", *request);
  }

 private:
  Shared& shared_;
};

class Admin : public v1::AdminService::Service {
 public:
  explicit Admin(Shared& shared) : shared_(shared) {}

  grpc::Status GetServerInfo(grpc::ServerContext*, const v1::GetServerInfoRequest* request,
                             v1::GetServerInfoResponse* response) override {
    *response->mutable_server() = shared_.script.info;
    return shared_.Note("GetServerInfo", *request);
  }

  grpc::Status CheckHealth(grpc::ServerContext*, const v1::CheckHealthRequest* request,
                           v1::CheckHealthResponse* response) override {
    *response = shared_.script.health;
    return shared_.Note("CheckHealth", *request);
  }

  grpc::Status BackupDatabase(grpc::ServerContext* context,
                              const v1::BackupDatabaseRequest* request,
                              grpc::ServerWriter<v1::BackupDatabaseResponse>* writer) override {
    const grpc::Status error = shared_.Note("BackupDatabase", *request);
    if (!error.ok()) return error;
    for (const auto& message : shared_.script.backup) writer->Write(message);
    return shared_.End("BackupDatabase", *context, grpc::Status::OK);
  }

  grpc::Status CheckDatabase(grpc::ServerContext*, const v1::CheckDatabaseRequest* request,
                             grpc::ServerWriter<v1::CheckDatabaseResponse>* writer) override {
    const grpc::Status error = shared_.Note("CheckDatabase", *request);
    if (!error.ok()) return error;
    for (const auto& result : shared_.script.checks) {
      v1::CheckDatabaseResponse message;
      message.set_begun(result.check());
      writer->Write(message);
      *message.mutable_result() = result;
      writer->Write(message);
    }
    return grpc::Status::OK;
  }

  grpc::Status PruneDatabase(grpc::ServerContext*, const v1::PruneDatabaseRequest* request,
                             grpc::ServerWriter<v1::PruneDatabaseResponse>* writer) override {
    const grpc::Status error = shared_.Note("PruneDatabase", *request);
    if (!error.ok()) return error;
    for (const auto& message : shared_.script.pruned) writer->Write(message);
    return grpc::Status::OK;
  }

 private:
  Shared& shared_;
};

}  // namespace

struct ScriptedCoordinator::Services {
  Shared shared;
  Sweeps sweeps{shared};
  Trials trials{shared};
  Analysis analysis{shared};
  Workers workers{shared};
  Admin admin{shared};
};

ScriptedCoordinator::ScriptedCoordinator(const std::string& address, Script script)
    : services_(std::make_unique<Services>()) {
  services_->shared.script = std::move(script);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&services_->sweeps);
  builder.RegisterService(&services_->trials);
  builder.RegisterService(&services_->analysis);
  builder.RegisterService(&services_->workers);
  builder.RegisterService(&services_->admin);
  server_ = builder.BuildAndStart();
}

ScriptedCoordinator::~ScriptedCoordinator() {
  {
    const std::lock_guard lock(services_->shared.mutex);
    services_->shared.is_stopping = true;
  }
  services_->shared.changed.notify_all();
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

std::vector<std::string> ScriptedCoordinator::requests() {
  const std::lock_guard lock(services_->shared.mutex);
  return services_->shared.requests;
}

}  // namespace adares::client
