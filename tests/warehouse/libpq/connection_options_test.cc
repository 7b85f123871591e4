#include "warehouse/libpq/connection_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sparkify::libpq {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Parameters parsed(const std::string& url) {
  auto parameters = parse_url(url);
  EXPECT_TRUE(parameters.ok()) << url << ": "
                               << (parameters.ok() ? "" : parameters.error().message);
  return parameters.ok() ? *parameters : Parameters{};
}

/// Why `url` is refused.
std::string refusal(const std::string& url) {
  const auto parameters = parse_url(url);
  EXPECT_FALSE(parameters.ok()) << url;
  if (parameters.ok()) return {};
  EXPECT_EQ(parameters.error().kind, ErrorKind::config);
  return parameters.error().message;
}

TEST(ParseUrl, GivesThePartsInLibpqsNames) {
  const Parameters all{
      {"user", "me"}, {"host", "db.example.com"}, {"port", "5433"}, {"dbname", "music"}};
  EXPECT_EQ(parsed("postgresql://me@db.example.com:5433/music"), all);
  EXPECT_EQ(parsed("postgres://me@db.example.com:5433/music"), all);
  EXPECT_EQ(parsed("postgresql:///music"), (Parameters{{"dbname", "music"}}));
}

TEST(ParseUrl, AddsNothingThatTheUrlDoesNotName) {
  EXPECT_EQ(parsed("postgresql://"), Parameters{});
  EXPECT_EQ(parsed("postgresql://h"), (Parameters{{"host", "h"}}));
}

TEST(ParseUrl, TakesParametersAndDecodesPercents) {
  EXPECT_EQ(
      parsed("postgresql://o%27b%40x@%2Frun%2Fpg/a%20b?sslmode=verify-ca&passfile=/home/me/pw"),
      (Parameters{{"user", "o'b@x"},
                  {"host", "/run/pg"},
                  {"dbname", "a b"},
                  {"sslmode", "verify-ca"},
                  {"passfile", "/home/me/pw"}}));
  EXPECT_EQ(parsed("postgresql://h/?application_name=a@b:c"),
            (Parameters{{"host", "h"}, {"application_name", "a@b:c"}}));
}

TEST(ParseUrl, TakesSeveralHostsAndIpv6) {
  EXPECT_EQ(parsed("postgresql://me@[::1]:5432,b:5433,c/music"),
            (Parameters{
                {"user", "me"}, {"host", "::1,b,c"}, {"port", "5432,5433,"}, {"dbname", "music"}}));
}

TEST(ParseUrl, RefusesWhatIsNoPostgresUrl) {
  for (const char* url : {"", "music", "duckdb:music.duckdb", "redshift://me@h/d", "postgres:/h",
                          "POSTGRESQL://h", "host=h user=me", "mysql://me:hunter2@h/d"}) {
    EXPECT_THAT(refusal(url), AllOf(HasSubstr("postgresql://USER@HOST:PORT/DATABASE"),
                                    Not(HasSubstr("hunter2"))));
  }
}

TEST(ParseUrl, TellsOfAnUnknownParameterInLibpqsWords) {
  EXPECT_THAT(refusal("postgresql://h/d?sslmod=require"), HasSubstr("\"sslmod\""));
  EXPECT_THAT(refusal("postgresql://h/d?sslmode"), HasSubstr("missing key/value separator"));
  EXPECT_THAT(refusal("postgresql://h/d?sslmode=a=b"), HasSubstr("extra key/value separator"));
  EXPECT_THAT(refusal("postgresql://[::1"), HasSubstr("matching \"]\""));
  EXPECT_THAT(refusal("postgresql://m%zz@h"), HasSubstr("\"m%zz\""));
}

TEST(ParseUrl, ShowsNoControlCharacterOfTheUrl) {
  EXPECT_THAT(refusal("postgresql://h/d?a\x1b[1m\nb=1"), HasSubstr("a\\x1b[1m\\nb"));
  EXPECT_THAT(refusal(std::string("postgresql://h/d\0e", 18)), HasSubstr("NUL"));
}

