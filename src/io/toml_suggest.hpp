// SPDX-License-Identifier: Apache-2.0
#pragma once
/// "Did you mean ...?" under the names that the readers use.

#include "core/suggest.hpp"

namespace ranvier::io {

using ranvier::nearest_name;
using ranvier::suggestion;

}  // namespace ranvier::io
