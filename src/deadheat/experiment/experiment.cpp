#include "experiment/experiment.h"

#include "trial/trial.h"
#include "trial/fewest.h"
#include "experiment/journal.h"
#include "finding/summary.h"

namespace experiment {

record::Record conduct(race::Course& course, const Options& options) {
  const Journal journal(course.scenario, course.evaluate, options.on_line);
  journal.begin(options.tool, course.run, options.seed);
  Conductor conductor(course, options);
  conductor.run();
  const Hearing& hearing = conductor.hearing();
  const auto fewest = find_fewest(course, options, hearing.ledger(), conductor.elapsed());
  conductor.tear_down();
  record::Record record =
      summarise(course, options, hearing.ledger(), hearing.oracle(), conductor.elapsed());
  if (fewest && !record.findings.empty())
    record.findings.front().fewest = in_words(*fewest, course.scenario);
  for (const Attempt& attempt : hearing.ledger().attempts) journal.judgement(attempt);
  journal.end(record);
  return record;
}

}  // namespace experiment
