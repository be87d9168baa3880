// .env files: any bytes are read or refused, and the environment keeps what it had.
#include "settings/dotenv.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "base/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const settings::Environment environment = {{"HOME", "/home/x"}, {"A", "1"}, {"EMPTY", ""}};
  for (const auto winner : {settings::Winner::environment, settings::Winner::file}) {
    const auto read = settings::read_dotenv(bytes, environment, winner);
    if (!read) continue;
    base::require(read->values.size() + read->bad_lines.size() <= size,
                  "there is no more than was written");
    const settings::Environment after = settings::with_dotenv(environment, *read);
    for (const auto& [name, value] : environment)
      base::require(after.contains(name) && after.at(name) == value, "the environment wins");
  }
  return 0;
}
