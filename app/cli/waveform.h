// What racks and feeder draw within an iteration, from a recording: as text, JSON, CSV and a plot. Thread rule: main
// thread.
#pragma once

#include "app/cli/console.h"

#include <string>

namespace racktwin {

struct WaveformOptions {
  std::string recording;
  int iterations = 1;    // in the CSV file and the plot
  std::string csv, svg;  // files to write; empty: none. csv "-": standard output, instead of the text
  bool is_json = false, force = false;
};

// Exit code.
int show_waveform(const WaveformOptions& options, const GlobalOptions& global);

}  // namespace racktwin
