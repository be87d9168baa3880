/* What the service is measured against, on a database of the service's own (WAL, synchronous=FULL): one UPDATE, one
 * commit, again and again.
 *
 *   commits FILE ORDERS loop SECONDS      a plain loop; prints changes a second, and microseconds for a sync
 *   commits FILE ORDERS serve PORT 1|2    the least that a server can do, for one client at a time: a commit for whatever
 *                                         comes, and a fixed answer; by one thread, or by one for the socket and one
 *                                         for the database, as the service has it
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static sqlite3* database;
static sqlite3_stmt* update;
static int orders;

static void check(int code, int wanted) {
  if (code == wanted) return;
  fprintf(stderr, "commits: %s\n", sqlite3_errmsg(database));
  exit(1);
}

static void require(int done, const char* what) {
  if (done) return;
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void change(void) {
  static const char* const statuses[] = {"preparing", "cancelled", "pending"};
  static long turn = 0;
  sqlite3_bind_text(update, 1, statuses[turn / orders % 3], -1, SQLITE_STATIC);
  sqlite3_bind_int64(update, 2, (sqlite3_int64)(now() * 1e6));
  sqlite3_bind_int64(update, 3, turn % orders + 1);
  check(sqlite3_step(update), SQLITE_DONE);
  check(sqlite3_reset(update), SQLITE_OK);
  ++turn;
}

static void execute(const char* sql) { check(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK); }

static void begin(const char* path) {
  check(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
  execute("PRAGMA journal_mode = WAL");
  check(sqlite3_prepare_v2(database, "UPDATE orders SET status = ?, updated_at = ?, version = version + 1 WHERE id = ?",
                           -1, &update, NULL),
        SQLITE_OK);
  /* First without waiting for the disk, until the write-ahead log is as long as it gets: a commit that makes the file
   * longer is slower, and a service that has run for a while has none of these. */
  execute("PRAGMA synchronous = OFF");
  for (int i = 0; i < 3000; ++i) change();
  execute("PRAGMA synchronous = FULL");
}

/* Of a file beside the database, a page at a time. */
static double microseconds_of_a_sync(const char* path) {
  enum { syncs = 50, page = 4096 };
  static const char bytes[page];
  char name[4096];
  snprintf(name, sizeof name, "%s-sync", path);
  FILE* const file = fopen(name, "w");
  require(file != NULL, name);
  double waited = 0;
  for (int i = 0; i < syncs; ++i) {
    require(pwrite(fileno(file), bytes, page, 0) == page, name);
    const double began = now();
    require(fdatasync(fileno(file)) == 0, name);
    waited += now() - began;
  }
  fclose(file);
  remove(name);
  return waited / syncs * 1e6;
}

static void loop(const char* path, double seconds) {
  const double sync = microseconds_of_a_sync(path);
  const double began = now();
  long done = 0;
  for (; now() - began < seconds; ++done) change();
  printf("%.1f %.1f\n", (double)done / (now() - began), sync);
}

/* The thread of the database: waits for a change, makes it, and tells the other by an eventfd. */
static struct {
  pthread_mutex_t mutex;
  pthread_cond_t arrived;
  int waiting;
  int done;
} writer = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, -1};

static void* write_changes(void* unused) {
  for (;;) {
    pthread_mutex_lock(&writer.mutex);
    while (!writer.waiting) pthread_cond_wait(&writer.arrived, &writer.mutex);
    writer.waiting = 0;
    pthread_mutex_unlock(&writer.mutex);
    change();
    require(eventfd_write(writer.done, 1) == 0, "eventfd");
  }
  return unused;
}

static void hand_over(void) {
  pthread_mutex_lock(&writer.mutex);
  writer.waiting = 1;
  pthread_mutex_unlock(&writer.mutex);
  pthread_cond_signal(&writer.arrived);
}

static void answer(int client) {
  static const char text[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
  send(client, text, sizeof text - 1, MSG_NOSIGNAL);
}

static void watch(int poll, int file) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = file};
  require(epoll_ctl(poll, EPOLL_CTL_ADD, file, &event) == 0, "epoll_ctl");
}

/* Until the client closes. */
static void converse(int client, int threads) {
  const int poll = epoll_create1(0);
  watch(poll, client);
  watch(poll, writer.done);
  eventfd_t ignored;
  int handed_over = 0;
  for (;;) {
    struct epoll_event event;
    if (epoll_wait(poll, &event, 1, -1) != 1) continue;
    if (event.data.fd == writer.done) {
      require(eventfd_read(writer.done, &ignored) == 0, "eventfd");
      handed_over = 0;
      answer(client);
      continue;
    }
    char request[8192];
    if (recv(client, request, sizeof request, 0) <= 0) break;
    if (threads == 2) {
      hand_over();
      handed_over = 1;
    } else {
      change();
      answer(client);
    }
  }
  /* Or the next client would have the answer to a change that it did not ask for. */
  if (handed_over) require(eventfd_read(writer.done, &ignored) == 0, "eventfd");
  close(poll);
}

static void serve(int port, int threads) {
  const int on = 1;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  require(bind(listener, (const struct sockaddr*)&address, sizeof address) == 0, "bind");
  require(listen(listener, 5) == 0, "listen");
  writer.done = eventfd(0, 0);
  pthread_t thread;
  if (threads == 2) require(pthread_create(&thread, NULL, write_changes, NULL) == 0, "pthread_create");
  for (;;) {
    const int client = accept(listener, NULL, NULL);
    require(client >= 0, "accept");
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    converse(client, threads);
    close(client);
  }
}

int main(int count, char** arguments) {
  const int loops = count == 5 && strcmp(arguments[3], "loop") == 0;
  const int serves = count == 6 && strcmp(arguments[3], "serve") == 0;
  if (!loops && !serves) {
    fputs("usage: commits FILE ORDERS loop SECONDS | commits FILE ORDERS serve PORT 1|2\n", stderr);
    return 2;
  }
  orders = atoi(arguments[2]);
  begin(arguments[1]);
  if (serves) serve(atoi(arguments[4]), atoi(arguments[5]));
  loop(arguments[1], atof(arguments[4]));
  sqlite3_finalize(update);
  return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
