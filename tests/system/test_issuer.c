/* SPDX-License-Identifier: MIT
 *
 * tam-issuer as its clients see it: real processes, asked over HTTPS by libcurl, which checks the certificate.
 */
#include <config.h>

#include <check.h>
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <signal.h>
#include <src/base/array.h>
#include <src/base/base64.h>
#include <src/base/mem.h>
#include <src/base/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tests/support/directory.h>
#include <tests/support/issuer_process.h>
#include <tests/support/suite.h>
#include <tools/issuer/files.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 20)
#define PUBLIC   "https://login.microsoftonline.com"
#define TENANT   "aaaabbbb-0000-cccc-1111-dddd2222eeee"

static struct issuer_process issuer;
static int descriptors_before;

static int descriptors_count(const char *path) {
    int count = 0;
    DIR *open = opendir(path);
    ck_assert_ptr_nonnull(open);
    while (readdir(open) != NULL) {
        count++;
    }
    closedir(open);
    return count;
}

static void setup(void) {
    descriptors_before = descriptors_count("/proc/self/fd");
    issuer_process_start(&issuer, &(struct issuer_process_options){ .fixture = "entra", .names = "*.oidc.example" });
}

static void teardown(void) {
    issuer_process_stop(&issuer);
    ck_assert_int_eq(descriptors_count("/proc/self/fd"), descriptors_before);
}

/* ---- a client ---------------------------------------------------------------------------------------------------- */

struct answer {
    CURLcode code;
    long status;
    struct buf body, headers;
};

static size_t bytes_take(char *bytes, size_t size, size_t count, void *ctx) {
    struct buf *buf = ctx;
    buf_add(buf, (struct tam_str){ bytes, size * count });
    return buf->failed ? 0 : size * count;
}

struct question {
    const char *url;
    const char *ca;     /* NULL: the issuer's */
    const char *header; /* a further one */
    const char *method; /* NULL: GET */
    long timeout;       /* milliseconds; 0: ten seconds */
};

static void options_set(CURL *curl, const struct issuer_process *process, const struct question *question,
                        struct answer *answer) {
    curl_easy_setopt(curl, CURLOPT_URL, question->url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, question->ca != NULL ? question->ca : process->ca);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, question->timeout > 0 ? question->timeout : 10000L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, bytes_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->body);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer->headers);
    if (question->method != NULL && strcmp(question->method, "HEAD") == 0) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    } else if (question->method != NULL) {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question->method);
    }
}

static void ask(const struct issuer_process *process, const struct question *question, struct answer *ret_answer) {
    char to[64];
    snprintf(to, sizeof to, "::127.0.0.1:%u", process->port);
    struct curl_slist *connect_to = curl_slist_append(NULL, to);
    struct curl_slist *headers = question->header != NULL ? curl_slist_append(NULL, question->header) : NULL;
    CURL *curl = curl_easy_init();
    ck_assert_ptr_nonnull(curl);
    buf_init(&ret_answer->body, TEXT_MAX);
    buf_init(&ret_answer->headers, TEXT_MAX);
    options_set(curl, process, question, ret_answer);
    curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connect_to);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    ret_answer->code = curl_easy_perform(curl);
    ret_answer->status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret_answer->status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    curl_slist_free_all(connect_to);
}

static void answer_free(struct answer *answer) {
    buf_free(&answer->body);
    buf_free(&answer->headers);
}

static json_t *ask_json(const struct issuer_process *process, const char *url, long status) {
    struct answer answer;
    ask(process, &(struct question){ .url = url }, &answer);
    ck_assert_msg(answer.code == CURLE_OK, "%s: %s", url, curl_easy_strerror(answer.code));
    ck_assert_msg(answer.status == status, "%s: status %ld", url, answer.status);
    json_error_t fault;
    json_t *document = json_loadb(answer.body.ptr, answer.body.len, JSON_REJECT_DUPLICATES, &fault);
    ck_assert_msg(document != NULL, "%s: %s", url, fault.text);
    answer_free(&answer);
    return document;
}

