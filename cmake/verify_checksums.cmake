# Holds files against a list as sha256sum writes it; the list's paths are relative to its folder.
# Lockfiles pin what npm unpacks; this pins what is linked into the program, whoever put it there.
# As a script: cmake -DCHECKSUMS=FILE -P verify_checksums.cmake
function(verify_checksums list)
  get_filename_component(folder "${list}" DIRECTORY)
  file(STRINGS "${list}" lines)
  if(NOT lines)
    message(FATAL_ERROR "${list}: names no file")
  endif()
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^([0-9a-f]+)  (.+)$")
      message(FATAL_ERROR "${list}: not a line of sha256sum: ${line}")
    endif()
    set(expected "${CMAKE_MATCH_1}")
    set(file "${folder}/${CMAKE_MATCH_2}")
    if(NOT EXISTS "${file}")
      message(FATAL_ERROR "${file} is not there: run `npm ci --ignore-scripts` in ${folder} "
                          "(tools/install.sh does it)")
    endif()
    file(SHA256 "${file}" found)
    if(NOT found STREQUAL expected)
      message(FATAL_ERROR
        "${file} is not the file that this version of sparkify is built with:\n"
        "  SHA-256 expected ${expected}\n"
        "  SHA-256 found    ${found}\n"
        "It was damaged, or replaced. Remove ${folder}/node_modules, run `npm ci --ignore-scripts` "
        "there and build again. If a new version was taken on purpose, its checksums belong into "
        "${list}.")
    endif()
  endforeach()
endfunction()

if(CHECKSUMS)
  verify_checksums("${CHECKSUMS}")
endif()
