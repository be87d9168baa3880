#include "http/codec.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "base/require.h"

namespace http {
namespace {

namespace beast = boost::beast::http;

ReadError explain(const boost::beast::error_code& error) {
  using Kind = ReadError::Kind;
  if (error == beast::error::header_limit)
    return {Kind::header_too_large, "the header is too large"};
  if (error == beast::error::body_limit) return {Kind::body_too_large, "the body is too large"};
  if (error == beast::error::partial_message || error == beast::error::end_of_stream)
    return {Kind::cut_off, "the connection closed in the middle of a message"};
  return {Kind::malformed, error.message()};
}

bool usually_has_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

void append(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

/// Looks at the head of a request as it arrives, for what Beast lets pass: lines that do not end in
/// CR LF, and folded ones (RFC 9112, 2.2 and 5.2). Two servers that read such a head differently
/// can be played against each other.
class HeadGuard {
 public:
  /// `pending` begins with the head, and grows from call to call.
  std::optional<ReadError> look(std::string_view pending, const ReadLimits& limits) {
    for (; !complete_ && at_ < pending.size(); ++at_) {
      const char c = pending[at_];
      const bool after_cr = at_ > 0 && pending[at_ - 1] == '\r';
      if ((c == '\n') != after_cr)
        return ReadError{ReadError::Kind::malformed, "a line does not end in CR LF"};
      if ((c == ' ' || c == '\t') && at_ > 0 && pending[at_ - 1] == '\n')
        return ReadError{ReadError::Kind::malformed, "a field is folded"};
      if (!in_fields_ && at_ >= limits.request_line_bytes)
        return ReadError{ReadError::Kind::request_line_too_long, "the request line is too long"};
      if (c == '\n') {
        complete_ = in_fields_ && pending.substr(0, at_ + 1).ends_with("\r\n\r\n");
        in_fields_ = true;
      }
    }
    return std::nullopt;
  }

 private:
  std::size_t at_ = 0;
  bool in_fields_ = false;  // behind the request line
  bool complete_ = false;
};

/// A head that leaves it open where the body ends, or whom it is for (RFC 9112, 3.2 and 6.3).
template <class Head>
bool is_ambiguous(const Head& head) {
  using beast::field;
  const std::string_view length(head[field::content_length]);
  const std::string_view coding(head[field::transfer_encoding]);
  const bool coded = head.count(field::transfer_encoding) > 0;
  const bool chunked = same_ignoring_case(coding, "chunked");
  return length.find_first_not_of("0123456789") != length.npos ||
         head.count(field::content_length) > 1 || head.count(field::host) > 1 ||
         head.count(field::transfer_encoding) > 1 || (coded && !chunked) ||
         (coded && (head.count(field::content_length) > 0 || head.version() < 11));
}

/// What both readers do: a Beast parser fed by hand. Beast wants a contiguous header, so bytes that
/// it did not take yet wait in `pending`.
template <bool is_request>
class Feed {
 public:
  using Beast = beast::parser<is_request, beast::string_body>;

  explicit Feed(ReadLimits limits, bool to_head = false) : limits_(limits), to_head_(to_head) {
    restart();
  }

  base::Result<std::size_t, ReadError> read(std::string_view bytes) {
    if (bytes.empty() || complete()) return std::size_t{0};
    started_ = true;
    const std::size_t held = pending_.size();
    pending_.append(bytes);
    if constexpr (is_request) {
      if (!beast_->is_header_done())
        if (auto error = guard_.look(pending_, limits_)) return base::failure(*std::move(error));
    }
    std::size_t taken = 0;
    while (taken < pending_.size() && !beast_->is_done()) {
      const auto rest = std::string_view(pending_).substr(taken);
      if (!beast_->is_header_done()) {
        const auto end = find_header_end(rest);
        if (!end) return base::failure(end.error());
        if (*end == 0) break;
      } else if (beast_->chunked() && rest.size() < last_chunk.size()) {
        break;  // Beast 1.81 fails an assertion on "0", CR, LF and one more byte; no body ends
                // sooner
      }
      boost::beast::error_code error;
      taken += beast_->put(boost::asio::buffer(rest.data(), rest.size()), error);
      if constexpr (is_request) {
        if (beast_->is_header_done() && is_ambiguous(beast_->get()))
          return base::failure(ReadError{ReadError::Kind::malformed, "the head is ambiguous"});
      }
      if (error == beast::error::need_more && beast_->is_header_done()) break;
      if (error == beast::error::need_more)
        return base::failure(ReadError{ReadError::Kind::malformed, "the header is not whole"});
      if (error) return base::failure(explain(error));
      if (beast_->is_done() && is_interim()) restart();
    }
    if (beast_->is_done()) {
      // Whatever was held back before belonged to this message, so the rest is of these bytes.
      const std::size_t used = taken - std::min(taken, held);
      pending_.clear();
      return used;
    }
    pending_.erase(0, taken);
    return bytes.size();
  }

  base::Result<void, ReadError> end_of_stream() {
    if (complete() || !started_) return {};
    boost::beast::error_code error;
    if (!pending_.empty() || !beast_->is_header_done())
      error = beast::error::partial_message;
    else
      beast_->put_eof(error);
    if (error) return base::failure(explain(error));
    return {};
  }

  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] bool complete() const { return beast_->is_done(); }
  [[nodiscard]] Beast& beast() { return *beast_; }
  [[nodiscard]] const Beast& beast() const { return *beast_; }

 private:
  /// Looks for the end of a header, which `bytes` begins with: where it ends; 0 if that is yet to
  /// come. Beast gets a header only when it is whole: fed with less, it counts the limit otherwise
  /// and notices what is malformed only at the end, so that the same bytes would be understood
  /// differently depending on how they arrive. What is no HTTP is noticed here without waiting for
  /// an end that may not come.
  base::Result<std::size_t, ReadError> find_header_end(std::string_view bytes) {
    const auto first = static_cast<unsigned char>(bytes.front());
    if (first <= ' ' || first >= 0x7F)
      return base::failure(ReadError{ReadError::Kind::malformed, "no start line"});
    for (std::size_t at = bytes.find('\n', searched_); at != bytes.npos;
         at = bytes.find('\n', at + 1)) {
      if (bytes[at - 1] != '\r')
        return base::failure(ReadError{ReadError::Kind::malformed, "bad line ending"});
      if (at < 3 || bytes.substr(at - 3, 2) != "\r\n") continue;
      if (at + 1 > limits_.header_bytes) break;
      return at + 1;
    }
    searched_ = bytes.size();
    if (bytes.size() >= limits_.header_bytes)
      return base::failure(ReadError{ReadError::Kind::header_too_large, "the header is too large"});
    return std::size_t{0};
  }

  void restart() {
    searched_ = 0;
    beast_.emplace();
    beast_->eager(true);
    constexpr std::uint32_t slack = 1024;  // the limit is kept here, to the byte
    beast_->header_limit(limits_.header_bytes + slack);
    beast_->body_limit(limits_.body_bytes);
    if constexpr (!is_request) beast_->skip(to_head_);
  }

  [[nodiscard]] bool is_interim() const {
    if constexpr (is_request)
      return false;
    else
      return beast_->get().result_int() / 100 == 1 && beast_->get().result_int() != 101;
  }

  ReadLimits limits_;
  bool to_head_;
  bool started_ = false;
  std::optional<Beast> beast_;
  HeadGuard guard_;  // of requests
  std::string pending_;
  std::size_t searched_ = 0;  // how much of the header is known to have no end
};

/// The start line and the fields, with room for the rest.
std::string begin_response(const Response& response) {
  const std::string_view reason =
      response.reason.empty() ? reason_phrase(response.status) : std::string_view(response.reason);
  // One allocation: the start line, what tells of the body, and Connection fit in the spare bytes.
  std::size_t size = 128 + reason.size() + response.body.size();
  for (const Field& field : response.fields) size += field.name.size() + field.value.size() + 4;
  std::string out;
  out.reserve(size);
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason).append("\r\n");
  for (const Field& field : response.fields) append(out, field.name, field.value);
  return out;
}

template <class Message>
Fields fields_of(const Message& message) {
  Fields fields;
  constexpr std::size_t usual_fields = 8;
  fields.reserve(usual_fields);
  for (const auto& field : message)
    fields.push_back({std::string(field.name_string()), std::string(field.value())});
  return fields;
}

}  // namespace

