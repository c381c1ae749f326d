// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a question about a language model says of the model and its layout.

#include <string>
#include <vector>

#include "plan/llm_pass.hpp"
#include "plan/workload.hpp"

namespace ranvier::plan {

/// Shape of the model asked about: by `model`, else from the shape keys (layers, hidden, heads, ffn, vocab), else a likely shape of
/// `params_b` or `params` parameters or of the size in the name ("Some-Model-13B"); what was assumed is added to `warnings`.
/// Errors  InputError: no key that leads to a shape, or a name that nobody knows, with the nearest ones.
ModelShape shape_of(const Question& question, std::vector<std::string>& warnings);

/// Weight format, cache format, layout and memory limits for serving `shape`, which must outlive the plan.
/// Errors  InputError: unknown formats, a layout that does not make up the devices at hand or does not divide the heads.
ServingPlan serving_plan_of(const Question& question, const ModelShape& shape, std::vector<std::string>& warnings);

/// Divides `count` devices as the keys tp, pp and dp say; the one that is absent follows from the others.
/// Errors  InputError: they do not make up `count`.
struct Layout {
  Count tensor = 1, stages = 1, replicas = 1;
};
Layout layout_of(const Question& question, Layout fallback);

/// "12.3 GiB"
std::string in_gib(Bytes bytes);

}  // namespace ranvier::plan
