#include "apps/tandem/line_source.hpp"

namespace tandem {

namespace {

class script final : public line_source {
public:
  explicit script(std::istream& in) : in_(in) {}

  std::optional<std::string> next(const std::string&) override {
    std::string line;
    return std::getline(in_, line) ? std::optional{std::move(line)} : std::nullopt;
  }
  bool is_typed() const override { return false; }

private:
  std::istream& in_;
};

} // namespace

std::unique_ptr<line_source> read_lines(std::istream& in) {
  return std::make_unique<script>(in);
}

} // namespace tandem
