// Synchronous stubs with a deadline on each call.
#include "client/connection.h"

#include <grpcpp/client_context.h>

#include <charconv>
#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/connection_call.h"
#include "client/connection_impl.h"
#include "client/interrupt_guard.h"
#include "client/problem.h"
#include "client/request_id.h"
#include "core/status.h"
#include "rpc/channel.h"
#include "rpc/grpc_status.h"

namespace adares::client {
namespace {

constexpr int kPageSize = 1000;
constexpr std::chrono::milliseconds kPauseBetweenTries{500};
constexpr int kSeriesPageSize = 50'000;

bool IsAddress(const std::string& address) {
  if (address.starts_with("unix:")) return address.size() > 5;
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  int port = 0;
  const char* end = address.data() + address.size();
  const auto result = std::from_chars(address.data() + colon + 1, end, port);
  return result.ec == std::errc() && result.ptr == end && port > 0 && port < 65536;
}

// The sweep after a call that controls it.
template <typename Request, typename Response>
absl::StatusOr<v1::Sweep> SweepAfter(
    v1::SweepService::Stub& stub, const CallLimits& limits,
    grpc::Status (v1::SweepService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
    const std::string& name) {
  Request request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  ADARES_ASSIGN_OR_RETURN(auto response, Call(stub, limits, method, request));
  return std::move(*response.mutable_sweep());
}

// Calls `page` with one token after the other and collects what `items` finds in each answer.
template <typename Item, typename Page, typename Items>
absl::StatusOr<std::vector<Item>> AllPages(Page page, Items items) {
  std::vector<Item> all;
  std::string token;
  do {
    auto response = page(token);
    if (!response.ok()) return response.status();
    for (auto& item : *items(*response)) all.push_back(std::move(item));
    token = response->next_page_token();
  } while (!token.empty());
  return all;
}

// Asks for one page after the other and puts the items of all into the first answer.
template <typename Response, typename Request, typename Page, typename Items>
absl::StatusOr<Response> WholeSeries(Request request, Page page, Items items) {
  request.set_page_size(kSeriesPageSize);
  Response whole;
  for (;;) {
    auto response = page(request);
    if (!response.ok()) return response.status();
    whole.set_trial(response->trial());
    items(whole)->MergeFrom(*items(*response));
    request.set_page_token(response->next_page_token());
    if (request.page_token().empty()) return whole;
  }
}

// How one stream of log lines ended.
struct LogStreamEnd {
  absl::Status status;
  bool is_lost = false;   // the coordinator went away, or time was up: another try may go on
  bool has_read = false;  // a message came
};

// Later tries wait for the coordinator to come back; the first one says that there is none.
LogStreamEnd ReadLogStream(v1::TrialService::Stub& stub, const CallLimits& limits,
                           const v1::TailLogsRequest& request, bool waits_for_coordinator,
                           const std::function<absl::Status(const v1::TailLogsResponse&)>& each) {
  grpc::ClientContext context;
  context.set_wait_for_ready(waits_for_coordinator);
  if (!request.follow()) {
    context.set_deadline(std::chrono::system_clock::now() + limits.timeout);
  }
  InterruptGuard guard(limits.signals, context);
  if (absl::Status texts = CheckTexts(request); !texts.ok()) return {texts};
  // Of its own: what was read changes the request of the next one.
  const v1::TailLogsRequest sent = request;
  const auto reader = stub.TailLogs(&context, sent);
  v1::TailLogsResponse response;
  bool has_read = false;
  while (reader->Read(&response)) {
    has_read = true;
    if (const absl::Status status = each(response); !status.ok()) {
      context.TryCancel();
      reader->Finish().ok();  // its CANCELLED is our own doing
      return {status};
    }
  }
  const absl::Status status = FromGrpcStatus(reader->Finish());
  if (guard.Finish()) return {Interrupted()};
  // A coordinator that goes down ends calls as UNAVAILABLE, or as CANCELLED in its last moment.
  const bool is_lost =
      absl::IsUnavailable(status) || absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
  return {status, is_lost, has_read};
}

// Waits before the next try; true where an interrupt came meanwhile.
bool IsInterruptedInPause(Signals* signals) {
  if (signals != nullptr) return signals->Wait(kPauseBetweenTries).interrupt;
  std::this_thread::sleep_for(kPauseBetweenTries);
  return false;
}

}  // namespace

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& address,
                                                             Timeout timeout, Signals* signals) {
  if (!IsAddress(address)) {
    return UsageError(absl::StrCat("\"", address, "\" is not the address of a coordinator"),
                      "write HOST:PORT or unix:PATH after --server or into ADARES_SERVER");
  }
  auto impl = std::make_unique<Impl>(address, CallLimits{timeout, signals}, MakeChannel(address));
  return std::unique_ptr<Connection>(new Connection(std::move(impl)));
}

const std::string& Connection::address() const { return impl_->address; }

absl::Status Connection::AwaitAnswer(Timeout patience) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + patience);
  context.set_wait_for_ready(true);
  v1::ListSweepsRequest request;
  request.set_page_size(1);
  v1::ListSweepsResponse response;
  return FromGrpcStatus(impl_->sweeps.ListSweeps(&context, request, &response));
}

