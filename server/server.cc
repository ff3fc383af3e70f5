#include "server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/report_limits.h"
#include "core/status.h"
#include "core/sweep_spec.h"
#include "rpc/channel.h"
#include "rpc/convert.h"
#include "rpc/convert_admin.h"
#include "rpc/page_request.h"
#include "server/artifacts/blob_store.h"
#include "server/artifacts/file_pool.h"
#include "server/artifacts/upload_quota.h"
#include "server/coordinator/blob_collector.h"
#include "server/http/http_server.h"
#include "server/listen_address.h"
#include "server/maintenance/maintenance_thread.h"
#include "server/maintenance/pruning.h"
#include "server/metrics/call_counter.h"
#include "server/metrics/server_metrics.h"
#include "server/services/admin_service.h"
#include "server/services/analysis_service.h"
#include "server/services/change_hub.h"
#include "server/services/sweep_service.h"
#include "server/services/sync_waiters.h"
#include "server/services/trial_service.h"
#include "server/services/worker_service.h"
#include "server/state_folder.h"
#include "server/store/database_copy.h"
#include "server/store/migrator.h"
#include "server/store/reader_pool.h"
#include "server/store/store.h"

#ifndef ADARES_VERSION
#error "ADARES_VERSION comes from the build"
#endif

namespace adares {
namespace {

constexpr std::chrono::seconds kShutdownGrace{2};
constexpr std::chrono::seconds kLoopStalled{5};
constexpr int kFileThreads = 2;
constexpr Duration kBlobsKeptAfterReplacement = std::chrono::days(7);
// What gRPC may hold of messages that come or go; beyond it reads from the network slow down.
constexpr size_t kTransportBytes = 512 << 20;
constexpr const char* kServices[] = {
    v1::SweepService::service_full_name(), v1::TrialService::service_full_name(),
    v1::AnalysisService::service_full_name(), v1::WorkerService::service_full_name(),
    v1::AdminService::service_full_name()};

// The answer if it comes within a second: a busy or hung database must not hang the probes, which
// share the HTTP thread with /metrics.
template <typename T>
std::optional<T> TakeSoon(std::promise<T>& promise) {
  std::future<T> future = promise.get_future();
  if (future.wait_for(std::chrono::seconds(1)) != std::future_status::ready) return std::nullopt;
  return future.get();
}

int64_t FileBytes(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

int64_t FreeBytes(const std::string& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  return error ? 0 : static_cast<int64_t>(space.available);
}

v1::ServerLimits Limits(const ServerConfig& config) {
  v1::ServerLimits limits;
  limits.set_message_bytes(kMaxMessageBytes);
  limits.set_page_size(kMaxPageSize);
  limits.set_series_page_size(kMaxSeriesPageSize);
  limits.set_points_per_record(kMaxPointsPerRecord);
  limits.set_log_lines_per_record(kMaxLogLinesPerRecord);
  limits.set_log_line_bytes(kMaxLogLineBytes);
  limits.set_report_bytes(kMaxReportBytes);
  limits.set_records_per_report(kMaxRecordsPerReport);
  limits.set_metric_keys_per_trial(kMaxMetricKeysPerTrial);
  limits.set_sweep_file_bytes(kMaxSweepFileBytes);
  limits.set_trials_per_sweep(kMaxTrialsPerSweep);
  limits.set_calls_per_connection(config.max_calls_per_connection);
  limits.set_streams_per_kind(static_cast<int32_t>(config.max_streams));
  limits.set_changes_per_second(static_cast<int32_t>(config.change_rate.per_second));
  limits.set_sites_per_trial(kMaxSitesPerTrial);
  limits.set_connected_workers(static_cast<int32_t>(kMaxConnectedWorkers));
  limits.set_unnamed_uploads_per_attempt(static_cast<int32_t>(UploadQuota::kMaxUnnamed));
  return limits;
}

// A trial whose trainer invents metrics or sites, or floods its log, goes on, and somebody should
// know.
void TellExcess(const Effects& effects) {
  for (const auto& [trial, count] : effects.points_excessive) {
    spdlog::warn(
        "event=metric_points_kept_out trial={} points={} hint=\"a trial may have {} metric keys\"",
        trial, count, kMaxMetricKeysPerTrial);
  }
  for (const auto& [trial, count] : effects.weights_excessive) {
    spdlog::warn("event=skip_weights_kept_out trial={} rows={} hint=\"a trial may have {} sites\"",
                 trial, count, kMaxSitesPerTrial);
  }
  for (const std::string& trial : effects.full_logs) {
    spdlog::warn("event=log_lines_kept_out trial={} hint=\"an attempt's log may have {} lines\"",
                 trial, kMaxLogLinesPerAttempt);
  }
}

absl::Status CheckAddresses(const ServerConfig& config) {
  ADARES_RETURN_IF_ERROR(CheckListenAddress("--listen", config.listen, config.insecure));
  ADARES_RETURN_IF_ERROR(CheckCanListen("--listen", config.listen));
  if (config.http == "none") return absl::OkStatus();
  if (config.http.starts_with("unix:")) {
    return absl::InvalidArgumentError(
        absl::StrCat("--http ", config.http, ": expected HOST:PORT, or none"));
  }
  ADARES_RETURN_IF_ERROR(CheckListenAddress("--http", config.http, config.insecure));
  return CheckCanListen("--http", config.http);
}

}  // namespace

struct Server::Impl {
  explicit Impl(const ServerConfig& given) : config(given) {}

