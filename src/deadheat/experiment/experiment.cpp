#include "experiment/experiment.h"

#include "experiment/conductor.h"
#include "experiment/summary.h"

namespace experiment {

record::Record conduct(race::Course& course, const Options& options) {
  Conductor conductor(course, options);
  conductor.run();
  return summarise(course, options, conductor.ledger(), conductor.oracle(), conductor.elapsed());
}

}  // namespace experiment
