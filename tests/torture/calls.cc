#include "tests/torture/calls.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/torture/call_end.h"

namespace adares::torture {

Calls::Calls(Fleet& fleet, std::function<void(const std::string&)> tell)
    : fleet_(fleet), tell_(std::move(tell)) {}

void Calls::Ask(Arguments arguments, Then then) {
  tell_("adares " + absl::StrJoin(arguments, " "));
  asked_.insert(absl::StrCat(arguments[1], " ", arguments.back()));
  Arguments whole = {"--timeout", "5"};
  whole.insert(whole.end(), arguments.begin(), arguments.end());
  const int promise = promises_.Begin(arguments, fleet_.server_starts());
  calls_.push_back(
      {fleet_.Adares(whole), std::move(arguments), std::move(then), promise, hits_under_way_ > 0});
}

void Calls::BeginHit() {
  ++hits_under_way_;
  for (Call& call : calls_) call.was_hit = true;
}

void Calls::Reap() {
  std::vector<Call> ended;
  for (Call& call : calls_) {
    if (call.program->end()) ended.push_back(std::move(call));
  }
  std::erase_if(calls_, [](const Call& call) { return call.program == nullptr; });
  for (Call& call : ended) Take(call);
}

void Calls::Take(Call& call) {
  const CallEnd ended{call.arguments, *call.program->end(), call.program->Errors(), call.was_hit};
  const std::string text = "adares " + absl::StrJoin(call.arguments, " ");
  if (!IsExplained(ended)) {
    findings_.push_back(absl::StrCat(text, ": exit ", ended.end.code, ", signal ", ended.end.signal,
                                     ": ", ended.errors));
  }
  if (ended.end.code != 0) tell_(absl::StrCat(text, ": exit ", ended.end.code));
  const Answer answer = AnswerOf(ended.end);
  promises_.Take(call.promise, answer, fleet_.server_starts());
  if (call.then) call.then(answer);
}

}  // namespace adares::torture
