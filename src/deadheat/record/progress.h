#pragma once

#include <string>

namespace record {

/// How far a run is: what the experiment says while it goes on, and displays show.
struct Progress {
  std::string phase;  // "learning", "racing", "proving", "narrowing"
  std::string scenario;
  int attempts = 0;
  int attempts_planned = 0;
  int serial_runs = 0;
  int serial_runs_planned = 0;
  int explained = 0;
  int unexplained = 0;
  int refused = 0;
  double elapsed_s = 0;
  double budget_s = 0;
  std::string remark;  // the latest news, if any
};

}  // namespace record
