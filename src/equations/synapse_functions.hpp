// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a compiled synapse rule consists of. Arrays are the traces of one source and of one target, each as they are now.

namespace ranvier::equations {

template <class T>
struct SynapseFunctions {
  T (*on_pre)(const T* constants, T weight, const T* source, const T* target);   ///< the weight after a spike of the source has arrived
  T (*on_post)(const T* constants, T weight, const T* source, const T* target);  ///< ... and one of the target
  void (*source_fires)(const T* constants, T* source);                           ///< the source's traces past its spike
  void (*target_fires)(const T* constants, T* target);
};

struct SynapseEntry {
  SynapseFunctions<float> single_precision;
  SynapseFunctions<double> double_precision;
};

}  // namespace ranvier::equations
