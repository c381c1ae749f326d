// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Python objects to the tree that a network file becomes.

#include <nanobind/nanobind.h>

#include <string>

#include "io/toml_tree.hpp"

namespace ranvier::python {

/// dict -> table, list or tuple -> array, str, bool, int, float -> the like; numpy arrays of float64 or int64 (C order, one or two dimensions) -> numbers.
///   path  of the object, for messages: "populations[0].params.tau_m"
/// Errors  InputError: anything else
io::Node to_node(nanobind::handle object, const std::string& path);

}  // namespace ranvier::python
