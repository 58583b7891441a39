#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// A node's metrics, by name.
class figures {
public:
  figures() = default;
  /// Prometheus's text format.
  explicit figures(std::string_view text);

  using labels = std::map<std::string, std::string>;
  [[nodiscard]] bool has(std::string_view name) const;
  /// Of all series of that name which have these labels; 0 if there is none.
  [[nodiscard]] double sum(std::string_view name, const labels& = {}) const;
  /// By the text of one label, the others added up.
  [[nodiscard]] std::map<std::string, double> by(std::string_view name,
                                                 const std::string& label) const;

private:
  struct sample {
    labels where;
    double value = 0;
  };
  std::map<std::string, std::vector<sample>, std::less<>> samples_;
};

} // namespace tandem
