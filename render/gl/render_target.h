// A framebuffer of our own, colour and depth, to draw into where there is no window. Thread rule: the context's thread.
#pragma once

#include "sim/result.h"

namespace racktwin {

class RenderTarget {
 public:
  // Bound once it is made. Errors: kNoGraphics if the size is more than the driver can do.
  static Result<RenderTarget> create(int width, int height);
  void bind() const;  // what is drawn from now on goes here
  // Each pixel becomes the mean of 2 x 2 of another target of twice the size; binds this one.
  void take_average_of(const RenderTarget& twice_the_size) const;

  RenderTarget(RenderTarget&& other) noexcept;
  RenderTarget& operator=(RenderTarget&&) = delete;
  ~RenderTarget();

 private:
  RenderTarget() = default;
  unsigned framebuffer_ = 0, colour_ = 0, depth_ = 0;
  int width_ = 0, height_ = 0;
};

}  // namespace racktwin
