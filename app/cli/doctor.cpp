#include "app/cli/commands.h"
#include "app/cli/version.h"
#include "render/gl/offscreen_context.h"
#include "sim/catalog/catalog.h"
#include "sim/quantity.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <thread>

namespace racktwin {
namespace {

std::string three_numbers(int major, int minor, int patch) { return fmt::format("{}.{}.{}", major, minor, patch); }

std::string build_text() {
  const std::string sanitizers = RACKTWIN_BUILD_SANITIZE;
  return fmt::format("{}{}, GCC {}", RACKTWIN_BUILD_TYPE, sanitizers.empty() ? "" : ", " + sanitizers, __VERSION__);
}

std::string system_text() {
  utsname name = {};
  return uname(&name) == 0 ? fmt::format("{} {} {}", name.sysname, name.release, name.machine) : "-";
}

std::string memory_text() {
  const double page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
  return fmt::format(
      "{}, {} free", format_quantity(page_bytes * static_cast<double>(sysconf(_SC_PHYS_PAGES)), Dimension::kBytes, 3),
      format_quantity(page_bytes * static_cast<double>(sysconf(_SC_AVPHYS_PAGES)), Dimension::kBytes, 3));
}

std::size_t count_entries(const std::string& directory) {
  namespace fs = std::filesystem;
  std::size_t count = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    count += it.depth() > 0 && it->path().extension() == ".toml" ? 1 : 0;
  return count;
}

// What draws pictures without a display.
Result<void> report_graphics(const std::function<void(std::string_view, std::string_view)>& line) {
  const Result<OffscreenContext> context = OffscreenContext::create();
  if (!context) {
    line("graphics", "none -- shot and view will not work");
    return tl::unexpected(context.error());
  }
  const GraphicsInfo& info = context->info();
  line("graphics", fmt::format("{}, {}", info.renderer, info.version));
  line("without a display", info.platform);
  return {};
}

int report(const GlobalOptions& global) {
  const auto line = [](std::string_view label, std::string_view text) {
    print_result(fmt::format("{:<17}  {}\n", label, text));
  };
  line("racktwin", version_text());
  line("build", build_text());
  line("fmt", three_numbers(FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
  line("CLI11", CLI11_VERSION);
  line("system", system_text());
  line("processors", fmt::format("{}", std::thread::hardware_concurrency()));
  line("memory", memory_text());

  const Catalog catalog(global.catalogue_directory);
  const Result<Calibration> calibration = catalog.calibration();
  line("catalogue", fmt::format("{}, {} entries{}", catalog.directory(), count_entries(catalog.directory()),
                                calibration ? "" : " -- not usable"));
  const bool is_writable = access(".", W_OK | X_OK) == 0;
  std::error_code ignored;
  line("directory", fmt::format("{}{}", std::filesystem::current_path(ignored).string(),
                                is_writable ? ", writable" : " -- not writable: give run an -o FILE elsewhere"));
  const Result<void> graphics = report_graphics(line);
  if (!calibration) print_errors(calibration.error(), global);
  if (!graphics) print_errors(graphics.error(), global);
  if (!calibration || !is_writable) return kExitIo;
  return graphics ? 0 : kExitNoGraphics;
}

}  // namespace

Subcommand add_doctor(CLI::App& program, const GlobalOptions& global) {
  CLI::App* app = program.add_subcommand("doctor", "Print versions, the catalogue and the machine, and what is wrong");
  app->footer("  racktwin doctor");
  return {app, [&global] { return report(global); }};
}

}  // namespace racktwin
