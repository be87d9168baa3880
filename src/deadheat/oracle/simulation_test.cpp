#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "oracle/oracle.h"

/// Small servers whose requests are a few atomic steps. Every interleaving of the steps is judged
/// twice:
///
/// - exactly: in a world without noise, where an id says who made it, the outcome is looked up
/// among those of the
///   serial orders, with the refused taken out by definition (doc/verdicts.md);
/// - by the oracle, on the outcome of the same interleaving in a noisy world: random or counted ids
/// that all attempts
///   share, times, request ids, lists in any order.
///
/// The two must agree, on every interleaving of every server, racy or cured.
namespace {

using base::Nanoseconds;

enum class Style { count, hex, uuid };

/// What differs from run to run by itself, shared by all runs of one server as its database would
/// be.
struct Noise {
  explicit Noise(std::uint64_t seed) : random(seed) {}
  base::Random random;
  std::int64_t counter = 1000;
  double now = 1'790'000'000;  // seconds since the epoch

  std::string hex(std::size_t width) {
    std::string text;
    while (text.size() < width) text += "0123456789abcdef"[random.below(16)];
    return text;
  }
};

/// The state of one server in one run. Without noise ids name their makers and times are null.
struct World {
  explicit World(Noise* with) : noise(with) {}
  Noise* noise;
  json::object rows;
  std::map<int, int> made;  // ids, by entry

  json::value& operator[](const char* name) { return rows[name]; }
  std::int64_t number(const char* name, std::int64_t otherwise = 0) const {
    const auto* found = rows.if_contains(name);
    return found ? found->as_int64() : otherwise;
  }
  json::array array(const char* name) const {
    const auto* found = rows.if_contains(name);
    return found ? found->as_array() : json::array();
  }
  json::object object(const char* name) const {
    const auto* found = rows.if_contains(name);
    return found ? found->as_object() : json::object();
  }
  bool has(const char* name) const { return rows.contains(name); }

  json::value id(int entry, Style style) {
    if (!noise)
      return json::string("made by " + std::to_string(entry) + "." + std::to_string(++made[entry]));
    if (style == Style::count) return ++noise->counter;
    if (style == Style::hex) return json::string(noise->hex(16));
    return json::string(noise->hex(8) + "-" + noise->hex(4) + "-4" + noise->hex(3) + "-a" +
                        noise->hex(3) + "-" + noise->hex(12));
  }
  json::value request_id() { return noise ? json::value(noise->hex(12)) : json::value(); }
  /// A JSON Web Token for somebody, with the time of day and a signature in it.
  json::value token(const json::value& subject) {
    if (!noise) return json::object{{"sub", subject}};
    const json::value claims{{"sub", subject},
                             {"iat", epoch_seconds()},
                             {"exp", static_cast<std::int64_t>(noise->now) + 3600}};
    return json::string("eyJhbGciOiJIUzI1NiJ9." + base64url(base::to_text(claims)) + "." +
                        noise->hex(20));
  }
  static std::string base64url(const std::string& text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    for (std::size_t bit = 0; bit < text.size() * 8; bit += 6) {
      unsigned digit = 0;
      for (std::size_t b = bit; b < bit + 6; ++b)
        digit = digit << 1 |
                (b < text.size() * 8 ? static_cast<unsigned char>(text[b / 8]) >> (7 - b % 8) & 1u
                                     : 0u);
      out += digits[digit];
    }
    return out;
  }
  json::value iso_time() {
    if (!noise) return nullptr;
    noise->now += 0.001 * static_cast<double>(1 + noise->random.below(9));
    const auto millis = static_cast<std::int64_t>(noise->now * 1000);
    const std::int64_t second = millis / 1000 % 86400;
    char text[40];
    // 1,790,000,000 s is 2026-09-21; a simulation does not last until midnight.
    std::snprintf(text, sizeof text, "2026-09-21T%02d:%02d:%02d.%03dZ",
                  static_cast<int>(second / 3600), static_cast<int>(second / 60 % 60),
                  static_cast<int>(second % 60), static_cast<int>(millis % 1000));
    return text;
  }
  json::value epoch_seconds() {
    return noise ? json::value(static_cast<std::int64_t>(noise->now)) : json::value();
  }
  /// A list that comes in any order.
  json::array shuffled(json::array list) {
    if (noise) {
      noise->random.shuffle(list);
    } else {
      std::sort(list.begin(), list.end(), [](const json::value& a, const json::value& b) {
        return base::to_text(a) < base::to_text(b);
      });
    }
    return list;
  }
};

/// One entry at work: what its atomic steps see.
struct Turn {
  World& world;
  int entry;
  std::string user;
  json::object memory;  // what it read, until its script is over
  int status = 0;
  json::value body;
  json::object captures;  // what its script captured

