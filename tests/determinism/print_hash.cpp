// Runs a scenario for some minutes and prints the content hash of its recording.
#include "sim/catalog/catalog.h"
#include "sim/plan/parse_plan.h"
#include "sim/recording/recording.h"
#include "sim/twin/twin.h"

#include <fmt/core.h>

int main(int argc, char** argv) {
  using namespace racktwin;
  if (argc != 3) return 2;
  const Catalog catalog(Catalog::default_directory());
  const Result<Plan> plan = load_plan(argv[1], {"duration=11 min"}, catalog);
  const Result<Calibration> calibration = catalog.calibration();
  if (!plan || !calibration) return 2;
  RunOptions options;
  options.output = argv[2];
  options.force = true;
  if (!run_twin(*plan, *calibration, options)) return 1;
  const Result<RecordingReader> recording = RecordingReader::open(argv[2]);
  if (!recording) return 1;
  fmt::print("{:016x}\n", recording->content_hash());
  return 0;
}