static const char *text_of(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

/* ---- documents --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *url;
    const char *iss, *jwks_uri;
} documents[] = {
    { PUBLIC "/" TENANT "/v2.0/.well-known/openid-configuration", PUBLIC "/" TENANT "/v2.0",
      PUBLIC "/" TENANT "/discovery/v2.0/keys" },
    { PUBLIC "/common/v2.0/.well-known/openid-configuration", PUBLIC "/{tenantid}/v2.0",
      PUBLIC "/common/discovery/v2.0/keys" },
    { PUBLIC "/organizations/v2.0/.well-known/openid-configuration", PUBLIC "/{tenantid}/v2.0",
      PUBLIC "/organizations/discovery/v2.0/keys" },
    { PUBLIC "/consumers/v2.0/.well-known/openid-configuration", PUBLIC "/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
      PUBLIC "/consumers/discovery/v2.0/keys" },
    { PUBLIC "/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration", PUBLIC "/" TENANT "/v2.0",
      PUBLIC "/contoso.onmicrosoft.com/discovery/v2.0/keys" },
    { PUBLIC "/" TENANT "/.well-known/openid-configuration", "https://sts.windows.net/" TENANT "/",
      PUBLIC "/" TENANT "/discovery/keys" },
    { "https://login.microsoftonline.us/" TENANT "/v2.0/.well-known/openid-configuration",
      "https://login.microsoftonline.us/" TENANT "/v2.0",
      "https://login.microsoftonline.us/" TENANT "/discovery/v2.0/keys" },
    { "https://login.partner.microsoftonline.cn/" TENANT "/.well-known/openid-configuration",
      "https://sts.chinacloudapi.cn/" TENANT "/",
      "https://login.partner.microsoftonline.cn/" TENANT "/discovery/keys" },
    { "https://fabrikamb2c.b2clogin.com/" TENANT "/b2c_1_susi/v2.0/.well-known/openid-configuration",
      "https://fabrikamb2c.b2clogin.com/" TENANT "/v2.0/",
      "https://fabrikamb2c.b2clogin.com/" TENANT "/b2c_1_susi/discovery/v2.0/keys" },
    { "https://contoso.ciamlogin.com/" TENANT "/v2.0/.well-known/openid-configuration",
      "https://" TENANT ".ciamlogin.com/" TENANT "/v2.0",
      "https://" TENANT ".ciamlogin.com/" TENANT "/discovery/v2.0/keys" },
    { "https://plain.oidc.example/.well-known/openid-configuration", "https://plain.oidc.example",
      "https://plain.oidc.example/jwks" },
};

/* And the key set that the document names is served, with every key that is to be seen. */
START_TEST(issuer_names_itself_and_its_key_set_as_the_real_one_does) {
    json_t *document = ask_json(&issuer, documents[_i].url, 200);
    ck_assert_str_eq(text_of(document, "issuer"), documents[_i].iss);
    ck_assert_str_eq(text_of(document, "jwks_uri"), documents[_i].jwks_uri);
    json_t *set = ask_json(&issuer, documents[_i].jwks_uri, 200);
    ck_assert_uint_eq(json_array_size(json_object_get(set, "keys")), 13);
    json_decref(set);
    json_decref(document);
}
END_TEST

static const struct {
    const char *url;
    const char *header, *method;
    long status;
    const char *reason;
} statuses[] = {
    { PUBLIC "/common/discovery/v2.0/keys", NULL, NULL, 200, "the control" },
    { PUBLIC "/common/discovery/v2.0/keys?appid=x", NULL, NULL, 200, "an application's key set" },
    { PUBLIC "/common/discovery/v2.0/keys", NULL, "HEAD", 200, "HEAD" },
    { PUBLIC "/common/discovery/v2.0/keys", "Host: login.microsoftonline.com:443", NULL, 200,
      "port that https has anyway" },
    { PUBLIC "/common/discovery/v2.0/keys", "Host: LOGIN.microsoftonline.com", NULL, 200, "host in another case" },
    { PUBLIC "/common/discovery/v2.0/keys", NULL, "POST", 405, "POST" },
    { PUBLIC "/common/discovery/v2.0/keys", NULL, "DELETE", 405, "DELETE" },
    { PUBLIC "/common/discovery/v2.0/keys", "Host: evil.test", NULL, 421, "a host that the certificate is not for" },
    { PUBLIC "/common/discovery/v2.0/keys", "Host: a.b.oidc.example", NULL, 421, "a wildcard is one label" },
    { PUBLIC "/common/discovery/v2.0/keys", "Host: oidc.example", NULL, 421, "a wildcard is one label at least" },
    { PUBLIC "/nobody.example/v2.0/.well-known/openid-configuration", NULL, NULL, 400, "a domain that is no tenant" },
    { PUBLIC "/", NULL, NULL, 404, "the root" },
    { PUBLIC "/common", NULL, NULL, 404, "half a path" },
    { PUBLIC "/common/discovery/v2.0/keys/", NULL, NULL, 404, "one slash too many" },
    { PUBLIC "//discovery/v2.0/keys", NULL, NULL, 404, "no tenant" },
    { PUBLIC "/a%22b/v2.0/.well-known/openid-configuration", NULL, NULL, 404, "a quote in the tenant" },
    { PUBLIC "/a%0ab/v2.0/.well-known/openid-configuration", NULL, NULL, 404, "a line end in the tenant" },
    { PUBLIC "/%2e%2e/%2e%2e/ca.key", NULL, NULL, 404, "out of the directory" },
    { PUBLIC "/keys.json", NULL, NULL, 404, "a file of the directory" },
};

START_TEST(issuer_answers_with_the_right_status) {
    struct answer answer;
    struct question question = { .url = statuses[_i].url,
                                 .header = statuses[_i].header,
                                 .method = statuses[_i].method };
    ask(&issuer, &question, &answer);
    ck_assert_msg(answer.code == CURLE_OK, "%s: %s", statuses[_i].reason, curl_easy_strerror(answer.code));
    ck_assert_msg(answer.status == statuses[_i].status, "%s: status %ld", statuses[_i].reason, answer.status);
    ck_assert_ptr_nonnull(strstr(answer.headers.ptr, "not for production"));
    answer_free(&answer);
}
END_TEST

static json_t *real_json(const char *name) {
    struct buf path;
    buf_init(&path, 4096);
    buf_format(&path, TAM_TOP_SRCDIR "/tests/data/entra/%s", name);
    json_t *document = json_load_file(path.ptr, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(document != NULL, "%s", path.ptr);
    buf_free(&path);
    return document;
}

static void members_compare(json_t *ours, json_t *real) {
    const char *name;
    json_t *value;
    json_object_foreach(real, name, value) {
        json_t *own = json_object_get(ours, name);
        ck_assert_msg(own != NULL, "%s is missing", name);
        ck_assert_msg(json_typeof(own) == json_typeof(value), "%s is of another type", name);
    }
    json_object_foreach(ours, name, value) {
        ck_assert_msg(json_object_get(real, name) != NULL, "%s is not in the real one", name);
    }
}

/* Of the common documents the values are the same too, for all of them are public and none has a tenant in it. */
START_TEST(issuer_has_the_members_of_the_real_documents) {
    static const char *const tenants[] = { "common", "organizations" };
    char url[256], file[256];
    snprintf(url, sizeof url, PUBLIC "/%s/v2.0/.well-known/openid-configuration", tenants[_i]);
    snprintf(file, sizeof file, "%s.openid-configuration.json", tenants[_i]);
    json_t *real = real_json(file);
    json_t *ours = ask_json(&issuer, url, 200);
    members_compare(ours, real);
    ck_assert_msg(json_equal(ours, real), "a value differs");
    json_decref(ours);
    json_decref(real);
}
END_TEST

START_TEST(issuer_has_the_members_of_the_real_keys) {
    json_t *real = real_json("common.jwks.json");
    json_t *ours = ask_json(&issuer, PUBLIC "/common/discovery/v2.0/keys", 200);
    members_compare(json_array_get(json_object_get(ours, "keys"), 0), json_array_get(json_object_get(real, "keys"), 0));
    json_decref(ours);
    json_decref(real);
}
END_TEST

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static json_t *key_find(json_t *set, const char *kid) {
    size_t index;
    json_t *key;
    json_array_foreach(json_object_get(set, "keys"), index, key) {
        if (strcmp(text_of(key, "kid"), kid) == 0) {
            return key;
        }
    }
    return NULL;
}

static const struct {
    const char *kid, *kty, *use, *iss, *cloud;
    size_t bytes; /* of n or x */
} fixture_keys[] = {
    { "K1", "RSA", "sig", PUBLIC "/{tenantid}/v2.0", NULL, 256 },
    { "K2", "RSA", "sig", PUBLIC "/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", NULL, 256 },
    { "K3", "RSA", "sig", NULL, NULL, 256 },
    { "K4", "RSA", "sig", PUBLIC "/bbbbcccc-1111-dddd-2222-eeee3333ffff/v2.0", NULL, 256 },
    { "K5", "RSA", "enc", PUBLIC "/{tenantid}/v2.0", NULL, 256 },
    { "K6", "RSA", "sig", "https://login.microsoftonline.us/{tenantid}/v2.0", NULL, 256 },
    { "K7", "RSA", "sig", "https://login.partner.microsoftonline.cn/{tenantid}/v2.0", NULL, 256 },
    { "K8", "EC", "sig", PUBLIC "/{tenantid}/v2.0", NULL, 32 },
    { "K9", "RSA", "sig", PUBLIC "/{tenantid}/v2.0", NULL, 128 },
    { "K10", "RSA", "sig", "https://login.microsoftonline.us/{tenantid}/v2.0", "microsoftonline.com", 256 },
    { "K11", "RSA", "sig", PUBLIC "/{tenantid}/v2.0", "microsoftonline.us", 256 },
    { "KB", "RSA", "sig", NULL, NULL, 256 },
    { "KC", "RSA", "sig", "https://" TENANT ".ciamlogin.com/" TENANT "/v2.0", NULL, 256 },
};

static size_t decoded_len(const char *text) {
    unsigned char bytes[1024];
    size_t len = 0;
    ck_assert_ptr_nonnull(text);
    ck_assert(base64url_decode(str_of(text), bytes, &len));
    return len;
}

START_TEST(issuer_shows_the_keys_of_a_fixture) {
    json_t *set = ask_json(&issuer, PUBLIC "/common/discovery/v2.0/keys", 200);
    json_t *key = key_find(set, fixture_keys[_i].kid);
    ck_assert_msg(key != NULL, "no %s", fixture_keys[_i].kid);
    ck_assert_str_eq(text_of(key, "kty"), fixture_keys[_i].kty);
    ck_assert_str_eq(text_of(key, "use"), fixture_keys[_i].use);
    ck_assert_pstr_eq(text_of(key, "issuer"), fixture_keys[_i].iss);
    ck_assert_pstr_eq(text_of(key, "cloud_instance_name"), fixture_keys[_i].cloud);
    const char *number = text_of(key, strcmp(fixture_keys[_i].kty, "RSA") == 0 ? "n" : "x");
    ck_assert_uint_eq(decoded_len(number), fixture_keys[_i].bytes);
    json_decref(set);
}
END_TEST

START_TEST(issuer_signs_with_a_key_that_it_does_not_show) {
    json_t *set = ask_json(&issuer, PUBLIC "/common/discovery/v2.0/keys", 200);
    ck_assert_ptr_null(key_find(set, "KX"));
    ck_assert_ptr_nonnull(issuer_keys_find(issuer.keys, STR("KX")));
    json_decref(set);
}
END_TEST

static X509 *certificate_of(json_t *key) {
    const char *text = json_string_value(json_array_get(json_object_get(key, "x5c"), 0));
    unsigned char der[8192];
    const unsigned char *at = der;
    size_t len = 0;
    ck_assert(base64_decode(str_of(text), der, &len));
    X509 *certificate = d2i_X509(NULL, &at, (long)len);
    ck_assert_ptr_nonnull(certificate);
    return certificate;
}

START_TEST(issuer_certifies_the_very_key_that_it_shows) {
    json_t *set = ask_json(&issuer, PUBLIC "/common/discovery/v2.0/keys", 200);
    const char *kid = fixture_keys[_i].kid;
    json_t *key = key_find(set, kid);
    X509 *certificate = certificate_of(key);
    ck_assert_int_eq(EVP_PKEY_eq(X509_get0_pubkey(certificate), issuer_keys_find(issuer.keys, str_of(kid))->pkey), 1);
    unsigned char digest[EVP_MAX_MD_SIZE];
    char text[BASE64_ENCODED_MAX(EVP_MAX_MD_SIZE)];
    unsigned len = 0;
    ck_assert_int_eq(X509_digest(certificate, EVP_sha1(), digest, &len), 1);
    size_t text_len = base64url_encode((struct tam_str){ (const char *)digest, len }, text);
    ck_assert(str_equal(str_of(text_of(key, "x5t")), (struct tam_str){ text, text_len }));
    X509_free(certificate);
    json_decref(set);
}
END_TEST

START_TEST(issuer_shows_no_private_number) {
    static const char *const private[] = { "d", "p", "q", "dp", "dq", "qi", "k" };
    static const char *const urls[] = { PUBLIC "/common/discovery/v2.0/keys", "https://plain.oidc.example/jwks" };
    json_t *set = ask_json(&issuer, urls[_i], 200), *key;
    size_t index;
    json_array_foreach(json_object_get(set, "keys"), index, key) {
        for (size_t i = 0; i < COUNT(private); i++) {
            ck_assert_ptr_null(json_object_get(key, private[i]));
        }
    }
    json_decref(set);
}
END_TEST

/* ---- caching ----------------------------------------------------------------------------------------------------- */

START_TEST(issuer_answers_a_known_etag_with_304) {
    static const char url[] = PUBLIC "/common/discovery/v2.0/keys";
    struct answer first, second;
    ask(&issuer, &(struct question){ .url = url }, &first);
    const char *tag = strcasestr(first.headers.ptr, "etag: ");
    ck_assert_ptr_nonnull(tag);
    ck_assert_ptr_nonnull(strstr(first.headers.ptr, "max-age=86400, private"));
    char header[128];
    struct tam_str line = { tag + 6, strcspn(tag + 6, "\r\n") };
    snprintf(header, sizeof header, "If-None-Match: %.*s", STR_PRINT(line));
    ask(&issuer, &(struct question){ .url = url, .header = header }, &second);
    ck_assert_int_eq(second.status, 304);
    ck_assert_uint_eq(second.body.len, 0);
    answer_free(&second);
    ask(&issuer, &(struct question){ .url = url, .header = "If-None-Match: \"another\"" }, &second);
    ck_assert_int_eq(second.status, 200);
    answer_free(&second);
    answer_free(&first);
}
END_TEST

START_TEST(issuer_keeps_no_connection_and_counts_requests) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)issuer.pid);
    int before = descriptors_count(path);
    size_t requests = issuer_process_requests(&issuer, "/common/discovery/keys 200");
    for (int i = 0; i < 20; i++) {
        json_decref(ask_json(&issuer, PUBLIC "/common/discovery/keys", 200));
    }
    ck_assert_uint_eq(issuer_process_requests(&issuer, "/common/discovery/keys 200"), requests + 20);
    /* one of the last client's may be on its way out */
    ck_assert_int_le(descriptors_count(path), before + 1);
}
END_TEST