absl::StatusOr<v1::CreateSweepResponse> Connection::CreateSweep(v1::CreateSweepRequest request) {
  if (!request.validate_only()) request.set_request_id(NewRequestId());
  return Call(impl_->sweeps, impl_->limits, &v1::SweepService::Stub::CreateSweep, request);
}

absl::StatusOr<v1::Sweep> Connection::GetSweep(const std::string& name) {
  v1::GetSweepRequest request;
  request.set_name(name);
  ADARES_ASSIGN_OR_RETURN(auto response, Call(impl_->sweeps, impl_->limits,
                                              &v1::SweepService::Stub::GetSweep, request));
  return std::move(*response.mutable_sweep());
}

absl::StatusOr<std::vector<v1::Sweep>> Connection::ListSweeps() {
  return AllPages<v1::Sweep>(
      [this](const std::string& token) {
        v1::ListSweepsRequest request;
        request.set_page_size(kPageSize);
        request.set_page_token(token);
        return Call(impl_->sweeps, impl_->limits, &v1::SweepService::Stub::ListSweeps, request);
      },
      [](v1::ListSweepsResponse& response) { return response.mutable_sweeps(); });
}

absl::StatusOr<v1::Sweep> Connection::PauseSweep(const std::string& name) {
  return SweepAfter(impl_->sweeps, impl_->limits, &v1::SweepService::Stub::PauseSweep, name);
}

absl::StatusOr<v1::Sweep> Connection::ResumeSweep(const std::string& name) {
  return SweepAfter(impl_->sweeps, impl_->limits, &v1::SweepService::Stub::ResumeSweep, name);
}

absl::StatusOr<v1::Sweep> Connection::CancelSweep(const std::string& name) {
  return SweepAfter(impl_->sweeps, impl_->limits, &v1::SweepService::Stub::CancelSweep, name);
}

absl::StatusOr<v1::Sweep> Connection::RetrySweep(const std::string& name) {
  return SweepAfter(impl_->sweeps, impl_->limits, &v1::SweepService::Stub::RetrySweep, name);
}

absl::StatusOr<v1::ControlTrialsResponse> Connection::ControlTrials(
    v1::ControlTrialsRequest request) {
  request.set_request_id(NewRequestId());
  return Call(impl_->trials, impl_->limits, &v1::TrialService::Stub::ControlTrials, request);
}

absl::StatusOr<v1::Trial> Connection::GetTrial(const std::string& name) {
  v1::GetTrialRequest request;
  request.set_name(name);
  ADARES_ASSIGN_OR_RETURN(auto response, Call(impl_->trials, impl_->limits,
                                              &v1::TrialService::Stub::GetTrial, request));
  return std::move(*response.mutable_trial());
}

absl::StatusOr<std::vector<v1::Trial>> Connection::ListTrials(
    const std::string& sweep, const std::vector<v1::Trial::State>& states) {
  return AllPages<v1::Trial>(
      [&](const std::string& token) {
        v1::ListTrialsRequest request;
        request.set_parent(sweep);
        request.set_page_size(kPageSize);
        request.set_page_token(token);
        for (const auto state : states) request.add_states(state);
        return Call(impl_->trials, impl_->limits, &v1::TrialService::Stub::ListTrials, request);
      },
      [](v1::ListTrialsResponse& response) { return response.mutable_trials(); });
}

