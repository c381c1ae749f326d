# SPDX-License-Identifier: Apache-2.0
# ranvier_embed(TARGET NAME PATTERN ...): files become strings of the library, so that an installed ranvier needs nothing
# beside it. They are reached as ranvier::io::embedded::NAME(), see src/io/embedded.hpp.
function(ranvier_embed target name)
  file(GLOB files CONFIGURE_DEPENDS ${ARGN})
  list(SORT files)
  set(text "// Made by cmake/embed.cmake.\n#include \"io/embedded.hpp\"\nnamespace ranvier::io::embedded {\nnamespace {\nconstexpr File files[] = {\n")
  foreach(path IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    get_filename_component(file ${path} NAME)
    file(READ ${path} content)
    string(APPEND text "{\"${file}\", R\"ranvier_(${content})ranvier_\"},\n")
  endforeach()
  # The empty entry keeps the array legal where a folder is empty; it is not part of the span.
  string(APPEND text "{}};\n}\nstd::span<const File> ${name}() { return std::span<const File>(files).first(std::size(files) - 1); }\n}\n")
  # Written aside first: COPYONLY touches the source only where it changes, and expands nothing in the files.
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.txt "${text}")
  configure_file(${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.txt ${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.cpp COPYONLY)
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.cpp)
endfunction()
