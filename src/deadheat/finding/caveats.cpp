#include "finding/caveats.h"

#include <algorithm>
#include <utility>

namespace finding {

using record::RemarkCode;

record::Record with_load(record::Record record, const record::Load& load) {
  record.tried.load = load;
  if (!load.crowded) return record;
  json::object with{{"others", load.others}, {"cores", load.cores}};
  if (record.verdict == record::Verdict::inconclusive)
    record.next_steps.push_back({record::StepCode::quieten_machine, std::move(with)});
  else if (record.verdict == record::Verdict::clean)
    record.notes.push_back({RemarkCode::machine_crowded, std::move(with)});
  return record;
}

record::Record with_self_check(record::Record record,
                               base::Result<std::vector<record::Planted>, std::string> planted) {
  if (!planted) {
    record.notes.push_back({RemarkCode::self_check_failed, {{"cause", planted.error()}}});
    return record;
  }
  const auto widest =
      std::max_element(planted->begin(), planted->end(),
                       [](const auto& a, const auto& b) { return a.window_us < b.window_us; });
  if (widest != planted->end() && widest->rate.of > 0 && widest->rate.hits == 0)
    record.notes.push_back({RemarkCode::self_check_blind, {{"window_us", widest->window_us}}});
  record.tried.sensitivity = std::move(*planted);
  return record;
}

record::Record interrupted(record::Record record) {
  record.ending = record::Ending::interrupted;
  record.exit_code = static_cast<int>(record::exit_of(record.verdict, record.ending));
  return record;
}

}  // namespace finding
