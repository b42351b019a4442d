/* SPDX-License-Identifier: Apache-2.0 */
/* How the judge's heavy parts scale: exact nearest neighbours, pair trends, the three re-identification attacks, on rows made here
 * (twenty clusters, 1 % of the numbers missing). Times are of the computation alone, without reading files. Usage:
 * scale nearest ROWS | trends COLUMNS ROWS | attacks ROWS; prints one CSV row: task,rows,columns,seconds,peak_mb,check. `check` of
 * `nearest`: queries out of 200 for which a plain double loop finds the same neighbour. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "metric/metric_list.h"
#include "rng/philox.h"

enum { CLUSTERS = 20, LEVELS = 8 };

static mint_context *ctx;
static struct mm_arena arena;

static void *take(size_t count, size_t size) {
    void *memory = mm_arena_alloc(&arena, count, size);
    if (!memory) {
        fprintf(stderr, "scale: no memory for %zu x %zu bytes\n", count, size);
        exit(8);
    }
    return memory;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Half of the columns numbers, half levels. */
static float *make_column(uint32_t column, bool is_level, uint64_t side, uint32_t rows) {
    float *cells = take(rows, sizeof *cells);
    for (uint32_t r = 0; r < rows; r++) {
        struct mm_rng row = mm_rng_at(side, MM_STREAM_METRIC, r, 0), own = mm_rng_at(side, MM_STREAM_METRIC, r, column + 1);
        struct mm_rng cluster = mm_rng_at(99, MM_STREAM_METRIC, mm_rng_below(&row, CLUSTERS), column);
        double centre = mm_rng_uniform(&cluster), a = mm_rng_uniform(&own), b = mm_rng_uniform(&own), c = mm_rng_uniform(&own);
        if (is_level)
            cells[r] = a < 0.3 ? (float)floor(b * LEVELS) : (float)floor(centre * LEVELS);
        else
            cells[r] = c < 0.01 ? NAN : (float)(centre + 0.15 * (a + b - 1));
    }
    return cells;
}

static void make_frame(struct mm_frame *frame, uint32_t columns, uint32_t rows) {
    *frame = (struct mm_frame){.ctx = ctx, .arena = &arena, .column_count = columns, .target = -1};
    frame->columns = take(columns, sizeof *frame->columns);
    for (int side = 0; side < MM_FLOOR; side++) frame->row_count[side] = rows, frame->table_rows[side] = rows;
    for (uint32_t c = 0; c < columns; c++) {
        struct mm_frame_column *column = &frame->columns[c];
        char *name = take(16, 1);
        snprintf(name, 16, "c%u", c);
        *column = (struct mm_frame_column){.name = name, .is_level = c % 2, .level_count = LEVELS, .range = 1.3, .deviation = 0.3};
        column->type = column->is_level ? MM_CATEGORY : MM_FLOAT;
        for (int side = 0; side < MM_FLOOR; side++) column->values[side] = make_column(c, column->is_level, (uint64_t)side, rows);
    }
}

static void report(const char *task, uint32_t rows, uint32_t columns, double seconds, const char *check) {
    printf("%s,%u,%u,%.1f,%.0f,%s\n", task, rows, columns, seconds, (double)mint_context_memory_peak(ctx) / 1e6, check);
}

static void must(mint_status status, const mint_error *err) {
    if (status == MINT_OK) return;
    fprintf(stderr, "scale: %s\n", err->message);
    exit(1);
}

static float plain_distance(const struct mm_points *a, uint32_t i, const struct mm_points *b, uint32_t j) {
    float sum = 0;
    for (uint32_t c = 0; c < a->column_count; c++) {
        float x = a->columns[c][i], y = b->columns[c][j], d = fabsf(y - x);
        sum += a->is_level[c] ? (float)(x != y) : isnan(x) && isnan(y) ? 0.0f : isnan(d) ? 1.0f : d;
    }
    return sum;
}

static void nearest(uint32_t rows) {
    struct mm_frame frame;
    struct mm_points points[2];
    mint_error err = MINT_ERROR_INIT;
    make_frame(&frame, 15, rows);
    for (int side = 0; side < 2; side++) {
        const float **columns = take(15, sizeof *columns);
        bool *is_level = take(15, sizeof *is_level);
        for (int c = 0; c < 15; c++) columns[c] = frame.columns[c].values[side], is_level[c] = frame.columns[c].is_level;
        points[side] = (struct mm_points){rows, 15, columns, is_level};
    }
    float *distances = take(rows, sizeof *distances);
    uint32_t *found = take(rows, sizeof *found), same = 0;
    double start = now();
    must(mm_nearest(ctx, &points[0], &points[1], distances, found, &err), &err);
    double seconds = now() - start;
    for (uint32_t k = 0; k < 200; k++) {
        uint32_t q = (uint32_t)((uint64_t)k * rows / 200), row = 0;
        float best = INFINITY;
        for (uint32_t r = 0; r < rows; r++) {
            float d = plain_distance(&points[0], q, &points[1], r);
            if (d < best) best = d, row = r;
        }
        same += best == distances[q] && row == found[q];
    }
    char check[20];
    snprintf(check, sizeof check, "%u/200", same);
    report("nearest", rows, 15, seconds, check);
}

static void run_metric(const struct mm_metric *metric, const char *task, uint32_t columns, uint32_t rows) {
    struct mm_frame frame;
    mint_error err = MINT_ERROR_INIT;
    struct mm_figures figures = {.arena = &arena};
    struct mm_metric_job job = {.ctx = ctx, .frame = &frame, .figures = &figures, .scratch = &arena};
    make_frame(&frame, columns, rows);
    double start = now();
    must(metric->compute(&job, metric, &err), &err);
    report(task, rows, columns, now() - start, "");
}

int main(int count, char **words) {
    if (mint_context_new(&ctx, NULL, NULL) != MINT_OK) return 8;
    mm_arena_init(&arena, &ctx->memory);
    if (count == 3 && !strcmp(words[1], "nearest"))
        nearest((uint32_t)strtoul(words[2], NULL, 10));
    else if (count == 4 && !strcmp(words[1], "trends"))
        run_metric(&mm_metric_pair_trends, "trends", (uint32_t)strtoul(words[2], NULL, 10), (uint32_t)strtoul(words[3], NULL, 10));
    else if (count == 3 && !strcmp(words[1], "attacks"))
        run_metric(&mm_metric_reidentification, "attacks", 15, (uint32_t)strtoul(words[2], NULL, 10));
    else {
        fprintf(stderr, "usage: scale nearest ROWS | trends COLUMNS ROWS | attacks ROWS\n");
        return 2;
    }
    mm_arena_release(&arena);
    mint_context_free(ctx);
    return 0;
}
