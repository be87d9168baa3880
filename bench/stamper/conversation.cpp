#include "conversation.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <new>
#include <utility>

#include "http/message.h"

namespace stamper {
namespace {

using base::Nanoseconds;

std::size_t content_length(std::string_view head) {
  for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at)) {
    at += 2;
    const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    const std::size_t colon = line.find(": ");
    if (colon == line.npos || !http::same_ignoring_case(line.substr(0, colon), "content-length"))
      continue;
    std::size_t length = 0;
    std::from_chars(line.data() + colon + 2, line.data() + line.size(), length);
    return length;
  }
  return 0;
}

/// As little as a request needs to be told from the next one: what it costs to read stands between
/// the stamps.
class Http1 : public Conversation {
 public:
  Http1(Book& book, const base::Clock& clock) : book_(book), clock_(clock) {}

  bool hear(std::string_view bytes, const Arrival& arrival) override {
    pending_ += bytes;
    for (;;) {
      const std::size_t end = pending_.find("\r\n\r\n");
      if (end == pending_.npos) return pending_.size() < largest_head;
      const std::string_view head(pending_.data(), end);
      const std::size_t size = end + 4 + content_length(head);
      if (pending_.size() < size) return true;
      const std::size_t space = head.find(' ');
      const std::string_view path = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
      replies_.push_back(book_.take(head.substr(0, space), path, arrival));
      pending_.erase(0, size);
    }
  }

  void say(std::string& out) override {
    for (; !replies_.empty() && replies_.front().due <= clock_.now(); replies_.pop_front())
      out += fmt::format(
          "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
          replies_.front().status, http::reason_phrase(replies_.front().status),
          replies_.front().body.size(), replies_.front().body);
  }

  [[nodiscard]] Nanoseconds next() const override {
    return replies_.empty() ? Nanoseconds::max() : replies_.front().due;
  }

 private:
  static constexpr std::size_t largest_head = 64 * 1024;

  Book& book_;
  const base::Clock& clock_;
  std::string pending_;
  std::deque<Reply> replies_;
};

class Http2 : public Conversation {
 public:
  Http2(Book& book, const base::Clock& clock) : book_(book), clock_(clock) {
    nghttp2_session_callbacks* raw = nullptr;
    if (nghttp2_session_callbacks_new(&raw) != 0) throw std::bad_alloc();
    const std::unique_ptr<nghttp2_session_callbacks, Free> callbacks(raw);
    nghttp2_session_callbacks_set_on_header_callback(raw, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(raw, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(raw, on_close);
    nghttp2_session* session = nullptr;
    if (nghttp2_session_server_new(&session, raw, this) != 0) throw std::bad_alloc();
    session_.reset(session);
    const nghttp2_settings_entry settings = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 256};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &settings, 1);
  }
  Http2(const Http2&) = delete;
  Http2& operator=(const Http2&) = delete;

  bool hear(std::string_view bytes, const Arrival& arrival) override {
    arrival_ = arrival;
    return nghttp2_session_mem_recv(session_.get(),
                                    reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                    bytes.size()) >= 0;
  }

  void say(std::string& out) override {
    for (; !owed_.empty() && owed_.front().second.due <= clock_.now(); owed_.pop_front())
      answer(owed_.front().first, owed_.front().second);
    for (;;) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size <= 0) return;
      out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }

  [[nodiscard]] Nanoseconds next() const override {
    return owed_.empty() ? Nanoseconds::max() : owed_.front().second.due;
  }

 private:
  struct Stream {
    std::string method, path;
    std::string body;  // of the answer
    std::size_t given = 0;
  };
  struct Free {
    void operator()(nghttp2_session* s) const { nghttp2_session_del(s); }
    void operator()(nghttp2_session_callbacks* c) const { nghttp2_session_callbacks_del(c); }
  };

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* self) {
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    Stream& stream = static_cast<Http2*>(self)->streams_[frame->hd.stream_id];
    if (key == ":method") stream.method = text;
    if (key == ":path") stream.path = text;
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    auto& own = *static_cast<Http2*>(self);
    const bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!carries || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    const Stream& stream = own.streams_[frame->hd.stream_id];
    const Nanoseconds since = own.clock_.now() - own.arrival_.seen;
    own.arrival_.seen += since;
    if (own.arrival_.arrived > Nanoseconds(0)) own.arrival_.arrived += since;
    own.owed_.emplace_back(frame->hd.stream_id,
                           own.book_.take(stream.method, stream.path, own.arrival_));
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* self) {
    auto& own = *static_cast<Http2*>(self);
    own.streams_.erase(id);
    std::erase_if(own.owed_, [id](const auto& owed) { return owed.first == id; });
    return 0;
  }

  static ssize_t on_body(nghttp2_session*, std::int32_t id, std::uint8_t* out, std::size_t size,
                         std::uint32_t* flags, nghttp2_data_source*, void* self) {
    Stream& stream = static_cast<Http2*>(self)->streams_[id];
    const std::size_t now = std::min(size, stream.body.size() - stream.given);
    std::copy_n(stream.body.data() + stream.given, now, out);
    stream.given += now;
    if (stream.given == stream.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(now);
  }

  void answer(std::int32_t id, const Reply& reply) {
    std::string status = std::to_string(reply.status);
    std::string name = ":status", type = "content-type", json = "application/json";
    const auto field = [](std::string& key, std::string& value) {
      return nghttp2_nv{.name = reinterpret_cast<std::uint8_t*>(key.data()),
                        .value = reinterpret_cast<std::uint8_t*>(value.data()),
                        .namelen = key.size(),
                        .valuelen = value.size(),
                        .flags = NGHTTP2_NV_FLAG_NONE};
    };
    const nghttp2_nv head[] = {field(name, status), field(type, json)};
    streams_[id].body = reply.body;
    const nghttp2_data_provider body{.source = {.ptr = nullptr}, .read_callback = on_body};
    nghttp2_submit_response(session_.get(), id, head, 2, &body);
  }

  Book& book_;
  const base::Clock& clock_;
  Arrival arrival_;
  std::map<std::int32_t, Stream> streams_;
  std::deque<std::pair<std::int32_t, Reply>> owed_;
  std::unique_ptr<nghttp2_session, Free> session_;  // last: its end calls back
};

}  // namespace

std::unique_ptr<Conversation> converse_http1(Book& book, const base::Clock& clock) {
  return std::make_unique<Http1>(book, clock);
}

std::unique_ptr<Conversation> converse_http2(Book& book, const base::Clock& clock) {
  return std::make_unique<Http2>(book, clock);
}

}  // namespace stamper
