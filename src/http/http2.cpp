#include "http/http2.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <new>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/require.h"

namespace http {
namespace {

using Kind = StreamError::Kind;

/// Before the server has told how many it bears (RFC 9113, 6.5.2: not less than this).
constexpr std::uint32_t streams_by_default = 100;
/// However many a server bears.
constexpr std::size_t most_streams = 1024;
/// Of a request, fields and all.
constexpr std::size_t largest_head = 1 << 20;

struct Stream {
  // The request.
  std::string body;
  std::size_t given = 0;  // of the body
  std::size_t limit = 0;  // may be given now
  bool head_given = false;

  // The answer.
  Response response{.status = 0};
  bool final_head = false;  // what comes now is no interim answer
  std::size_t header_bytes = 0;
  bool answered = false;
  std::optional<StreamError> error;

  bool open = true;
  bool abandoned = false;

  [[nodiscard]] bool ended() const { return answered || error.has_value(); }
};

/// Of the connection, not of the message (RFC 9113, 8.2.2); and Host, which has a new name.
bool concerns_the_connection(std::string_view name) {
  constexpr std::array<std::string_view, 7> names = {
      "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The size of the frame that the bytes begin with, if all of it is there; and whether it is longer
/// than we allow (RFC 9113, 4.2).
struct FirstFrame {
  std::size_t size = 0;
  bool too_long = false;
};

FirstFrame first_frame(std::string_view bytes) {
  constexpr std::size_t head = 9, longest = 16 * 1024;
  if (bytes.size() < head) return {};
  const auto byte = [&](std::size_t at) {
    return std::size_t{static_cast<unsigned char>(bytes[at])};
  };
  const std::size_t length = byte(0) << 16 | byte(1) << 8 | byte(2);
  if (length > longest) return {.too_long = true};
  return {.size = bytes.size() < head + length ? 0 : head + length};
}

/// Names and values as nghttp2 wants them, and the text that they point to.
class Head {
 public:
  Head(const Request& request, std::string_view scheme) {
    add(":method", request.method);
    add(":scheme", std::string(scheme));
    add(":authority", std::string(find(request.fields, "host").value_or("")));
    add(":path", request.target);
    for (const Field& field : request.fields)
      if (std::string name = base::lower(field.name); !concerns_the_connection(name))
        add(std::move(name), field.value);
    const bool has_body = !request.body.empty() || request.method == "POST" ||
                          request.method == "PUT" || request.method == "PATCH";
    if (has_body && !find(request.fields, "content-length"))
      add("content-length", std::to_string(request.body.size()));
  }

  /// Borrows from this.
  [[nodiscard]] std::vector<nghttp2_nv> values() {
    std::vector<nghttp2_nv> values;
    for (auto& [name, value] : text_)
      values.push_back({.name = reinterpret_cast<std::uint8_t*>(name.data()),
                        .value = reinterpret_cast<std::uint8_t*>(value.data()),
                        .namelen = name.size(),
                        .valuelen = value.size(),
                        .flags = NGHTTP2_NV_FLAG_NONE});
    return values;
  }

 private:
  void add(std::string name, std::string value) {
    text_.emplace_back(std::move(name), std::move(value));
  }
  std::vector<std::pair<std::string, std::string>> text_;
};

}  // namespace

/// nghttp2's session calls back into it, so it stays where it is.
struct Http2::Session {
  explicit Session(ReadLimits given);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* self);
  static int on_data(nghttp2_session*, std::uint8_t, StreamId id, const std::uint8_t* data,
                     std::size_t size, void* self);
  static int on_close(nghttp2_session*, StreamId id, std::uint32_t code, void* self);
  static int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int error, void* self);
  static int on_error(nghttp2_session*, int, const char* words, std::size_t size, void* self);
  static ssize_t on_body(nghttp2_session*, StreamId id, std::uint8_t* out, std::size_t size,
                         std::uint32_t* flags, nghttp2_data_source*, void* self);

