#include "http/coding.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace {

using http::ReadError;

constexpr int gzip_format = 15 + 16, zlib_format = 15;

std::string pack(std::string_view plain, int format = gzip_format) {
  z_stream state{};
  deflateInit2(&state, Z_DEFAULT_COMPRESSION, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&state, plain.size()), '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  state.avail_in = static_cast<uInt>(plain.size());
  state.next_out = reinterpret_cast<Bytef*>(packed.data());
  state.avail_out = static_cast<uInt>(packed.size());
  deflate(&state, Z_FINISH);
  packed.resize(packed.size() - state.avail_out);
  deflateEnd(&state);
  return packed;
}

http::Response answer(std::string coding, std::string body) {
  return {.fields = {{"Content-Encoding", std::move(coding)}}, .body = std::move(body)};
}

TEST(DecodeBody, UndoesWhatItKnowsAndLeavesTheRest) {
  const std::string long_text(100'000, 'x');
  struct Case {
    std::string coding, body, expected;
  };
  const Case cases[] = {
      {"gzip", pack("hello"), "hello"},
      {"GZIP", pack(long_text), long_text},
      {"x-gzip", pack("hello"), "hello"},
      {"gzip", pack("hel") + pack("lo"), "hello"},
      {"gzip", pack(""), ""},
      {"gzip", "", ""},
      {"deflate", pack("hello", zlib_format), "hello"},
      {"identity", "hello", "hello"},
      {"br", "\x0b\x02", "\x0b\x02"},
      {"gzip, gzip", pack(pack("hello")), pack(pack("hello"))},
  };
  for (const Case& c : cases) {
    http::Response response = answer(c.coding, c.body);
    ASSERT_TRUE(http::decode_body(response)) << c.coding;
    EXPECT_EQ(response.body, c.expected) << c.coding;
    EXPECT_EQ(response.fields.size(), 1u);
  }
  http::Response plain{.body = pack("hello")};
  ASSERT_TRUE(http::decode_body(plain));
  EXPECT_EQ(plain.body, pack("hello")) << "nobody says that it is coded";
}

TEST(DecodeBody, RefusesWhatIsNotAsItSaysOrTooLarge) {
  const std::string packed = pack(std::string(100'000, 'x'));
  std::string broken = packed;
  broken[broken.size() - 5] ^= '\x55';  // of its checksum
  struct Case {
    std::string body;
    ReadError::Kind kind;
  };
  const Case cases[] = {
      {"hello", ReadError::Kind::malformed},
      {packed.substr(0, packed.size() - 1), ReadError::Kind::malformed},
      {packed + "and more", ReadError::Kind::malformed},
      {broken, ReadError::Kind::malformed},
      {pack(std::string(300'000, 'x')), ReadError::Kind::body_too_large},
  };
  for (const Case& c : cases) {
    http::Response response = answer("gzip", c.body);
    const auto decoded = http::decode_body(response, {.body_bytes = 200'000});
    ASSERT_FALSE(decoded) << c.body.size();
    EXPECT_EQ(decoded.error().kind, c.kind);
  }
}

}  // namespace
