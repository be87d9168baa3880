#include "experiment/experiment.h"

#include "experiment/conductor.h"
#include "experiment/summary.h"

namespace experiment {

record::Record conduct(race::Course& course, const Options& options) {
  Conductor conductor(course, options);
  conductor.run();
  const Hearing& hearing = conductor.hearing();
  return summarise(course, options, hearing.ledger(), hearing.oracle(), conductor.elapsed());
}

}  // namespace experiment
