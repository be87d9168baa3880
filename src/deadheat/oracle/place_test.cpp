#include "oracle/place.h"

#include <gtest/gtest.h>

#include "expression/expression.h"
#include "oracle/tree.h"

namespace {

using record::Place;
using In = Place::In;
using Part = Place::Part;

struct Case {
  const char* way;
  Place place;
};

// The place of a way, and what `mask:` has to say of it: nothing, where it cannot be masked.
const Case cases[] = {
    {".after.thing.body.state", {In::state, "thing", 0, Part::body, "/state"}},
    {".after.thing.body.items[3].at", {In::state, "thing", 0, Part::body, "/items/3/at"}},
    {".after.things.body[].id", {In::state, "things", 0, Part::body, "/-/id"}},
    {".after.thing.body.by_id.*.open", {In::state, "thing", 0, Part::body, "/by_id/*/open"}},
    {".after.thing.body", {In::state, "thing", 0, Part::body, ""}},
    {".before.thing.body.left", {In::state, "thing", 0, Part::body, "/left"}},
    {R"(.after.thing.headers."last-modified")",
     {In::state, "thing", 0, Part::headers, "/last-modified"}},
    {".after.thing.status", {In::state, "thing", 0, Part::status, ""}},
    {".after[].status", {In::state, "", 0, Part::statuses, ""}},
    {".before[].status", {In::state, "", 0, Part::statuses, ""}},
    {".after.pay", {In::sink, "pay", 0, Part::calls, ""}},
    {".after.pay[0].body.amount", {In::sink, "pay", 0, Part::calls, "/0/body/amount"}},
    {".after.pay[].path", {In::sink, "pay", 0, Part::calls, "/-/path"}},
    {R"(.after."suffix 2".body.id)", {In::suffix, "2", 0, Part::body, "/id"}},
    {R"(.after."suffix 12".status)", {In::suffix, "12", 0, Part::status, ""}},
    {".answers.take.steps[].status", {In::answer, "take", 0, Part::statuses, ""}},
    {".answers.take[].steps[].status", {In::answer, "take[]", 0, Part::statuses, ""}},
    {".answers.take[7].steps[].status", {In::answer, "take[7]", 0, Part::statuses, ""}},
    {".answers.take.steps[0].body.ok", {In::answer, "take", 1, Part::body, "/ok"}},
    {".answers.take[3].steps[1].body", {In::answer, "take[3]", 2, Part::body, ""}},
    {".answers.take[].steps[1].body[0]", {In::answer, "take[]", 2, Part::body, "/0"}},
    {".answers.take.steps[11].headers.etag", {In::answer, "take", 12, Part::headers, "/etag"}},
    {".answers.take.steps[0]", {In::answer, "take", 1, Part::whole, ""}},
    {".answers.take.steps", {In::answer, "take", 0, Part::whole, ""}},
};

TEST(Places, AreReadFromTheWayToThem) {
  for (const Case& c : cases) EXPECT_EQ(oracle::place_of(c.way), c.place) << c.way;
}

// Whatever a target calls its members, they are members: HTTP status, body, [].
TEST(Places, AreNotMistakenForWhatATargetCallsItsMembers) {
  for (const char* key : {"a HTTP status b", "status", "HTTP statuses", "body", "steps[0]", "a.b",
                          "\"", "\\", "[]", "suffix 1", "", "떡볶이", "1st", "a\nb"}) {
    const std::string body = ".after.thing.body";
    const Place place = oracle::place_of(body + oracle::member_path(key) + "[2].x");
    EXPECT_EQ(place, (Place{In::state, "thing", 0, Part::body, "/" + std::string(key) + "/2/x"}))
        << key;
    const Place answer = oracle::place_of(".answers.take.steps[0].body" + oracle::member_path(key));
    EXPECT_EQ(answer, (Place{In::answer, "take", 1, Part::body, "/" + std::string(key)})) << key;
  }
  EXPECT_EQ(oracle::place_of(R"(.after.thing.body."a/b~c")").pointer, "/a~1b~0c");
}

// A mask is read by the scenario's own reader, and leads to the same place.
TEST(Places, AreMaskedByAWayThatLeadsThere) {
  for (const Case& c : cases) {
    const auto mask = oracle::mask_of(c.way);
    const bool maskable = c.place.part == Part::body || c.place.part == Part::headers ||
                          (c.place.part == Part::calls && !c.place.pointer.empty());
    EXPECT_EQ(mask.has_value(), maskable) << c.way;
    if (!mask) continue;
    EXPECT_TRUE(expression::parse_places(*mask)) << *mask;
    const std::string way = c.way;
    const bool alike = !way.starts_with(".before") && c.place.in != In::suffix &&
                       way.find('*') == std::string::npos;
    EXPECT_EQ(*mask == way, alike) << *mask;
  }
  EXPECT_EQ(oracle::mask_of(R"(.after."suffix 2".body.id)"), ".suffix[1].body.id");
  EXPECT_EQ(oracle::mask_of(".before.thing.body.left"), ".after.thing.body.left");
  EXPECT_EQ(oracle::mask_of(".after.thing.body.by_id.*.open"), ".after.thing.body.by_id[].open");
  EXPECT_EQ(oracle::mask_of(R"(.after.thing.body."*")"), R"(.after.thing.body."*")");
}

TEST(Places, OfStatusesAreNamedAsTheyAreRead) {
  EXPECT_EQ(oracle::place_of(oracle::way_to_statuses(".answers.take[]")),
            (Place{In::answer, "take[]", 0, Part::statuses, ""}));
  EXPECT_EQ(oracle::place_of(oracle::way_to_status("thing")),
            (Place{In::state, "thing", 0, Part::status, ""}));
  EXPECT_EQ(oracle::place_of(oracle::way_to_status("suffix 3")),
            (Place{In::suffix, "3", 0, Part::status, ""}));
  EXPECT_EQ(oracle::place_of(oracle::way_to_all_statuses(".before")),
            (Place{In::state, "", 0, Part::statuses, ""}));
}

}  // namespace
