// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The language models that a plan may name.

#include "plan/workload.hpp"

namespace ranvier::cli {

/// The shipped shapes and, by path, any config.json. Read once.
const plan::ModelSource* models();

}  // namespace ranvier::cli
