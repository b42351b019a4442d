/* SPDX-License-Identifier: Apache-2.0 */
/* Canaries: planting them, and one audit of what came of it. Guesses are made for the canaries that look most and least like members;
 * under epsilon-differential privacy the number of right ones is at most binomial with e^eps / (1 + e^eps) (Steinke, Nasr and
 * Jagielski 2023, theorem 5.2, delta = 0). Attacks and numbers of guesses are fixed beforehand and share the error of 5 %. */
#include "mintmark/canary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "generator/model.h"
#include "learn/nearest.h"
#include "metric/frame.h"
#include "rng/philox.h"
#include "stats/interval.h"
#include "stats/ranking.h"

enum { CANARIES_MIN = 40, CANARIES_DEFAULT = 1000, GUESS_SHARES = 4, ATTACKS_MAX = 3 };
static const double guess_shares[GUESS_SHARES] = {0.05, 0.1, 0.25, 0.5}; /* at each end of the ranking */

/* ---- planting ---- */

static mint_status paths_of(char *rows, char *coins, size_t size, const char *path, mint_error *err) {
    if (snprintf(rows, size, "%s.canaries.csv", path) >= (int)size || snprintf(coins, size, "%s.canaries.json", path) >= (int)size)
        MM_RETURN_ERROR(err, MINT_E_ARG, "'%s' is too long a path", path);
    const char *const all[3] = {path, rows, coins};
    for (int k = 0; k < 3; k++)
        if (mm_file_exists(all[k])) MM_RETURN_ERROR(err, MINT_E_IO, "'%s' is there already; name another file or remove it", all[k]);
    return MINT_OK;
}

static mint_status write_rows(const mint_table *real, const uint64_t *rows, uint64_t count, const char *path, mint_error *err) {
    struct mint_table *taken = NULL;
    mint_status status = mm_table_take(&taken, real, rows, count, err);
    if (status == MINT_OK) status = mint_table_write(taken, path, err);
    mint_table_free(taken);
    return status;
}

static mint_status plant(mint_context *ctx, const mint_table *real, uint32_t count, uint64_t seed, const char *path,
                         struct mm_arena *scratch, mint_error *err) {
    char rows_path[1200], coins_path[1200];
    uint32_t *order;
    uint64_t *canaries, *kept, kept_count = 0, n = real->row_count;
    bool *left_out;
    MM_RETURN_IF_ERROR(paths_of(rows_path, coins_path, sizeof rows_path, path, err));
    MM_ALLOC_OR_RETURN(order, scratch, n, err);
    MM_ALLOC_OR_RETURN(canaries, scratch, count, err);
    MM_ALLOC_OR_RETURN(kept, scratch, n, err);
    MM_ALLOC_OR_RETURN(left_out, scratch, n, err);
    for (uint32_t r = 0; r < n; r++) order[r] = r;
    struct mm_rng rng = mm_rng_at(seed, MM_STREAM_CANARY, 0, 0);
    mm_rng_shuffle(&rng, order, n);
    json_t *coins = json_array();
    for (uint32_t i = 0; coins && i < count; i++) {
        bool stays = mm_rng_uniform(&rng) < 0.5;
        canaries[i] = order[i];
        left_out[order[i]] = !stays;
        json_array_append_new(coins, json_boolean(stays));
    }
    for (uint64_t r = 0; r < n; r++)
        if (!left_out[r]) kept[kept_count++] = r;
    json_t *facts = json_pack("{s:s, s:s, s:s, s:I, s:o}", "schema", "mintmark.canaries/1", "train", mm_path_name(path), "rows",
                              mm_path_name(rows_path), "seed", (json_int_t)seed, "stayed", coins);
    if (!facts) return mm_error_json(err);
    mint_status status = write_rows(real, canaries, count, rows_path, err);
    if (status == MINT_OK) status = mm_json_write(facts, &ctx->memory, coins_path, err);
    if (status == MINT_OK) status = write_rows(real, kept, kept_count, path, err);
    json_decref(facts);
    if (status != MINT_OK) remove(rows_path), remove(coins_path); /* all three or none; they were not there before */
    return status;
}

