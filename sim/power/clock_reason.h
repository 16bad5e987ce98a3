// Why a GPU's clock is what it is: the branch of the clock's control that set it last.
//
// The words are those of NVML and DCGM ("clocks event reasons"; source: NVML API reference, nvmlClocksEventReasons),
// so that a recording compares with what a fleet reports. Thread rule: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace racktwin {

enum class ClockReason : std::uint8_t {
  kNone,             // nothing holds it below the sustained clock
  kIdle,             // no rank of the job runs on the GPU
  kClockLimit,       // an event of the scenario or the operator
  kPowerCap,         // the power limit
  kSoftwareThermal,  // the thermal controller, until the clock is back where it was
  kHardwareThermal,  // halved at once
  kShutDown,         // off: too hot
};

// How a reason other than kNone is recorded and called.
struct ClockReasonName {
  ClockReason reason;
  std::string_view metric;  // of frames, series and the summary: the share of time in which it was the reason
  std::string_view nvml;    // "SwPowerCap"; empty: NVML has no such reason
  std::string_view words;   // "power cap"
};
// In order of ClockReason. HwPowerBrakeSlowdown, SyncBoost and DisplayClocksSetting have no counterpart in the model.
inline constexpr std::array<ClockReasonName, 6> kClockReasonNames = {{
    {ClockReason::kIdle, "clock_reason_idle", "GpuIdle", "idle"},
    {ClockReason::kClockLimit, "clock_reason_limit", "ApplicationsClocksSetting", "clock limit"},
    {ClockReason::kPowerCap, "clock_reason_power_cap", "SwPowerCap", "power cap"},
    {ClockReason::kSoftwareThermal, "clock_reason_sw_thermal", "SwThermalSlowdown", "thermal slowdown"},
    {ClockReason::kHardwareThermal, "clock_reason_hw_thermal", "HwThermalSlowdown", "hardware thermal slowdown"},
    {ClockReason::kShutDown, "clock_reason_shut_down", "", "shut down"},
}};
inline constexpr std::string_view kClockReasonPrefix = "clock_reason_";
constexpr const ClockReasonName& name_of(ClockReason reason) {
  return kClockReasonNames[static_cast<std::size_t>(reason) - 1];
}

// Temperature holds the clock down.
constexpr bool is_thermal(ClockReason reason) { return reason >= ClockReason::kSoftwareThermal; }

// A clock over the sustained one, and what set it.
struct SetClock {
  double ratio = 1;
  ClockReason reason = ClockReason::kNone;
};

}  // namespace racktwin
