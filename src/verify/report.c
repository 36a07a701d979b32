/* SPDX-License-Identifier: MIT
 *
 * Counts every answer, and logs refusals once a second for each reason: a client who sends a million bad tokens gets
 * one line and a number.
 */
#include <config.h>

#include <src/verify/report.h>

#include <src/base/limiter.h>
#include <src/base/str.h>

/* The level of each verdict's log line. `again` is not logged. */
static const uint32_t levels[VERDICT_COUNT] = {
    [TAM_VERDICT_ERROR] = TAM_LOG_ERROR,
    [TAM_VERDICT_REJECT] = TAM_LOG_INFO,
    [TAM_VERDICT_UNAVAILABLE] = TAM_LOG_WARNING,
};

static uint64_t events(const struct counters *counters, const struct answer *answer) {
    return answer->verdict == TAM_VERDICT_REJECT ? counters_reasons(counters, answer->reason)
                                                 : counters_verdicts(counters, answer->verdict);
}

/* Every client begins without credentials: that is no news. */
static uint32_t level_of(const struct answer *answer) {
    if (answer->verdict == TAM_VERDICT_REJECT && answer->reason == TAM_REASON_NO_CREDENTIALS) {
        return TAM_LOG_DEBUG;
    }
    return levels[answer->verdict];
}

static void report_log(struct tam_service *service, struct tam_str name, const struct answer *answer) {
    bool reject = answer->verdict == TAM_VERDICT_REJECT;
    struct limiter *limit = reject ? &service->reason_lines[answer->reason] : &service->verdict_lines[answer->verdict];
    const char *reason = reject ? tam_reason_name(answer->reason) : "";
    char held[LIMITER_TEXT_MAX];

    if (!limiter_pass(limit, setup_monotonic(&service->setup))) {
        return;
    }
    log_format(&service->setup, level_of(answer), name, "%s%s%s%s%.*s%s", tam_verdict_name(answer->verdict),
               reject ? " " : "", reason, answer->detail.len > 0 ? ": " : "", STR_PRINT(answer->detail),
               limiter_tell(limit, events(&service->counters, answer), held));
}

void report_answer(struct tam_service *service, const struct epoch_reader *reader, const struct verifier *verifier,
                   const struct answer *answer) {
    struct tam_str name = verifier != NULL ? verifier->line->config.name : reader->generation->configuration->name;
    counters_count(&service->counters, reader->slot, answer->verdict, answer->reason);
    if (levels[answer->verdict] != 0) {
        report_log(service, name, answer);
    }
}
