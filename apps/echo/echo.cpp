#include "apps/echo/echo.hpp"

namespace tandem::apps {

using namespace actors;

namespace {

class echo final : public call_app {
public:
  explicit echo(std::string_view saved) : answered_(saved == "answered") {}

  void on_incoming(call_control& call, const incoming_call&) override {
    call.answer_with_echo(caller);
  }
  void on_answer(call_control&, leg_number) override { answered_ = true; }

  [[nodiscard]] const char* state() const override { return answered_ ? "echoing" : "answering"; }
  [[nodiscard]] std::string save() const override { return answered_ ? "answered" : "new"; }

private:
  bool answered_ = false;
};

} // namespace

std::unique_ptr<call_app> make_echo(std::string_view saved) {
  return std::make_unique<echo>(saved);
}

} // namespace tandem::apps