absl::Status Connection::TailLogs(
    v1::TailLogsRequest request,
    const std::function<absl::Status(const v1::TailLogsResponse&)>& each) {
  bool has_answer = false;
  const auto take = [&](const v1::TailLogsResponse& response) {
    has_answer = true;
    // From where to go on, in the same attempt.
    if (response.attempt() > 0) request.set_attempt(response.attempt());
    if (response.lines_size() > 0) {
      request.set_first_line(response.lines(response.lines_size() - 1).number() + 1);
    }
    return each(response);
  };
  for (;;) {
    const LogStreamEnd end = ReadLogStream(impl_->trials, impl_->limits, request, has_answer, take);
    // A long log may take its reader longer than one call lasts: it goes on while lines come.
    const bool may_go_on = request.follow() ? has_answer : end.has_read;
    if (!end.is_lost || !may_go_on) return end.status;
    if (IsInterruptedInPause(impl_->limits.signals)) return Interrupted();
  }
}

absl::StatusOr<v1::QueryMetricsResponse> Connection::QueryMetrics(
    const v1::QueryMetricsRequest& request) {
  return WholeSeries<v1::QueryMetricsResponse>(
      request,
      [this](const v1::QueryMetricsRequest& page) {
        return Call(impl_->analysis, impl_->limits, &v1::AnalysisService::Stub::QueryMetrics, page);
      },
      [](v1::QueryMetricsResponse& response) { return response.mutable_points(); });
}

absl::StatusOr<v1::QuerySkipWeightsResponse> Connection::QuerySkipWeights(
    const v1::QuerySkipWeightsRequest& request) {
  return WholeSeries<v1::QuerySkipWeightsResponse>(
      request,
      [this](const v1::QuerySkipWeightsRequest& page) {
        return Call(impl_->analysis, impl_->limits, &v1::AnalysisService::Stub::QuerySkipWeights,
                    page);
      },
      [](v1::QuerySkipWeightsResponse& response) { return response.mutable_weights(); });
}

absl::StatusOr<v1::CompareVariantsResponse> Connection::CompareVariants(
    const v1::CompareVariantsRequest& request) {
  v1::CompareVariantsRequest page = request;
  v1::CompareVariantsResponse whole;
  do {
    ADARES_ASSIGN_OR_RETURN(auto response, Call(impl_->analysis, impl_->limits,
                                                &v1::AnalysisService::Stub::CompareVariants, page));
    page.set_page_token(response.next_page_token());
    whole.MergeFrom(response);
  } while (!page.page_token().empty());
  whole.clear_next_page_token();
  return whole;
}

absl::StatusOr<std::vector<v1::Worker>> Connection::ListWorkers() {
  return AllPages<v1::Worker>(
      [this](const std::string& token) {
        v1::ListWorkersRequest request;
        request.set_page_size(kPageSize);
        request.set_page_token(token);
        return Call(impl_->workers, impl_->limits, &v1::WorkerService::Stub::ListWorkers, request);
      },
      [](v1::ListWorkersResponse& response) { return response.mutable_workers(); });
}

absl::Status Connection::CordonWorker(const std::string& name, const std::string& reason) {
  v1::CordonWorkerRequest request;
  request.set_name(name);
  request.set_reason(reason);
  request.set_request_id(NewRequestId());
  return Call(impl_->workers, impl_->limits, &v1::WorkerService::Stub::CordonWorker, request)
      .status();
}

absl::Status Connection::UncordonWorker(const std::string& name) {
  v1::UncordonWorkerRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  return Call(impl_->workers, impl_->limits, &v1::WorkerService::Stub::UncordonWorker, request)
      .status();
}

absl::Status Connection::DrainWorker(const std::string& name) {
  v1::DrainWorkerRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  return Call(impl_->workers, impl_->limits, &v1::WorkerService::Stub::DrainWorker, request)
      .status();
}

}  // namespace adares::client
