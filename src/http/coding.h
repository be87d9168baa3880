#pragma once

#include "base/result.h"
#include "http/codec.h"
#include "http/message.h"

/// Content codings (RFC 9110, 8.4.1), by zlib, which is compiled in this room only.
namespace http {

/// Undoes gzip or deflate where Content-Encoding says that the body is so coded. What has another
/// coding, or several, stays as it is; so does the field. The body is never more than
/// `limits.body_bytes`, however small it came.
[[nodiscard]] base::Result<void, ReadError> decode_body(Response& response, ReadLimits limits = {});

}  // namespace http