  const ServerConfig config;
  std::unique_ptr<StateFolder> folder;
  ServerMetrics metrics{ADARES_VERSION};
  ChangeHub hub;
  SyncWaiters waiters;
  std::unique_ptr<BlobStore> blobs;
  UploadQuota quota;
  ChangeRate rate{config.change_rate};
  std::unique_ptr<FilePool> files;
  std::unique_ptr<BlobCollector> collector;
  std::unique_ptr<CommitLoop> loop;
  std::unique_ptr<ReaderPool> readers;
  std::unique_ptr<MaintenanceThread> maintenance;
  std::unique_ptr<SweepServiceImpl> sweeps;
  std::unique_ptr<TrialServiceImpl> trials;
  std::unique_ptr<AnalysisServiceImpl> analysis;
  std::unique_ptr<WorkerServiceImpl> workers;
  std::unique_ptr<AdminServiceImpl> admin;
  std::unique_ptr<grpc::Server> grpc;
  std::unique_ptr<HttpServer> http;
  int port = 0;
  std::string last_failure;  // owner thread only
  std::mutex upload_mutex;
  std::string upload_failure;                         // of the last upload; guarded by upload_mutex
  std::atomic<WorkerServiceImpl*> ticking = nullptr;  // once there is one; until the loop stops
  std::atomic<bool> draining = false;
  std::atomic<int64_t> last_commit_micros = 0;  // 0 before the first
  bool shut_down = false;