  /// nullptr for one that is gone.
  Stream* find_stream(StreamId id) {
    const auto found = streams.find(id);
    return found == streams.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const Stream& stream(StreamId id) const {
    const auto found = streams.find(id);
    base::require(found != streams.end(), "a stream is asked about while it is there");
    return found->second;
  }
  void refuse(StreamId id, Stream& stream, StreamError error) {
    stream.error = std::move(error);
    nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  }
  void gather() {
    for (;;) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session.get(), &bytes);
      if (size == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
      if (size <= 0) return;
      gathered.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }
  /// Why the connection is at its end after this frame, if it is.
  std::optional<std::string> read_frame(std::string_view frame) {
    const ssize_t taken = nghttp2_session_mem_recv(
        session.get(), reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size());
    if (taken == NGHTTP2_ERR_NOMEM) throw std::bad_alloc();
    gather();  // nghttp2 stops to read once it has told the server what is wrong
    if (taken >= 0 && nghttp2_session_want_read(session.get()) != 0) return std::nullopt;
    if (!words.empty()) return words;
    return taken < 0 ? nghttp2_strerror(static_cast<int>(taken))
                     : "it has gone away, or breaks the protocol";
  }
  void forget(StreamId id) {
    if (const Stream* gone = find_stream(id); gone != nullptr && gone->abandoned && !gone->open)
      streams.erase(id);
  }

  struct Free {
    void operator()(nghttp2_session* s) const { nghttp2_session_del(s); }
    void operator()(nghttp2_session_callbacks* c) const { nghttp2_session_callbacks_del(c); }
    void operator()(nghttp2_option* o) const { nghttp2_option_del(o); }
  };

  ReadLimits limits;
  std::map<StreamId, Stream> streams;
  std::size_t open = 0;
  bool settled = false;
  bool broken = false;
  std::string pending;                             // the beginning of a frame
  std::string gathered;                            // to be sent
  std::string words;                               // nghttp2's, about what is wrong with the server
  std::unique_ptr<nghttp2_session, Free> session;  // last: its end calls back
};

Http2::Session::Session(ReadLimits given) : limits(given) {
  nghttp2_session_callbacks* raw_callbacks = nullptr;
  nghttp2_option* raw_option = nullptr;
  if (nghttp2_session_callbacks_new(&raw_callbacks) != 0) throw std::bad_alloc();
  const std::unique_ptr<nghttp2_session_callbacks, Free> callbacks(raw_callbacks);
  if (nghttp2_option_new(&raw_option) != 0) throw std::bad_alloc();
  const std::unique_ptr<nghttp2_option, Free> option(raw_option);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks.get(), on_frame);
  nghttp2_session_callbacks_set_on_header_callback(callbacks.get(), on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks.get(), on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks.get(), on_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks.get(), on_sent);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks.get(), on_not_sent);
  nghttp2_session_callbacks_set_error_callback2(callbacks.get(), on_error);
  nghttp2_option_set_peer_max_concurrent_streams(option.get(), streams_by_default);
  nghttp2_option_set_max_send_header_block_length(option.get(), largest_head);
  nghttp2_session* raw_session = nullptr;
  if (nghttp2_session_client_new2(&raw_session, callbacks.get(), this, option.get()) != 0)
    throw std::bad_alloc();
  session.reset(raw_session);

  constexpr std::uint32_t largest_window = std::numeric_limits<std::int32_t>::max();
  const std::array<nghttp2_settings_entry, 2> settings = {
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, largest_window}}};
  nghttp2_submit_settings(raw_session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(raw_session, NGHTTP2_FLAG_NONE, 0, largest_window);
}

int Http2::Session::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  auto& own = *static_cast<Session*>(self);
  if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
    own.settled = true;
  Stream* stream = own.find_stream(frame->hd.stream_id);
  if (stream == nullptr || stream->ended()) return 0;
  if (frame->hd.type == NGHTTP2_RST_STREAM) {
    const std::uint32_t code = frame->rst_stream.error_code;
    const bool refused = code == NGHTTP2_REFUSED_STREAM;
    stream->error = StreamError{
        refused ? Kind::refused : Kind::reset,
        refused ? std::string("refused by the server (REFUSED_STREAM)")
                : std::string("reset by the server (") + nghttp2_http2_strerror(code) + ")"};
    return 0;
  }
  if (frame->hd.type == NGHTTP2_HEADERS && !stream->final_head) {
    stream->final_head = stream->response.status / 100 != 1;
    if (!stream->final_head) stream->response = {.status = 0};
  }
  const bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) stream->answered = true;
  return 0;
}

