// "Did you mean ...?": the known word nearest to a misspelt one. Thread-safe: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace adares {

// The only candidate that begins with `word`; else the one at the smallest edit distance (insert,
// delete, replace, swap of neighbours), if it is near enough that it was probably meant.
std::optional<std::string> NearMiss(std::string_view word,
                                    const std::vector<std::string>& candidates);

// `; did you mean "x"?`, or else `; known are a, b, c`: to stand after a message about `word`.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace adares