mint_status mint_canary_plant(mint_context *ctx, const mint_table *real, uint32_t count, uint64_t seed, const char *path, mint_error *err) {
    if (!ctx || !real || !path) MM_RETURN_ERROR(err, MINT_E_ARG, "planting canaries needs rows and a path");
    if (!count) count = real->row_count / 10 < CANARIES_DEFAULT ? (uint32_t)(real->row_count / 10) : CANARIES_DEFAULT;
    if (count < CANARIES_MIN || count > real->row_count / 2 || real->row_count >= UINT32_MAX)
        MM_RETURN_ERROR(err, MINT_E_ARG, "%u canaries among %llu rows: from %d up to half of the rows can be canaries", count,
                        (unsigned long long)real->row_count, CANARIES_MIN);
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    mint_status status = plant(ctx, real, count, seed, path, &scratch, err);
    mm_arena_release(&scratch);
    return status;
}

/* ---- auditing ---- */

struct audit {
    mint_context *ctx;
    const mint_canary_audit *q;
    struct mm_arena *scratch;
    struct mint_table *canaries;
    bool *stayed;
    uint32_t count;
};

static mint_status read_canaries(struct audit *a, mint_error *err) {
    json_t *facts = NULL;
    MM_RETURN_IF_ERROR(mm_json_read(&facts, &a->ctx->memory, a->q->canaries, err));
    const json_t *coins = json_object_get(facts, "stayed");
    const char *version = json_string_value(json_object_get(facts, "schema"));
    size_t length = strlen(a->q->canaries);
    mint_status status = MINT_OK;
    char rows_path[1200];
    bool good = version && !strcmp(version, "mintmark.canaries/1") && json_array_size(coins) >= CANARIES_MIN && length > 5 &&
                length < sizeof rows_path && !strcmp(a->q->canaries + length - 5, ".json");
    if (good) {
        snprintf(rows_path, sizeof rows_path, "%.*s.csv", (int)(length - 5), a->q->canaries);
        mint_read_options options = MINT_READ_OPTIONS_INIT;
        options.like = a->q->synthetic;
        status = mint_table_read(&a->canaries, a->ctx, rows_path, &options, err);
        good = status != MINT_OK || a->canaries->row_count == json_array_size(coins);
    }
    a->count = good && status == MINT_OK ? (uint32_t)a->canaries->row_count : 0;
    a->stayed = mm_arena_alloc(a->scratch, a->count + 1u, sizeof *a->stayed);
    if (!a->stayed && status == MINT_OK) status = mm_error_no_memory(err, &a->ctx->memory, a->count, 1);
    for (uint32_t i = 0; a->stayed && i < a->count; i++) a->stayed[i] = json_is_true(json_array_get(coins, i));
    json_decref(facts);
    if (!good && status == MINT_OK)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' is no canary file, or its rows are not beside it; 'mintmark canary plant' makes both",
                        a->q->canaries);
    return status;
}

/* The largest epsilon that `right` of `guesses` reject with one-sided error `tail`; 0: none. */
static double epsilon_bound(uint64_t right, uint64_t guesses, double tail) {
    double low = 0, high = 20;
    if (mm_binomial_upper_tail(right, guesses, 0.5) > tail) return 0;
    for (int i = 0; i < 60; i++) {
        double epsilon = (low + high) / 2;
        if (mm_binomial_upper_tail(right, guesses, 1 / (1 + exp(-epsilon))) <= tail)
            low = epsilon;
        else
            high = epsilon;
    }
    return low;
}

struct best {
    double epsilon, tail;
    uint32_t right, guesses;
};

