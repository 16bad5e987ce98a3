#include "sim/cooling/pipe.h"

#include <algorithm>

namespace racktwin {
namespace {

constexpr double kSmallestShare = 1.0 / 256;  // of the pipe that a parcel has: less is mixed into the one before

}  // namespace

Pipe::Pipe(double volume_m3, double heat_capacity_j_per_m3_k)
    : volume_m3_(volume_m3), heat_capacity_j_per_m3_k_(heat_capacity_j_per_m3_k) {
  fill(0);
}

void Pipe::fill(double temp_degc) {
  start_degc_ = temp_degc;
  parcels_.assign(1, {volume_m3_, temp_degc});
}

double Pipe::push(double volume_m3, double temp_degc) {
  if (!(volume_m3 > 0)) return parcels_.front().temp_degc;
  Parcel& last = parcels_.back();
  if (parcels_.size() > 1 && last.volume_m3 < kSmallestShare * volume_m3_) {
    last.temp_degc = (last.volume_m3 * last.temp_degc + volume_m3 * temp_degc) / (last.volume_m3 + volume_m3);
    last.volume_m3 += volume_m3;
  } else {
    parcels_.push_back({volume_m3, temp_degc});
  }
  double left_m3 = volume_m3, sum = 0;
  while (left_m3 > 0 && !parcels_.empty()) {
    Parcel& first = parcels_.front();
    const double out_m3 = std::min(left_m3, first.volume_m3);
    sum += out_m3 * first.temp_degc;
    left_m3 -= out_m3;
    first.volume_m3 -= out_m3;
    if (first.volume_m3 <= 0 && parcels_.size() > 1) parcels_.pop_front();
  }
  return sum / volume_m3;
}

double Pipe::stored_j() const {
  double sum = 0;
  for (const Parcel& parcel : parcels_) sum += parcel.volume_m3 * (parcel.temp_degc - start_degc_);
  return heat_capacity_j_per_m3_k_ * sum;
}

double Pipe::volume_m3() const {
  double sum = 0;
  for (const Parcel& parcel : parcels_) sum += parcel.volume_m3;
  return sum;
}

}  // namespace racktwin
