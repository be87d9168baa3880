/* The plain loop that the service is measured against: one UPDATE, one commit, again and again, on a database of the
 * service's own (WAL, synchronous=FULL). commits FILE ORDERS SECONDS: prints changes a second. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void check(int code, sqlite3* database, int wanted) {
  if (code == wanted) return;
  fprintf(stderr, "commits: %s\n", sqlite3_errmsg(database));
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void change(sqlite3* database, sqlite3_stmt* update, long turn, int orders) {
  static const char* const statuses[] = {"preparing", "cancelled", "pending"};
  sqlite3_bind_text(update, 1, statuses[turn / orders % 3], -1, SQLITE_STATIC);
  sqlite3_bind_int64(update, 2, (sqlite3_int64)(now() * 1e6));
  sqlite3_bind_int64(update, 3, turn % orders + 1);
  check(sqlite3_step(update), database, SQLITE_DONE);
  check(sqlite3_reset(update), database, SQLITE_OK);
}

int main(int argc, char** argv) {
  if (argc != 4) {
    fputs("usage: commits FILE ORDERS SECONDS\n", stderr);
    return 2;
  }
  const int orders = atoi(argv[2]);
  const double seconds = atof(argv[3]);
  sqlite3* database = NULL;
  sqlite3_stmt* update = NULL;
  check(sqlite3_open_v2(argv[1], &database, SQLITE_OPEN_READWRITE, NULL), database, SQLITE_OK);
  check(sqlite3_exec(database, "PRAGMA journal_mode = WAL", NULL, NULL, NULL), database,
        SQLITE_OK);
  check(sqlite3_prepare_v2(database,
                           "UPDATE orders SET status = ?, updated_at = ?, version = version + 1 WHERE id = ?", -1,
                           &update, NULL),
        database, SQLITE_OK);
  /* First without waiting for the disk, until the write-ahead log is as long as it gets: a commit that makes the file
   * longer is slower, and a service that has run for a while has none of these. */
  const long warm_up = 3000;
  check(sqlite3_exec(database, "PRAGMA synchronous = OFF", NULL, NULL, NULL), database, SQLITE_OK);
  for (long i = 0; i < warm_up; ++i) change(database, update, i, orders);
  check(sqlite3_exec(database, "PRAGMA synchronous = FULL", NULL, NULL, NULL), database, SQLITE_OK);
  const double begin = now();
  long done = 0;
  for (; now() - begin < seconds; ++done) change(database, update, done, orders);
  printf("%.1f\n", (double)done / (now() - begin));
  sqlite3_finalize(update);
  return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
