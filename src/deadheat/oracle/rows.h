#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/json.h"

/// Which elements of an array go together in the runs of one order.
namespace oracle {

/// Texts that the runs know by a name; in each run the name stands for another text.
class NameTables {
 public:
  explicit NameTables(std::size_t runs) : tables_(runs) {}

  /// The first text of a name stays.
  void add(std::size_t run, const std::string& name, const std::string& text);
  /// The names that stand for these texts, one text for each run.
  [[nodiscard]] std::vector<std::string> names_for(const std::vector<std::string>& texts) const;
  /// Some name stands for this text in one run and for that in the other.
  [[nodiscard]] bool share_a_name(std::size_t run, const std::string& text, std::size_t other_run,
                                  const std::string& other_text) const;

 private:
  struct Table {
    std::unordered_map<std::string, std::string> text_of;
    std::unordered_map<std::string, std::vector<std::string>> names_of;

    [[nodiscard]] bool stands_for(const std::string& name, const std::string& text) const;
  };
  std::vector<Table> tables_;  // by run
};

/// What tells that two elements belong together although they differ.
struct Clues {
  const NameTables& names;  // of what the tool itself put in
  const NameTables& slots;  // what stood in the same slot before: the id that a script was told
};

/// Elements that go together: one of each run.
using Row = std::vector<const json::value*>;

/// The rows of an array, in the order of its first run.
struct Rows {
  std::vector<Row> rows;
  bool moved = false;  // in some run another pairing than by position is the better one
};

/// `arrays` are of one length. Each run is paired with the first at the least distance in all;
/// by position where no other pairing is strictly better. Cubic in the elements that differ.
[[nodiscard]] Rows pair_rows(const std::vector<const json::array*>& arrays, const Clues& clues);

/// Whether later runs show among themselves that elements move, where the first run has nothing in
/// common with them.
[[nodiscard]] bool later_runs_move(const std::vector<const json::array*>& arrays,
                                   const Clues& clues);

}  // namespace oracle
