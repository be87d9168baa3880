// python-dotenv's own answers, recorded (test/data/golden), are the specification.
#include "settings/dotenv.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "base/json.h"

namespace {

using settings::Environment;
using settings::Winner;

/// Cases where we differ on purpose.
const std::set<std::string_view> deviations = {
    // A name with "=" in it cannot be put into an environment: load_dotenv() raises, and adds
    // nothing. Here such a name is one that no setting has.
    "quotes/quoted-key-with-hash-and-equals"};

std::string decode_base64(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == alphabet.npos) break;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFF);
  }
  return out;
}

Environment environment_of(const json::value& value) {
  Environment environment;
  for (const auto& [name, text] : value.as_object())
    environment[std::string(name)] = text.as_string();
  return environment;
}

json::array pairs_of(const settings::Dotenv& file) {
  json::array pairs;
  for (const auto& [name, value] : file.values)
    pairs.push_back(json::array{name, value ? json::value(*value) : json::value()});
  return pairs;
}

json::array golden_cases() {
  std::ifstream file(GOLDEN_DIR "/dotenv.json", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return base::parse_json(text)->at("cases").as_array();
}

TEST(Dotenv, ReadsFilesAsPythonDotenvDoes) {
  std::size_t compared = 0;
  for (const json::value& c : golden_cases()) {
    const std::string name(c.at("name").as_string());
    if (deviations.contains(name)) continue;
    SCOPED_TRACE(name);
    const json::object& fields = c.as_object();
    const bool plain = fields.contains("text");
    if (plain && c.at("text").is_null()) continue;  // no file: there is nothing to read
    const std::string bytes = plain ? std::string(c.at("text").as_string())
                                    : decode_base64(c.at("text_base64").as_string());
    const Environment before = environment_of(c.at("environ_before"));
    const json::object& values = c.at("values").as_object();
    const auto by_file = settings::read_dotenv(bytes, before, Winner::file);
    EXPECT_EQ(by_file.has_value(), values.contains("pairs"));
    if (by_file && values.contains("pairs")) {
      EXPECT_EQ(pairs_of(*by_file), values.at("pairs").as_array());
    }
    const json::object& load = c.at("load").as_object();
    const auto by_environment = settings::read_dotenv(bytes, before, Winner::environment);
    if (by_environment && load.contains("environ")) {
      EXPECT_EQ(settings::with_dotenv(before, *by_environment), environment_of(load.at("environ")));
    }
    ++compared;
  }
  EXPECT_GT(compared, 100u) << "the cases were not read";
}

TEST(Dotenv, NamesTheLinesItPassesOver) {
  const auto file =
      settings::read_dotenv("A=1\nno equal sign here\nB='open\nC=3\n", {}, Winner::environment);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->bad_lines, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(settings::with_dotenv({}, *file), (Environment{{"A", "1"}, {"C", "3"}}));
}

TEST(Dotenv, WhatIsNotTextIsAnError) {
  for (const std::string_view bytes : {"A=\xFF", "A=\xED\xA0\x80", "A=\xC0\x80", "A=\xE2\x82"})
    EXPECT_FALSE(settings::read_dotenv(bytes, {}, Winner::environment));
}

}  // namespace
