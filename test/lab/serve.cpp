#include "serve.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "http/codec.h"
#include "net/end_signals.h"
#include "net/server.h"
#include "patterns/patterns.h"
#include "service.h"

namespace lab {
namespace {

using tcp = asio::ip::tcp;

/// Where the databases are. A temporary folder goes with it.
class Folder {
 public:
  explicit Folder(const std::string& given) : temporary_(given.empty()) {
    if (!temporary_) {
      path_ = given;
      std::filesystem::create_directories(path_);
      return;
    }
    std::string name = std::filesystem::temp_directory_path() / "lab-XXXXXX";
    if (mkdtemp(name.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(), "cannot make a temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;  // a file left behind is no reason to fail
    if (temporary_) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  bool temporary_;
  std::filesystem::path path_;
};

void announce(std::uint16_t port) {
  fmt::print("listening on http://127.0.0.1:{}\n", port);
  std::fflush(stdout);
}

asio::awaitable<http::Response> work(const Service& service, http::Request request) {
  co_return service.answer(request);
}

/// SQLite blocks, so it has threads of its own.
asio::awaitable<net::Answer> answer(asio::thread_pool& workers, const Service& service,
                                    http::Request request) {
  auto job = work(service, std::move(request));
  http::Response response = co_await asio::co_spawn(workers, std::move(job), asio::use_awaitable);
  co_return response;
}

void serve_side_by_side(const Service& service, const ServeOptions& options,
                        const net::EndSignals& end) {
  asio::thread_pool workers(options.workers);
  net::Server server({.port = options.port, .threads = 2});
  server.start([&](http::Request request) { return answer(workers, service, std::move(request)); },
               [](std::string_view text) { fmt::print(stderr, "{}\n", text); });
  announce(server.port());
  end.wait();
  server.stop();
  server.wait();
  workers.join();
}

/// Requests of one connection, until it ends.
asio::awaitable<void> converse(const Service& service, tcp::socket socket) {
  constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
  std::array<char, 8192> buffer{};
  http::RequestReader reader;
  for (;;) {
    const auto [error, size] = co_await socket.async_read_some(asio::buffer(buffer), as_values);
    if (error) co_return;
    std::string_view unread(buffer.data(), size);
    while (!unread.empty()) {
      const auto taken = reader.read(unread);
      if (!taken) co_return;
      unread.remove_prefix(*taken);
      if (!reader.complete()) continue;
      const http::Request request = std::exchange(reader, http::RequestReader()).take();
      http::Response response = service.answer(request);
      response.keep_alive = request.keep_alive;
      const std::string bytes = http::encode(response, request.method == "HEAD");
      const auto [failure, sent] =
          co_await asio::async_write(socket, asio::buffer(bytes), as_values);
      if (failure || !request.keep_alive) co_return;
    }
  }
}

/// What many a development server does: who connects second waits until the first hangs up.
asio::awaitable<void> serve_in_turn(const Service& service, tcp::acceptor& acceptor) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    co_await converse(service, std::move(socket));
  }
}

void serve_one_connection(const Service& service, const ServeOptions& options,
                          const net::EndSignals& end) {
  asio::io_context context;
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), options.port});
  asio::co_spawn(context, serve_in_turn(service, acceptor), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
  announce(acceptor.local_endpoint().port());
  std::thread server([&context] { context.run(); });
  end.wait();
  context.stop();
  server.join();
}

}  // namespace

void serve(const ServeOptions& options) {
  const net::EndSignals end;  // first, so that the folder is removed whenever the end comes
  const Folder folder(options.directory);
  const Service service(all_patterns(), all_controls(), folder.path());
  options.one_connection ? serve_one_connection(service, options, end)
                         : serve_side_by_side(service, options, end);
}

}  // namespace lab
