/* SPDX-License-Identifier: MIT
 *
 * URLs (RFC 3986): each part where it stands, what two readers could read differently refused, and which host is this
 * machine.
 */
#include <config.h>

#include <src/base/array.h>
#include <src/base/str.h>
#include <src/base/url.h>

#include <check.h>
#include <tests/support/suite.h>

static const struct {
    const char *text, *scheme, *host, *port, *path, *query, *origin;
} good[] = {
    { "https://a", "https", "a", "", "", "", "https://a" },
    { "HTTPS://A.Example/B", "HTTPS", "A.Example", "", "/B", "", "HTTPS://A.Example" },
    { "http://a:1/", "http", "a", "1", "/", "", "http://a:1" },
    { "http://a:65535?q", "http", "a", "65535", "", "q", "http://a:65535" },
    { "a+b-c.1://x_y-z.9/p:q@r", "a+b-c.1", "x_y-z.9", "", "/p:q@r", "", "a+b-c.1://x_y-z.9" },
    { "https://[2001:db8::1]:8443/p?q=1?/&r", "https", "[2001:db8::1]", "8443", "/p", "q=1?/&r",
      "https://[2001:db8::1]:8443" },
    { "https://[::ffff:1.2.3.4]", "https", "[::ffff:1.2.3.4]", "", "", "", "https://[::ffff:1.2.3.4]" },
    { "https://a//b/%2F%aF?%00", "https", "a", "", "//b/%2F%aF", "%00", "https://a" },
    { "https://a/?", "https", "a", "", "/", "", "https://a" },
};

static void is(const char *text, const char *what, struct tam_str part, const char *want) {
    ck_assert_msg(str_equal(part, str_of(want)), "%s of %s: %.*s", what, text, STR_PRINT(part));
}

START_TEST(a_url_is_split) {
    const char *text = good[_i].text, *fault = NULL;
    struct url url;
    ck_assert_msg(url_split(str_of(text), &url, &fault), "%s %s", text, fault);
    ck_assert_ptr_null(fault);
    is(text, "scheme", url.scheme, good[_i].scheme);
    is(text, "host", url.host, good[_i].host);
    is(text, "port", url.port, good[_i].port);
    is(text, "path", url.path, good[_i].path);
    is(text, "query", url.query, good[_i].query);
    is(text, "origin", url.origin, good[_i].origin);
}
END_TEST

/* fault: a piece of it. */
static const struct {
    struct tam_str text;
    const char *fault;
} bad[] = {
    { STR_INIT(""), "not absolute" },
    { STR_INIT("a"), "not absolute" },
    { STR_INIT("/a"), "not absolute" },
    { STR_INIT("//a"), "not absolute" },
    { STR_INIT("https:"), "not absolute" },
    { STR_INIT("https:/a"), "not absolute" },
    { STR_INIT("https:a"), "not absolute" },
    { STR_INIT("://a"), "not absolute" },
    { STR_INIT("1a://a"), "not absolute" },
    { STR_INIT("+a://a"), "not absolute" },
    { STR_INIT("a_b://a"), "not absolute" },
    { STR_INIT("https://"), "no host" },
    { STR_INIT("https:///a"), "no host" },
    { STR_INIT("https://?a"), "no host" },
    { STR_INIT("https://:443"), "no host" },
    { STR_INIT("https://a,b"), "no host" },
    { STR_INIT("https://a%2eb"), "no host" },
    { STR_INIT("https://a;b/"), "no host" },
    { STR_INIT("https://[]"), "no host" },
    { STR_INIT("https://[:]"), "no host" },
    { STR_INIT("https://[::1"), "no host" },
    { STR_INIT("https://::1]"), "no host" },
    { STR_INIT("https://[::1]a"), "no host" },
    { STR_INIT("https://[[::1]]"), "no host" },
    { STR_INIT("https://[fe80::1%25eth0]"), "no host" },
    { STR_INIT("https://[a.example]"), "no host" },
    { STR_INIT("https://a:"), "port" },
    { STR_INIT("https://a:/"), "port" },
    { STR_INIT("https://a:0"), "port" },
    { STR_INIT("https://a:65536"), "port" },
    { STR_INIT("https://a:18446744073709551617"), "port" },
    { STR_INIT("https://a:-1"), "port" },
    { STR_INIT("https://a:+1"), "port" },
    { STR_INIT("https://a:1:2"), "port" },
    { STR_INIT("https://a:0x1"), "port" },
    { STR_INIT("https://[::1]:x"), "port" },
    { STR_INIT("https://u@a"), "user information" },
    { STR_INIT("https://u:p@a"), "user information" },
    { STR_INIT("https://@a"), "user information" },
    { STR_INIT("https://a:443@b/"), "user information" },
    { STR_INIT("https://a#"), "a fragment" },
    { STR_INIT("https://a/b#c"), "a fragment" },
    { STR_INIT("https://a#@b"), "a fragment" },
    { STR_INIT(" https://a"), "a blank" },
    { STR_INIT("https://a "), "a blank" },
    { STR_INIT("https://a\t"), "a blank" },
    { STR_INIT("https://a\r\n"), "a blank" },
    { STR_INIT("https://a\0.example"), "a blank" },
    { STR_INIT("https://a/\x7f"), "a blank" },
    { STR_INIT("https://caf\xc3\xa9"), "a blank" },
    { STR_INIT("https://a\\b"), "no URL may have" },
    { STR_INIT("https://a/\""), "no URL may have" },
    { STR_INIT("https://a/<"), "no URL may have" },
    { STR_INIT("https://a/>"), "no URL may have" },
    { STR_INIT("https://a/^"), "no URL may have" },
    { STR_INIT("https://a/`"), "no URL may have" },
    { STR_INIT("https://a/{"), "no URL may have" },
    { STR_INIT("https://a/|"), "no URL may have" },
    { STR_INIT("https://a/}"), "no URL may have" },
    { STR_INIT("https://a/%"), "a %" },
    { STR_INIT("https://a/%2"), "a %" },
    { STR_INIT("https://a/%2g"), "a %" },
    { STR_INIT("https://a/%g2"), "a %" },
    { STR_INIT("https://a?%%20"), "a %" },
};

