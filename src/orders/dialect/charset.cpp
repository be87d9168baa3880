#include "dialect/charset.h"

#include <iconv.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "base/utf8.h"
#include "dialect/utf8.h"
#include "http/message.h"

namespace dialect {
namespace {

struct Known {
  std::string_view name;
  const char* iconv_name;
};
constexpr std::array charsets = {
    Known{"iso-8859-1", "ISO-8859-1"},
    Known{"latin-1", "ISO-8859-1"},
    Known{"latin1", "ISO-8859-1"},
    Known{"windows-1252", "CP1252"},
    Known{"cp1252", "CP1252"},
    Known{"us-ascii", "ASCII"},
    Known{"ascii", "ASCII"},
    Known{"euc-kr", "EUC-KR"},
    Known{"euc_kr", "EUC-KR"},
    Known{"ks_c_5601-1987", "EUC-KR"},
    Known{"cp949", "UHC"},
    Known{"uhc", "UHC"},
    Known{"utf-16", "UTF-16"},
    Known{"utf16", "UTF-16"},
    Known{"utf-16le", "UTF-16LE"},
    Known{"utf-16be", "UTF-16BE"},
    Known{"utf-32", "UTF-32"},
    Known{"shift_jis", "SHIFT_JIS"},
    Known{"euc-jp", "EUC-JP"},
    Known{"gb2312", "GB2312"},
    Known{"big5", "BIG5"},
};

class Converter {
 public:
  explicit Converter(const char* from) : handle_(iconv_open("UTF-8", from)) {
    if (reinterpret_cast<std::intptr_t>(handle_) == -1)
      throw std::system_error(errno, std::generic_category(), "iconv_open");
  }
  ~Converter() { iconv_close(handle_); }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  /// Appends to `out` what can be read; the rest of `bytes` begins with what cannot.
  void convert(std::string_view& bytes, std::string& out) {
    std::array<char, 4096> buffer;
    bool more = true;
    while (more && !bytes.empty()) {
      char* from = const_cast<char*>(bytes.data());  // iconv does not write there
      std::size_t left = bytes.size();
      char* to = buffer.data();
      std::size_t room = buffer.size();
      const std::size_t result = iconv(handle_, &from, &left, &to, &room);
      more = result == static_cast<std::size_t>(-1) && errno == E2BIG;
      out.append(buffer.data(), buffer.size() - room);
      bytes.remove_prefix(bytes.size() - left);
    }
  }

 private:
  iconv_t handle_;
};

}  // namespace

Charset::Charset(std::string_view name) {
  for (const Known& known : charsets)
    if (http::same_ignoring_case(name, known.name)) iconv_name_ = known.iconv_name;
}

std::optional<std::string> Charset::decode(std::string_view bytes) const {
  std::string text;
  Converter(iconv_name_).convert(bytes, text);
  if (!bytes.empty()) return std::nullopt;
  return text;
}

std::string Charset::decode_replacing(std::string_view bytes) const {
  if (is_utf8()) return replace_invalid_utf8(bytes);
  std::string text;
  Converter converter(iconv_name_);
  for (;;) {
    converter.convert(bytes, text);
    if (bytes.empty()) return text;
    base::append_utf8(text, base::replacement);
    bytes.remove_prefix(1);
  }
}

}  // namespace dialect
