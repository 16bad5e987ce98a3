#include "app/cli/progress.h"

#include "app/cli/console.h"
#include "app/cli/text_bar.h"
#include "sim/quantity.h"

#include <fmt/format.h>

#include <algorithm>

namespace racktwin {

void ProgressLine::update(const RunProgress& progress) {
  if (!(progress.duration_s > 0)) return;
  draw(progress.time_s / progress.duration_s,
       fmt::format("{} of {}", format_quantity(progress.time_s, Dimension::kTime, 3),
                   format_quantity(progress.duration_s, Dimension::kTime, 3)));
}

void ProgressLine::update_samples(std::size_t done, std::size_t all) {
  draw(static_cast<double>(done) / static_cast<double>(all), fmt::format("{} of {} samples", done, all));
}

void ProgressLine::draw(double done, const std::string& of_what) {
  using namespace std::chrono_literals;
  const auto now = Clock::now();
  if (!is_shown_ || now - drawn_ < 100ms) return;
  drawn_ = now;
  is_drawn_ = true;
  done = std::clamp(done, 0.0, 1.0);
  const double spent_s = std::chrono::duration<double>(now - started_).count();
  const std::string left =
      done > 0 ? format_quantity(spent_s * (1 - done) / done, Dimension::kTime, 2) + " left" : "starting";
  print_message(fmt::format("\r\x1b[K{} {:3.0f} %  {}  {}", text_bar(done, 24), 100 * done, of_what, left));
}

void ProgressLine::clear() {
  if (is_drawn_) print_message("\r\x1b[K");
  is_drawn_ = false;
}

}  // namespace racktwin
