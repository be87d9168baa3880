#pragma once

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/require.h"
#include "http/http2.h"

/// The server's side of HTTP/2, for tests: notes what comes, and says what it is told to say.
namespace http {

class TestHttp2 {
 public:
  struct Seen {
    Fields head;
    std::string body;
    bool has_head = false;
    bool ended = false;
    std::uint32_t reset_by_client = 0;  // the code; 0: it was not
  };

  explicit TestHttp2(std::vector<nghttp2_settings_entry> settings = {}) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* self) {
          of(self).seen_[frame->hd.stream_id].head.push_back(
              {std::string(reinterpret_cast<const char*>(name), name_size),
               std::string(reinterpret_cast<const char*>(value), value_size)});
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, StreamId id, const std::uint8_t* data,
                      std::size_t size, void* self) {
          of(self).seen_[id].body.append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
          of(self).note(*frame);
          return 0;
        });
    nghttp2_session* session = nullptr;
    nghttp2_session_server_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    session_.reset(session);
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  }
  TestHttp2(const TestHttp2&) = delete;
  TestHttp2& operator=(const TestHttp2&) = delete;

  /// False once the client breaks the protocol.
  bool read(std::string_view wire) {
    return nghttp2_session_mem_recv(session_.get(),
                                    reinterpret_cast<const std::uint8_t*>(wire.data()),
                                    wire.size()) == static_cast<ssize_t>(wire.size());
  }
  /// What is to be sent now.
  std::string give() {
    std::string wire;
    for (;;) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size <= 0) return wire;
      wire.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }

  [[nodiscard]] const std::map<StreamId, Seen>& seen() const { return seen_; }
  /// Streams whose request is complete, in the order in which that came about.
  [[nodiscard]] const std::vector<StreamId>& ended() const { return ended_; }
  [[nodiscard]] int pongs() const { return pongs_; }

  /// A whole answer, or only its head.
  void answer(StreamId id, int status, const Fields& fields = {}, std::string body = "") {
    bodies_[id] = std::move(body);
    const nghttp2_data_provider provider{
        .source = {},
        .read_callback = [](nghttp2_session*, StreamId stream, std::uint8_t* out, std::size_t size,
                            std::uint32_t* flags, nghttp2_data_source*, void* self) -> ssize_t {
          std::string& left = of(self).bodies_[stream];
          const std::size_t now = std::min(size, left.size());
          std::copy_n(left.data(), now, out);
          left.erase(0, now);
          if (left.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
          return static_cast<ssize_t>(now);
        }};
    say_head(id, status, fields, [&](const std::vector<nghttp2_nv>& head) {
      nghttp2_submit_response(session_.get(), id, head.data(), head.size(), &provider);
    });
  }
  void say_interim(StreamId id, int status) {
    say_head(id, status, {}, [&](const std::vector<nghttp2_nv>& head) {
      nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, id, nullptr, head.data(),
                             head.size(), nullptr);
    });
  }
  void reset(StreamId id, std::uint32_t code) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, code);
  }
  /// Streams above `last` are not served.
  void go_away(StreamId last) {
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
  }
  void ping() { nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr); }
  void set(const nghttp2_settings_entry& setting) {
    nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, &setting, 1);
  }

 private:
  struct Free {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  static TestHttp2& of(void* self) { return *static_cast<TestHttp2*>(self); }

  void note(const nghttp2_frame& frame) {
    const StreamId id = frame.hd.stream_id;
    if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) ++pongs_;
    if (frame.hd.type == NGHTTP2_RST_STREAM)
      seen_[id].reset_by_client = frame.rst_stream.error_code;
    if (frame.hd.type == NGHTTP2_HEADERS) seen_[id].has_head = true;
    const bool carries = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
    if (!carries || (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return;
    seen_[id].ended = true;
    ended_.push_back(id);
  }

  template <class Say>
  void say_head(StreamId, int status, const Fields& fields, const Say& say) {
    Fields all = fields;
    all.insert(all.begin(), {":status", fmt::format("{:03}", status)});
    std::vector<nghttp2_nv> head;
    for (Field& field : all)
      head.push_back({.name = reinterpret_cast<std::uint8_t*>(field.name.data()),
                      .value = reinterpret_cast<std::uint8_t*>(field.value.data()),
                      .namelen = field.name.size(),
                      .valuelen = field.value.size(),
                      .flags = NGHTTP2_NV_FLAG_NONE});
    say(head);
  }

  std::map<StreamId, Seen> seen_;
  std::vector<StreamId> ended_;
  std::map<StreamId, std::string> bodies_;
  int pongs_ = 0;
  std::unique_ptr<nghttp2_session, Free> session_;
};

}  // namespace http
