#pragma once

#include "apps/tandem/terminal.hpp"

#include <chrono>
#include <memory>
#include <string_view>

namespace tandem {

/// The terminal taken as a whole, given back as it was when the object goes.
class full_screen {
public:
  /// What ended a wait.
  struct wake {
    enum class kind : std::uint8_t { time, key, resized, ended };
    kind what = kind::time;
    char key = 0;
  };

  virtual ~full_screen() = default;
  virtual void draw(std::string_view picture) = 0;
  /// A signal that ends programs wakes it, too, so that the terminal is restored before the end.
  [[nodiscard]] virtual wake wait(std::chrono::milliseconds) = 0;
  [[nodiscard]] virtual terminal_view view() const = 0;
};

/// Of standard input and output; null unless both are a terminal.
[[nodiscard]] std::unique_ptr<full_screen> open_full_screen();

} // namespace tandem
