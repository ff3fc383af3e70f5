#include "bench/fleet/simulated_worker.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "rpc/channel.h"

namespace adares::bench {
namespace {

constexpr std::chrono::milliseconds kRetryAfter{200};
constexpr int64_t kFailuresToTell = 5;  // of a fleet; the rest are counted

// As MakeChannel, but with a connection that is not shared with other channels of this process.
std::shared_ptr<grpc::Channel> MakeOwnChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::string NameOf(const AttemptId& id) {
  return absl::StrCat("attempt ", id.attempt, " of ", id.sweep, "/", id.trial);
}

}  // namespace

SimulatedWorker::SimulatedWorker(Options options, worker::EventLoop& loop, Load& load,
                                 FleetRecord& record)
    : options_(std::move(options)),
      loop_(loop),
      load_(load),
      record_(record),
      link_(MakeOwnChannel(options_.address),
            {.name = options_.name,
             .instance = {"simulated", ""},
             .hostname = "simulated",
             .capability = {"cpu"},
             .slots = options_.slots,
             .version = "0"},
            [this](std::function<void()> action) {
              loop_.Post([this, at = Clock::now(), action = std::move(action)] {
                arrived_ = at;
                action();
              });
            }) {}

void SimulatedWorker::Start() {
  link_.Register([this](const absl::StatusOr<worker::WorkerTerms>& terms) {
    if (!terms.ok()) return Fail(Annotate(terms.status(), "register"));
    terms_ = *terms;
    link_.OpenReports({.sent =
                           [this] {
                             can_send_ = true;
                             SendNext();
                           },
                       .answered = [this](const worker::ReportAnswer& answer) { Answered(answer); },
                       .closed =
                           [this](const absl::Status& status) {
                             if (!left_) Fail(Annotate(status, "report"));
                           }});
    can_send_ = true;
    Sync();
  });
}

void SimulatedWorker::Sync() {
  if (syncing_ || left_ || !registered()) return;
  if (!HasRoom() && !options_.syncs_when_busy) return;
  worker::SyncState state;
  for (const auto& [id, held] : held_) {
    state.attempts.push_back(
        {id, held.ends ? worker::AttemptPhase::kReporting : worker::AttemptPhase::kRunning});
  }
  state.leaving = farewell_sent_ = leaving_;
  if (!leaving_) state.max_wait = terms_.sync_interval;
  state.sequence = ++sync_sequence_;
  syncing_ = true;
  sync_has_room_ = HasRoom();
  sync_sent_ = Clock::now();
  link_.Sync(state, [this](const absl::StatusOr<worker::SyncOrders>& orders) { Synced(orders); });
}

void SimulatedWorker::Synced(const absl::StatusOr<worker::SyncOrders>& orders) {
  syncing_ = false;
  if (farewell_sent_ && orders.ok()) {
    left_ = true;
    return;
  }
  const bool given_up = leaving_ && absl::IsCancelled(orders.status());
  if (!orders.ok() && !given_up) return RetrySync(orders.status());
  if (orders.ok()) {
    const double seconds = Seconds(arrived_ - sync_sent_);
    const bool is_claim = sync_has_room_ && !orders->start.empty();
    const bool was_held = orders->start.empty() && orders->stop.empty() && !leaving_;
    if (is_claim) record_.claims.Add(seconds);
    if (was_held) record_.overruns.Add(seconds - Seconds(terms_.sync_interval));
    Take(*orders);
  }
  Sync();
}

// As adares-worker does: its leases are longer than a Sync.
void SimulatedWorker::RetrySync(const absl::Status& failure) {
  if (absl::IsNotFound(failure)) return Fail(Annotate(failure, "sync"));
  if (record_.failed_syncs < kFailuresToTell) {
    std::fprintf(stderr, "%s: a Sync failed after %.1f s: %s\n", options_.name.c_str(),
                 Seconds(arrived_ - sync_sent_), std::string(failure.message()).c_str());
  }
  ++record_.failed_syncs;
  sync_timer_ = loop_.After(kRetryAfter, [this] { Sync(); });
}

void SimulatedWorker::Take(const worker::SyncOrders& orders) {
  for (const worker::StopOrder& order : orders.stop) {
    Lose(order.id, order.reason == worker::StopReason::kLeaseLost ? "the lease is lost"
                                                                  : "a stop that nobody asked for");
  }
  for (const worker::Assignment& assignment : orders.start) {
    if (!held_.try_emplace(assignment.id).second) {
      Fail(absl::InternalError(absl::StrCat(NameOf(assignment.id), " was given to ", options_.name,
                                            ", which had said that it holds it")));
      continue;
    }
    load_.Assigned(*this, assignment.id);
  }
}

void SimulatedWorker::Report(const AttemptId& id, std::vector<std::string> records, bool ends) {
  const auto it = held_.find(id);
  if (it == held_.end()) return;
  Held& held = it->second;
  worker::ReportBatch batch{id, held.last_sequence + 1, std::move(records)};
  held.last_sequence += static_cast<int64_t>(batch.records.size());
  held.ends = ends;
  waiting_.push_back(std::move(batch));
  SendNext();
}

void SimulatedWorker::SendNext() {
  if (!can_send_ || waiting_.empty()) return;
  const worker::ReportBatch& batch = waiting_.front();
  const int64_t last_sequence = batch.first_sequence + std::ssize(batch.records) - 1;
  sent_.push_back({batch.id, last_sequence, Clock::now()});
  can_send_ = false;
  link_.SendReport(batch);
  waiting_.pop_front();
}

// Answers come in the order of the messages.
void SimulatedWorker::Answered(const worker::ReportAnswer& answer) {
  if (sent_.empty() || sent_.front().id != answer.id) {
    return Fail(absl::InternalError(
        absl::StrCat("an answer about ", NameOf(answer.id), " out of its turn")));
  }
  const SentReport sent = sent_.front();
  sent_.pop_front();
  record_.acknowledgements.Add(Seconds(arrived_ - sent.at));
  const auto it = held_.find(answer.id);
  if (it == held_.end()) return;  // lost meanwhile
  if (!answer.acknowledged) return Lose(answer.id, answer.refusal);
  if (*answer.acknowledged != sent.last_sequence) {
    return Fail(
        absl::InternalError(absl::StrCat("of ", NameOf(answer.id), " record ", *answer.acknowledged,
                                         " was acknowledged, not ", sent.last_sequence)));
  }
  const bool ended = it->second.ends && sent.last_sequence == it->second.last_sequence;
  if (ended) held_.erase(it);
  load_.Acknowledged(*this, answer.id);
  if (!ended) return;
  load_.Ended(*this, answer.id);
  Sync();
}

void SimulatedWorker::Leave() {
  leaving_ = true;
  if (syncing_) {
    link_.CancelSync();
  } else {
    Sync();
  }
}

void SimulatedWorker::Lose(const AttemptId& id, const std::string& why) {
  if (held_.erase(id) == 0) return;
  std::erase_if(waiting_, [&](const worker::ReportBatch& batch) { return batch.id == id; });
  if (record_.lost++ == 0) record_.first_loss = absl::StrCat(NameOf(id), ": ", why);
}

void SimulatedWorker::Fail(const absl::Status& status) {
  if (record_.failure.ok()) record_.failure = Annotate(status, options_.name);
}

}  // namespace adares::bench
