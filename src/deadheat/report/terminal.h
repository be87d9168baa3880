#pragma once

#include <string>

#include "record/record.h"
#include "report/language.h"

/// Renders a record for people. Pure: a record gives a text.
namespace report {

struct Outline;

struct Look {
  int width = 100;  // columns
  bool colour = false;
  Language language = Language::en;
};

/// The terminal report: verdict, the timeline of the attempt, the state seen against the state that
/// each order allows, the rates, what was learnt, what was tried.
///
/// No line is wider than the look says (40 at least), but for the `mask:` block, which is there to
/// be copied. Nothing that came from the target reaches the terminal raw.
[[nodiscard]] std::string terminal(const record::Record& record, const Look& look);
[[nodiscard]] std::string terminal(const Outline& outline, const Look& look);

/// Of a run that ended before anything was learnt: a line on what is wrong, and one for each thing
/// to do.
[[nodiscard]] std::string why_it_never_began(const record::Record& record, Language language);

/// What is wrong with a file that should be a record.
[[nodiscard]] std::string why_it_is_no_record(const record::Misfit& misfit, Language language);

}  // namespace report
