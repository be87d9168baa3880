#include "finding/schedules.h"

namespace finding {

record::Schedule schedule_of(const schedule::Schedule& schedule) {
  using Sync = record::Schedule::Sync;
  using Hold = record::Schedule::Hold;
  using Connections = record::Schedule::Connections;
  record::Schedule same{
      .sync = schedule.sync == schedule::Sync::held ? Sync::held : Sync::threads,
      .hold = schedule.hold == schedule::Hold::headers ? Hold::headers : Hold::body,
      .connections = schedule.connections == schedule::Connections::own ? Connections::own
                                                                        : Connections::shared,
      .gate = schedule.gate,
      .sequence = schedule.sequence};
  for (const base::Nanoseconds offset : schedule.offsets) same.offsets_ns.push_back(offset.count());
  return same;
}

}  // namespace finding
