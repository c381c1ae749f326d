// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Reads the shape of a language model from a config.json as Hugging Face's transformers writes it.

#include <string>
#include <string_view>

#include "plan/model_shape.hpp"

namespace ranvier::io {

/// Shape of the model that `text` describes; `where` names the text in messages (a path).
///
/// Any decoder-only family whose keys are the usual ones is understood, under their different names (hidden_size, n_embd, d_model):
/// grouped-query, multi-query and latent attention, experts, sliding windows, linear layers. What a family leaves unsaid (norms per
/// layer, biases, tied embeddings) follows model_type; an unknown model_type is taken as LLaMA-like, with a warning in the shape.
/// In a multi-modal config the text part, `text_config`, counts.
///
/// Errors  InputError with all problems at once: not JSON, missing keys, wrong types, absurd values, keys that contradict each other.
plan::ModelShape read_model_config(std::string_view text, std::string_view where);

}  // namespace ranvier::io
