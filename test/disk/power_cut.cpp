// Keeps what a program has synced, apart from what it has only written: the system still writes
// what a killed process left behind, a loss of power does not.
//
// Preloaded (LD_PRELOAD), it copies a file into the folder POWER_CUT_KEEPS whenever the program
// syncs it, before the program is told so. When the program was killed, that folder is the disk
// after a loss of power: each file as it was when it was last synced, and none that never was. A
// deletion is kept with the next sync of another file, as file systems with a journal do. A copy
// takes the place of the last one in one step; that a part of what was on its way may have arrived
// is tried by the store's own tests, sector by sector.
//
// Files whose names end in POWER_CUT_FORGETS are not copied: a disk that says it has them, and has
// not.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>

namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

[[noreturn]] void give_up(const std::string& what) {
  std::perror(("power_cut: " + what).c_str());
  std::abort();
}

std::filesystem::path path_of(int file) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file), error);
}

/// Forgets what is gone from the program's folder.
void keep_deletions(const std::filesystem::path& kept, const std::filesystem::path& folder) {
  for (const auto& copy : std::filesystem::directory_iterator(kept))
    if (!exists(folder / copy.path().filename())) remove(copy.path());
}

void keep(int file) {
  static std::mutex one_at_a_time;
  static const std::filesystem::path kept = setting("POWER_CUT_KEEPS");
  static const std::string forgotten = setting("POWER_CUT_FORGETS");
  struct stat status {};
  if (kept.empty() || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return;
  const std::filesystem::path path = path_of(file);
  if (!forgotten.empty() && path.native().ends_with(forgotten)) return;
  const std::lock_guard lock(one_at_a_time);
  keep_deletions(kept, path.parent_path());
  const std::filesystem::path copy = kept / path.filename();
  const std::filesystem::path part = copy.native() + ".part";
  const int to = open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (to < 0) give_up(part);
  // From the program's own descriptor: to open the file once more and close it would end SQLite's
  // locks.
  off_t at = 0;
  ssize_t sent = 1;
  while (sent > 0) sent = sendfile(to, file, &at, 1 << 24);
  if (sent < 0 || close(to) != 0) give_up(part);
  std::filesystem::rename(part, copy);
}

template <class Sync>
int sync_and_keep(const char* name, int file) {
  static const auto real = reinterpret_cast<Sync*>(dlsym(RTLD_NEXT, name));
  const int result = real(file);
  if (result == 0) keep(file);
  return result;
}

}  // namespace

extern "C" int fsync(int file) { return sync_and_keep<int(int)>("fsync", file); }
extern "C" int fdatasync(int file) { return sync_and_keep<int(int)>("fdatasync", file); }
