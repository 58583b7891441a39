#define CATCH_CONFIG_MAIN // 15 s to compile, so it stands alone
#include <catch2/catch.hpp>
