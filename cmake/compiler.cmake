# What every target is compiled with. A preset chooses the build type and, through DEADHEAT_SANITIZE, the sanitizers.
set(DEADHEAT_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=: address,undefined or thread")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# -Wno-restrict: g++ 12 sees overlaps in std::string's own operator+ at -O2 (GCC bug 105651).
# -Wno-mismatched-new-delete: g++ 12 inlines the operator new of Asio's coroutine frames, but not its operator delete.
# -Wno-missing-field-initializers: a designated initializer that leaves a field to its default is how we write values.
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wno-restrict
                    -Wno-mismatched-new-delete -Wno-missing-field-initializers)

if(DEADHEAT_SANITIZE)
  add_compile_options(-fsanitize=${DEADHEAT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DEADHEAT_SANITIZE})
  if(DEADHEAT_SANITIZE MATCHES thread)
    # Thread sanitizer does not model fences; Asio offers another way.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
    add_compile_options(-Wno-tsan)
  endif()
endif()
# Rooms whose tests compute for long. The preset asan compiles at -O0, which takes about half as long as -O1 and hides less from
# the sanitizers; these rooms are compiled at -O1 there: the tests of the oracle take 100 s instead of 265 s.
set(DEADHEAT_COMPUTING oracle)
# Rooms whose unit tests assert what a sanitizer does not allow (a limit of memory): they are part of a release as well.
set(DEADHEAT_UNSANITIZED client)

# At -O1 and with sanitizers g++ 12 takes the inside of an empty std::optional for uninitialized (GCC bug 105562).
add_compile_options($<$<CONFIG:Debug>:-Wno-maybe-uninitialized>)
