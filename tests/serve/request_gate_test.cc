#include "serve/request_gate.h"

#include <gtest/gtest.h>

#include <string>

namespace sparkify {
namespace {

class RequestGateTest : public testing::Test {
 protected:
  GateAnswer ask(const std::string& rest, const std::string& method = "GET",
                 const std::string& host = "127.0.0.1:8080") const {
    const std::string path = "/" + token_.text() + rest;
    return answer_for({method, path, host}, token_);
  }
  GateAnswer ask_path(const std::string& path) const {
    return answer_for({"GET", path, "127.0.0.1:8080"}, token_);
  }

  AccessToken token_ = *AccessToken::make();
};

TEST_F(RequestGateTest, EachPlaceHasItsAnswer) {
  EXPECT_EQ(ask("/"), GateAnswer::page);
  EXPECT_EQ(ask("/report.json"), GateAnswer::document);
  EXPECT_EQ(ask("/state.json"), GateAnswer::state);
  EXPECT_EQ(ask(""), GateAnswer::bare_token);
}

TEST_F(RequestGateTest, WhatIsNotThereIsUnknown) {
  for (const char* rest : {"/x", "//", "/report.json/", "/../", "/report.jso", "/state.json?"}) {
    EXPECT_EQ(ask(rest), GateAnswer::unknown) << rest;
  }
}

TEST_F(RequestGateTest, WithoutTheTokenNothingIsThere) {
  const std::string other = AccessToken::make()->text();
  for (const std::string& path :
       {std::string(), std::string("/"), std::string("*"), std::string("/report.json"),
        "/" + other + "/", "/" + token_.text().substr(1) + "/", token_.text() + "/",
        "//" + token_.text() + "/", "/" + token_.text() + "x/"}) {
    EXPECT_EQ(ask_path(path), GateAnswer::unknown) << path;
  }
}

TEST_F(RequestGateTest, OnlyGetIsAnswered) {
  for (const char* method : {"HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", ""}) {
    EXPECT_EQ(ask("/", method), GateAnswer::wrong_method) << method;
  }
}

TEST_F(RequestGateTest, AForeignNameIsRefusedBeforeAllElse) {
  for (const char* host : {"", "evil.example", "evil.example:8080", "127.0.0.1.evil.example",
                           "localhost.evil.example:80", "127.0.0.2", "0.0.0.0:8080", "[::2]:80",
                           "localhost:", "localhost:80x", "localhost:123456", "localhost, evil"}) {
    EXPECT_EQ(ask("/", "GET", host), GateAnswer::wrong_host) << host;
    EXPECT_EQ(ask("/x", "POST", host), GateAnswer::wrong_host) << host;
  }
}

TEST_F(RequestGateTest, AnyPortOfTheLoopbackIsRight) {
  for (const char* host :
       {"127.0.0.1", "localhost", "LocalHost:8000", "127.0.0.1:1", "[::1]", "[::1]:65535"}) {
    EXPECT_EQ(ask("/", "GET", host), GateAnswer::page) << host;
  }
}

}  // namespace
}  // namespace sparkify