START_TEST(what_could_be_read_differently_is_refused) {
    const char *fault = "";
    struct url url = { .path = STR("untouched") };
    bool split = url_split(bad[_i].text, &url, &fault);
    ck_assert_msg(!split && strstr(fault, bad[_i].fault) != NULL, "%.*s: %s", STR_PRINT(bad[_i].text), fault);
    is("a refused one", "path", url.path, "untouched");
    ck_assert(!url_split(bad[_i].text, &url, NULL));
}
END_TEST

START_TEST(a_text_ends_where_its_view_does) {
    const char *text = "https://a/%20";
    struct url url;
    ck_assert(url_split((struct tam_str){ text, 9 }, &url, NULL));
    is(text, "host", url.host, "a");
    ck_assert(url_split((struct tam_str){ text, 13 }, &url, NULL));
    ck_assert_msg(!url_split((struct tam_str){ text, 12 }, &url, NULL), "an escape goes on beyond the view");
}
END_TEST

static const struct {
    const char *text;
    bool https, loopback;
} hosts[] = {
    { "https://a", true, false },
    { "HttpS://localhost", true, true },
    { "http://LocalHost:80/", false, true },
    { "http://127.0.0.1", false, true },
    { "http://127.255.255.255:1", false, true },
    { "http://[::1]:80", false, true },
    { "http://a", false, false },
    { "httpss://a", false, false },
    { "https+unix://a", false, false },
    { "h://https", false, false },
    { "http://localhost.", false, false },
    { "http://localhost.example", false, false },
    { "http://xlocalhost", false, false },
    { "http://127.0.0.1.example", false, false },
    { "http://127.0.0.1.", false, false },
    { "http://127.0.0.1.1", false, false },
    { "http://127.0.0", false, false },
    { "http://127.0.0.", false, false },
    { "http://127.1", false, false },
    { "http://127", false, false },
    { "http://127..0.1", false, false },
    { "http://127.0.0.256", false, false },
    { "http://127.0.0.x", false, false },
    { "http://126.0.0.1", false, false },
    { "http://0.0.0.0", false, false },
    { "http://0177.0.0.1", false, false },
    { "http://0x7f.0.0.1", false, false },
    { "http://2130706433", false, false },
    { "http://[::]", false, false },
    { "http://[::11]", false, false },
    { "http://[::ffff:127.0.0.1]", false, false },
    { "http://a/127.0.0.1", false, false },
    { "http://a?localhost", false, false },
};

START_TEST(only_this_machine_is_loopback) {
    struct url url;
    ck_assert(url_split(str_of(hosts[_i].text), &url, NULL));
    ck_assert_msg(url_is_https(&url) == hosts[_i].https, "https: %s", hosts[_i].text);
    ck_assert_msg(url_is_loopback(&url) == hosts[_i].loopback, "loopback: %s", hosts[_i].text);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("url");
    tcase_add_loop_test(tests, a_url_is_split, 0, COUNT(good));
    tcase_add_loop_test(tests, what_could_be_read_differently_is_refused, 0, COUNT(bad));
    tcase_add_test(tests, a_text_ends_where_its_view_does);
    tcase_add_loop_test(tests, only_this_machine_is_loopback, 0, COUNT(hosts));
    return suite_run("url", tests);
}
