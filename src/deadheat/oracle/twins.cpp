#include "oracle/twins.h"

#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

#include "oracle/value.h"

namespace oracle {
namespace {

/// Calls `go` with every text of a tree: numbers, strings, and keys, which may be words that the
/// target chose ({"kim": 1}).
void each_text(const json::value& value, const std::function<void(const std::string&)>& go) {
  if (const auto* object = value.if_object()) {
    for (const auto& [key, member] : *object) {
      go(std::string(key));
      each_text(member, go);
    }
  } else if (const auto* array = value.if_array()) {
    for (const json::value& element : *array) each_text(element, go);
  } else if (value.is_string() || value.is_number()) {
    go(text_of(value));
  }
}

void each_part(std::string_view text, const std::function<void(const std::string&)>& go) {
  for (const std::string& word : cut_into_words(text).pieces)
    for (const std::string& part : cut_into_parts(word).pieces)
      if (!part.empty()) go(part);
}

/// Who shows a part of a text: an entry, or several or somebody else.
class Owners {
 public:
  static constexpr int shared = -1;

  void add(const json::value& tree, int owner) {
    each_text(tree, [&](const std::string& text) { add_text(text, owner); });
  }
  void add_text(const std::string& text, int owner) {
    each_part(text, [&](const std::string& part) {
      const auto [found, added] = owner_.emplace(part, owner);
      if (!added && found->second != owner) found->second = shared;
    });
  }
  [[nodiscard]] int of(const std::string& part) const { return owner_.at(part); }

 private:
  std::unordered_map<std::string, int> owner_;
};

/// What an entry said, with the words that are its alone replaced by the number of their first
/// appearance.
class Portrait {
 public:
  Portrait(const Owners& owners, const std::function<bool(const std::string&)>& is_evidence,
           const Reading& attempt, std::size_t entry)
      : owners_(owners),
        is_evidence_(is_evidence),
        attempt_(attempt),
        entry_(static_cast<int>(entry)) {
    const Told& told = attempt.told[entry];
    text_ = std::to_string(told.script) + "|" + value_of(told.signature).text +
            (told.signature.ok ? "|ok|" : "|") + (told.indeterminate ? "?" : "") +
            (told.refused ? "-" : "") + (told.removable ? "~" : "");
    add(told.tree);
    for (const auto& [name, value] : told.names) {
      text_ += "|" + name + "=";
      add_text(value);
    }
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void add(const json::value& value) {
    if (const auto* object = value.if_object()) {
      text_ += '{';
      for (const auto& [key, member] : *object) {
        text_ += std::string(key) + ":";
        add(member);
        text_ += ',';
      }
      text_ += '}';
    } else if (const auto* array = value.if_array()) {
      text_ += '[';
      for (const json::value& element : *array) {
        add(element);
        text_ += ',';
      }
      text_ += ']';
    } else if (value.is_string() || value.is_number()) {
      text_ += value.is_string() ? '"' : '#';
      if (is_now(value))
        text_ += "now";
      else
        add_text(text_of(value));
    } else {
      text_ += base::to_text(value);
    }
  }

  /// A time of this very attempt is free wherever it stands.
  [[nodiscard]] bool is_now(const json::value& value) const {
    const auto time = as_time(value);
    return time && *time >= attempt_.wall_begin - 5 && *time <= attempt_.wall_end + 5;
  }

  void add_text(const std::string& text) {
    const Cut words = cut_into_words(text);
    for (std::size_t w = 0; w < words.pieces.size(); ++w) {
      if (w > 0) text_ += words.separators[w - 1];
      const Cut parts = cut_into_parts(words.pieces[w]);
      for (std::size_t p = 0; p < parts.pieces.size(); ++p) {
        if (p > 0) text_ += parts.separators[p - 1];
        add_part(parts.pieces[p]);
      }
    }
  }

  void add_part(const std::string& part) {
    if (part.empty() || owners_.of(part) != entry_ || is_evidence_(part)) {
      text_ += part;
      return;
    }
    const auto number = own_.emplace(part, own_.size()).first->second;
    text_ += '\x01' + std::to_string(number);
  }

  const Owners& owners_;
  const std::function<bool(const std::string&)>& is_evidence_;
  const Reading& attempt_;
  int entry_;
  std::unordered_map<std::string, std::size_t> own_;
  std::string text_;
};

bool nobody_runs_the_same(const Reading& attempt) {
  std::set<int> scripts;
  for (const Told& told : attempt.told) scripts.insert(told.script);
  return scripts.size() == attempt.told.size();
}

}  // namespace

std::vector<int> twins_of(const Reading& attempt, const std::vector<std::pair<int, int>>& before,
                          const std::function<bool(const std::string&)>& is_evidence) {
  if (nobody_runs_the_same(attempt)) {
    std::vector<int> alone(attempt.told.size());
    std::iota(alone.begin(), alone.end(), 0);
    return alone;
  }
  Owners owners;
  owners.add(attempt.after.tree, Owners::shared);
  if (attempt.later) owners.add(attempt.later->tree, Owners::shared);
  for (const auto& [name, text] : attempt.names) owners.add_text(text, Owners::shared);
  for (std::size_t entry = 0; entry < attempt.told.size(); ++entry) {
    owners.add(attempt.told[entry].tree, static_cast<int>(entry));
    for (const auto& [name, text] : attempt.told[entry].names)
      owners.add_text(text, static_cast<int>(entry));
  }
  std::vector<std::string> time(attempt.told.size());
  for (const auto& [a, b] : before) {
    time[static_cast<std::size_t>(a)] += " <" + std::to_string(b);
    time[static_cast<std::size_t>(b)] += " >" + std::to_string(a);
  }
  std::map<std::string, int> classes;
  std::vector<int> twins;
  for (std::size_t entry = 0; entry < attempt.told.size(); ++entry) {
    const Portrait portrait(owners, is_evidence, attempt, entry);
    const int next = static_cast<int>(classes.size());
    twins.push_back(classes.emplace(portrait.text() + "|" + time[entry], next).first->second);
  }
  return twins;
}

}  // namespace oracle