/* ---- TLS --------------------------------------------------------------------------------------------------------- */

START_TEST(issuer_has_a_certificate_for_every_name) {
    static const char *const hosts[] = { "login.microsoftonline.com",
                                         "login.microsoftonline.us",
                                         "contoso.ciamlogin.com",
                                         "any.oidc.example",
                                         "localhost",
                                         "127.0.0.1",
                                         "[::1]" };
    char url[256];
    snprintf(url, sizeof url, "https://%s/common/discovery/v2.0/keys", hosts[_i]);
    json_decref(ask_json(&issuer, url, 200));
}
END_TEST

START_TEST(issuer_is_not_believed_for_other_names_and_by_other_authorities) {
    static const struct {
        const char *url, *ca;
        CURLcode code;
        const char *reason;
    } rows[] = {
        { "https://login.microsoftonline.de/common/discovery/v2.0/keys", NULL, CURLE_PEER_FAILED_VERIFICATION,
          "another name" },
        { "https://127.0.0.2/common/discovery/v2.0/keys", NULL, CURLE_PEER_FAILED_VERIFICATION, "another address" },
        { "https://a.b.oidc.example/jwks", NULL, CURLE_PEER_FAILED_VERIFICATION, "two labels for a wildcard" },
        { PUBLIC "/common/discovery/v2.0/keys", "/dev/null", CURLE_SSL_CACERT_BADFILE, "no authority at all" },
    };
    struct answer answer;
    ask(&issuer, &(struct question){ .url = rows[_i].url, .ca = rows[_i].ca }, &answer);
    ck_assert_msg(answer.code == rows[_i].code, "%s: %s", rows[_i].reason, curl_easy_strerror(answer.code));
    answer_free(&answer);
}
END_TEST

