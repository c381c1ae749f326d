// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The operations that language models are made of, added one after the other: products with weights, attention, passes over
/// activations, kernel starts, messages. Serving and training both are sums of these.
///
/// Data and arithmetic of an operation add up instead of overlapping (p = 1 of the algebra): measured steps are nearer to the
/// sum than to the maximum, because within a layer the kernels that wait for memory and those that compute take turns.
///
/// Beside the time the tally keeps how much of it hangs on each constant, which gives the spread of the answer.

#include "core/machine.hpp"
#include "plan/algebra.hpp"
#include "plan/constants.hpp"
#include "plan/trace.hpp"

namespace ranvier::plan {

/// What part of a time was computed with which constant.
struct TimeByCause {
  Seconds memory{}, stream{}, arithmetic{}, unpack{}, attention{}, activation{}, launch{}, message{}, link{}, hop{};
  constexpr TimeByCause& operator+=(const TimeByCause& o) {
    memory += o.memory, stream += o.stream, arithmetic += o.arithmetic, unpack += o.unpack, attention += o.attention;
    activation += o.activation, launch += o.launch, message += o.message, link += o.link, hop += o.hop;
    return *this;
  }
  constexpr TimeByCause& operator*=(double k) {
    memory *= k, stream *= k, arithmetic *= k, unpack *= k, attention *= k;
    activation *= k, launch *= k, message *= k, link *= k, hop *= k;
    return *this;
  }
};

/// Devices that act together, and how many of them share a box. Between boxes each has its own network card.
struct Group {
  Count ranks = 1;
  Count in_box = 1;  ///< of the ranks
};

class LlmTally {
 public:
  LlmTally(const Machine& machine, const Constants& constants, Trace* trace)
      : machine_(&machine), constants_(&constants), trace_(trace), traced_first_(traced()) {}

  /// From now on memory is read by kernels with plain loads, which keep only so many bytes in flight: no memory gives them more than
  /// gguf_stream_byte_per_s. (Kernels with asynchronous copies, as serving and training use, have no such bound.)
  void use_plain_loads() { plain_loads_ = true; }

  /// A product with weights: `bytes` of them are read once, `flop` done in `format`.
  void add_product(const char* title, Flop flop, Precision format, Bytes bytes, double overlap_power = 1);

  /// A product with few columns whose kernel unpacks one weight after the other and multiplies in fp32.
  void add_packed_product(const char* title, double weights, Bytes bytes, Count columns);

  /// Scores and weighted sums: the cache is read while the arithmetic goes on. `host_bytes` come from the host's memory.
  void add_attention(const char* title, Flop flop, Precision format, Bytes cache_bytes, Bytes host_bytes);

  /// Values between the products written to memory and read again.
  void add_activations(const char* title, Bytes bytes);
  /// Optimiser states and the like: plain streaming.
  void add_stream(const char* title, Bytes bytes);

  void add_launches(const char* title, Count launches);

  /// `calls` sums over the group of `bytes` in each rank, one waiting for the next: 2 (n-1)/n of the bytes pass each link of the ring,
  /// and log2(n) messages wait for each other. Thakur, Rabenseifner & Gropp 2005, doi:10.1177/1094342005051521.
  void add_all_reduce(const char* title, Group group, Bytes bytes, Count calls);
  /// Half of the former: gathering all parts, or summing and leaving one part with each.
  void add_all_gather(const char* title, Group group, Bytes bytes, Count calls);
  /// `bytes` handed on `calls` times to one neighbour.
  void add_send(const char* title, bool between_boxes, Bytes bytes, Count calls);

  /// Handing one stream from a device's queue to the next one's, through the host.
  void add_hops(const char* title, Count hops);

  /// Adds another tally `times` times: work, time and causes. What is resident is not multiplied. The operations that were traced
  /// since `other` was made count so often: it must be complete, and be added once.
  void add(const LlmTally& other, double times);

  Seconds expected() const { return total_.time.expected; }
  const Total& total() const { return total_; }
  const TimeByCause& causes() const { return causes_; }
  /// `calls` exchanges in which each rank of the group has `bytes` to give away, an equal part to each rank, itself included: what is for
  /// its own box goes over the link, the rest over its own network card; all messages of a call set out together.
  void add_all_to_all(const char* title, Group group, Bytes bytes, Count calls);

  void set_resident(Bytes bytes) { total_.work.resident = bytes; }

  /// Standard deviation of ln(measured / expected): the share of the time that hangs on each constant times the spread that
  /// constant has from machine to machine, the spread of the machine's own figures, and what remains for any model.
  double spread() const;

  Estimate estimate(Count devices) const;

 private:
  std::size_t traced() const { return trace_ != nullptr ? trace_->operations().size() : 0; }
  void add_ring(const char* title, Group group, Bytes bytes_on_link, Count messages);
  Seconds commit(const Work& work, const Efficiency& efficiency);
  bool stream_binds() const;
  double memory_share() const;
  void count_memory(Seconds data, Seconds TimeByCause::*where);

  const Machine* machine_;
  const Constants* constants_;
  Trace* trace_;
  std::size_t traced_first_ = 0, traced_last_ = 0;  ///< operations of the trace that are this tally's
  bool plain_loads_ = false;
  Total total_;
  TimeByCause causes_;
};

/// A copy whose link and network between boxes are known: PCI Express 3.0 x16, 16 GB/s, where the catalogue has none.
Machine with_links(const Machine& machine);

/// Ranks of a group that share a box, when the group's ranks are `stride` devices apart.
constexpr Group group_of(Count ranks, Count stride, Count box) {
  const double room = stride >= box ? 1 : box / stride;
  return {ranks, ranks < room ? ranks : room};
}

}  // namespace ranvier::plan
