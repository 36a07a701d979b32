/* SPDX-License-Identifier: MIT
 *
 * conforms SCHEMA < DOCUMENT: whether a document is what a schema of doc/schema says, and nothing that it does not say:
 * a member that is not described is a fault here, for the description is what the test holds. Of JSON Schema it knows
 * what they use.
 */
#include <config.h>

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

/* A schema, and the file that its references begin in. */
struct schema {
    const char *directory;
    json_t *root, *node;
};

static bool conforms(const struct schema *schema, json_t *value, const char *at, int depth);

static bool fail(const char *at, const char *what) {
    printf("%s: %s\n", at[0] != '\0' ? at : "the document", what);
    return false;
}

static bool is_of_type(json_t *value, const char *type) {
    return (strcmp(type, "object") == 0 && json_is_object(value)) ||
           (strcmp(type, "array") == 0 && json_is_array(value)) ||
           (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(type, "null") == 0 && json_is_null(value));
}

static bool type_fits(json_t *types, json_t *value) {
    json_t *type;
    size_t i;
    if (json_is_string(types)) {
        return is_of_type(value, json_string_value(types));
    }
    json_array_foreach(types, i, type) {
        if (is_of_type(value, json_string_value(type))) {
            return true;
        }
    }
    return false;
}

static bool is_listed(json_t *list, json_t *value) {
    json_t *each;
    size_t i;
    json_array_foreach(list, i, each) {
        if (json_equal(each, value)) {
            return true;
        }
    }
    return false;
}

static bool members_conform(const struct schema *schema, json_t *value, const char *at, int depth) {
    json_t *properties = json_object_get(schema->node, "properties"), *member;
    bool good = true, open = json_is_true(json_object_get(schema->node, "additionalProperties"));
    const char *name;
    size_t i;
    json_array_foreach(json_object_get(schema->node, "required"), i, member) {
        if (json_object_get(value, json_string_value(member)) == NULL) {
            printf("%s has no %s\n", at, json_string_value(member));
            good = false;
        }
    }
    json_object_foreach(value, name, member) {
        char below[PATH_MAX];
        struct schema of = { schema->directory, schema->root, json_object_get(properties, name) };
        (void)snprintf(below, sizeof below, "%s.%s", at, name);
        if (of.node == NULL) {
            good &= open || fail(below, "not described");
        } else {
            good &= conforms(&of, member, below, depth + 1);
        }
    }
    return good;
}

/* "FILE", "FILE#/$defs/NAME" or "#/$defs/NAME". */
static bool refers(const struct schema *schema, const char *reference, json_t *value, const char *at, int depth) {
    static const char defs[] = "#/$defs/";
    const char *name = strstr(reference, defs);
    size_t file = name != NULL ? (size_t)(name - reference) : strlen(reference);
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%.*s", schema->directory, (int)file, reference);
    json_t *root = file > 0 ? json_load_file(path, 0, NULL) : json_incref(schema->root);
    json_t *node = name != NULL ? json_object_get(json_object_get(root, "$defs"), name + sizeof defs - 1) : root;
    struct schema of = { schema->directory, root, node };
    bool good = node != NULL ? conforms(&of, value, at, depth + 1) : fail(at, "a reference that leads nowhere");
    json_decref(root);
    return good;
}

static bool conforms(const struct schema *schema, json_t *value, const char *at, int depth) {
    const char *reference = json_string_value(json_object_get(schema->node, "$ref"));
    json_t *type = json_object_get(schema->node, "type"), *list = json_object_get(schema->node, "enum"), *item;
    bool good = true;
    size_t i;
    if (depth > DEPTH_MAX) {
        return fail(at, "too deep");
    }
    if (reference != NULL) {
        return refers(schema, reference, value, at, depth);
    }
    if (type == NULL || !type_fits(type, value)) {
        return fail(at, "another type");
    }
    if (list != NULL && !is_listed(list, value)) {
        return fail(at, "not one of the words that are listed");
    }
    if (json_is_object(value)) {
        return members_conform(schema, value, at, depth);
    }
    json_array_foreach(value, i, item) {
        struct schema of = { schema->directory, schema->root, json_object_get(schema->node, "items") };
        good &= of.node != NULL ? conforms(&of, item, at, depth + 1) : fail(at, "items that are not described");
    }
    return good;
}

int main(int argc, char **argv) {
    char directory[PATH_MAX];
    json_t *root = argc == 2 ? json_load_file(argv[1], 0, NULL) : NULL, *document = json_loadf(stdin, 0, NULL);
    if (root == NULL || document == NULL) {
        puts(root == NULL ? "no schema" : "not JSON");
        return 3;
    }
    (void)snprintf(directory, sizeof directory, "%s", argv[1]);
    *(strrchr(directory, '/') != NULL ? strrchr(directory, '/') : directory) = '\0';
    struct schema schema = { directory, root, root };
    bool good = conforms(&schema, document, "", 0);
    json_decref(root);
    json_decref(document);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
