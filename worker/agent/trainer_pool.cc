#include "worker/agent/trainer_pool.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/quoted_text.h"

namespace adares::worker {
namespace {

// Of what a trainer prints when it has no trial, so much is told.
constexpr size_t kToldBytes = 1024;

int64_t Seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

}  // namespace

TrainerPool::TrainerPool(EventLoop& loop, const TrainerLimits& limits,
                         std::function<void()> changed)
    : loop_(loop), limits_(limits), changed_(std::move(changed)) {}

std::unique_ptr<Trainer> TrainerPool::Take() {
  while (Trainer* const newest = NewestWaiting()) {
    // What it said meanwhile is not of the next trial. The one or the other may show that it is
    // dead or out of its mind.
    newest->DrainEvents();
    if (NewestWaiting() == newest) newest->DrainLog();
    if (NewestWaiting() != newest) continue;
    if (!newest->is_of_current_program()) {
      LetLeave(Find(*newest), "its program was replaced");
      continue;
    }
    return Remove(*newest);
  }
  return nullptr;
}

void TrainerPool::Keep(std::unique_ptr<Trainer> trainer) {
  const int64_t trials = trainer->trials();
  Entry& entry = Add(std::move(trainer));
  if (draining_) return LetLeave(entry, "the worker is shutting down");
  if (limits_.trials > 0 && trials >= limits_.trials) {
    return LetLeave(entry, "it has trained as many trials as one process may");
  }
  entry.timer = loop_.After(limits_.idle, [this, waiting = entry.trainer.get()] {
    LetLeave(Find(*waiting), absl::StrCat("no trial for ", Seconds(limits_.idle), " s"));
  });
}

void TrainerPool::Dismiss(std::unique_ptr<Trainer> trainer, std::string_view why) {
  LetLeave(Add(std::move(trainer)), why);
}

void TrainerPool::Kill(std::unique_ptr<Trainer> trainer) { Kill(Add(std::move(trainer))); }

void TrainerPool::KeepStuck(std::unique_ptr<Trainer> trainer) {
  Entry& entry = Add(std::move(trainer));
  entry.leaves = entry.killed = entry.stuck = true;
}

void TrainerPool::Drain() {
  draining_ = true;
  for (Entry& entry : entries_) {
    if (!entry.leaves) LetLeave(entry, "the worker is shutting down");
    if (entry.killed && !entry.stuck) AwaitDeath(entry);  // less long
  }
}

int TrainerPool::leaving() const {
  return static_cast<int>(
      std::ranges::count_if(entries_, [](const Entry& entry) { return entry.leaves; }));
}

int TrainerPool::stuck() const {
  return static_cast<int>(
      std::ranges::count_if(entries_, [](const Entry& entry) { return entry.stuck; }));
}

void TrainerPool::TakeEventLine(Trainer& trainer, std::string_view line) {
  Entry& entry = Find(trainer);
  if (entry.leaves) return;
  spdlog::warn("event=trainer_out_of_turn pid={} said={}", trainer.pid(), Quoted(line));
  Kill(entry);
}

void TrainerPool::TakeEndlessLine(Trainer& trainer) { TakeEventLine(trainer, "an endless line"); }

void TrainerPool::TakeLog(Trainer& trainer, std::string_view bytes) {
  if (std::exchange(Find(trainer).has_printed, true)) return;
  spdlog::warn("event=trainer_printed_without_trial pid={} text={:?}", trainer.pid(),
               std::string(bytes.substr(0, kToldBytes)));
}

void TrainerPool::TakeExit(Trainer& trainer, const TrainerExit& exit) {
  const bool was_asked = Find(trainer).leaves;
  spdlog::log(was_asked ? spdlog::level::info : spdlog::level::warn,
              "event=trainer_exited pid={} trials={} how={:?}", trainer.pid(), trainer.trials(),
              Describe(exit));
  Remove(trainer);
  changed_();
}

TrainerPool::Entry& TrainerPool::Add(std::unique_ptr<Trainer> trainer) {
  trainer->BelongTo(*this);
  return entries_.emplace_back(Entry{.trainer = std::move(trainer), .timer = nullptr});
}

TrainerPool::Entry& TrainerPool::Find(const Trainer& trainer) {
  return *std::ranges::find_if(
      entries_, [&trainer](const Entry& entry) { return entry.trainer.get() == &trainer; });
}

Trainer* TrainerPool::NewestWaiting() const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (!entry->leaves) return entry->trainer.get();
  }
  return nullptr;
}

std::unique_ptr<Trainer> TrainerPool::Remove(const Trainer& trainer) {
  Entry& entry = Find(trainer);
  std::unique_ptr<Trainer> removed = std::move(entry.trainer);
  entries_.erase(entries_.begin() + (&entry - entries_.data()));
  return removed;
}

void TrainerPool::LetLeave(Entry& entry, std::string_view why) {
  Trainer& trainer = *entry.trainer;
  spdlog::info("event=trainer_dismissed pid={} trials={} why={:?}", trainer.pid(), trainer.trials(),
               std::string(why));
  entry.leaves = true;
  trainer.CloseInput();
  entry.timer = loop_.After(kLeaveGrace, [this, &trainer] { Kill(Find(trainer)); });
}

void TrainerPool::Kill(Entry& entry) {
  entry.leaves = entry.killed = true;
  entry.trainer->Kill();
  AwaitDeath(entry);
}

void TrainerPool::AwaitDeath(Entry& entry) {
  entry.timer =
      loop_.After(draining_ ? kDrainDeathLimit : kDeathLimit, [this, &trainer = *entry.trainer] {
        spdlog::error("event=trainer_does_not_die pid={}", trainer.pid());
        Find(trainer).stuck = true;
        changed_();
      });
}

}  // namespace adares::worker
