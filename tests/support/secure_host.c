/* SPDX-License-Identifier: MIT
 *
 * A host that test_environment.c makes set-uid: it says whether the kernel took it for one, which of the variables
 * named are left in its environment, and what became of opening a service.
 *
 *     secure_host CONFIGURATION PLUGIN_DIR|- [NAME ...]
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <tam/tam.h>
#include <unistd.h>

static void log_nothing(void *ctx, uint32_t level, struct tam_str line) {
    (void)ctx, (void)level, (void)line;
}

int main(int argc, char **argv) {
    struct tam_setup setup = { .size = sizeof setup,
                               .flags = TAM_SETUP_ANY_OWNER | TAM_SETUP_FETCH,
                               .log = log_nothing };
    struct tam_service *service = NULL;
    struct tam_faults *faults = NULL;
    if (argc < 3) {
        return 2;
    }
    alarm(30);
    printf("secure=%d\n", getauxval(AT_SECURE) != 0);
    for (int i = 3; i < argc; i++) {
        printf("%s is %s\n", argv[i], getenv(argv[i]) != NULL ? "there" : "gone");
    }
    setup.plugin_dir = strcmp(argv[2], "-") != 0 ? argv[2] : NULL;
    if (tam_service_open_string(argv[1], &setup, &service, &faults) == 0) {
        puts("opened");
    }
    for (size_t i = 0; i < tam_faults_count(faults); i++) {
        puts(tam_faults_text(faults, i));
    }
    tam_faults_free(faults);
    tam_service_close(service);
    fflush(stdout);
    _exit(0); /* LeakSanitizer cannot look into a set-uid process */
}