/* Guesses "stayed" for the highest scores and "left out" for as many of the lowest; keeps the best number of guesses. */
static mint_status guess(const struct audit *a, const float *scores, double tail, struct best *best, mint_error *err) {
    uint32_t *order;
    MM_ALLOC_OR_RETURN(order, a->scratch, a->count, err);
    MM_RETURN_IF_ERROR(mm_sort_order(order, scores, a->count, a->scratch->memory, err));
    *best = (struct best){.tail = tail};
    for (int k = 0; k < GUESS_SHARES; k++) {
        uint32_t side = (uint32_t)(guess_shares[k] * a->count), right = 0;
        for (uint32_t i = 0; i < side; i++) right += (a->stayed[order[i]] ? 0u : 1u) + (a->stayed[order[a->count - 1 - i]] ? 1u : 0u);
        double epsilon = epsilon_bound(right, 2 * (uint64_t)side, tail);
        if (!k || epsilon > best->epsilon) *best = (struct best){epsilon, tail, right, 2 * side};
    }
    return MINT_OK;
}

/* Nearness to the nearest of `rows`, against nearness to the reference when there is one. */
static mint_status score_distances(const struct audit *a, const mint_table *rows, float *scores, mint_error *err) {
    struct mm_frame *frame;
    MM_ALLOC_OR_RETURN(frame, a->scratch, 1, err);
    const mint_table *reference = a->q->reference ? a->q->reference : rows;
    struct mm_frame_inputs inputs = {.tables = {a->canaries, rows, reference, NULL}, .seed = 0};
    MM_RETURN_IF_ERROR(mm_frame_build(frame, a->ctx, a->scratch, &inputs, err));
    if (frame->row_count[MM_TRAIN] != a->count) MM_RETURN_ERROR(err, MINT_E_LIMIT, "more than %d canaries", MM_FRAME_ROWS_MAX);
    float *distances[2];
    struct mm_points points[MM_FLOOR];
    for (int side = 0; side < MM_FLOOR; side++) {
        uint32_t *all, n = frame->row_count[side];
        MM_ALLOC_OR_RETURN(all, a->scratch, n, err);
        for (uint32_t i = 0; i < n; i++) all[i] = i;
        MM_RETURN_IF_ERROR(mm_frame_points(frame, (enum mm_side)side, all, n, -1, true, a->scratch, &points[side], err));
    }
    for (int k = 0; k < 2; k++) {
        MM_ALLOC_OR_RETURN(distances[k], a->scratch, a->count, err);
        MM_RETURN_IF_ERROR(mm_nearest(a->ctx, &points[MM_TRAIN], &points[MM_SYNTHETIC + k], distances[k], NULL, err));
    }
    for (uint32_t i = 0; i < a->count; i++)
        scores[frame->row_of[MM_TRAIN][i]] = a->q->reference ? (distances[1][i] + 1e-6f) / (distances[0][i] + 1e-6f) : -distances[0][i];
    return MINT_OK;
}

static mint_status score_density(const struct audit *a, float *scores, mint_error *err) {
    double *log_density;
    MM_ALLOC_OR_RETURN(log_density, a->scratch, a->count, err);
    MM_RETURN_IF_ERROR(mint_model_score(a->q->model, a->canaries, log_density, err));
    for (uint32_t i = 0; i < a->count; i++) scores[i] = (float)log_density[i];
    return MINT_OK;
}

/* The planted control: the distance attack on a file in which every canary that stayed was copied. */
static mint_status run_control(const struct audit *a, double tail, struct best *best, mint_error *err) {
    struct mint_table *copied = NULL;
    uint64_t *rows, count = 0;
    float *scores;
    MM_ALLOC_OR_RETURN(rows, a->scratch, a->count, err);
    MM_ALLOC_OR_RETURN(scores, a->scratch, a->count, err);
    for (uint32_t i = 0; i < a->count; i++)
        if (a->stayed[i]) rows[count++] = i;
    MM_RETURN_IF_ERROR(mm_table_take(&copied, a->canaries, rows, count, err));
    mint_status status = score_distances(a, copied, scores, err);
    mint_table_free(copied);
    return status == MINT_OK ? guess(a, scores, tail, best, err) : status;
}

