// Watches values against their limits and says when one is crossed, and by what. Thread rule: one thread per watch.
#pragma once

#include "sim/model/model.h"
#include "sim/quantity.h"
#include "sim/recording/recording.h"

#include <limits>
#include <string>
#include <vector>

namespace racktwin {

// The classes of one kind of component as events name them, in the order of their first members' paths.
struct NamedClasses {
  std::string things;                // "GPUs"
  std::vector<std::string> first;    // path of the first member
  std::vector<std::uint32_t> count;  // members
};
NamedClasses one_of_a_kind(std::string path);
NamedClasses named_rows(const Plan& plan);  // each its own class
NamedClasses named_racks(const Plan& plan, const Model& model);
NamedClasses named_gpus(const Plan& plan, const Model& model);

// Something that happens to all members of some classes at once, such as a limit that their values cross. It names the
// first member with its value, how many others there are, and the highest value if it is another one.
EventRow event_of_classes(const NamedClasses& named, const std::vector<std::uint32_t>& classes,
                          const std::vector<double>& values, double limit, Dimension dimension,
                          const std::string& what);

// The values of a metric, one a class, with their limit. Crossing back counts once a value is `hysteresis` below.
class LimitWatch {
 public:
  // settle_s: how long a value must have stayed below to have crossed back, for values that swing.
  LimitWatch(NamedClasses named, std::string metric, std::string name, double limit, double hysteresis,
             Dimension dimension, double settle_s = 0)
      : named_(std::move(named)),
        metric_(std::move(metric)),
        name_(std::move(name)),
        limit_(limit),
        hysteresis_(hysteresis),
        dimension_(dimension),
        settle_s_(settle_s),
        is_above_(named_.first.size(), false),
        last_above_s_(named_.first.size()) {}

  // Appends an event for the classes that cross the limit, and one for those that cross it back. values (n_class); a
  // limit of NaN is never crossed.
  void watch(double time_s, const std::vector<double>& values, std::vector<EventRow>& events);

  double limit() const { return limit_; }
  double highest() const { return highest_; }  // NaN before the first value
  bool was_crossed() const { return crossed_; }
  // How long any value was above the limit, and on how many days of the run. Calls stand for the time since the last.
  double above_s() const { return above_s_; }
  int days_above() const { return days_above_; }
  const std::string& name() const { return name_; }

 private:
  void count_time(double time_s, const std::vector<double>& values);

  NamedClasses named_;
  std::string metric_, name_;
  double limit_, hysteresis_;
  Dimension dimension_;
  double highest_ = std::numeric_limits<double>::quiet_NaN();
  double settle_s_;
  std::vector<bool> is_above_;        // (n_class)
  std::vector<double> last_above_s_;  // (n_class) when a value was last seen above
  bool crossed_ = false;
  double watched_s_ = 0, above_s_ = 0;
  int days_above_ = 0, last_day_ = -1;
};

}  // namespace racktwin
