#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "oracle/reading.h"

namespace oracle {

/// Sorts the entries of an attempt into classes that nobody can tell apart: entries with equal
/// numbers could change places, and every question about the attempt would have the same answer. Of
/// twins only one has to be tried.
///
/// Entries are twins if they run the same script, said the same, and stand alike in real time.
/// Words that only one entry shows (its user, a request id) do not count: if neither the state nor
/// anybody else has them, and `is_evidence` says that no pattern knows them as a constant, only a
/// slot or the entry's own name can take them, and takes one as well as another:
///
///     409 {"user": "kim", "request": "9f3a"}    twins, while nobody else says kim or 9f3a
///     409 {"user": "lee", "request": "77c2"}
[[nodiscard]] std::vector<int> twins_of(const Reading& attempt,
                                        const std::vector<std::pair<int, int>>& before,
                                        const std::function<bool(const std::string&)>& is_evidence);

}  // namespace oracle
