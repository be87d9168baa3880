#include "oracle/simulation_testing.h"

#include "oracle/value.h"

namespace simulation {
namespace {

/// A check and an act: two atomic steps where the server is racy, one where it is cured.
Work check_then_act(bool racy, Atom check, Atom act) {
  if (racy) return {{.atoms = {std::move(check), std::move(act)}}};
  return {{.atoms = {[check, act](Turn& turn) {
             check(turn);
             act(turn);
           }}}};
}

// -- the servers

Server coupon(bool racy, std::int64_t limit, Style style) {
  return {
      "coupon, limit " + std::to_string(limit), 3, true,
      [=](int) {
        return check_then_act(
            racy, [](Turn& t) { t.memory["used"] = t.world.array("items").size(); },
            [=](Turn& t) {
              if (t.memory["used"].to_number<std::int64_t>() >= limit)
                return t.answer(limit == 1 ? 409 : 200,
                                {{"ok", false}, {"reason", "used up"}, {"at", t.world.iso_time()}});
              const json::value id = t.world.id(t.entry, style);
              json::array items = t.world.array("items");
              items.push_back({{"id", id}, {"user", t.user}, {"at", t.world.iso_time()}});
              t.world["items"] = items;
              t.answer(200, {{"ok", true},
                             {"redemption", id},
                             {"user", t.user},
                             {"links",
                              {{"self", "http://h/redemptions/" + oracle::text_of(id) + "/"}}}});
            });
      },
      [](World& w) {
        return std::pair(200, json::value{{"count", w.array("items").size()},
                                          {"items", w.shuffled(w.array("items"))}});
      }};
}

/// Two different charges for one key, visible only in the ids of the answers.
Server idempotency_key(bool racy, Style style, bool in_url) {
  return {
      in_url ? "receipt URL" : "idempotency key", 3, true,
      [=](int) {
        return check_then_act(
            racy, [](Turn& t) { t.memory["seen"] = t.world["charge"]; },
            [=](Turn& t) {
              json::value charge = t.memory["seen"];
              if (charge.is_null()) t.world["charge"] = charge = t.world.id(t.entry, style);
              json::object body{{"created", t.world.iso_time()}, {"request", t.world.request_id()}};
              if (in_url)
                body["receipt"] = "https://pay.example/r/" + oracle::text_of(charge) + "?lang=ko";
              else
                body["id"] = charge;
              t.answer(201, std::move(body));
            });
      },
      nullptr};
}

Server balance(bool racy) {
  return {"balance", 3, false,
          [=](int entry) {
            return check_then_act(
                racy, [](Turn& t) { t.memory["was"] = t.world.number("balance", 100); },
                [=](Turn& t) {
                  t.world["balance"] = t.memory["was"].as_int64() - 10 * (entry + 1);
                  t.answer(200, {{"tx", t.world.id(entry, Style::count)},
                                 {"balance", t.world["balance"]},
                                 {"updated_at", t.world.epoch_seconds()}});
                });
          },
          [](World& w) {
            return std::pair(
                200, json::value{{"balance", w.number("balance", 100)}, {"as_of", w.iso_time()}});
          }};
}

Server login(bool racy) {
  return {"login with token", 2, true,
          [=](int) {
            return check_then_act(
                racy, [](Turn& t) { t.memory["user"] = t.world["user"]; },
                [](Turn& t) {
                  const bool fresh = t.memory["user"].is_null();
                  if (fresh) t.world["user"] = t.world.id(t.entry, Style::count);
                  t.answer(200, {{"new", fresh},
                                 {"token", t.world.token(t.world["user"])},
                                 {"session", t.world.request_id()}});
                });
          },
          nullptr};
}

/// save() writes every column as it was read.
Server whole_row(bool racy) {
  return {"whole-row save", 3, false,
          [=](int entry) {
            const char* column = entry == 1 ? "address" : "menu";
            return check_then_act(
                racy, [](Turn& t) { t.memory["row"] = t.world.object("row"); },
                [=](Turn& t) {
                  json::object row = t.memory["row"].as_object();
                  row[column] = t.user;
                  row["revision"] = t.world.id(entry, Style::count);
                  row["updated"] = t.world.iso_time();
                  t.world["row"] = row;
                  t.answer(200, row);
                });
          },
          [](World& w) {
            json::object row = w.object("row");
            for (const char* column : {"menu", "address"})
              if (!row.contains(column)) row[column] = "as it was";
            return std::pair(200, json::value(row));
          }};
}

/// A lock that turns away whoever comes meanwhile; the racy one looks and takes it in two steps.
Server refusing_lock(bool racy, int status) {
  return {"lock refused with " + std::to_string(status), 3, true,
          [=](int) {
            const Atom look = [=](Turn& t) {
              t.memory["held"] = t.world["held"];
              if (!racy && t.memory["held"].is_null()) t.world["held"] = t.user;
            };
            const Atom read = [](Turn& t) {
              if (!t.memory["held"].is_null()) return;
              t.world["held"] = t.user;
              t.memory["n"] = t.world.number("n");
            };
            const Atom write = [=](Turn& t) {
              if (!t.memory["held"].is_null())
                return t.answer(status, {{"error", "busy"}, {"request_id", t.world.request_id()}});
              t.world["n"] = t.memory["n"].as_int64() + 1;
              t.world["held"] = nullptr;
              t.answer(200, {{"n", t.world["n"]}, {"request_id", t.world.request_id()}});
            };
            return Work{{.atoms = {look, read, write}}};
          },
          [](World& w) {
            return std::pair(200, json::value{{"n", w.number("n")}});
          }};
}

Server message(bool racy) {
  return {"message with a number", 2, true,
          [=](int) {
            return check_then_act(
                racy, [](Turn& t) { t.memory["created"] = t.world["created"]; },
                [](Turn& t) {
                  if (!t.memory["created"].is_null())
                    return t.answer(200, {{"message", "Nothing to do"}});
                  t.world["created"] = t.world.id(t.entry, Style::count);
                  t.answer(200, {{"message",
                                  "Order " + oracle::text_of(t.world["created"]) + " created"}});
                });
          },
          [](World& w) {
            return std::pair(200, json::value{{"orders", w.has("created") ? 1 : 0}});
          }};
}

Server nullable_winner(bool racy) {
  return {"nullable winner", 2, true,
          [=](int) {
            return check_then_act(
                racy, [](Turn& t) { t.memory["winner"] = t.world["winner"]; },
                [](Turn& t) {
                  if (t.memory["winner"].is_null() && !t.world["winner"].is_null())
                    t.world["winner"] = nullptr;
                  else if (t.memory["winner"].is_null())
                    t.world["winner"] = t.world.id(t.entry, Style::uuid);
                  t.answer(200, {{"done", true}});
                });
          },
          [](World& w) {
            return std::pair(200, json::value{{"winner", w["winner"]}});
          }};
}

Server list_of(bool racy, bool in_order) {
  return {in_order ? "event list" : "list in any order", 3, false,
          [=](int entry) {
            return check_then_act(
                racy, [](Turn& t) { t.memory["list"] = t.world.array("list"); },
                [=](Turn& t) {
                  json::array list = t.memory["list"].as_array();
                  list.push_back({{"id", t.world.id(entry, Style::count)},
                                  {"by", t.user},
                                  {"at", t.world.epoch_seconds()}});
                  t.world["list"] = list;
                  t.answer(202, json::object());
                });
          },
          [=](World& w) {
            return std::pair(200, in_order ? json::value(w.array("list"))
                                           : json::value{{"results", w.shuffled(w.array("list"))}});
          }};
}

/// Both read the order and go on only if it is still pending. Racy or not within a request, the
/// race is between them; cured, the second request is conditional.
Server cancel_vs_accept(bool racy) {
  return {
      "cancel-vs-accept", 2, false,
      [=](int entry) {
        const char* wanted = entry == 0 ? "cancelled" : "preparing";
        const auto status = [](World& w) {
          return w.has("status") ? w["status"] : json::value("pending");
        };
        Work work;
        work.push_back({.atoms = {[=](Turn& t) {
                          t.answer(200, {{"status", status(t.world)}, {"id", t.world["order"]}});
                        }},
                        .safe = true,
                        .goes_on = [](const Turn& t) { return t.body.at("status") == "pending"; }});
        work.push_back(
            {.atoms = {[](Turn&) {},
                       [=](Turn& t) {
                         if (!racy && status(t.world) != "pending")
                           return t.answer(409, {{"detail", "not pending"}});
                         t.world["status"] = wanted;
                         t.answer(200, {{"status", wanted}, {"updated_at", t.world.iso_time()}});
                       }}});
        return work;
      },
      [](World& w) {
        return std::pair(200, json::value{{"status", w.has("status") ? w["status"] : "pending"},
                                          {"history", w.id(9, Style::count)}});
      }};
}

/// Each patches its own column; the stock view saves them all.
Server patches(bool racy) {
  return {
      "PATCHes of two columns", 2, false,
      [=](int entry) {
        const char* column = entry == 0 ? "address" : "status";
        return Work{{.atoms = {[](Turn& t) { t.memory["row"] = t.world.object("row"); },
                               [=](Turn& t) {
                                 json::object row =
                                     racy ? t.memory["row"].as_object() : t.world.object("row");
                                 row[column] = "new";
                                 t.world["row"] = row;
                                 t.answer(200, {{column, "new"}, {"etag", t.world.request_id()}});
                               }}}};
      },
      [](World& w) {
        json::object row = w.object("row");
        for (const char* column : {"address", "status"})
          if (!row.contains(column)) row[column] = "old";
        return std::pair(200, json::value(row));
      }};
}

Server delete_vs_update(bool racy) {
  return {"delete vs update", 3, false,
          [=](int entry) -> Work {
            if (entry == 0)
              return {{.atoms = {[](Turn& t) {
                         const bool gone = t.world.has("gone");
                         t.world["gone"] = true;
                         t.answer(gone ? 404 : 204, nullptr);
                       }}}};
            return check_then_act(
                racy, [](Turn& t) { t.memory["gone"] = t.world.has("gone"); },
                [](Turn& t) {
                  if (t.memory["gone"].as_bool()) return t.answer(404, {{"detail", "Not found."}});
                  t.world.rows.erase("gone");
                  t.world["name"] = t.user;
                  t.answer(200, {{"name", t.user}, {"at", t.world.iso_time()}});
                });
          },
          [](World& w) {
            if (w.has("gone")) return std::pair(404, json::value{{"detail", "Not found."}});
            return std::pair(200, json::value{{"name", w.has("name") ? w["name"] : "first"}});
          }};
}

/// Guesses of a password: the third is told that the account is locked. All answers are refusals
/// that serial runs give.
Server guesses(bool racy) {
  return {"guesses until locked", 3, true,
          [=](int) {
            return check_then_act(
                racy, [](Turn& t) { t.memory["n"] = t.world.number("guesses"); },
                [](Turn& t) {
                  if (t.memory["n"].as_int64() >= 2) return t.answer(403, {{"error", "locked"}});
                  t.world["guesses"] = t.memory["n"].as_int64() + 1;
                  t.answer(401, {{"error", "wrong password"}, {"request", t.world.request_id()}});
                });
          },
          nullptr};
}

/// A seat number is evidence, the id beside it is not.
Server seats(bool racy) {
  return {"seats", 3, true,
          [=](int) {
            return check_then_act(
                racy, [](Turn& t) { t.memory["n"] = t.world.number("n"); },
                [](Turn& t) {
                  const std::int64_t seat = t.memory["n"].as_int64() + 1;
                  t.world["n"] = seat;
                  t.answer(201, {{"ticket", t.world.id(t.entry, Style::hex)}, {"seat", seat}});
                });
          },
          [](World& w) {
            return std::pair(200, json::value{{"sold", w.number("n")}});
          }};
}

/// Write skew: each account may go below zero while the sum does not.
Server write_skew(bool racy) {
  return {
      "write skew", 2, false,
      [=](int entry) {
        const char* account = entry == 0 ? "x" : "y";
        return check_then_act(
            racy,
            [](Turn& t) { t.memory["sum"] = t.world.number("x", 50) + t.world.number("y", 50); },
            [=](Turn& t) {
              if (t.memory["sum"].as_int64() < 80) return t.answer(422, {{"error", "not covered"}});
              t.world[account] = t.world.number(account, 50) - 80;
              t.answer(200, {{"left", t.world[account]}, {"tx", t.world.id(entry, Style::uuid)}});
            });
      },
      [](World& w) {
        return std::pair(200, json::value{{"x", w.number("x", 50)}, {"y", w.number("y", 50)}});
      }};
}

/// A name that is free once; the loser is told so with a status that is not customary.
Server sign_up(bool racy) {
  return {"sign-up", 3, true,
          [=](int) {
            return check_then_act(
                racy, [](Turn& t) { t.memory["taken"] = t.world.has("name"); },
                [](Turn& t) {
                  if (t.memory["taken"].as_bool()) return t.answer(400, {{"name", "is taken"}});
                  json::array all = t.world.array("name");
                  all.push_back(t.world.id(t.entry, Style::uuid));
                  t.world["name"] = all;
                  t.answer(201, {{"id", all.back()}, {"joined", t.world.iso_time()}});
                });
          },
          [](World& w) {
            return std::pair(200, json::value{{"accounts", w.array("name").size()}});
          }};
}

/// The first of two holds the key; "previous" says whose it was: the user's, or, where it is
/// anonymous, that of a word which the tool did not put in.
Server handover(bool racy, bool anonymous) {
  Server server{anonymous ? "handover, anonymous" : "handover", 3, true,
                [=](int) {
                  return check_then_act(
                      racy,
                      [](Turn& t) {
                        t.memory["holder"] = t.world.has("holder") ? t.world["holder"] : "none";
                      },
                      [=](Turn& t) {
                        const json::value id = t.world.id(t.entry, Style::hex);
                        t.world["holder"] = anonymous ? id : json::value(t.user);
                        t.answer(200, {{"previous", t.memory["holder"]}, {"receipt", id}});
                      });
                },
                nullptr};
  if (!anonymous)
    server.state = [](World& w) {
      return std::pair(200, json::value{{"holder", w.has("holder") ? w["holder"] : "none"}});
    };
  return server;
}

/// One charge for all, which every script captures and then asks for by its id.
Server captured_charge(bool racy) {
  return {"captured charge", 2, true,
          [=](int) {
            Work work = check_then_act(
                racy, [](Turn& t) { t.memory["seen"] = t.world["charge"]; },
                [](Turn& t) {
                  if (t.memory["seen"].is_null())
                    t.world["charge"] = t.world.id(t.entry, Style::uuid);
                  t.captures["charge"] =
                      t.memory["seen"].is_null() ? t.world["charge"] : t.memory["seen"];
                  t.answer(201, {{"id", t.captures["charge"]}});
                });
            work.push_back(
                {.atoms = {[](Turn& t) {
                   t.answer(200,
                            {{"self", "/charges/" + oracle::text_of(t.captures["charge"]) + "/"},
                             {"at", t.world.iso_time()}});
                 }},
                 .safe = true});
            return work;
          },
          nullptr};
}

/// What one script made, the other must not be given: each captures an id of its own.
Server own_number(bool racy) {
  return {"a number of one's own", 3, true,
          [=](int) {
            return check_then_act(
                racy, [](Turn& t) { t.memory["seen"] = t.world.array("numbers"); },
                [](Turn& t) {
                  // The number is the newest row's: who comes between reads somebody else's.
                  json::array numbers = t.world.array("numbers");
                  if (numbers.size() == t.memory["seen"].as_array().size())
                    numbers.push_back(t.world.id(t.entry, Style::count));
                  t.world["numbers"] = numbers;
                  t.captures["number"] = numbers.back();
                  t.answer(201, {{"number", numbers.back()}});
                });
          },
          nullptr};
}

/// The first request leaves a mark, the second is refused: what it did cannot be taken out.
Server mark_then_take(bool racy) {
  return {"mark, then take", 2, true,
          [=](int) {
            Work work;
            work.push_back({.atoms = {[](Turn& t) {
                              t.world["marks"] = t.world.number("marks") + 1;
                              t.answer(202, {{"mark", t.world.id(t.entry, Style::hex)}});
                            }}});
            Work take = check_then_act(
                racy, [](Turn& t) { t.memory["left"] = t.world.number("left", 1); },
                [](Turn& t) {
                  if (t.memory["left"].as_int64() < 1)
                    return t.answer(409, {{"error", "none left"}});
                  t.world["left"] = t.memory["left"].as_int64() - 1;
                  t.answer(200, {{"taken", true}});
                });
            work.push_back(take.front());
            return work;
          },
          [](World& w) {
            return std::pair(
                200, json::value{{"left", w.number("left", 1)}, {"marks", w.number("marks")}});
          }};
}

/// A map by id, and rights under the same key.
Server map_by_id(bool racy) {
  return {"map by id", 3, false,
          [=](int) {
            return check_then_act(
                racy, [](Turn& t) { t.memory["n"] = t.world.number("n"); },
                [](Turn& t) {
                  const std::int64_t seat = t.memory["n"].as_int64() + 1;
                  t.world["n"] = seat;
                  const json::value id = t.world.id(t.entry, Style::hex);
                  json::object map = t.world.object("map");
                  map[id.as_string()] = json::object{{"owner", t.user}, {"seat", seat}};
                  t.world["map"] = map;
                  t.answer(201,
                           {{"id", id},
                            {"acl", json::object{{"acl." + oracle::text_of(id) + ".read", true}}}});
                });
          },
          [](World& w) {
            return std::pair(200, json::value{{"by_id", w.object("map")}, {"n", w.number("n")}});
          }};
}

/// A read, then a write with the version that was read: customary refusals, and what was read
/// before was safe.
Server if_match(bool racy) {
  return {
      "read, then write If-Match", 2, true,
      [=](int) {
        Work work;
        work.push_back({.atoms = {[](Turn& t) {
                          t.memory["version"] = t.world.number("version");
                          t.answer(200, {{"total", t.world.number("total")}});
                          t.memory["total"] = t.world.number("total");
                        }},
                        .safe = true});
        work.push_back({.atoms = {[=](Turn& t) {
                          if (!racy && t.memory["version"] != t.world.number("version"))
                            return t.answer(412, {{"error", "stale"}});
                          t.world["version"] = t.world.number("version") + 1;
                          t.world["total"] = t.memory["total"].as_int64() + 5;
                          t.answer(200, {{"total", t.world["total"]}, {"at", t.world.iso_time()}});
                        }}});
        return work;
      },
      [](World& w) {
        return std::pair(200, json::value{{"total", w.number("total")}});
      }};
}

}  // namespace

std::vector<Server> servers(bool racy) {
  return {map_by_id(racy),
          coupon(racy, 1, Style::uuid),
          coupon(racy, 2, Style::count),
          coupon(racy, 2, Style::hex),
          idempotency_key(racy, Style::uuid, false),
          idempotency_key(racy, Style::count, false),
          idempotency_key(racy, Style::hex, true),
          idempotency_key(racy, Style::uuid, true),
          balance(racy),
          login(racy),
          whole_row(racy),
          refusing_lock(racy, 423),
          refusing_lock(racy, 403),
          message(racy),
          nullable_winner(racy),
          list_of(racy, true),
          list_of(racy, false),
          cancel_vs_accept(racy),
          patches(racy),
          delete_vs_update(racy),
          guesses(racy),
          seats(racy),
          write_skew(racy),
          sign_up(racy),
          handover(racy, false),
          handover(racy, true),
          captured_charge(racy),
          own_number(racy),
          mark_then_take(racy),
          if_match(racy)};
}

namespace {

/// What a script of a random server does: reads two cells, and then changes one or is refused.
struct Deed {
  enum class Is { add, set, copy, append } is = Is::add;
  std::string reads, writes;
  std::int64_t amount = 1;
  std::int64_t limit = 0;  // refused if what was read is as much; 0: never
  int refusal = 409;
  bool tells_value = false, tells_id = false, tells_time = false;
  Style style = Style::count;
};

Deed random_deed(base::Random& random) {
  const auto cell = [&] { return random.below(3) == 0 ? "b" : "a"; };
  constexpr int refusals[] = {409, 423, 403, 404, 200};
  Deed deed{.is = static_cast<Deed::Is>(random.below(4)), .reads = cell(), .writes = cell()};
  deed.amount = 1 + static_cast<std::int64_t>(random.below(3));
  deed.limit = static_cast<std::int64_t>(random.below(4));
  deed.refusal = refusals[random.below(5)];
  deed.tells_value = random.below(2) == 0;
  deed.tells_id = random.below(2) == 0;
  deed.tells_time = random.below(3) == 0;
  deed.style = static_cast<Style>(random.below(3));
  return deed;
}

void act(const Deed& deed, Turn& t) {
  const std::int64_t read = t.memory["read"].as_int64();
  json::object answer;
  if (deed.tells_time) answer["at"] = t.world.iso_time();
  if (deed.limit > 0 && read >= deed.limit) {
    answer["refused"] = true;
    return t.answer(deed.refusal, answer);
  }
  const json::value id = t.world.id(t.entry, deed.style);
  if (deed.is == Deed::Is::append) {
    json::array log = t.memory["log"].as_array();
    log.push_back({{"id", id}, {"by", t.user}});
    t.world["log"] = log;
  }
  const std::int64_t now = deed.is == Deed::Is::set    ? deed.amount
                           : deed.is == Deed::Is::copy ? read
                                                       : read + deed.amount;
  t.world[deed.writes.c_str()] = now;
  if (deed.tells_value) answer["value"] = now;
  if (deed.tells_id) answer["id"] = id;
  t.answer(200, answer);
}

}  // namespace

Server random_server(bool racy, std::uint64_t seed) {
  base::Random random(seed);
  const bool alike = random.below(2) == 0, in_order = random.below(2) == 0;
  const bool shows_both = random.below(2) == 0;
  std::vector<Deed> deeds;
  for (int entry = 0; entry < 3; ++entry)
    deeds.push_back(alike && entry > 0 ? deeds[0] : random_deed(random));
  return {"random server " + std::to_string(seed), 3, alike,
          [=](int entry) {
            const Deed& deed = deeds[static_cast<std::size_t>(entry)];
            return check_then_act(
                racy,
                [=](Turn& t) {
                  t.memory["read"] = t.world.number(deed.reads.c_str());
                  t.memory["log"] = t.world.array("log");
                },
                [=](Turn& t) { act(deed, t); });
          },
          [=](World& w) {
            json::object state{{"a", w.number("a")}};
            if (shows_both) state["b"] = w.number("b");
            state["log"] = in_order ? w.array("log") : w.shuffled(w.array("log"));
            return std::pair(200, json::value(state));
          }};
}

}  // namespace simulation