std::string encode(const Request& request) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\r\n";
  for (const Field& field : request.fields) append(out, field.name, field.value);
  const bool counted =
      find(request.fields, "Content-Length") || find(request.fields, "Transfer-Encoding");
  if (!counted && (!request.body.empty() || usually_has_body(request.method)))
    append(out, "Content-Length", std::to_string(request.body.size()));
  return out + "\r\n" + request.body;
}

std::string encode(const Response& response, bool to_head) {
  std::string out = begin_response(response);
  const bool bodyless =
      response.status == 204 || response.status == 304 || response.status / 100 == 1;
  if (!bodyless && !find(response.fields, "Content-Length"))
    append(out, "Content-Length", std::to_string(response.body.size()));
  if (!response.keep_alive) append(out, "Connection", "close");
  out += "\r\n";
  if (!bodyless && !to_head) out += response.body;
  return out;
}

std::string encode_head(const Response& response, bool in_chunks) {
  std::string out = begin_response(response);
  if (in_chunks) append(out, "Transfer-Encoding", "chunked");
  if (!response.keep_alive) append(out, "Connection", "close");
  return out += "\r\n";
}

std::string encode_chunk(std::string_view piece) {
  base::require(!piece.empty(), "a chunk has bytes");
  constexpr std::size_t frame = 20;  // the size in hex, and two line ends
  std::array<char, 16> digits;
  const auto size = std::to_chars(digits.begin(), digits.end(), piece.size(), 16);
  std::string out;
  out.reserve(piece.size() + frame);
  out.append(digits.begin(), size.ptr).append("\r\n");
  return out.append(piece).append("\r\n");
}

