// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Synapses of segments that are too short to fill a vector share one: each lane has the pieces of its own segment.
///
///   segments   |a a a|  |b|  |c c c c c|          of any sources, brought up to the same moment
///   lanes       a a a b c c c c c . . .           panels [panel][lane], of length 0 where a segment has fewer, or there is none
///
/// A lane computes the same bits as it does in a vector of its own segment, so it does not matter who shares one.

#include <algorithm>
#include <vector>

#include "engine/calcium/rule.hpp"

namespace ranvier::engine::calcium {

template <class T>
class SharedVector {
 public:
  std::size_t room() const { return most_lanes - lanes_.n; }

  /// Takes up synapses for which there is room; all have panels, or none has.
  void add(const Stretch<T>& s) {
    if (lanes_.n == 0) lanes_.rule = s.rule, lanes_.phi = s.phi, lanes_.ring = s.ring, lanes_.ring_size = s.ring_size;
    make_room(panels_, lanes_.n_panels, s.n_panels);
    make_room(tails_, lanes_.n_tails, s.n_tails);
    give(s, lanes_.n, panels_.data(), tails_.data());
    for (std::size_t k = 0; k < s.n; ++k) {
      const std::size_t lane = lanes_.n++;
      lanes_.gain.lane[lane] = s.gain, lanes_.tail_decay.lane[lane] = s.tail_decay, lanes_.tail_gain.lane[lane] = s.tail_gain;
      cells_[lane] = s.cells[k];
      weight_.take(lane, s.weight + k), Ca_.take(lane, s.Ca + k), K_.take(lane, s.K + k), phi_0_.take(lane, s.phi_0 + k);
    }
  }

  /// Advances those that were added, and is empty.
  void advance() {
    lanes_.panels = panels_.data(), lanes_.tails = tails_.data();
    lanes_.cells = cells_;
    lanes_.weight = weight_.lane, lanes_.Ca = Ca_.lane, lanes_.K = K_.lane, lanes_.phi_0 = phi_0_.lane;
    calcium::advance(lanes_);
    for (const Variable* v : {&weight_, &Ca_, &K_, &phi_0_}) v->put_back(lanes_.n);
    lanes_.n = lanes_.n_panels = lanes_.n_tails = 0;
  }

 private:
  /// So many pieces, of which those that were not used yet are over in all lanes. What else they hold is of no account.
  template <class Piece>
  static void make_room(std::vector<Piece>& pieces, std::size_t& used, std::size_t n) {
    if (pieces.size() < n) pieces.resize(n);
    for (; used < n; ++used) pieces[used].length = {};
  }
  /// A variable of the synapses, and where it came from.
  struct Variable {
    T lane[most_lanes] = {};
    T* home[most_lanes] = {};
    void take(std::size_t k, T* from) { lane[k] = *from, home[k] = from; }
    void put_back(std::size_t n) const {
      for (std::size_t k = 0; k < n; ++k) *home[k] = lane[k];
    }
  };
  Stretch<T, Each> lanes_{};
  std::vector<Panel<T, Each>> panels_;
  std::vector<Tail<T, Each>> tails_;
  std::uint32_t cells_[most_lanes] = {};
  Variable weight_, Ca_, K_, phi_0_;
};

}  // namespace ranvier::engine::calcium
