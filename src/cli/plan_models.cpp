// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_models.hpp"

#if __has_include("io/model_source.hpp")
#include "io/model_source.hpp"
#endif

namespace ranvier::cli {

const plan::ModelSource* models() {
#if __has_include("io/model_source.hpp")
  static const io::ModelFiles files;
  return &files;
#else
  return nullptr;
#endif
}

}  // namespace ranvier::cli
