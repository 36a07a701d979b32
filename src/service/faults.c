/* SPDX-License-Identifier: MIT
 *
 * The public readers of faults. struct tam_faults is never completed: a host's pointer to it is a pointer to struct
 * faults. So src/conf can be linked into tamd beside libtam without a second definition of a public function.
 */
#include <config.h>

#include <src/service/faults.h>

static const struct faults *faults_of(const struct tam_faults *faults) {
    return (const struct faults *)(const void *)faults;
}

void faults_give(struct faults *faults, struct tam_faults **ret_faults) {
    if (ret_faults != NULL) {
        *ret_faults = (struct tam_faults *)(void *)faults;
    } else {
        faults_free(faults);
    }
}

TAM_API size_t tam_faults_count(const struct tam_faults *faults) {
    return faults_count(faults_of(faults));
}

TAM_API const char *tam_faults_text(const struct tam_faults *faults, size_t i) {
    return faults_text(faults_of(faults), i);
}

TAM_API const char *tam_faults_file(const struct tam_faults *faults, size_t i) {
    return faults_file(faults_of(faults), i);
}

TAM_API unsigned tam_faults_line(const struct tam_faults *faults, size_t i) {
    return faults_line(faults_of(faults), i);
}

TAM_API uint32_t tam_faults_level(const struct tam_faults *faults, size_t i) {
    return faults_level(faults_of(faults), i);
}

TAM_API void tam_faults_free(struct tam_faults *faults) {
    faults_free((struct faults *)(void *)faults);
}
