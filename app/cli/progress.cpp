#include "app/cli/progress.h"

#include "app/cli/console.h"
#include "app/cli/text_bar.h"
#include "sim/quantity.h"

#include <fmt/format.h>

#include <algorithm>

namespace racktwin {

void ProgressLine::update(const RunProgress& progress) {
  using namespace std::chrono_literals;
  const auto now = Clock::now();
  if (!is_shown_ || now - drawn_ < 100ms || !(progress.duration_s > 0)) return;
  drawn_ = now;
  is_drawn_ = true;
  const double done = std::clamp(progress.time_s / progress.duration_s, 0.0, 1.0);
  const double spent_s = std::chrono::duration<double>(now - started_).count();
  const std::string left =
      done > 0 ? format_quantity(spent_s * (1 - done) / done, Dimension::kTime, 2) + " left" : "starting";
  print_message(fmt::format("\r\x1b[K{} {:3.0f} %  {} of {}  {}", text_bar(done, 24), 100 * done,
                            format_quantity(progress.time_s, Dimension::kTime, 3),
                            format_quantity(progress.duration_s, Dimension::kTime, 3), left));
}

void ProgressLine::clear() {
  if (is_drawn_) print_message("\r\x1b[K");
  is_drawn_ = false;
}

}  // namespace racktwin