// Also where libpq would take a part of it for a port, a database or a parameter.
TEST(ParseUrl, RefusesAPasswordInAnyForm) {
  for (const char* url : {
           "postgresql://me:hunter2@h/d",
           "postgres://me:hunter2@h",
           "postgresql://:hunter2@h/d",
           "postgresql://me:hun%74er2@h/d",
           "postgresql://me:hunter2%zz@h/d",
           "postgresql://me:hunter2/x@h/d",
           "postgresql://me:hunter2?x@h/d",
           "postgresql://me:hunter2?x/y@h/d",
           "postgresql://me:hunter2#x@h/d",
           "postgresql://me@x:hunter2@h/d",
           "postgresql://[me:hunter2/x@h/d",
           "postgresql://h?user=me:hunter2@x",
           "postgresql://h/d?password=hunter2",
           "postgresql://h/d?sslmode=require&password=hunter2",
           "postgresql://h/d?sslpassword=hunter2",
           "postgresql://h/d?pass%77ord=hunter2",
           "postgresql://h/d?Password=hunter2",
           "postgresql://h/d?password:hunter2",
           "postgresql://h/d?password%3Dhunter2",
           "postgresql://h/d?passwd=hunter2",
           "postgresql://h/d?pwd=hunter2%zz",
           "postgresql://h/d?password=",
       }) {
    const std::string message = refusal(url);
    EXPECT_THAT(message,
                AllOf(HasSubstr("SPARKIFY_DB_PASSWORD"), HasSubstr("dwh.cfg (mode 600)"),
                      HasSubstr("~/.pgpass"), HasSubstr("PGPASSFILE"), HasSubstr("?passfile=")))
        << url;
    EXPECT_THAT(message, AllOf(Not(HasSubstr("hunter")), Not(HasSubstr("hun%74er")))) << url;
  }
}

// A parameter with a wrong name may have been meant to be a password.
TEST(ParseUrl, RepeatsNoValueOfAParameter) {
  for (const char* url : {
           "postgresql://h/d?secret=hunter2",
           "postgresql://h/d?secret=hunter2%zz",
           "postgresql://h/d?sslmode=hunter2%zz",
           "postgresql://h/d?sslmode=hunter2%00",
           "postgresql://h/d?hunter2",
           "postgresql://h/d?secret=hun=hunter2",
           "postgresql://[::1]x?secret=hunter2",
           "postgresql://[::1?secret=hunter2",
           "postgresql://m%zz?secret=hunter2@h",
       }) {
    EXPECT_THAT(refusal(url),
                AllOf(HasSubstr("the warehouse URL cannot be read"), Not(HasSubstr("hunter"))))
        << url;
  }
  EXPECT_THAT(refusal("postgresql://h/d?sslmode=a%zz"), HasSubstr("%25"));
}

TEST(ParseUrl, RefusesAPortThatIsNoNumberAndDoesNotRepeatIt) {
  for (const char* url : {"postgresql://me:hunter2/d", "postgresql://h:5432,me:hunter2/d",
                          "postgresql://h/d?port=hunter2"}) {
    EXPECT_THAT(refusal(url), AllOf(HasSubstr("port"), Not(HasSubstr("hunter")))) << url;
  }
}

TEST(IsLocalHost, TakesSocketsAndLoopback) {
  for (const char* host :
       {"", "/run/postgresql", "@postgres", "localhost", "LOCALHOST", "LocalHost", "127.0.0.1",
        "127.0.0.0", "127.255.255.255", "127.1.20.99", "::1"}) {
    EXPECT_TRUE(is_local_host(host)) << host;
  }
}

TEST(IsLocalHost, RefusesWhatOnlyLooksLocal) {
  for (const char* host : {"db.example.com",
                           "127.evil.com",
                           "127.0.0.1.evil.com",
                           "127.0.0.evil",
                           "127.0.0.256",
                           "127.0.0.1000",
                           "127.0.0",
                           "127.1",
                           "127.0.0.",
                           "127..0.1",
                           "0127.0.0.1",
                           "127.0.0.09",
                           "128.0.0.1",
                           "10.0.0.1",
                           "0.0.0.0",
                           "localhost.evil.com",
                           "localhostx",
                           " localhost",
                           "::",
                           "::2",
                           "[::1]",
                           "fe80::1",
                           "..",
                           "127",
                           "run/postgresql"}) {
    EXPECT_FALSE(is_local_host(host)) << host;
  }
}

