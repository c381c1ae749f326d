// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Generated C++ to functions: compiled by the system's compiler into a shared object that is kept, and loaded.
///
///   ${XDG_CACHE_HOME:-~/.cache}/ranvier/
///     headers-HASH/        the engine's headers that a model needs, as they were when Ranvier was built
///     NAME-HASH.cpp .so    one a model, compiler, set of flags and version of Ranvier
///
/// A file appears under its final name when it is complete, so that programs which run at the same time do not disturb each other. A
/// shared object carries a checksum at its end; one that is damaged is made again. Nothing is loaded from a folder that others can write to.

#include <span>
#include <string>
#include <string_view>

namespace ranvier::equations {

/// A header that is part of the program, by its path below src/ ("engine/kernel.hpp").
struct Header {
  std::string_view path, text;
};
std::span<const Header> headers();  ///< made by the build (src/equations/CMakeLists.txt)

/// What a plug-in says of itself: the version of Ranvier and a hash of the headers. One that says something else is not used.
const std::string& plugin_version();

/// An instruction set that a model can be compiled for.
struct Target {
  std::string name;   ///< as in HWY_NAME; empty: the compiler's own choice
  std::string flags;  ///< separated by blanks
};
/// The one that the engine uses now (engine::choose_simd).
Target current_target();

/// The functions of a model, engine::MembraneEntry or SynapseEntry: from the file kept of an earlier run where there is one, else compiled (about 4 s). Valid to the end of the program.
///   name    for the file's name only
///   Errors  InputError: no compiler, or no Highway; what the compiler said; a folder that cannot be written
const void* load_plugin(const std::string& name, const std::string& source, const Target& target);

}  // namespace ranvier::equations