START_TEST(issuer_of_another_directory_is_another_authority) {
    struct issuer_process other;
    issuer_process_start(&other, &(struct issuer_process_options){ .names = NULL });
    struct answer answer;
    ask(&issuer, &(struct question){ .url = PUBLIC "/common/discovery/v2.0/keys", .ca = other.ca }, &answer);
    ck_assert_int_eq(answer.code, CURLE_PEER_FAILED_VERIFICATION);
    answer_free(&answer);
    json_decref(ask_json(&other, PUBLIC "/common/discovery/v2.0/keys", 200));
    issuer_process_stop(&other);
}
END_TEST

START_TEST(issuer_can_have_an_expired_certificate) {
    static const char *const days[] = { "-1", "1" };
    struct issuer_process other;
    struct issuer_process_options options = { .arguments = { "--certificate-days", days[_i] } };
    issuer_process_start(&other, &options);
    struct answer answer;
    ask(&other, &(struct question){ .url = PUBLIC "/common/discovery/v2.0/keys" }, &answer);
    ck_assert_int_eq(answer.code, _i == 0 ? CURLE_PEER_FAILED_VERIFICATION : CURLE_OK);
    answer_free(&answer);
    issuer_process_stop(&other);
}
END_TEST

/* ---- rotation and life ---- */