  void answer(int with_status, json::value with_body) {
    status = with_status;
    body = std::move(with_body);
  }
};

using Atom = std::function<void(Turn&)>;
struct Request {
  std::vector<Atom> atoms;
  bool safe = false;
  std::function<bool(const Turn&)> goes_on = nullptr;  // stop_unless
};
using Work = std::vector<Request>;  // of a script

struct Server {
  std::string name;
  int entries = 2;
  bool may_interchange = false;
  std::function<Work(int entry)> work;
  /// The observing read: a status and a body; none where nothing is observed.
  std::function<std::pair<int, json::value>(World&)> state;
};

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

/// The first of two holds the key; "previous" says whose it was.
Server handover(bool racy) {
  return {"handover", 3, true,
          [=](int) {
            return check_then_act(
                racy,
                [](Turn& t) {
                  t.memory["holder"] = t.world.has("holder") ? t.world["holder"] : "none";
                },
                [](Turn& t) {
                  t.world["holder"] = t.user;
                  t.answer(200, {{"previous", t.memory["holder"]},
                                 {"receipt", t.world.id(t.entry, Style::hex)}});
                });
          },
          [](World& w) {
            return std::pair(200, json::value{{"holder", w.has("holder") ? w["holder"] : "none"}});
          }};
}

/// As handover, but the holder is known by a word that the tool did not put in.
Server anonymous_handover(bool racy) {
  return {"handover, anonymous", 3, true,
          [=](int) {
            return check_then_act(
                racy,
                [](Turn& t) {
                  t.memory["holder"] = t.world.has("holder") ? t.world["holder"] : "none";
                },
                [](Turn& t) {
                  t.world["holder"] = t.world.id(t.entry, Style::hex);
                  t.answer(200, {{"previous", t.memory["holder"]}, {"mine", t.world["holder"]}});
                });
          },
          nullptr};
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
          handover(racy),
          anonymous_handover(racy),
          captured_charge(racy),
          own_number(racy),
          mark_then_take(racy),
          if_match(racy)};
}

// -- playing

/// What must not matter.
struct Variation {
  const char* name = "as they are";
  bool reversed =
      false;  // the scripts stand in the scenario the other way about, under other names
  bool volatile_field =
      false;  // every answer and state has one more field, which changes by itself
};

const std::vector<std::string> users = {"kim", "lee", "park"};