std::string_view reason_phrase(int status) {
  if (status == 423) return "Locked";  // RFC 4918; Beast knows it by number only
  const auto phrase = beast::obsolete_reason(beast::int_to_status(static_cast<unsigned>(status)));
  return {phrase.data(), phrase.size()};
}

struct ResponseReader::Parser : Feed<false> {
  using Feed::Feed;
};
ResponseReader::ResponseReader(bool to_head, ReadLimits limits)
    : parser_(std::make_unique<Parser>(limits, to_head)) {}
ResponseReader::~ResponseReader() = default;
ResponseReader::ResponseReader(ResponseReader&&) noexcept = default;
ResponseReader& ResponseReader::operator=(ResponseReader&&) noexcept = default;

base::Result<std::size_t, ReadError> ResponseReader::read(std::string_view bytes) {
  return parser_->read(bytes);
}
base::Result<void, ReadError> ResponseReader::end_of_stream() { return parser_->end_of_stream(); }
bool ResponseReader::started() const { return parser_->started(); }
bool ResponseReader::complete() const { return parser_->complete(); }

Response ResponseReader::take() {
  base::require(complete(), "only a complete response is taken");
  auto message = parser_->beast().release();
  return {.status = static_cast<int>(message.result_int()),
          .reason = std::string(message.reason()),
          .fields = fields_of(message),
          .body = std::move(message.body()),
          .keep_alive = message.keep_alive() && !message.need_eof()};
}

struct RequestReader::Parser : Feed<true> {
  using Feed::Feed;
};
RequestReader::RequestReader(ReadLimits limits) : parser_(std::make_unique<Parser>(limits)) {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

base::Result<std::size_t, ReadError> RequestReader::read(std::string_view bytes) {
  return parser_->read(bytes);
}
base::Result<void, ReadError> RequestReader::end_of_stream() { return parser_->end_of_stream(); }
bool RequestReader::started() const { return parser_->started(); }
bool RequestReader::complete() const { return parser_->complete(); }

bool RequestReader::expects_continue() const {
  const auto& beast = parser_->beast();
  if (!beast.is_header_done() || beast.is_done()) return false;
  return same_ignoring_case(std::string(beast.get()["Expect"]), "100-continue");
}

Request RequestReader::take() {
  base::require(complete(), "only a complete request is taken");
  auto message = parser_->beast().release();
  return {.method = std::string(message.method_string()),
          .target = std::string(message.target()),
          .fields = fields_of(message),
          .body = std::move(message.body()),
          .keep_alive = message.keep_alive(),
          .chunks = message.version() >= 11};
}

}  // namespace http