START_TEST(issuer_rotates_and_keeps_the_last_keys) {
    struct issuer_process one;
    issuer_process_start(&one, &(struct issuer_process_options){ .names = NULL });
    char *kids[ISSUER_KEYS_PREVIOUS + 3];
    for (size_t i = 0; i < COUNT(kids); i++) {
        if (i > 0) {
            issuer_process_rotate(&one);
        }
        kids[i] = mem_text(str_of(issuer_keys_current(one.keys)->kid));
        json_t *set = ask_json(&one, PUBLIC "/common/discovery/v2.0/keys", 200);
        for (size_t j = 0; j <= i; j++) {
            ck_assert_msg((key_find(set, kids[j]) != NULL) == (i - j <= ISSUER_KEYS_PREVIOUS),
                          "key %zu after %zu rotations", j, i);
        }
        json_decref(set);
    }
    for (size_t i = 1; i < COUNT(kids); i++) {
        ck_assert_str_ne(kids[i], kids[i - 1]);
    }
    for (size_t i = 0; i < COUNT(kids); i++) {
        mem_free(kids[i]);
    }
    issuer_process_stop(&one);
}
END_TEST

/* A fixture's keys stay whatever happens; the new one is like the current one. */
START_TEST(issuer_rotates_a_fixture) {
    struct issuer_process one;
    issuer_process_start(&one, &(struct issuer_process_options){ .fixture = "entra" });
    for (int i = 0; i < ISSUER_KEYS_PREVIOUS + 2; i++) {
        issuer_process_rotate(&one);
    }
    json_t *set = ask_json(&one, PUBLIC "/common/discovery/v2.0/keys", 200);
    for (size_t i = 0; i < COUNT(fixture_keys); i++) {
        ck_assert_ptr_nonnull(key_find(set, fixture_keys[i].kid));
    }
    ck_assert_str_eq(text_of(key_find(set, issuer_keys_current(one.keys)->kid), "issuer"), PUBLIC "/{tenantid}/v2.0");
    json_decref(set);
    issuer_process_stop(&one);
}
END_TEST

START_TEST(issuer_ended_is_on_the_same_port_again_with_the_same_keys) {
    struct issuer_process one;
    const struct question question = { .url = PUBLIC "/common/discovery/v2.0/keys" };
    struct answer answer;
    issuer_process_start(&one, &(struct issuer_process_options){ .names = NULL });
    issuer_process_rotate(&one);
    json_t *before = ask_json(&one, question.url, 200);
    unsigned port = one.port;
    issuer_process_end(&one);
    ask(&one, &question, &answer);
    ck_assert_int_eq(answer.code, CURLE_COULDNT_CONNECT);
    answer_free(&answer);
    issuer_process_again(&one);
    json_t *after = ask_json(&one, question.url, 200);
    ck_assert_uint_eq(one.port, port);
    ck_assert_int_eq(json_equal(before, after), 1);
    json_decref(after);
    json_decref(before);
    issuer_process_stop(&one);
}
END_TEST

START_TEST(issuer_held_answers_nobody_until_released) {
    struct question question = { .url = PUBLIC "/common/discovery/v2.0/keys", .timeout = 200 };
    struct answer answer;
    issuer_process_hold(&issuer);
    ask(&issuer, &question, &answer);
    issuer_process_release(&issuer);
    ck_assert_int_eq(answer.code, CURLE_OPERATION_TIMEDOUT);
    answer_free(&answer);
    json_decref(ask_json(&issuer, question.url, 200));
}
END_TEST

