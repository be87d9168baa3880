/* A disk that syncs in SYNC_US microseconds, every time, in place of the one that is there; without SYNC_US, that one. To
 * be loaded before a program (LD_PRELOAD): what it waits for is then the same in every round and on every machine. The
 * data are written as ever, but a loss of power would lose them. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long sync_us = -1;

__attribute__((constructor)) static void read_environment(void) {
  const char* text = getenv("SYNC_US");
  if (text == NULL) return;
  sync_us = atol(text);
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* or a sleep is 50 us too long */
}

static int sync_file(int file, long system_call) {
  if (sync_us < 0) return (int)syscall(system_call, file);
  const struct timespec time = {.tv_sec = sync_us / 1000000, .tv_nsec = sync_us % 1000000 * 1000};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
  return 0;
}

int fdatasync(int file) { return sync_file(file, SYS_fdatasync); }
int fsync(int file) { return sync_file(file, SYS_fsync); }
