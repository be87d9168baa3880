#include "trial/target_testing.h"

namespace simulated {

simulation::Server stale_answers(bool racy) {
  using namespace simulation;
  return {"stale answers", 2, true,
          [=](int) {
            const Atom read = [](Turn& t) { t.memory["was"] = t.world.number("n"); };
            const Atom add = [=](Turn& t) {
              const std::int64_t now = t.world.number("n") + 1;
              t.world["n"] = now;
              t.answer(200, {{"n", racy ? t.memory["was"].as_int64() + 1 : now},
                             {"request", t.world.request_id()}});
            };
            return Work{{.atoms = {read, add}}};
          },
          [](World& w) {
            return std::pair(200, json::value{{"n", w.number("n")}});
          }};
}

simulation::Server stock(bool racy) {
  using namespace simulation;
  return {"stock", 2, true,
          [=](int) {
            const Atom read = [](Turn& t) { t.memory["was"] = t.world.number("stock", 1000); };
            const Atom take = [](Turn& t) {
              t.world["stock"] = t.memory["was"].as_int64() - 1;
              t.answer(200, {{"order", t.world.id(t.entry, Style::count)}});
            };
            if (racy) return Work{{.atoms = {read, take}}};
            return Work{{.atoms = {[=](Turn& t) {
                           read(t);
                           take(t);
                         }}}};
          },
          [](World& w) {
            return std::pair(200, json::value{{"stock", w.number("stock", 1000)}});
          }};
}

}  // namespace simulated