  BlobStoreOptions BlobOptions() const;
  absl::Status Open();
  absl::Status Listen();
  absl::Status ServeHttp();
  CommitLoop::Listener LoopListener();
  void TellUpload(const absl::Status& ended);
  HttpResponse Metrics();
  HttpResponse Ready() const;
  v1::ServerInfo Constants() const;
  v1::CheckHealthResponse Health() const;
  AdminContext AdminServiceContext();
  void ApplyRetention(const std::stop_token& stop);
};

// A database that was put back does not name what came since; the one that it replaced may.
BlobStoreOptions Server::Impl::BlobOptions() const {
  BlobStoreOptions options;
  options.database = folder->database();
  const std::optional<Timestamp> replaced = folder->LastReplaced();
  if (replaced) options.found_kept_until = *replaced + kBlobsKeptAfterReplacement;
  return options;
}

absl::Status Server::Impl::Open() {
  ADARES_ASSIGN_OR_RETURN(folder, StateFolder::Open(config.state_dir));
  ADARES_RETURN_IF_ERROR(RemoveDatabase(folder->copy()));
  ADARES_ASSIGN_OR_RETURN(std::unique_ptr<Store> store,
                          Store::Open(folder->database(), SystemNow()));
  ADARES_ASSIGN_OR_RETURN(readers, ReaderPool::Open(folder->database(), config.readers));
  ADARES_ASSIGN_OR_RETURN(blobs, BlobStore::Open(folder->artifacts(), BlobOptions(), SystemNow()));
  files = std::make_unique<FilePool>(kFileThreads);
  collector =
      std::make_unique<BlobCollector>(blobs.get(), files.get(), [](const absl::Status& failure) {
        spdlog::error("event=blob_not_removed error={:?}", std::string(failure.message()));
      });
  hub.SetHeartbeat(config.heartbeat);
  hub.SetPatience(5 * config.patience);
  hub.SetLimit(config.max_streams);
  CommitLoopOptions options;
  options.lease = config.lease;
  options.has_blob = [this](const CheckpointFile& file) {
    return blobs->index().Find(file.sha256) == file.size_bytes;
  };
  // Listeners use the loop only through calls that begin after SetLoop.
  ADARES_ASSIGN_OR_RETURN(loop, CommitLoop::Start(std::move(store), options, LoopListener()));
  waiters.SetLoop(loop.get());
  MaintenanceThread::Routine routine;
  if (config.retention > Duration(0)) {
    routine.period = config.retention_period;
    routine.task = [this](const std::stop_token& stop) { ApplyRetention(stop); };
  }
  maintenance = std::make_unique<MaintenanceThread>(std::move(routine));
  collector->SetLoop(loop.get());
  return absl::OkStatus();
}

void Server::Impl::ApplyRetention(const std::stop_token& stop) {
  PruneRequest request;
  request.database = folder->database();
  request.before = SystemNow() - config.retention;
  PruneObserver observer;
  observer.stop = [&stop] { return stop.stop_requested(); };
  const absl::StatusOr<PruneCounts> counts = Prune(*loop, request, observer);
  if (counts.ok() && counts->rows() > 0) {
    spdlog::info("event=retention deleted={:?}", CountsText(*counts));
  } else if (!counts.ok() && !stop.stop_requested()) {
    spdlog::warn("event=retention_failed error={:?}", std::string(counts.status().message()));
  }
}

CommitLoop::Listener Server::Impl::LoopListener() {
  CommitLoop::Listener listener;
  listener.committed = [this](const Effects& effects) {
    metrics.Count(effects);
    TellExcess(effects);
    effects.fleet_changed ? hub.NotifyAllChanged() : hub.NotifyChanged(effects.changed_sweeps);
    waiters.Committed(effects);
    collector->Committed(effects);
    quota.Named(effects.named_blobs);
  };
  listener.ticked = [this](const Coordinator&, Timestamp now) {
    collector->Ticked(now);
    quota.Expire(now);
    hub.NotifyTick(std::chrono::steady_clock::now());
    waiters.Ticked(now);
    if (WorkerServiceImpl* const served = ticking) {
      served->Tick(std::chrono::steady_clock::now());
    }
  };
  listener.measured = [this](double seconds, const absl::Status& committed) {
    metrics.ObserveTransaction(seconds, committed);
    if (!committed.ok()) return;
    last_failure.clear();
    last_commit_micros = ToMicros(SystemNow());
  };
  // A failure that stays is told once: until something was committed.
  listener.failed = [this](const absl::Status& failure) {
    if (failure.message() == last_failure) return;
    last_failure = std::string(failure.message());
    spdlog::error("event=storing_failed error={:?}", last_failure);
  };
  return listener;
}

// That checkpoints cannot be stored is told once: until one was.
void Server::Impl::TellUpload(const absl::Status& ended) {
  metrics.CountUpload(ended);
  const std::string reason = ErrorReason(ended);
  const bool is_of_the_disk = reason == reason::kStorageFull || reason == reason::kStorageFailed;
  if (!ended.ok() && !is_of_the_disk) return;
  const std::lock_guard lock(upload_mutex);
  if (std::exchange(upload_failure, reason) == reason || ended.ok()) return;
  spdlog::error("event=checkpoints_not_stored error={:?}", std::string(ended.message()));
}

absl::Status Server::Impl::Listen() {
  const ChangeAccess changes = {loop.get(), &rate};
  sweeps = std::make_unique<SweepServiceImpl>(changes, readers.get(), &hub);
  trials = std::make_unique<TrialServiceImpl>(changes, readers.get(), &hub);
  analysis = std::make_unique<AnalysisServiceImpl>(readers.get());
  workers = std::make_unique<WorkerServiceImpl>(
      WorkerServiceImpl::Context{loop.get(), &rate, &waiters, readers.get(), blobs.get(),
                                 files.get(), &quota,
                                 [this](const absl::Status& ended) { TellUpload(ended); },
                                 config.patience, config.max_streams},
      config.lease);
  ticking = workers.get();
  admin = std::make_unique<AdminServiceImpl>(AdminServiceContext());

  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(config.listen, grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetResourceQuota(grpc::ResourceQuota("adares").Resize(kTransportBytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, config.max_calls_per_connection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 15'000);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(sweeps.get());
  builder.RegisterService(trials.get());
  builder.RegisterService(analysis.get());
  builder.RegisterService(workers.get());
  builder.RegisterService(admin.get());
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(MakeCallCounter(&metrics.calls()));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  grpc = builder.BuildAndStart();
  if (grpc == nullptr) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on --listen ", config.listen,
        ": the address is taken or not of this machine; stop the other server or take another"));
  }
  auto* const health = grpc->GetHealthCheckService();
  for (const char* service : kServices) health->SetServingStatus(service, true);
  return absl::OkStatus();
}

absl::Status Server::Impl::ServeHttp() {
  if (config.http == "none") return absl::OkStatus();
  std::map<std::string, HttpServer::Handler> routes;
  routes["/metrics"] = [this] { return Metrics(); };
  routes["/healthz"] = [] { return HttpResponse{200, "text/plain; charset=utf-8", "ok\n"}; };
  routes["/readyz"] = [this] { return Ready(); };
  routes["/"] = [] {
    return HttpResponse{200, "text/plain; charset=utf-8",
                        absl::StrCat("adares-server ", ADARES_VERSION,
                                     "\n/metrics  Prometheus\n/healthz  the process lives\n"
                                     "/readyz   it takes calls\n")};
  };
  for (const auto& [path, handler] : routes) metrics.DeclareHttpHandler(path);
  const auto observe = [this](const std::string& path, int code, double seconds) {
    metrics.CountHttpRequest(path, code, seconds);
  };
  ADARES_ASSIGN_OR_RETURN(http, HttpServer::Start(config.http, std::move(routes), observe));
  return absl::OkStatus();
}

// Gauges are taken when they are asked for, and keep their last value where that takes too long;
// counters count by themselves.
HttpResponse Server::Impl::Metrics() {
  using Queue = absl::StatusOr<QueueCounts>;
  const auto counts = std::make_shared<std::promise<Queue>>();
  readers->Post([counts](Reader& reader) { counts->set_value(reader.Counts()); });

  using Live = std::vector<WorkerRecord>;
  const auto live = std::make_shared<std::promise<Live>>();
  const absl::Status posted = loop->PostLook(
      [live](const Coordinator& coordinator) { live->set_value(coordinator.LiveWorkers()); });
  if (!posted.ok()) live->set_value({});

  const std::optional<Queue> queue = TakeSoon(*counts);
  const std::optional<Live> workers_now = TakeSoon(*live);
  if (queue && queue->ok()) {
    metrics.SetQueue(**queue);
    if (workers_now) metrics.SetWorkers(*workers_now, (*queue)->lost_workers);
  }
  metrics.SetDatabase({FileBytes(folder->database()), FileBytes(folder->database() + "-wal"),
                       FreeBytes(config.state_dir)});
  metrics.SetArtifacts(blobs->index().bytes());
  metrics.SetWatchStreams(static_cast<int64_t>(hub.size()));
  return {200, "text/plain; version=0.0.4; charset=utf-8", metrics.Expose()};
}

HttpResponse Server::Impl::Ready() const {
  const v1::CheckHealthResponse now = Health();
  return {now.healthy() ? 200 : 503, "text/plain; charset=utf-8",
          absl::StrCat("coordinator loop: ", now.loop_moving() ? "ok" : "stalled", "\n",
                       "last commit: ", now.last_commit_succeeded() ? "ok" : "failed", "\n",
                       "draining: ", now.draining() ? "yes" : "no", "\n")};
}

v1::CheckHealthResponse Server::Impl::Health() const {
  v1::CheckHealthResponse now;
  now.set_loop_moving(std::chrono::steady_clock::now() - loop->last_tick() < kLoopStalled);
  now.set_last_commit_succeeded(loop->last_commit_succeeded());
  if (last_commit_micros > 0) {
    *now.mutable_last_commit_time() = ToProto(FromMicros(last_commit_micros));
  }
  now.set_draining(draining);
  now.set_healthy(now.loop_moving() && now.last_commit_succeeded() && !now.draining());
  return now;
}

v1::ServerInfo Server::Impl::Constants() const {
  v1::ServerInfo info;
  info.set_version(ADARES_VERSION);
  *info.mutable_start_time() = ToProto(SystemNow());
  std::error_code error;
  const auto absolute = std::filesystem::absolute(config.state_dir, error);
  info.set_state_folder(error ? config.state_dir : absolute.lexically_normal().string());
  info.mutable_database()->set_schema_version(EmbeddedMigrations().back().version);
  v1::ServerOptions* options = info.mutable_options();
  options->set_listen_address(config.listen);
  options->set_http_address(config.http == "none" ? "" : config.http);
  options->set_insecure(config.insecure);
  options->set_readers(config.readers);
  *options->mutable_lease_duration() = ToProto(config.lease.lease_duration);
  *options->mutable_sync_interval() = ToProto(config.lease.sync_interval);
  if (config.retention > Duration(0)) *options->mutable_retention() = ToProto(config.retention);
  *info.mutable_limits() = Limits(config);
  return info;
}

AdminContext Server::Impl::AdminServiceContext() {
  AdminContext context;
  context.folder = folder.get();
  context.loop = loop.get();
  context.readers = readers.get();
  context.maintenance = maintenance.get();
  context.blobs = blobs.get();
  context.constants = Constants();
  context.health = [this] { return Health(); };
  context.backed_up = [this](Timestamp taken_at) { metrics.SetLastBackup(taken_at); };
  context.patience = config.patience;
  return context;
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config) {
  auto impl = std::make_unique<Impl>(config);
  ADARES_RETURN_IF_ERROR(CheckAddresses(config));
  std::unique_ptr<Server> server(new Server(std::move(impl)));
  ADARES_RETURN_IF_ERROR(server->impl_->Open());
  ADARES_RETURN_IF_ERROR(server->impl_->Listen());
  ADARES_RETURN_IF_ERROR(server->impl_->ServeHttp());
  return server;
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { Shutdown(); }

void Server::Drain() {
  Impl& s = *impl_;
  s.draining = true;
  if (s.grpc) s.grpc->GetHealthCheckService()->SetServingStatus(false);
  s.hub.Stop();
  s.waiters.Stop();
  if (s.maintenance) s.maintenance->Stop();
  if (s.workers) s.workers->EndStreams();
}

void Server::Shutdown() {
  Impl& s = *impl_;
  if (s.shut_down) return;
  s.shut_down = true;
  Drain();
  if (s.grpc) s.grpc->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
  if (s.http) s.http->Stop();
  s.grpc.reset();
  s.maintenance.reset();  // before the loop and the folder, which its tasks use
  if (s.loop) s.loop->Stop();
  s.files.reset();
  s.readers.reset();
  s.loop.reset();
}

std::string Server::address() const {
  const std::string& listen = impl_->config.listen;
  if (listen.starts_with("unix:")) return listen;
  return absl::StrCat(listen.substr(0, listen.rfind(':')), ":", impl_->port);
}

std::string Server::http_address() const {
  if (!impl_->http) return "";
  const std::string& address = impl_->config.http;
  return absl::StrCat(address.substr(0, address.rfind(':')), ":", impl_->http->port());
}

}  // namespace adares