/* Known or not: whoever is down does not look. The log and the way back are as usual. */
START_TEST(issuer_that_fails_answers_503_to_all_until_it_recovers) {
    static const char *const urls[] = { PUBLIC "/common/discovery/v2.0/keys", PUBLIC "/nothing" };
    size_t before = issuer_process_requests(&issuer, " 503");
    issuer_process_fail(&issuer);
    for (size_t i = 0; i < COUNT(urls); i++) {
        json_decref(ask_json(&issuer, urls[i], 503));
    }
    issuer_process_recover(&issuer);
    ck_assert_uint_eq(issuer_process_requests(&issuer, " 503"), before + 2);
    json_decref(ask_json(&issuer, urls[0], 200));
    json_decref(ask_json(&issuer, urls[1], 404));
}
END_TEST

START_TEST(issuer_keeps_private_what_is_private) {
    static const struct {
        const char *name;
        mode_t mode;
    } rows[] = { { "ca.key", 0600 },          { "keys/K1.pem", 0600 }, { "keys", 0700 },     { "ca.pem", 0644 },
                 { "keys/K1.pub.pem", 0644 }, { "port", 0644 },        { "keys.json", 0644 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stat status;
        char *path = issuer_path(issuer.dir, rows[i].name);
        ck_assert_msg(stat(path, &status) == 0, "%s", path);
        ck_assert_msg((status.st_mode & 07777) == rows[i].mode, "%s has mode %o", path, status.st_mode & 07777U);
        mem_free(path);
    }
}
END_TEST

#define PROGRAM       TAM_TOP_BUILDDIR "/tools/issuer/tam-issuer"
#define ARGUMENTS_MAX 8

/* Runs it to its end; its standard error goes to ret_text. For what ends by itself. */
static int program_run(const char *const *arguments, struct buf *ret_text) {
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        char *argv[ARGUMENTS_MAX + 2] = { mem_text(STR(PROGRAM)) };
        for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++) {
            argv[i + 1] = mem_text(str_of(arguments[i]));
        }
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(PROGRAM, argv);
        _exit(127);
    }
    close(ends[1]);
    char piece[512];
    for (ssize_t got; (got = read(ends[0], piece, sizeof piece)) > 0;) {
        buf_add(ret_text, (struct tam_str){ piece, (size_t)got });
    }
    close(ends[0]);
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const struct {
    const char *arguments[ARGUMENTS_MAX];
    int status;
    const char *text;
} runs[] = {
    { { "--help" }, 0, "NOT FOR PRODUCTION" },
    { { "--version" }, 0, "tam-issuer " PACKAGE_VERSION },
    { { "--nonsense" }, 3, "--help" },
    { { "argument" }, 3, "unexpected argument 'argument'" },
    { { "--dir", "DIR", "--listen", "nonsense" }, 3, "is no ADDRESS:PORT" },
    { { "--dir", "DIR", "--listen", "127.0.0.1" }, 3, "is no ADDRESS:PORT" },
    { { "--dir", "DIR", "--listen", "127.0.0.1:65536" }, 3, "is no ADDRESS:PORT" },
    { { "--dir", "DIR", "--listen", "localhost:0" }, 3, "is no ADDRESS:PORT" },
    { { "--dir", "DIR", "--name", "a,DNS:b" }, 3, "'a,DNS:b' is no host name" },
    { { "--dir", "DIR", "--name", "*.example" }, 3, "'*.example' is no host name" },
    { { "--dir", "DIR", "--name", "" }, 3, "'' is no host name" },
    { { "--dir", "DIR", "--alg", "HS256" }, 3, "none that has a key pair" },
    { { "--dir", "DIR", "--alg", "RS1" }, 3, "none that has a key pair" },
    { { "--dir", "DIR", "--fixture", "/nonexistent" }, 3, "cannot open /nonexistent" },
    { { "--dir", "DIR", "--fixture", "/dev/null" }, 3, "/dev/null:1: " },
    { { "--dir", "DIR", "--certificate-days", "many" }, 3, "not a whole number of days" },
    { { "--dir", "/dev/null/x" }, 3, "cannot make the directory" },
};

START_TEST(issuer_ends_with_a_sentence) {
    char *dir = directory_make();
    struct buf text;
    buf_init(&text, TEXT_MAX);
    const char *arguments[ARGUMENTS_MAX] = { NULL };
    for (int i = 0; i < ARGUMENTS_MAX && runs[_i].arguments[i] != NULL; i++) {
        arguments[i] = strcmp(runs[_i].arguments[i], "DIR") == 0 ? dir : runs[_i].arguments[i];
    }
    int status = program_run(arguments, &text);
    ck_assert_msg(status == runs[_i].status, "status %d: %.*s", status, STR_PRINT(buf_str(&text)));
    ck_assert_msg(text.len > 0 && strstr(text.ptr, runs[_i].text) != NULL, "'%.*s' instead of '%s'",
                  STR_PRINT(buf_str(&text)), runs[_i].text);
    buf_free(&text);
    directory_remove(dir);
    mem_free(dir);
}
END_TEST

