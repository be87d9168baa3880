// python-dotenv's own answers, recorded (test/data/golden), are the specification.
#include "settings/dotenv.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "base/json.h"
#include "settings/settings.h"

namespace {

using settings::Environment;
using settings::Winner;

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

std::string read_golden(const std::string& name) {
  std::ifstream file(GOLDEN_DIR "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The cases that deviations.txt lists for dotenv.
std::set<std::string> listed_deviations() {
  std::set<std::string> names;
  std::istringstream lines(read_golden("deviations.txt"));
  const std::string_view profile = "dotenv ";
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(profile))
      names.insert(line.substr(profile.size(), line.find(": ") - profile.size()));
  return names;
}

json::value pairs_of(const settings::Dotenv& file) {
  json::array pairs;
  for (const auto& [name, value] : file.values)
    pairs.push_back(json::array{name, value ? json::value(*value) : json::value()});
  return json::object{{"pairs", std::move(pairs)}};
}

json::value bindings_of(const std::vector<settings::Binding>& bindings) {
  const auto text = [](const std::optional<std::string>& value) {
    return value ? json::value(*value) : json::value();
  };
  json::array all;
  for (const settings::Binding& binding : bindings)
    all.push_back({{"key", text(binding.key)},
                   {"value", text(binding.value)},
                   {"line", binding.line},
                   {"error", binding.bad}});
  return all;
}

json::value warnings_of(const settings::Dotenv& file) {
  json::array warnings;
  for (const std::size_t line : file.bad_lines)
    warnings.emplace_back("Python-dotenv could not parse statement starting at line " +
                          std::to_string(line));
  return warnings;
}

/// What load_dotenv() does with the bytes, and what SECRET_KEY is then.
json::value loaded(std::string_view bytes, const Environment& before, Winner winner) {
  const auto file = settings::read_dotenv(bytes, before, winner);
  if (!file) return {{"raises", "UnicodeDecodeError"}, {"environ", json::object()}};
  const Environment after = settings::with_dotenv(before, *file, winner);
  const auto key = after.find("SECRET_KEY");
  json::object environ;
  for (const auto& [name, value] : after) environ[name] = value;
  return {{"returns", !file->values.empty()},
          {"environ", std::move(environ)},
          {"secret_key",
           key == after.end() ? settings::insecure_secret_key : std::string_view(key->second)}};
}

/// Of two answers, the parts of `wanted` that the other does not have so.
void compare(std::string_view what, const json::value& wanted, const json::value& found,
             std::string& problems) {
  if (wanted == found) return;
  problems += std::string(what) + ": expected " + base::to_text(wanted) + ", got " +
              base::to_text(found) + "\n";
}

/// What differs from the record of a case; empty if nothing does.
std::string problems_of(const json::object& c) {
  std::string problems;
  const json::value* text = c.if_contains("text");
  const Environment before = environment_of(c.at("environ_before"));
  // No file is an empty one.
  std::string bytes;
  if (text == nullptr) bytes = decode_base64(c.at("text_base64").as_string());
  if (text != nullptr && text->is_string()) bytes = text->get_string();
  const auto bindings = settings::parse_dotenv(bytes);
  const json::value unreadable = {{"raises", "UnicodeDecodeError"}};
  compare("bindings", c.at("bindings"), bindings ? bindings_of(*bindings) : unreadable, problems);
  const auto values = settings::read_dotenv(bytes, before, Winner::file);
  compare("values", c.at("values"), values ? pairs_of(*values) : unreadable, problems);
  compare("values_without_interpolation", c.at("values_without_interpolation"),
          bindings ? pairs_of(settings::collect(*bindings)) : unreadable, problems);
  compare("warnings", c.at("warnings"), values ? warnings_of(*values) : json::array(), problems);
  compare("load", c.at("load"), loaded(bytes, before, Winner::environment), problems);
  compare("load_override", c.at("load_override"), loaded(bytes, before, Winner::file), problems);
  return problems;
}

TEST(Dotenv, ReadsFilesAsPythonDotenvDoes) {
  const std::set<std::string> deviations = listed_deviations();
  std::set<std::string> deviated;
  std::size_t passed = 0;
  std::size_t failed = 0;
  const json::value golden = *base::parse_json(read_golden("dotenv.json"));
  EXPECT_EQ(golden.at("fallback_secret_key").as_string(), settings::insecure_secret_key);
  for (const json::value& c : golden.at("cases").as_array()) {
    const std::string name(c.at("name").as_string());
    const std::string problems = problems_of(c.as_object());
    if (!problems.empty() && deviations.contains(name)) {
      deviated.insert(name);
      continue;
    }
    EXPECT_EQ(problems, "") << name;
    ++(problems.empty() ? passed : failed);
  }
  EXPECT_EQ(deviated, deviations) << "deviations.txt lists what passes, or what is not there";
  EXPECT_GT(passed, 100u) << "the cases were not read";
  std::printf("dotenv: %zu passed, %zu failed, %zu deviations\n", passed, failed, deviated.size());
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