TEST(IsLocalHost, AListIsLocalIfEveryOneIs) {
  for (const char* hosts : {"localhost,127.0.0.1,::1,/tmp", ",", "localhost,", ",@pg"}) {
    EXPECT_TRUE(is_local_host(hosts)) << hosts;
  }
  for (const char* hosts :
       {"localhost,db.example.com", "db.example.com,", ",db.example.com", "localhost, 127.0.0.1"}) {
    EXPECT_FALSE(is_local_host(hosts)) << hosts;
  }
}

const Parameters kRemote{{"host", "db.example.com"}, {"sslmode", "prefer"}};

TEST(DefaultSslmode, IsVerifyFullForAHostThatIsNotLocal) {
  EXPECT_EQ(default_sslmode({}, {}, kRemote), "verify-full");
  EXPECT_EQ(default_sslmode({}, {}, {{"host", "db.example.com"}}), "verify-full");
  EXPECT_EQ(default_sslmode({}, {}, {{"host", "localhost,db.example.com"}}), "verify-full");
}

TEST(DefaultSslmode, IsLibpqsOwnForALocalHost) {
  EXPECT_EQ(default_sslmode({}, {}, {}), std::nullopt);
  EXPECT_EQ(default_sslmode({}, {}, {{"host", "/tmp"}, {"sslmode", "prefer"}}), std::nullopt);
  EXPECT_EQ(default_sslmode({}, {}, {{"host", ""}, {"hostaddr", "127.0.0.1"}}), std::nullopt);
}

// libpq connects to hostaddr; a local name in front of it makes nothing safe.
TEST(DefaultSslmode, LooksAtTheAddressToo) {
  EXPECT_EQ(default_sslmode({}, {}, {{"hostaddr", "10.0.0.1"}}), "verify-full");
  EXPECT_EQ(default_sslmode({}, {}, {{"host", ""}, {"hostaddr", "10.0.0.1"}}), "verify-full");
  EXPECT_EQ(default_sslmode({}, {}, {{"host", "localhost"}, {"hostaddr", "10.0.0.1"}}),
            "verify-full");
  EXPECT_EQ(default_sslmode({}, {}, {{"host", "db.example.com"}, {"hostaddr", "127.0.0.1"}}),
            "verify-full");
}

TEST(DefaultSslmode, KeepsWhatTheUrlTheEnvironmentOrTheServiceFileAsksFor) {
  for (const char* mode : {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}) {
    const Parameters effective{{"host", "db.example.com"}, {"sslmode", mode}};
    EXPECT_EQ(default_sslmode({}, {{"sslmode", mode}}, effective), std::nullopt) << mode;
    EXPECT_EQ(default_sslmode({"", {}, mode}, {}, effective), std::nullopt) << mode;
  }
  EXPECT_EQ(default_sslmode({}, {}, {{"host", "db.example.com"}, {"sslmode", "disable"}}),
            std::nullopt);
}

TEST(DefaultSslmode, AnEmptyModeAsksForNothing) {
  EXPECT_EQ(default_sslmode({}, {{"sslmode", ""}}, kRemote), "verify-full");
  EXPECT_EQ(default_sslmode({"", {}, ""}, {}, {{"host", "db.example.com"}, {"sslmode", ""}}),
            "verify-full");
}