START_TEST(issuer_has_its_directory_for_itself) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    const char *const arguments[ARGUMENTS_MAX] = { "--dir", issuer.dir };
    ck_assert_int_eq(program_run(arguments, &text), 3);
    ck_assert_ptr_nonnull(strstr(text.ptr, "another tam-issuer runs in"));
    buf_clear(&text);
    const char *const again[ARGUMENTS_MAX] = { "--dir", issuer.dir, "--alg", "ES256" };
    ck_assert_int_eq(program_run(again, &text), 3);
    ck_assert_ptr_nonnull(strstr(text.ptr, "has its keys already"));
    buf_free(&text);
    char *port = issuer_path(issuer.dir, "port");
    ck_assert_msg(access(port, F_OK) == 0, "the second one removed the first one's port");
    mem_free(port);
}
END_TEST

static const char *const bad_fixtures[] = {
    "{",
    "[]",
    "{\"keys\":[]}",
    "{\"keys\":[{}]}",
    "{\"keys\":[{\"alg\":\"RS256\",\"kid\":\"../x\"}]}",
    "{\"keys\":[{\"alg\":\"RS256\",\"kid\":\"\"}]}",
    "{\"keys\":[{\"alg\":\"RS256\",\"bits\":-1}]}",
    "{\"keys\":[{\"alg\":\"RS256\",\"unknown\":1}]}",
    "{\"keys\":[{\"alg\":\"ES256\",\"jwk\":[]}]}",
    "{\"keys\":[{\"alg\":\"ES256\",\"kid\":\"a\"},{\"alg\":\"ES256\",\"kid\":\"a\"}]}",
    "{\"current\":\"b\",\"keys\":[{\"alg\":\"ES256\",\"kid\":\"a\"}]}",
    "{\"keys\":[{\"alg\":\"ES256\",\"kid\":\"a\"}],\"keys\":[]}",
};

static bool fixture_opens(const char *content) {
    char *dir = directory_make(), *file = issuer_path(dir, "fixture"), *inner = issuer_path(dir, "d");
    struct buf why;
    buf_init(&why, 4096);
    ck_assert(issuer_file_write(file, str_of(content), 0600, &why));
    struct issuer_keys *keys = issuer_keys_open(inner, &(struct issuer_keys_options){ .fixture = file }, &why);
    ck_assert((keys != NULL) == (why.len == 0));
    bool good = keys != NULL;
    issuer_keys_close(keys);
    buf_free(&why);
    directory_remove(dir);
    mem_free(inner);
    mem_free(file);
    mem_free(dir);
    return good;
}

START_TEST(issuer_refuses_a_fixture_that_it_does_not_understand) {
    ck_assert_msg(!fixture_opens(bad_fixtures[_i]), "%s", bad_fixtures[_i]);
}
END_TEST

START_TEST(issuer_takes_a_small_fixture) {
    ck_assert(fixture_opens("{\"keys\":[{\"alg\":\"ES256\",\"kid\":\"a\"}]}"));
}
END_TEST

START_TEST(issuer_serves_documents_of_its_fixture_first) {
    char *dir = directory_make(), *file = issuer_path(dir, "fixture");
    struct buf why;
    buf_init(&why, 4096);
    static const char content[] =
        "{\"keys\":[{\"alg\":\"ES256\",\"kid\":\"a\",\"jwk\":{\"alg\":null}}],\"names\":[\"h.example\"],"
        "\"documents\":[{\"host\":\"h.example\",\"path\":\"/jwks\",\"body\":{\"keys\":[]}},"
        "{\"host\":\"h.example\",\"path\":\"/down\",\"status\":503,\"body\":\"no\"}]}";
    ck_assert(issuer_file_write(file, STR(content), 0600, &why));
    struct issuer_process one;
    issuer_process_start(&one, &(struct issuer_process_options){ .fixture = file });
    json_t *set = ask_json(&one, "https://h.example/jwks", 200);
    ck_assert_uint_eq(json_array_size(json_object_get(set, "keys")), 0);
    json_decref(set);
    set = ask_json(&one, "https://localhost/jwks", 200); /* the control: another host's is not touched */
    ck_assert_uint_eq(json_array_size(json_object_get(set, "keys")), 1);
    ck_assert_ptr_null(json_object_get(key_find(set, "a"), "alg"));
    json_decref(set);
    struct answer answer;
    ask(&one, &(struct question){ .url = "https://h.example/down" }, &answer);
    ck_assert_int_eq(answer.status, 503);
    answer_free(&answer);
    issuer_process_stop(&one);
    directory_remove(dir);
    buf_free(&why);
    mem_free(file);
    mem_free(dir);
}
END_TEST