std::vector<int> everyone(const Server& server) {
  std::vector<int> all(static_cast<std::size_t>(server.entries));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

scenario::Scenario scenario_of(const Server& server, bool interchangeable,
                               const Variation& variation) {
  scenario::Scenario scenario;
  if (interchangeable) {
    scenario.race.push_back({.name = "script", .times = server.entries});
  } else {
    for (const int entry : everyone(server))
      scenario.race.push_back(
          {.name = (variation.reversed ? "z" : "script") + std::to_string(entry)});
  }
  for (scenario::Script& script : scenario.race) {
    script.steps.emplace_back();
    for (const char* name : {"charge", "number"})
      script.steps.back().captures.push_back({name, {}});
  }
  if (server.state) scenario.observe.push_back({"resource", {}});
  return scenario;
}

/// Plays atomic steps in turn: `turns` names the entry of each; who is through does nothing more.
/// Answers stand in the order of the first turns, or by entry.
class Game {
 public:
  Game(const Server& server, Noise* noise, bool interchangeable, const Variation& variation = {})
      : server_(server), interchangeable_(interchangeable), variation_(variation), world_(noise) {}

  /// The answer of this entry never arrives; perhaps its request did not either.
  void lose(int entry, bool request_too) {
    lost_ = entry;
    request_lost_ = request_too;
  }

  enum class Stand { by_turn, by_entry };
  outcome::Outcome play(const std::vector<int>& turns, bool by_request, Stand stand) {
    outcome::Outcome outcome;
    outcome.wall_begin = wall();
    world_["order"] = world_.id(8, Style::count);
    if (world_.noise) outcome.bindings["order"] = world_["order"];
    outcome.before = observe();
    for (const int entry : turns) {
      Player& player = player_of(entry);
      const std::size_t request = player.request;
      do {
        step(player);
      } while (by_request && !player.over() && player.request == request);
    }
    for (std::size_t i = 0; i < players_.size(); ++i)
      while (!players_[i].over()) step(players_[i]);
    outcome.after = observe();
    if (world_.noise)
      world_.noise->now += 0.01 * static_cast<double>(world_.noise->random.below(200));
    outcome.wall_end = wall();
    for (Player& player : players_) {
      if (player.turn.entry == lost_) {
        outcome::Step& last = player.answer.steps.back();
        last.status = 0;
        last.body = nullptr;
      }
      outcome::classify(player.answer, std::nullopt, std::nullopt);
      outcome.answers.push_back(std::move(player.answer));
    }
    if (stand == Stand::by_entry)
      std::sort(outcome.answers.begin(), outcome.answers.end(), [](const auto& a, const auto& b) {
        return std::pair(a.entry.script, a.entry.copy) < std::pair(b.entry.script, b.entry.copy);
      });
    return outcome;
  }

 private:
  struct Player {
    Turn turn;
    Work work;
    outcome::Answer answer;
    std::size_t request = 0, atom = 0;
    [[nodiscard]] bool over() const { return request == work.size(); }
  };

  Nanoseconds wall() const {
    return Nanoseconds(world_.noise ? static_cast<std::int64_t>(world_.noise->now * 1e9) : 0);
  }

  json::value with_field(json::value body) {
    if (variation_.volatile_field && body.is_object())
      body.as_object()["trace"] = world_.request_id();
    return body;
  }

  outcome::State observe() {
    if (!server_.state) return {};
    auto [status, body] = server_.state(world_);
    return {{"resource", status, with_field(std::move(body)), {}, ""}};
  }

  Player& player_of(int entry) {
    for (Player& player : players_)
      if (player.turn.entry == entry) return player;
    const std::string& user = users[static_cast<std::size_t>(entry)];
    players_.push_back({{world_, entry, user, {}, 0, nullptr, {}}, server_.work(entry), {}});
    const int place = variation_.reversed ? server_.entries - 1 - entry : entry;
    players_.back().answer.entry =
        interchangeable_ ? scenario::Entry{0, place} : scenario::Entry{place, 0};
    players_.back().answer.bindings["user"] = user;
    return players_.back();
  }

  void step(Player& player) {
    if (player.over()) return;
    const Request& request = player.work[player.request];
    const Nanoseconds now(10 * ++ticks_);
    if (player.atom == 0)
      player.answer.steps.push_back({.safe = request.safe, .sent = now, .released = now});
    if (player.turn.entry != lost_ || !request_lost_) request.atoms[player.atom](player.turn);
    if (++player.atom < request.atoms.size()) return;
    outcome::Step& done = player.answer.steps.back();
    done.status = player.turn.status;
    done.body = with_field(player.turn.body);
    for (const auto& [name, value] : player.turn.captures) player.answer.bindings[name] = value;
    done.answered = now + Nanoseconds(5);
    player.atom = 0;
    ++player.request;
    if (!player.over() && request.goes_on && !request.goes_on(player.turn)) {
      player.answer.stopped_before = static_cast<int>(player.request);
      player.request = player.work.size();
    }
  }

  const Server& server_;
  bool interchangeable_;
  Variation variation_;
  int lost_ = -1;
  bool request_lost_ = false;
  World world_;
  std::vector<Player> players_;
  std::int64_t ticks_ = 0;
};

/// Serial, whole scripts: every entry as often as it may have atomic steps.
std::vector<int> one_after_another(const std::vector<int>& entries) {
  std::vector<int> turns;
  for (const int entry : entries) turns.insert(turns.end(), 9, entry);
  return turns;
}

// -- judging exactly

/// The set of serial outcomes, and whether one of them is this.
class Exactly {
 public:
  Exactly(const Server& server, bool interchangeable)
      : server_(server), interchangeable_(interchangeable) {
    const std::vector<int> all = everyone(server);
    for (unsigned set = 0; set < 1u << all.size(); ++set) {
      std::vector<int> members;
      for (const int entry : all)
        if (set >> entry & 1) members.push_back(entry);
      std::vector<int> order = members;
      do {
        const outcome::Outcome run = play(one_after_another(order));
        serial_[members].push_back({order, run});
        for (const outcome::Answer& answer : run.answers)
          given_.insert({script_of(answer), text_of(answer)});
      } while (std::next_permutation(order.begin(), order.end()));
    }
  }

  outcome::Outcome play(const std::vector<int>& turns) const {
    return Game(server_, nullptr, interchangeable_).play(turns, false, Game::Stand::by_entry);
  }

  bool explained(const outcome::Outcome& attempt) const {
    std::vector<int> refused;
    for (const outcome::Answer& answer : attempt.answers)
      if (may_be_taken_out(answer)) refused.push_back(entry_of(answer));
    for (unsigned set = 0; set < 1u << refused.size(); ++set) {
      std::vector<int> members;
      for (const int entry : everyone(server_)) {
        const auto found = std::find(refused.begin(), refused.end(), entry);
        if (found == refused.end() || !(set >> (found - refused.begin()) & 1))
          members.push_back(entry);
      }
      const std::string text = text_of(attempt, members);
      for (const auto& [order, outcome] : serial_.at(members))
        if (text_of(outcome, members) == text && keeps_real_time(attempt, order)) return true;
    }
    return false;
  }

  /// Whether the answer of `lost` may have been anything: with it in or out, somebody explains the
  /// others and the state.
  bool may_be(const outcome::Outcome& attempt, int lost) const {
    for (const auto& [members, runs] : serial_) {
      std::vector<int> heard;
      for (const int entry : members)
        if (entry != lost) heard.push_back(entry);
      bool others_refused = true;
      for (const outcome::Answer& answer : attempt.answers)
        others_refused = others_refused &&
                         (entry_of(answer) == lost || may_be_taken_out(answer) ||
                          std::find(heard.begin(), heard.end(), entry_of(answer)) != heard.end());
      if (!others_refused) continue;
      for (const auto& [order, outcome] : runs)
        if (text_of(outcome, heard) == text_of(attempt, heard) && keeps_real_time(attempt, order))
          return true;
    }
    return false;
  }

  outcome::Outcome play_and_lose(const std::vector<int>& turns, int lost, bool request_too) const {
    Game game(server_, nullptr, interchangeable_);
    game.lose(lost, request_too);
    return game.play(turns, false, Game::Stand::by_entry);
  }

 private:
  static int entry_of(const outcome::Answer& answer) {
    return answer.entry.script + answer.entry.copy;
  }
  int script_of(const outcome::Answer& answer) const {
    return interchangeable_ ? 0 : entry_of(answer);
  }

  static std::string text_of(const outcome::Answer& answer) {
    std::string text = answer.stopped() ? "stopped" : "";
    for (const outcome::Step& step : answer.steps)
      text += std::to_string(step.status) + base::to_text(step.body);
    return text;
  }
  static std::string text_of(const outcome::Outcome& outcome, const std::vector<int>& members) {
    std::string text;
    for (const outcome::Answer& answer : outcome.answers)
      if (std::find(members.begin(), members.end(), entry_of(answer)) != members.end())
        text += std::to_string(entry_of(answer)) + text_of(answer) + "\n";
    for (const outcome::Read& read : outcome.after)
      text += std::to_string(read.status) + base::to_text(read.body);
    return text;
  }

  bool may_be_taken_out(const outcome::Answer& answer) const {
    if (!answer.refused) return false;
    for (std::size_t i = 0; i + 1 < answer.steps.size(); ++i)
      if (!answer.steps[i].safe) return false;
    const std::set<int> customary = {409, 412, 423, 425, 428, 429, 503};
    return customary.contains(answer.last_status()) ||
           !given_.contains({script_of(answer), text_of(answer)});
  }

  /// Nobody in the order comes after someone who began only when he was over. Refusals give no
  /// order.
  static bool keeps_real_time(const outcome::Outcome& attempt, const std::vector<int>& order) {
    const auto answer_of = [&](int entry) -> const outcome::Answer& {
      return *std::find_if(
          attempt.answers.begin(), attempt.answers.end(),
          [&](const outcome::Answer& answer) { return entry_of(answer) == entry; });
    };
    for (std::size_t later = 0; later < order.size(); ++later)
      for (std::size_t earlier = 0; earlier < later; ++earlier) {
        const auto &first = answer_of(order[earlier]), &second = answer_of(order[later]);
        if (!first.refused && !second.refused && second.ends() < first.begins()) return false;
      }
    return true;
  }

  const Server& server_;
  bool interchangeable_;
  struct Run {
    std::vector<int> order;
    outcome::Outcome outcome;
  };
  std::map<std::vector<int>, std::vector<Run>> serial_;  // by members
  std::set<std::pair<int, std::string>> given_;          // answers that serial runs give, by script
};

// -- judging by the oracle

class ByOracle {
 public:
  ByOracle(const Server& server, bool interchangeable, std::uint64_t seed,
           const Variation& variation = {})
      : server_(server),
        interchangeable_(interchangeable),
        variation_(variation),
        noise_(seed),
        scenario_(scenario_of(server, interchangeable, variation)),
        entries_(scenario::entries(scenario_)),
        oracle_(scenario_, {}, seed) {
    for (int turn = 0; turn < 2; ++turn)
      for (const oracle::Order& order : oracle_.orders()) run({order, everyone(server)});
  }

  const oracle::Oracle& oracle() const { return oracle_; }

  oracle::Reading attempt(const std::vector<int>& turns, int lost = -1, bool request_too = false) {
    Game game(server_, &noise_, interchangeable_, variation_);
    game.lose(lost, request_too);
    return oracle::read(game.play(turns, false, Game::Stand::by_entry), scenario_);
  }

  oracle::Judgement judge(const oracle::Reading& attempt) {
    for (;;) {
      oracle::Judgement judgement = oracle_.judge(attempt);
      using Is = oracle::Judgement::Is;
      if (judgement.is == Is::needs_runs) {
        for (const oracle::Wanted& wanted : judgement.wanted)
          while (!oracle_.knows(wanted.order)) run(wanted);
      } else if (judgement.is == Is::contradicts && fresh_ < 60) {
        // As an accusation is proven: fresh serial runs, and judged again.
        for (const oracle::Wanted& wanted : oracle_.suspects(attempt)) {
          run(wanted);
          ++fresh_;
        }
      } else {
        return judgement;
      }
    }
  }

  /// The order of an entry after another, as the oracle calls it.
  oracle::Order order_of(const std::vector<int>& entries) const {
    oracle::Order order;
    for (const int entry : entries)
      order.roles.push_back(entries_[static_cast<std::size_t>(place_of(entry))].script);
    return order;
  }

 private:
  /// Of an entry in the scenario, and of a place in the scenario among the entries.
  int place_of(int entry) const {
    return variation_.reversed ? server_.entries - 1 - entry : entry;
  }

  void run(const oracle::Wanted& wanted) {
    const auto turn = static_cast<std::size_t>(asked_[wanted.order]++);
    auto players = oracle::cast(wanted.order, wanted.members, entries_, turn);
    for (int& player : players) player = place_of(player);
    const schedule::Sequence sequence = oracle::sequence_of(wanted.order, players, Nanoseconds(0));
    Game game(server_, &noise_, interchangeable_, variation_);
    const auto turns = sequence.by_request ? sequence.turns : one_after_another(sequence.turns);
    const auto reading =
        oracle::read(game.play(turns, sequence.by_request, Game::Stand::by_turn), scenario_);
    oracle_.learn_reset(reading);
    oracle_.learn(wanted.order, reading);
  }

  const Server& server_;
  bool interchangeable_;
  Variation variation_;
  Noise noise_;
  scenario::Scenario scenario_;
  std::vector<scenario::Entry> entries_;
  oracle::Oracle oracle_;
  std::map<oracle::Order, int> asked_;
  int fresh_ = 0;
};

/// Every interleaving of the atomic steps, or, beyond a few hundred, a seeded sample.
std::vector<std::vector<int>> interleavings(const Server& server, base::Random& random) {
  constexpr std::size_t most = 100;
  std::vector<int> turns;
  for (const int entry : everyone(server)) {
    std::size_t atoms = 0;
    for (const Request& request : server.work(entry)) atoms += request.atoms.size();
    turns.insert(turns.end(), atoms, entry);
  }
  std::vector<std::vector<int>> all;
  do {
    all.push_back(turns);
  } while (std::next_permutation(turns.begin(), turns.end()));
  if (all.size() <= most) return all;
  random.shuffle(all);
  all.resize(most);
  return all;
}

std::string word_for(const oracle::Judgement& judgement) {
  using Is = oracle::Judgement::Is;
  return judgement.is == Is::explained     ? "explained"
         : judgement.is == Is::contradicts ? "a race"
                                           : "unjudged";
}

std::string describe(const Server& server, bool interchangeable, const Variation& variation,
                     const std::vector<int>& turns) {
  std::string text = server.name + (interchangeable ? ", interchangeable, " : ", distinct, ") +
                     variation.name + ":";
  for (const int entry : turns) text += " " + users[static_cast<std::size_t>(entry)];
  return text;
}

struct Count {
  int judged = 0;
  int races = 0;
};

Count compare(const Server& server, bool interchangeable, const Variation& variation) {
  constexpr std::uint64_t seed = 7;
  base::Random random(seed);
  const Exactly exactly(server, interchangeable);
  ByOracle by_oracle(server, interchangeable, seed, variation);
  EXPECT_TRUE(by_oracle.oracle().clashes().empty()) << server.name;
  EXPECT_TRUE(by_oracle.oracle().reset_conflicts().empty()) << server.name;
  Count count;
  for (const std::vector<int>& turns : interleavings(server, random))
    for (int repeat = 0; repeat < 2; ++repeat) {
      const outcome::Outcome exact = exactly.play(turns);
      const bool explained = exactly.explained(exact);
      EXPECT_EQ(word_for(by_oracle.judge(by_oracle.attempt(turns))),
                explained ? "explained" : "a race")
          << describe(server, interchangeable, variation, turns) << "\n"
          << base::to_text(outcome::to_json(exact, scenario_of(server, interchangeable, {})));
      ++count.judged;
      count.races += !explained;
    }
  return count;
}

/// Every server, distinct and, where it makes sense, interchangeable.
void each_server(bool racy, const std::function<void(const Server&, bool interchangeable)>& go) {
  for (const Server& server : servers(racy))
    for (const bool interchangeable : {false, true})
      if (!interchangeable || server.may_interchange) go(server, interchangeable);
}

Count compare_all(bool racy, const Variation& variation) {
  Count sum;
  each_server(racy, [&](const Server& server, bool interchangeable) {
    const Count count = compare(server, interchangeable, variation);
    EXPECT_EQ(count.races > 0, racy) << server.name;
    sum.judged += count.judged;
    sum.races += count.races;
  });
  std::printf("  %s servers, %s: %d judgements, %d of them races\n", racy ? "racy" : "cured",
              variation.name, sum.judged, sum.races);
  return sum;
}

TEST(Simulation, RacyServersAreJudgedAsTheyAre) {
  const Count count = compare_all(true, {});
  EXPECT_GE(count.judged, 2000);
}

TEST(Simulation, CuredServersAreClean) {
  const Count count = compare_all(false, {});
  EXPECT_EQ(count.races, 0);
}

TEST(Simulation, NamesAndPlacesOfScriptsDoNotMatter) {
  for (const bool racy : {true, false}) compare_all(racy, {.name = "reversed", .reversed = true});
}

TEST(Simulation, OneMoreVolatileFieldDoesNotMatter) {
  for (const bool racy : {true, false})
    compare_all(racy, {.name = "one more field", .volatile_field = true});
}

/// An interval may be too wide, never too narrow.
TEST(Simulation, WideningIntervalsNeverMakesAnAttemptUnexplained) {
  int widened = 0;
  each_server(true, [&](const Server& server, bool interchangeable) {
    base::Random random(7);
    ByOracle by_oracle(server, interchangeable, 7);
    for (const std::vector<int>& turns : interleavings(server, random)) {
      oracle::Reading attempt = by_oracle.attempt(turns);
      if (word_for(by_oracle.judge(attempt)) != "explained") continue;
      for (oracle::Told& told : attempt.told) {
        told.begins -= Nanoseconds(static_cast<std::int64_t>(random.below(60)));
        told.ends += Nanoseconds(static_cast<std::int64_t>(random.below(60)));
      }
      EXPECT_EQ(word_for(by_oracle.judge(attempt)), "explained")
          << describe(server, interchangeable, {}, turns);
      ++widened;
    }
  });
  EXPECT_GT(widened, 500);
}

TEST(Simulation, ASerialRunIsExplainedByItsOwnOrder) {
  for (const bool racy : {true, false})
    each_server(racy, [&](const Server& server, bool interchangeable) {
      ByOracle by_oracle(server, interchangeable, 7);
      std::vector<int> order = everyone(server);
      do {
        const auto judgement = by_oracle.judge(by_oracle.attempt(one_after_another(order)));
        EXPECT_EQ(
            std::count(judgement.orders.begin(), judgement.orders.end(), by_oracle.order_of(order)),
            1)
            << describe(server, interchangeable, {}, order);
        EXPECT_TRUE(judgement.out.empty());
      } while (std::next_permutation(order.begin(), order.end()));
    });
}

TEST(Simulation, TheSameIsJudgedTheSame) {
  each_server(true, [&](const Server& server, bool interchangeable) {
    base::Random random(7);
    ByOracle first(server, interchangeable, 7), second(server, interchangeable, 7);
    for (const std::vector<int>& turns : interleavings(server, random)) {
      const oracle::Reading attempt = first.attempt(turns);
      const auto a = first.judge(attempt), b = second.judge(second.attempt(turns)),
                 c = first.judge(attempt);
      EXPECT_EQ(word_for(a), word_for(b)) << describe(server, interchangeable, {}, turns);
      EXPECT_EQ(std::tuple(a.orders, a.cast, a.out, a.odd, a.layer),
                std::tuple(b.orders, b.cast, b.out, b.odd, b.layer));
      EXPECT_EQ(std::tuple(a.orders, a.cast, a.out, a.odd, a.layer),
                std::tuple(c.orders, c.cast, c.out, c.odd, c.layer));
    }
  });
}

/// One answer never arrives. What an order may explain, the oracle must not call a race; the other
/// way about it cannot know as much as the exact judge, who sees who made an id.
TEST(Simulation, ALostAnswerIsNoFalseAlarm) {
  int judged = 0, unexplained = 0;
  for (const bool racy : {true, false})
    each_server(racy, [&](const Server& server, bool interchangeable) {
      for (const int entry : everyone(server))
        if (server.work(entry).size() > 1) return;
      base::Random random(7);
      const Exactly exactly(server, interchangeable);
      ByOracle by_oracle(server, interchangeable, 7);
      for (const std::vector<int>& turns : interleavings(server, random)) {
        const int lost = static_cast<int>(random.below(static_cast<std::uint64_t>(server.entries)));
        const bool request_too = random.below(2) == 0;
        const bool may_be = exactly.may_be(exactly.play_and_lose(turns, lost, request_too), lost);
        const auto judgement = by_oracle.judge(by_oracle.attempt(turns, lost, request_too));
        EXPECT_TRUE(!may_be || word_for(judgement) == "explained")
            << describe(server, interchangeable, {}, turns) << ", lost " << lost;
        ++judged;
        unexplained += judgement.is == oracle::Judgement::Is::contradicts;
      }
    });
  std::printf("  %d with a lost answer, %d of them races\n", judged, unexplained);
  EXPECT_GT(unexplained, 100);
}

}  // namespace
