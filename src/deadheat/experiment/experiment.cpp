#include "experiment/experiment.h"

#include "experiment/conductor.h"
#include "experiment/journal.h"
#include "experiment/summary.h"

namespace experiment {

record::Record conduct(race::Course& course, const Options& options) {
  const Journal journal(course.scenario, course.evaluate, options.on_line);
  journal.begin(options.tool, course.run, options.seed);
  Conductor conductor(course, options);
  conductor.run();
  const Hearing& hearing = conductor.hearing();
  record::Record record =
      summarise(course, options, hearing.ledger(), hearing.oracle(), conductor.elapsed());
  for (const Attempt& attempt : hearing.ledger().attempts) journal.judgement(attempt);
  journal.end(record);
  return record;
}

}  // namespace experiment