int Http2::Session::on_header(nghttp2_session*, const nghttp2_frame* frame,
                              const std::uint8_t* name, std::size_t name_size,
                              const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                              void* self) {
  auto& own = *static_cast<Session*>(self);
  Stream* stream = own.find_stream(frame->hd.stream_id);
  if (stream == nullptr || stream->ended()) return 0;
  stream->header_bytes += name_size + value_size;
  if (stream->header_bytes > own.limits.header_bytes) {
    own.refuse(frame->hd.stream_id, *stream, {Kind::too_large, "the header is too large"});
    return 0;
  }
  if (stream->final_head) return 0;  // a trailer
  std::string key(reinterpret_cast<const char*>(name), name_size);
  std::string text(reinterpret_cast<const char*>(value), value_size);
  if (key != ":status") {
    stream->response.fields.push_back({std::move(key), std::move(text)});
    return 0;
  }
  // Three digits: nghttp2 has looked.
  stream->response.status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  if (stream->response.status < 100)
    own.refuse(frame->hd.stream_id, *stream, {Kind::malformed, "its status is " + text});
  return 0;
}

int Http2::Session::on_data(nghttp2_session*, std::uint8_t, StreamId id, const std::uint8_t* data,
                            std::size_t size, void* self) {
  auto& own = *static_cast<Session*>(self);
  Stream* stream = own.find_stream(id);
  if (stream == nullptr || stream->ended()) return 0;
  if (stream->response.body.size() + size > own.limits.body_bytes)
    own.refuse(id, *stream, {Kind::too_large, "the body is too large"});
  else
    stream->response.body.append(reinterpret_cast<const char*>(data), size);
  return 0;
}

int Http2::Session::on_close(nghttp2_session*, StreamId id, std::uint32_t code, void* self) {
  auto& own = *static_cast<Session*>(self);
  Stream* stream = own.find_stream(id);
  if (stream == nullptr) return 0;
  --own.open;
  stream->open = false;
  if (!stream->ended() && code == NGHTTP2_REFUSED_STREAM)
    // Not by RST_STREAM, or it would have ended: the number in GOAWAY is below this stream's.
    stream->error = StreamError{Kind::refused, "refused by the server, which goes away (GOAWAY)"};
  else if (!stream->ended())
    stream->error = StreamError{
        Kind::malformed, "not an answer of HTTP/2" + (own.words.empty() ? "" : ": " + own.words)};
  own.forget(id);
  return 0;
}

int Http2::Session::on_sent(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  auto& own = *static_cast<Session*>(self);
  if (frame->hd.type == NGHTTP2_HEADERS)
    if (Stream* stream = own.find_stream(frame->hd.stream_id)) stream->head_given = true;
  return 0;
}

int Http2::Session::on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int error,
                                void* self) {
  auto& own = *static_cast<Session*>(self);
  Stream* stream = own.find_stream(frame->hd.stream_id);
  if (frame->hd.type == NGHTTP2_HEADERS && stream != nullptr && !stream->ended())
    stream->error = StreamError{
        Kind::unsendable, std::string("the request cannot be sent: ") + nghttp2_strerror(error)};
  return 0;
}

int Http2::Session::on_error(nghttp2_session*, int, const char* words, std::size_t size,
                             void* self) {
  static_cast<Session*>(self)->words.assign(words, size);
  return 0;
}

