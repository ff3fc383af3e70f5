#include "bench/fleet/control.h"

#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/fleet/records.h"
#include "core/status.h"
#include "rpc/channel.h"
#include "rpc/grpc_status.h"
#include "rpc/names.h"

namespace adares::bench {
namespace {

constexpr std::chrono::minutes kCallLimit{2};
constexpr size_t kComplaints = 10;  // about trials; more would say the same

std::string ComplaintAbout(const v1::Trial& trial, const std::vector<std::string>& keys) {
  if (trial.state() != v1::Trial::STATE_SUCCEEDED) {
    return absl::StrCat("is ", v1::Trial::State_Name(trial.state()), " ", trial.message());
  }
  if (trial.attempt_count() != 1) {
    return absl::StrCat("took ", trial.attempt_count(), " attempts");
  }
  const auto name = ParseTrialResource(trial.name());
  if (!name.ok()) return "has a name that cannot be read";
  for (const std::string& key : keys) {
    const auto metric = trial.last_metrics().find(key);
    if (metric == trial.last_metrics().end()) return "has no " + key;
    if (metric->second != FinalValue(name->trial, key)) return "has another trial's " + key;
  }
  return "";
}

struct BareCall {
  grpc::ClientContext context;
  grpc::Slice nothing;
  grpc::ByteBuffer request{&nothing, 1};  // which is what an empty message looks like
  grpc::ByteBuffer response;
};

grpc::Status CallBare(grpc::GenericStub& stub) {
  auto call = std::make_shared<BareCall>();
  call->context.set_deadline(std::chrono::system_clock::now() + kCallLimit);
  std::promise<grpc::Status> done;
  stub.UnaryCall(&call->context, "/grpc.health.v1.Health/Check", {}, &call->request,
                 &call->response, [&done, call](const grpc::Status& status) mutable {
                   // The context holds the channel, which must not go on a thread of gRPC.
                   call.reset();
                   done.set_value(status);
                 });
  call.reset();
  return done.get_future().get();
}

}  // namespace

absl::StatusOr<std::unique_ptr<client::Connection>> Connect(const std::string& address) {
  return client::Connection::Open(address, kCallLimit);
}

absl::StatusOr<double> Submit(client::Connection& connection, const std::string& sweep_text) {
  v1::CreateSweepRequest request;
  request.set_spec_text(sweep_text);
  const Clock::time_point begin = Clock::now();
  ADARES_ASSIGN_OR_RETURN(const v1::CreateSweepResponse response, connection.CreateSweep(request));
  const double seconds = SecondsSince(begin);
  if (response.already_existed()) {
    return absl::InternalError(response.sweep().name() + " was there already");
  }
  return seconds;
}

absl::Status CheckAllSucceeded(client::Connection& connection, const std::string& sweep,
                               size_t trials, const std::vector<std::string>& keys,
                               Outcome& outcome) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<v1::Trial> all,
                          connection.ListTrials(SweepResource(sweep), {}));
  if (all.size() != trials) {
    outcome.wrong.push_back(
        absl::StrCat("sweep ", sweep, " has ", all.size(), " trials, not ", trials));
  }
  size_t complaints = 0;
  for (const v1::Trial& trial : all) {
    const std::string complaint = ComplaintAbout(trial, keys);
    if (complaint.empty() || ++complaints > kComplaints) continue;
    outcome.wrong.push_back(absl::StrCat(trial.name(), " ", complaint));
  }
  if (complaints > kComplaints) {
    outcome.wrong.push_back(absl::StrCat(complaints - kComplaints, " more trials like these"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Samples> TimeCalls(int count, const std::function<absl::Status()>& call) {
  Samples samples;
  for (int i = 0; i < count; ++i) {
    const Clock::time_point begin = Clock::now();
    ADARES_RETURN_IF_ERROR(call());
    samples.Add(SecondsSince(begin));
  }
  return samples;
}

absl::StatusOr<Samples> TimeBareCalls(const std::string& address, int count) {
  grpc::GenericStub stub(MakeChannel(address));
  return TimeCalls(count, [&stub] { return FromGrpcStatus(CallBare(stub)); });
}

}  // namespace adares::bench
