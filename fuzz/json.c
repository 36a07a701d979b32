/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: the JSON reader. Properties: json_scan(), json_walk and json_read() agree on the input, at every depth;
 * json_find() finds each member of the tree.
 */
#include <config.h>

#include <fuzz/fuzz.h>
#include <src/base/arena.h>
#include <src/base/json.h>
#include <src/base/str.h>

const char *const fuzz_seeds[] = {
    "{\"iss\":\"https://a.example\",\"exp\":1767225600,\"aud\":[\"a\",\"b\"],\"n\":{\"a\":{\"b\":[1,[2,{}]]}}}",
    "[0,-1,2.5,1e-3,true,false,null,\"\",[],{},\"\\u00e9\\ud83d\\ude00\\n\xc3\xa9\"]",
    "{\"\\u0061\":1,\"a\":2,\"\":{\"\":0},\"cnf\":null}",
    " { \"a\" : [ \"0123456789abcdef0123456789abcdef\" , \"x\" ] } ",
    NULL,
};

static void compare(struct tam_str raw, const struct json *tree, const struct pool *pool) {
    struct json_walk walk;
    struct json_item item;
    enum json_type type;
    require(json_walk_begin(&walk, raw, pool, &type) && type == tree->type);
    const struct json *node = type >= JSON_TYPE_ARRAY ? tree->first : NULL;
    for (; json_walk_next(&walk, &item); node = node != NULL ? node->next : NULL) {
        require(node != NULL && item.type == node->type && item.count == node->count && item.raw.ptr == node->raw.ptr &&
                item.raw.len == node->raw.len && str_equal(item.name, node->name) && str_equal(item.text, node->text));
        if (item.type >= JSON_TYPE_ARRAY) {
            compare(item.raw, node, pool);
        }
    }
    require(walk.fault == NULL && node == NULL);
}

static void find_all(struct tam_str text, const struct json *tree) {
    const struct json *member = json_is(tree, JSON_TYPE_OBJECT) ? tree->first : NULL;
    struct tam_str found;
    for (; member != NULL; member = member->next) {
        require(json_find(text, member->name, &found) && found.ptr == member->raw.ptr && found.len == member->raw.len);
    }
    require(json_find(text, STR("cnf"), &found) == (json_member(tree, STR("cnf")) != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct tam_str text = { (const char *)data, size };
    struct tam_str name = STR("cnf");
    const char *fault = NULL;
    struct json_scan found;
    struct arena arena;
    arena_init(&arena, NULL, 0, 4096 * size + 1024 * 1024);
    const struct pool pool = arena_pool(&arena);
    const char *scanned = json_scan(text, (struct tam_list){ &name, 1 }, &found);
    const struct json *tree = json_read(text, &pool, &fault);
    require(tree != NULL ? scanned == NULL : scanned != NULL && scanned == fault);
    if (tree != NULL) {
        const struct json *cnf = json_member(tree, name);
        require(found.found == (cnf != NULL && cnf->type != JSON_TYPE_NULL) && found.type == tree->type);
        compare(text, tree, &pool);
        find_all(text, tree);
    }
    arena_free(&arena);
    return 0;
}
