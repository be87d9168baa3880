#pragma once

namespace report {

/// What a text is to its reader; colours are made of it.
enum class Tone { plain, strong, faint, good, warn, bad };

}  // namespace report