/* Several at once make one set of keys, not several. */
START_TEST(issuer_directory_is_made_once_by_many) {
    enum { PROCESSES = 6 };
    char *dir = directory_make();
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            struct buf why;
            buf_init(&why, 4096);
            struct issuer_keys *keys = issuer_keys_open(dir, NULL, &why);
            const char *kid = keys != NULL ? issuer_keys_current(keys)->kid : "none";
            char line[ISSUER_KID_MAX] = "";
            memcpy(line, kid, strlen(kid));
            _exit(write(ends[1], line, sizeof line) == (ssize_t)sizeof line ? 0 : 1);
        }
    }
    close(ends[1]);
    char first[ISSUER_KID_MAX], next[ISSUER_KID_MAX];
    ck_assert_int_eq(read(ends[0], first, sizeof first), sizeof first);
    ck_assert_str_ne(first, "none");
    for (int i = 1; i < PROCESSES; i++) {
        ck_assert_int_eq(read(ends[0], next, sizeof next), sizeof next);
        ck_assert_str_eq(first, next);
    }
    close(ends[0]);
    while (wait(NULL) > 0) {
        continue;
    }
    directory_remove(dir);
    mem_free(dir);
}
END_TEST

START_TEST(issuer_support_writes_the_options_of_a_plugin) {
    struct issuer_process one;
    issuer_process_start(&one, &(struct issuer_process_options){ .names = "a.example,b.example" });
    struct buf options, wanted;
    buf_init(&options, 4096);
    buf_init(&wanted, 4096);
    issuer_process_add_options(&one, &options);
    buf_format(&wanted, "ca_file=%s/ca.pem connect_to=a.example:443:127.0.0.1:%u,b.example:443:127.0.0.1:%u", one.dir,
               one.port, one.port);
    ck_assert_str_eq(options.ptr, wanted.ptr);
    buf_free(&wanted);
    buf_free(&options);
    issuer_process_stop(&one);
}
END_TEST

START_TEST(issuer_support_replaces_times) {
    static const char *const rows[][2] = {
        { "{\"exp\":\"@+3600\",\"nbf\":\"@-10\"}", "{\"exp\":4600,\"nbf\":990}" },
        { "{\"exp\":\"@3600\"}", "{\"exp\":\"@3600\"}" },
        { "{\"exp\":\"@+x\"}", "{\"exp\":\"@+x\"}" },
        { "\"@+1", "\"@+1" },
        { "", "" },
    };
    struct buf json;
    buf_init(&json, 4096);
    times_add(str_of(rows[_i][0]), 1000, &json);
    ck_assert(str_equal(buf_str(&json), str_of(rows[_i][1])));
    buf_free(&json);
}
END_TEST

static TCase *served_case(void) {
    TCase *tcase = tcase_create("served");
    tcase_set_timeout(tcase, 60);
    tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, issuer_names_itself_and_its_key_set_as_the_real_one_does, 0, COUNT(documents));
    tcase_add_loop_test(tcase, issuer_answers_with_the_right_status, 0, COUNT(statuses));
    tcase_add_loop_test(tcase, issuer_has_the_members_of_the_real_documents, 0, 2);
    tcase_add_test(tcase, issuer_has_the_members_of_the_real_keys);
    tcase_add_loop_test(tcase, issuer_shows_the_keys_of_a_fixture, 0, COUNT(fixture_keys));
    tcase_add_test(tcase, issuer_signs_with_a_key_that_it_does_not_show);
    tcase_add_loop_test(tcase, issuer_certifies_the_very_key_that_it_shows, 0, COUNT(fixture_keys));
    tcase_add_loop_test(tcase, issuer_shows_no_private_number, 0, 2);
    tcase_add_test(tcase, issuer_answers_a_known_etag_with_304);
    tcase_add_test(tcase, issuer_keeps_no_connection_and_counts_requests);
    tcase_add_loop_test(tcase, issuer_has_a_certificate_for_every_name, 0, 7);
    tcase_add_loop_test(tcase, issuer_is_not_believed_for_other_names_and_by_other_authorities, 0, 4);
    tcase_add_test(tcase, issuer_of_another_directory_is_another_authority);
    tcase_add_test(tcase, issuer_held_answers_nobody_until_released);
    tcase_add_test(tcase, issuer_that_fails_answers_503_to_all_until_it_recovers);
    tcase_add_test(tcase, issuer_keeps_private_what_is_private);
    tcase_add_test(tcase, issuer_has_its_directory_for_itself);
    return tcase;
}

static TCase *alone_case(void) {
    TCase *tcase = tcase_create("alone");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, issuer_can_have_an_expired_certificate, 0, 2);
    tcase_add_test(tcase, issuer_rotates_and_keeps_the_last_keys);
    tcase_add_test(tcase, issuer_rotates_a_fixture);
    tcase_add_test(tcase, issuer_ended_is_on_the_same_port_again_with_the_same_keys);
    tcase_add_loop_test(tcase, issuer_ends_with_a_sentence, 0, COUNT(runs));
    tcase_add_loop_test(tcase, issuer_refuses_a_fixture_that_it_does_not_understand, 0, COUNT(bad_fixtures));
    tcase_add_test(tcase, issuer_takes_a_small_fixture);
    tcase_add_test(tcase, issuer_serves_documents_of_its_fixture_first);
    tcase_add_test(tcase, issuer_directory_is_made_once_by_many);
    tcase_add_test(tcase, issuer_support_writes_the_options_of_a_plugin);
    tcase_add_loop_test(tcase, issuer_support_replaces_times, 0, 5);
    return tcase;
}

int main(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = suite_run("issuer", served_case(), alone_case());
    curl_global_cleanup();
    return status;
}
