#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dialect {

/// A character set that a Content-Type names, as Django takes it: one that it does not know counts
/// as UTF-8.
class Charset {
 public:
  /// `name` as the client wrote it. Only a fixed list is known: what iconv would load for a name of
  /// the client's choice is not the client's to choose.
  explicit Charset(std::string_view name);

  [[nodiscard]] bool is_utf8() const { return iconv_name_ == nullptr; }

  /// `bytes` as UTF-8; nothing if they are not of this charset. Not for UTF-8 itself.
  [[nodiscard]] std::optional<std::string> decode(std::string_view bytes) const;

  /// `bytes` as UTF-8, with U+FFFD for what is not of this charset.
  [[nodiscard]] std::string decode_replacing(std::string_view bytes) const;

 private:
  const char* iconv_name_ = nullptr;  // nothing: UTF-8
};

}  // namespace dialect
