// The words of flags come from words.h, their messages from the trainer.
#include "client/flag_view.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "client/table.h"
#include "client/text_width.h"
#include "client/words.h"

namespace adares::client {

std::string FlagsText(const v1::Trial& trial, bool color) {
  if (trial.flags().empty()) return "";
  Table table;
  table.columns = {{"FLAG", false}, {"SITE", false}, {"STEP", true}, {"RAISED BECAUSE", false}};
  for (const v1::Flag& flag : trial.flags()) {
    table.rows.push_back({{FlagWord(flag.kind()), Tone::kBad},
                          flag.site().empty() ? "-" : flag.site(),
                          absl::StrCat(flag.step()),
                          flag.message()});
  }
  return "\n" + RenderTable(table, color);
}

std::string FlagText(const std::vector<v1::Flag>& flags) {
  const v1::Flag& first = flags[0];
  std::string text = absl::StrCat("flag ", FlagWord(first.kind()));
  if (!first.site().empty()) absl::StrAppend(&text, " at ", first.site());
  absl::StrAppend(&text, ", step ", first.step(), ": ", OneLine(first.message()));
  const auto others = static_cast<int64_t>(flags.size()) - 1;
  if (others > 0) absl::StrAppend(&text, "; and at ", Plural(others, "other site"));
  return text;
}

}  // namespace adares::client
