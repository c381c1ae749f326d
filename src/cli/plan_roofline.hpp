// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The roofline of a machine with a workload on it, in a terminal.

#include <string>

namespace ranvier::cli {

/// What the picture shows; rates per second, of one device.
struct Roofline {
  double flop_per_s = 0;   ///< the vendor's arithmetic rate in the workload's formats
  double byte_per_s = 0;   ///< of the memory
  double flop = 0, byte = 0, time_s = 0;   ///< the workload: work, and the expected time
};

/// Lines of text, logarithmic on both axes, decades labelled. "o" is the workload: FLOP per byte across, FLOP/s reached
/// up; "/" is what the memory allows, "-" what the arithmetic allows. Empty where a figure is missing.
/// Source  Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785
std::string draw(const Roofline& roof);

/// A bar of at most `width` characters for a share of 0 to 1, rounded to eighths of a character.
std::string bar(double share, int width);

}  // namespace ranvier::cli
