#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/random.h"
#include "run.h"

/// Plays whole runs in simulated time, and says what came out.
namespace {

using cases::Case;
using cases::Group;
using cases::Run;
using record::Verdict;

struct Options {
  int runs = 10'000;
  std::uint64_t seed = 1;
  int only = -1;
  int threads = 2;
};

/// Of so many runs one is interrupted.
constexpr int interrupt_every = 8;
/// Attempts by which the rate of a racy target is measured.
constexpr int attempts_per_rate = 200;

struct Row {
  int runs = 0;
  std::map<Verdict, int> verdicts;
  int interrupted = 0;
  int wrong = 0;
  std::vector<std::size_t> attempts;
  std::vector<double> seconds;
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Racy targets are told apart by how often an attempt meets the race.
std::string row_of(const Case& of) {
  if (of.group != Group::racy) return cases::name_of(of.group);
  const char* rate = of.rate >= 0.5    ? "50 % or more"
                     : of.rate >= 0.1  ? "10 to 50 %"
                     : of.rate >= 0.01 ? "1 to 10 %"
                                       : "less than 1 %";
  return fmt::format("racy: {}", rate);
}

class Table {
 public:
  explicit Table(const std::vector<Case>& all) : all_(all) {}

  void add(int number, const Case& of, const Run& run) {
    const std::lock_guard lock(mutex_);
    Row& row = rows_[{of.group, row_of(of)}];
    ++row.runs;
    ++row.verdicts[run.record.verdict];
    row.interrupted += run.record.exit_code == 130;
    row.wrong += !run.wrong.empty();
    row.attempts.push_back(run.record.attempts.size());
    row.seconds.push_back(run.record.duration_s);
    requests_ += run.requests;
    simulated_s_ += base::in_seconds(run.course.now);
    narrowed_ += run.fewest > 0;
    if (run.wrong.empty()) return;
    ++wrong_;
    fmt::print("run {}: {} ({}, {}, rate {:.2f})\n", number, run.wrong, of.target.server.name,
               cases::name_of(of.group), of.rate);
  }

  void print() const {
    fmt::print("{:28} {:>6} {:>6} {:>6} {:>6} {:>10} {:>5} {:>6} {:>10}\n", "", "runs", "race",
               "broken", "clean", "no verdict", "130", "wrong", "median s");
    for (const auto& [key, row] : rows_) {
      const auto count = [&row = row](Verdict verdict) {
        const auto found = row.verdicts.find(verdict);
        return found == row.verdicts.end() ? 0 : found->second;
      };
      fmt::print("{:28} {:>6} {:>6} {:>6} {:>6} {:>10} {:>5} {:>6} {:>10.1f}\n", key.second,
                 row.runs, count(Verdict::race), count(Verdict::broken), count(Verdict::clean),
                 count(Verdict::inconclusive), row.interrupted, row.wrong, median(row.seconds));
    }
    fmt::print(
        "{} targets, {:.1f} million requests, {:.0f} hours of simulated time, the fewest "
        "looked for in {} runs\n",
        all_.size(), static_cast<double>(requests_) / 1e6, simulated_s_ / 3600, narrowed_);
  }

  [[nodiscard]] int wrong() const { return wrong_; }

 private:
  const std::vector<Case>& all_;
  std::mutex mutex_;  // guards what follows
  std::map<std::pair<Group, std::string>, Row> rows_;
  std::int64_t requests_ = 0;
  double simulated_s_ = 0;
  int narrowed_ = 0;
  int wrong_ = 0;
};

Run run_number(int number, const Options& options, const std::vector<Case>& all) {
  base::Random random(options.seed * 0x9e3779b97f4a7c15u + static_cast<std::uint64_t>(number));
  const std::uint64_t seed = random.next();
  const bool interrupts = random.below(interrupt_every) == 0;
  const int turn = 1 + static_cast<int>(random.below(1u << random.below(12)));
  return cases::run(all[static_cast<std::size_t>(number) % all.size()], seed,
                    interrupts ? turn : 0);
}

int play(const Options& options) {
  const auto began = std::chrono::steady_clock::now();
  const std::vector<Case> all = cases::all(options.seed, attempts_per_rate);
  if (options.only >= 0) {
    const Run run = run_number(options.only, options, all);
    fmt::print("{}\n{}\n", record::to_text(run.record), run.wrong);
    return run.wrong.empty() ? 0 : 1;
  }
  Table table(all);
  std::atomic<int> next{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < options.threads; ++i)
    threads.emplace_back([&] {
      for (int number = next++; number < options.runs; number = next++)
        table.add(number, all[static_cast<std::size_t>(number) % all.size()],
                  run_number(number, options, all));
    });
  for (std::thread& thread : threads) thread.join();
  table.print();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("{} runs in {:.1f} s, {} wrong; seed {}\n", options.runs, took.count(), table.wrong(),
             options.seed);
  return table.wrong() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Play whole runs of deadheat in simulated time, on simulated targets, racy and correct.\n"
      "Exit status 1 if any hangs or gives a verdict that it must not give."};
  app.add_option("--runs", options.runs, "Runs to play (10000)")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "Seed of targets and runs (1)");
  app.add_option("--only", options.only, "Play this run alone, and print its record");
  app.add_option("--threads", options.threads, "Runs to play at a time (2)")
      ->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);
  return play(options);
}
