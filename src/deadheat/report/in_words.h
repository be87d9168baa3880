#pragma once

#include <string>

#include "record/record.h"
#include "report/words.h"

/// The facts of a record as people say them, each in a few words, in a language. Pure.
namespace report {

/// "state order .status", "answer of cancel, step 2 .status", "sink mail [0].body.to".
[[nodiscard]] std::string in_words(const record::Place& place, const Words& words);

/// A JSON Pointer as jq has it: "/items/0/id" is ".items[0].id", "-" any element, "*" any key.
[[nodiscard]] std::string path_of(const std::string& pointer);

/// "any number", "3 elements in any order", JSON.
[[nodiscard]] std::string in_words(const record::Value& value, const Words& words);

/// "no number at .after.stock.body.left: "many""; empty where the rule could be computed.
[[nodiscard]] std::string in_words(const record::RuleError& error, const Words& words);

/// "cancel, then 2 x accept".
[[nodiscard]] std::string in_words(const record::Order& order, const Words& words);

/// "2 redeem", "cancel and accept".
[[nodiscard]] std::string in_words(const record::Group& group, const Words& words);

/// "accept 5.2 ms after cancel, held at headers before step 2".
[[nodiscard]] std::string in_words(const record::Schedule& schedule, const record::Record& record,
                                   const Words& words);

/// Of two that differ only in their lags: "accept 5.5 to 7.0 ms after cancel, ...".
[[nodiscard]] std::string in_words(const record::Schedule& least, const record::Schedule& most,
                                   const record::Record& record, const Words& words);

/// "accept arrives 5.5 to 7.0 ms after cancel, with the gate before step 2". The window is known.
[[nodiscard]] std::string in_words(const record::Window& window, const record::Record& record,
                                   const Words& words);

/// "held at headers before step 2, on one connection".
[[nodiscard]] std::string in_words(const record::Manner& manner, const Words& words);

/// "cancel: 200, then stopped".
[[nodiscard]] std::string in_words(const record::Told& told, const Words& words);

/// "order: 200 {...}", "mail: 2 calls".
[[nodiscard]] std::string in_words(const record::Read& read, const Words& words);

/// What came of it: "cancel, then accept", "accept refused", "no order explains it".
[[nodiscard]] std::string in_words(const record::Attempt& attempt, const Words& words);

/// An order's outcome as a letter: A, B, ... Z, 27, ...; empty where it is unknown.
[[nodiscard]] std::string letter_of(int outcome);

/// Whole sentences. The record says what file their lines are of, and who the scripts are.
[[nodiscard]] std::string in_words(const record::Remark& remark, const record::Record& record,
                                   const Words& words);
[[nodiscard]] std::string in_words(const record::Reason& reason, const record::Record& record,
                                   const Words& words);
[[nodiscard]] std::string in_words(const record::NextStep& step, const record::Record& record,
                                   const Words& words);

/// What is wrong with a file that should be a record.
[[nodiscard]] std::string in_words(const record::Misfit& misfit, const Words& words);

/// "ok", "refused"; "stopped before step 2".
[[nodiscard]] std::string result_of(const record::Part& part, const Words& words);

/// "“cancel it!” PUT /orders/8".
[[nodiscard]] std::string asked(const record::Move& move);
/// Why there is no answer, where there is none.
[[nodiscard]] std::string no_answer(const record::Move& move, const Words& words);

/// "1 ms", "100 µs".
[[nodiscard]] std::string window_of(double window_us);
/// "within 2 attempts (median of 15 rounds)", "in none of 600 attempts".
[[nodiscard]] std::string in_words(const record::Planted& planted, const Words& words);

}  // namespace report