static json_t *best_json(const char *name, const struct best *best) {
    return json_pack("{s:s, s:i, s:i, s:o}", "attack", name, "guesses", (int)best->guesses, "right", (int)best->right, "epsilon_low",
                     mm_json_number(best->epsilon));
}

static mint_status audit_all(struct audit *a, json_t **out, mint_error *err) {
    MM_RETURN_IF_ERROR(read_canaries(a, err));
    int attacks = (a->q->synthetic != NULL) + (a->q->model != NULL);
    double tail = 0.05 / (attacks * GUESS_SHARES), epsilon = 0;
    struct best best[ATTACKS_MAX];
    const char *names[ATTACKS_MAX];
    float *scores;
    int made = 0;
    MM_ALLOC_OR_RETURN(scores, a->scratch, a->count, err);
    if (a->q->synthetic) {
        MM_RETURN_IF_ERROR(score_distances(a, a->q->synthetic, scores, err));
        MM_RETURN_IF_ERROR(guess(a, scores, tail, &best[made], err));
        names[made++] = a->q->reference ? "distance to the rows, against other real rows" : "distance to the rows";
    }
    if (a->q->model) {
        MM_RETURN_IF_ERROR(score_density(a, scores, err));
        MM_RETURN_IF_ERROR(guess(a, scores, tail, &best[made], err));
        names[made++] = "log density under the model";
    }
    struct best control;
    MM_RETURN_IF_ERROR(run_control(a, tail, &control, err));
    json_t *list = json_array();
    for (int k = 0; k < made; k++) {
        json_array_append_new(list, best_json(names[k], &best[k]));
        epsilon = fmax(epsilon, best[k].epsilon);
    }
    uint64_t most = 2 * (uint64_t)(guess_shares[GUESS_SHARES - 1] * a->count), least = most / 2;
    while (least < most && epsilon_bound(least, most, tail) <= 0) least++;
    char sentence[400];
    if (epsilon > 0)
        snprintf(sentence, sizeof sentence,
                 "A leak is proven: whatever made this is not epsilon-differentially private for any epsilon below %.2f.", epsilon);
    else
        snprintf(sentence, sizeof sentence,
                 "No leak was proven. That is no guarantee: %u canaries could prove at most epsilon %.2f, and %.1f %% of %llu guesses had "
                 "to be right to prove any.",
                 a->count, epsilon_bound(most, most, tail), 100.0 * (double)least / (double)most, (unsigned long long)most);
    *out = json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:s}", "schema", "mintmark.canary_audit/1", "canaries", (int)a->count, "attacks", list,
                     "epsilon_low", mm_json_number(epsilon), "control", best_json("distance to a file that copies the canaries", &control),
                     "epsilon_provable", mm_json_number(epsilon_bound(most, most, tail)), "sentence", sentence);
    return *out ? MINT_OK : mm_error_json(err);
}

mint_status mint_canary_audit_json(const char **json, mint_context *ctx, const mint_canary_audit *q, mint_error *err) {
    if (!json || !ctx || !q || q->size != sizeof *q || !q->canaries || (!q->synthetic && !q->model))
        MM_RETURN_ERROR(err, MINT_E_ARG, "an audit needs the canary file, and rows or a model");
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    struct audit a = {.ctx = ctx, .q = q, .scratch = &scratch};
    json_t *result = NULL;
    char *text = NULL;
    mint_status status = audit_all(&a, &result, err);
    if (status == MINT_OK) status = mm_json_text(&text, &ctx->arena, result, err);
    json_decref(result);
    mint_table_free(a.canaries);
    mm_arena_release(&scratch);
    *json = text;
    return status;
}