ssize_t Http2::Session::on_body(nghttp2_session*, StreamId id, std::uint8_t* out, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source*, void* self) {
  auto& own = *static_cast<Session*>(self);
  Stream* stream = own.find_stream(id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const std::size_t now = std::min(size, stream->limit - stream->given);
  if (now == 0 && stream->given < stream->body.size()) return NGHTTP2_ERR_DEFERRED;
  std::copy_n(stream->body.data() + stream->given, now, out);
  stream->given += now;
  if (stream->given == stream->body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(now);
}

Http2::Http2(ReadLimits limits) : session_(std::make_unique<Session>(limits)) {}
Http2::~Http2() = default;
Http2::Http2(Http2&&) noexcept = default;
Http2& Http2::operator=(Http2&&) noexcept = default;

bool Http2::settled() const { return session_->settled; }

std::size_t Http2::room() const {
  nghttp2_session* session = session_->session.get();
  if (session_->broken || nghttp2_session_check_request_allowed(session) == 0) return 0;
  const std::size_t allowed = std::min<std::size_t>(
      most_streams,
      nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
  return allowed - std::min(allowed, session_->open);
}

bool Http2::idle() const { return session_->open == 0; }

std::size_t Http2::window() const {
  const std::int32_t left = nghttp2_session_get_remote_window_size(session_->session.get());
  return left < 0 ? 0 : static_cast<std::size_t>(left);
}

StreamId Http2::begin(const Request& request, std::string_view scheme, bool all_but_the_end) {
  base::require(!all_but_the_end || !request.body.empty(), "only a body has an end to keep back");
  Head head(request, scheme);
  const std::vector<nghttp2_nv> values = head.values();
  const nghttp2_data_provider body{.source = {}, .read_callback = Session::on_body};
  const StreamId id =
      nghttp2_submit_request(session_->session.get(), nullptr, values.data(), values.size(),
                             request.body.empty() ? nullptr : &body, nullptr);
  base::require(id > 0, "a connection with room takes a request");
  Stream& stream = session_->streams[id];
  stream.body = request.body;
  stream.limit = request.body.size() - (all_but_the_end ? 1 : 0);
  ++session_->open;
  return id;
}

void Http2::finish(StreamId id) {
  Stream* stream = session_->find_stream(id);
  if (stream == nullptr || stream->limit == stream->body.size()) return;
  stream->limit = stream->body.size();
  nghttp2_session_resume_data(session_->session.get(), id);
}

bool Http2::given_out(StreamId id) const {
  const Stream& stream = session_->stream(id);
  return stream.head_given && stream.given == stream.limit;
}

void Http2::abandon(StreamId id) {
  Stream* stream = session_->find_stream(id);
  if (stream == nullptr) return;
  stream->abandoned = true;
  if (stream->open)
    nghttp2_submit_rst_stream(session_->session.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  session_->forget(id);
}

void Http2::give(std::string& wire) {
  if (!session_->broken) session_->gather();
  wire += std::exchange(session_->gathered, {});
}

base::Result<void, ReadError> Http2::read(std::string_view wire) {
  std::string& pending = session_->pending;
  pending.append(wire);
  const auto fail = [this](std::string why) {
    session_->broken = true;
    return base::failure(ReadError{ReadError::Kind::malformed, std::move(why)});
  };
  // Frame by frame, each answered before the next is read: nghttp2 counts a CONTINUATION anew for
  // each piece that it arrives in, and treats what follows an error differently once it has told
  // the server. So bytes come to the same however they were cut.
  std::string_view left = pending;
  for (;;) {
    if (left.starts_with("HTTP/1.")) return fail("it is one of HTTP/1.x");
    const FirstFrame frame = first_frame(left);
    if (frame.too_long) return fail("a frame is too long");
    if (frame.size == 0) break;
    if (auto failure = session_->read_frame(left.substr(0, frame.size)))
      return fail(*std::move(failure));
    left.remove_prefix(frame.size);
  }
  pending.erase(0, pending.size() - left.size());
  return {};
}

std::size_t Http2::bytes_received(StreamId id) const {
  const Stream& stream = session_->stream(id);
  return stream.header_bytes + stream.response.body.size();
}

bool Http2::ended(StreamId id) const { return session_->stream(id).ended(); }

base::Result<Response, StreamError> Http2::take(StreamId id) {
  Stream* stream = session_->find_stream(id);
  base::require(stream != nullptr && stream->ended(), "only what has ended is taken");
  base::Result<Response, StreamError> result = std::move(stream->response);
  if (stream->error) result = base::failure(*stream->error);
  abandon(id);
  return result;
}

}  // namespace http
