#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/terminal.h"
#include "report/tone.h"

namespace report {

/// A piece of a line. Its text may come from a target: the page makes it visible.
struct Span {
  std::string text;
  Tone tone = Tone::plain;
};

using Line = std::vector<Span>;

[[nodiscard]] int display_width(const Line& line);

/// A text under way, line by line, none wider than the look allows. Colour is put on after
/// measuring, and nothing but the page writes escape sequences.
class Page {
 public:
  explicit Page(const Look& look);

  [[nodiscard]] int width() const { return look_.width; }

  /// Cut where it does not fit.
  void line(const Line& line);
  /// As it is, however wide: for what is there to be copied.
  void verbatim(const Line& line);
  void blank();
  /// The title of a section, after a blank line.
  void heading(const std::string& title, const std::string& aside = "");
  void paragraph(std::string_view text, Tone tone = Tone::plain, int indent = 2);
  /// "• text", later lines under the text.
  void bullet(std::string_view text, Tone tone = Tone::plain);
  /// "label   text", later lines under the text.
  void entry(const std::string& label, std::string_view text, Tone tone = Tone::plain);

  /// What was written; the page is empty afterwards.
  [[nodiscard]] std::string take();

 private:
  void hanging(const Line& first, std::string_view text, Tone tone);

  Look look_;
  std::string text_;
};

}  // namespace report
