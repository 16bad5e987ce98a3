#include "render/text/value_text.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace racktwin {

TEST_CASE("values read as people write them") {
  struct Case {
    double value;
    const char* unit;
    const char* text;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Case> cases = {
      {1200, "W", "1.2 kW"},
      {109'876, "W", "110 kW"},
      {999.6, "W", "1.00 kW"},
      {5.403e6, "W", "5.40 MW"},
      {93.04e3, "W", "93.0 kW"},
      {static_cast<double>(0.9F), "1", "90 %"},
      {1.214e6, "W", "1.21 MW"},
      {0, "W", "0 W"},
      {-1500, "W", "-1.5 kW"},
      {nan, "W", "-"},
      {std::numeric_limits<double>::infinity(), "W", "-"},
      {80.24, "degC", "80.2 °C"},
      {45, "degC", "45.0 °C"},
      {-0.01, "degC", "0.0 °C"},
      {7.26, "K", "7.26 K"},
      {0.88, "1", "88 %"},
      {0.8844, "1", "88.4 %"},
      {1, "1", "100 %"},
      {1.0836, "1", "108 %"},
      {0.0004, "1", "0.0 %"},
      {-0.0004, "1", "0.0 %"},
      {0.012, "1", "1.2 %"},
      {412, "L/min", "412 L/min"},
      {41.26, "L/min", "41.3 L/min"},
      {4123, "L/min", "4123 L/min"},
      {19, "s", "19.0 s"},
      {9.996, "s", "10.0 s"},
      {125.4, "s", "125 s"},
      {0.0123, "s", "12.3 ms"},
      {390'620, "1/s", "391 k/s"},
      {999.9, "1/s", "1.00 k/s"},
      {12.34, "1/s", "12.3 /s"},
      {2.5e6, "1/s", "2.5 M/s"},
      {900e9, "B/s", "900 GB/s"},
      {192e9, "B", "192 GB"},
      {2.5e15, "FLOP/s", "2.5 PFLOP/s"},
      {3, "pumps", "3 pumps"},
  };
  for (const Case& c : cases) {
    INFO(c.value << " " << c.unit);
    CHECK(value_text(c.value, c.unit) == c.text);
  }
}

TEST_CASE("more significant digits show more of a value") {
  CHECK(value_text(1'214'567, "W", 4) == "1.215 MW");
  CHECK(value_text(0.88444, "1", 6) == "88.4 %");
  CHECK(value_text(80.246, "degC", 6) == "80.2 °C");
  CHECK(value_text(87.6, "L/min", 1) == "88 L/min");
}

TEST_CASE("times are h:mm:ss") {
  CHECK(time_text(0) == "0:00:00");
  CHECK(time_text(725) == "0:12:05");
  CHECK(time_text(59.6) == "0:00:59");
  CHECK(time_text(-61) == "-0:01:01");
  CHECK(time_text(-0.2) == "0:00:00");
  CHECK(time_text(360'000) == "100:00:00");
  CHECK(time_text(std::nan("")) == "-");
}

TEST_CASE("ticks are round numbers within the range") {
  CHECK(nice_ticks(0, 1, 5) == std::vector<double>{0, 0.2, 0.4, 0.6, 0.8, 1});
  CHECK(nice_ticks(0, 0.3, 3) == std::vector<double>{0, 0.1, 0.2, 0.3});
  CHECK(nice_ticks(-7, 7, 4) == std::vector<double>{-5, 0, 5});
  CHECK(nice_ticks(43.2, 58.9, 4) == std::vector<double>{45, 50, 55});
  CHECK(nice_ticks(1.02e6, 1.19e6, 5) == std::vector<double>{1.05e6, 1.1e6, 1.15e6});
  CHECK(nice_ticks(3, 3, 5) == std::vector<double>{3});
  CHECK(nice_ticks(0, 7e-5, 2) == std::vector<double>{0, 5e-5});
  for (int most = 1; most < 12; ++most)
    CHECK(nice_ticks(0.013, 977, most).size() <= static_cast<std::size_t>(most) + 1);
}

TEST_CASE("tick texts share a unit and their decimals") {
  using Texts = std::vector<std::string>;
  CHECK(tick_texts({0, 50e3, 100e3}, "W") == Texts{"0 kW", "50 kW", "100 kW"});
  CHECK(tick_texts({0, 0.5e6, 1e6, 1.5e6}, "W") == Texts{"0.0 MW", "0.5 MW", "1.0 MW", "1.5 MW"});
  CHECK(tick_texts({-50, 0, 50}, "W") == Texts{"-50 W", "0 W", "50 W"});
  CHECK(tick_texts({44, 44.5, 45}, "degC") == Texts{"44.0 °C", "44.5 °C", "45.0 °C"});
  CHECK(tick_texts({0, 0.25, 0.5}, "1") == Texts{"0 %", "25 %", "50 %"});
  CHECK(tick_texts({0, 200e3, 400e3}, "1/s") == Texts{"0 k/s", "200 k/s", "400 k/s"});
  CHECK(tick_texts({1.15e6}, "W") == Texts{"1.15 MW"});
  CHECK(tick_texts({}, "W").empty());
}

TEST_CASE("time ticks stand at times that a clock has") {
  using Texts = std::vector<std::string>;
  const auto texts = [](double low, double high, int most) { return time_tick_texts(time_ticks(low, high, most)); };
  CHECK(texts(0, 60, 5) == Texts{"0 s", "15 s", "30 s", "45 s", "60 s"});
  CHECK(texts(0, 900, 4) == Texts{"0 min", "5 min", "10 min", "15 min"});
  CHECK(texts(0, 7200, 4) == Texts{"0:00 h", "0:30 h", "1:00 h", "1:30 h", "2:00 h"});
  CHECK(texts(0, 86'400, 4) == Texts{"0 h", "6 h", "12 h", "18 h", "24 h"});
  CHECK(texts(0, 3 * 86'400, 3) == Texts{"0 d", "1 d", "2 d", "3 d"});
  CHECK(texts(725, 740, 3) == Texts{"0:12:05", "0:12:10", "0:12:15", "0:12:20"});
  CHECK(time_ticks(61, 119, 2) == std::vector<double>{90});
}

TEST_CASE("ticks of an axis of logarithms are 1, 2 and 5 of decades, or decades where those are many") {
  CHECK(log_ticks(0.9, 60, 8) == std::vector<double>{1, 2, 5, 10, 20, 50});
  CHECK(log_ticks(0.05, 0.3, 8) == std::vector<double>{0.05, 0.1, 0.2});
  CHECK(log_ticks(1, 1000, 8) == std::vector<double>{1, 3, 10, 30, 100, 300, 1000});
  CHECK(log_ticks(3, 60000, 8) == std::vector<double>{10, 100, 1000, 10000});
  CHECK(log_ticks(1e-6, 1e6, 5).size() <= 5);
  CHECK(log_ticks(2.2, 4.8, 5).empty());
}

TEST_CASE("plain ticks have separators and no unit") {
  CHECK(plain_tick_texts({0.05, 1, 20, 999, 1000, 20000, 1234567, -1500}) ==
        std::vector<std::string>{"0.05", "1", "20", "999", "1,000", "20,000", "1,234,567", "-1,500"});
}

}  // namespace racktwin