TEST(WeakTlsWarning, NamesHostAndModeAndSaysWhatToDo) {
  for (const std::string mode : {"disable", "allow", "prefer", "require", "verify-ca", "none"}) {
    const auto warning = weak_tls_warning("db.example.com", mode);
    ASSERT_TRUE(warning.has_value()) << mode;
    EXPECT_THAT(*warning, AllOf(HasSubstr("db.example.com"), HasSubstr("sslmode=" + mode + ":"),
                                HasSubstr("sslmode=verify-full"), HasSubstr("sslrootcert=FILE")));
  }
  EXPECT_THAT(*weak_tls_warning("a\x1b[1m", "x\ny"),
              AllOf(HasSubstr("a\\x1b[1m"), HasSubstr("x\\ny")));
}

TEST(WeakTlsWarning, AnEmptyModeIsLibpqsDefault) {
  EXPECT_EQ(weak_tls_warning("db.example.com", ""), weak_tls_warning("db.example.com", "prefer"));
}

TEST(WeakTlsWarning, IsSilentWhereNothingIsWeak) {
  EXPECT_EQ(weak_tls_warning("db.example.com", "verify-full"), std::nullopt);
  for (const char* host : {"", "localhost", "127.0.0.1", "/tmp"}) {
    EXPECT_EQ(weak_tls_warning(host, "disable"), std::nullopt) << host;
  }
}

TEST(DisplayAddress, ShowsUserHostPortAndDatabaseOnly) {
  EXPECT_EQ(display_address({{"user", "me"},
                             {"password", "hunter2"},
                             {"host", "db.example.com"},
                             {"port", "5432"},
                             {"dbname", "music"},
                             {"sslmode", "require"}},
                            "postgresql"),
            "postgresql://me@db.example.com:5432/music");
}

TEST(DisplayAddress, LeavesOutWhatIsMissing) {
  EXPECT_EQ(display_address({}, "postgresql"), "postgresql://");
  EXPECT_EQ(display_address({{"user", "me"}, {"host", ""}}, "postgresql"), "postgresql://me@");
  EXPECT_EQ(display_address({{"port", "5433"}, {"dbname", "d"}}, "postgresql"),
            "postgresql://:5433/d");
  EXPECT_EQ(display_address({{"hostaddr", "10.0.0.1"}}, "postgresql"), "postgresql://10.0.0.1");
}

TEST(DisplayAddress, EncodesWhatIsNoPlainText) {
  EXPECT_EQ(
      display_address({{"user", "o'b@x"}, {"host", "/run/pg"}, {"dbname", "a/b\n"}}, "postgresql"),
      "postgresql://o%27b%40x@%2Frun%2Fpg/a%2Fb%0A");
  EXPECT_EQ(display_address({{"host", "@pg\x1b[1m"}, {"port", "1\r"}}, "postgresql"),
            "postgresql://%40pg%1B%5B1m:1%0D");
}

TEST(DisplayAddress, PutsIpv6IntoBrackets) {
  EXPECT_EQ(display_address({{"host", "::1"}, {"port", "5432"}}, "postgresql"),
            "postgresql://[::1]:5432");
  EXPECT_EQ(display_address({{"host", "fe80::1%eth0"}}, "postgresql"),
            "postgresql://[fe80::1%25eth0]");
  EXPECT_EQ(display_address({{"host", "a:b\n"}}, "postgresql"), "postgresql://a%3Ab%0A");
}

TEST(DisplayAddress, GivesEveryHostOfAListItsPort) {
  EXPECT_EQ(display_address({{"host", "a,::1,"}, {"port", "1,,3"}}, "postgresql"),
            "postgresql://a:1,[::1],:3");
  EXPECT_EQ(display_address({{"host", "a,b"}, {"port", "5432"}}, "postgresql"),
            "postgresql://a:5432,b:5432");
}

// What is shown can be given back.
TEST(DisplayAddress, IsReadAsTheSameParameters) {
  for (const Parameters& parameters : {
           Parameters{{"user", "o'b@x:y"}, {"host", "/run/pg"}, {"port", "1"}, {"dbname", "a?b"}},
           Parameters{{"user", "me"}, {"host", "fe80::1%eth0,b"}, {"port", "1,2"}},
       }) {
    EXPECT_EQ(parsed(display_address(parameters, "postgresql")), parameters);
  }
}

}  // namespace
}  // namespace sparkify::libpq
