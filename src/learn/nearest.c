/* SPDX-License-Identifier: Apache-2.0 */
/* Exact search: blocks in the order of what their boxes allow, rows by their byte distances, full distances of those that are left. */
#include "learn/nearest.h"

#include <math.h>
#include <string.h>

#include "learn/dispatch.h"
#include "learn/nearest_index.h"

enum { QUERIES_A_TASK = 64, K_MAX = 64, SAMPLE = 64, BYTE_MAX = 255 };

/* ---- full distances ---- */

MM_DISPATCHED static void add_number(const float *restrict base, float query, uint32_t n, float *restrict sum) {
    if (query != query) {
        for (uint32_t i = 0; i < n; i++) sum[i] += base[i] != base[i] ? 0.0f : 1.0f;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        float distance = base[i] - query;
        distance = distance < 0 ? -distance : distance;
        sum[i] += distance == distance ? distance : 1.0f;
    }
}

MM_DISPATCHED static void add_level(const float *restrict base, float query, uint32_t n, float *restrict sum) {
    for (uint32_t i = 0; i < n; i++) sum[i] += base[i] != query ? 1.0f : 0.0f;
}

/* Distances of `count` rows from a query; column c of the rows begins at cells + c * stride. */
static void full_distances(const struct mm_points *queries, uint32_t q, const float *const *cells, uint32_t start, uint32_t count,
                           float *sum) {
    memset(sum, 0, count * sizeof *sum);
    for (uint32_t c = 0; c < queries->column_count; c++) {
        if (queries->is_level[c])
            add_level(cells[c] + start, queries->columns[c][q], count, sum);
        else
            add_number(cells[c] + start, queries->columns[c][q], count, sum);
    }
}

/* The same sum, in the same order, of one row of a block; a partial sum once it is above `limit`. query: the active columns' cells. */
static float full_distance(const float *query, const bool *is_level, const uint32_t *active, uint32_t count, const float *cells,
                           float limit) {
    float sum = 0;
    for (uint32_t i = 0; i < count && sum <= limit; i++) {
        uint32_t c = active[i];
        float a = cells[(size_t)c * MM_BLOCK], b = query[i];
        float distance = is_level[c] ? (a != b ? 1.0f : 0.0f) : a != a && b != b ? 0.0f : fabsf(a - b);
        sum += distance == distance ? distance : 1.0f;
    }
    return sum;
}

/* ---- byte distances: saturating sums ---- */

MM_DISPATCHED static void add_number_bytes(const uint8_t *restrict base, uint8_t query, uint32_t n, uint8_t *restrict sum) {
    for (uint32_t i = 0; i < n; i++) {
        uint8_t a = base[i], high = a > query ? a : query, low = a > query ? query : a, d = (uint8_t)(high - low);
        d = d > 1 ? d : 1; /* both cells may have lost up to a step */
        d = (uint8_t)(d - 1);
        uint8_t room = (uint8_t)(BYTE_MAX - sum[i]);
        sum[i] = (uint8_t)(sum[i] + (d < room ? d : room));
    }
}

MM_DISPATCHED static void add_level_bytes(const uint8_t *restrict base, uint8_t query, uint8_t unit, uint32_t n, uint8_t *restrict sum) {
    for (uint32_t i = 0; i < n; i++) {
        uint8_t d = base[i] != query ? unit : 0, room = (uint8_t)(BYTE_MAX - sum[i]);
        sum[i] = (uint8_t)(sum[i] + (d < room ? d : room));
    }
}

MM_DISPATCHED static void add_bytes(const uint8_t *restrict distances, uint32_t n, uint8_t *restrict sum) {
    for (uint32_t i = 0; i < n; i++) {
        uint8_t d = distances[i], room = (uint8_t)(BYTE_MAX - sum[i]);
        sum[i] = (uint8_t)(sum[i] + (d < room ? d : room));
    }
}

MM_DISPATCHED static void add_box_bytes(const uint8_t *restrict low, const uint8_t *restrict high, uint8_t query, uint32_t n,
                                        uint8_t *restrict sum) {
    for (uint32_t i = 0; i < n; i++) {
        uint8_t l = low[i], h = high[i], under = (uint8_t)((l > query ? l : query) - query),
                over = (uint8_t)(query - (h < query ? h : query));
        uint8_t d = under > over ? under : over, room = (uint8_t)(BYTE_MAX - sum[i]);
        d = d > 1 ? d : 1;
        d = (uint8_t)(d - 1);
        sum[i] = (uint8_t)(sum[i] + (d < room ? d : room));
    }
}

MM_DISPATCHED static uint8_t least(const uint8_t *bytes, uint32_t n) {
    uint8_t least = BYTE_MAX;
    for (uint32_t i = 0; i < n; i++) least = bytes[i] < least ? bytes[i] : least;
    return least;
}

/* ---- one query ---- */

struct search {
    const struct mm_points *queries;
    const struct mm_nearest_index *index;
    const uint32_t *active;
    uint32_t active_count;
    uint8_t *bytes;  /* of the queries, [column][queries] */
    uint32_t *order; /* near queries together: they look at the same blocks */
    float *distances;
    uint32_t *nearest;
    uint32_t k;
    uint8_t **bounds; /* by worker: of each block */
    uint32_t **blocks;
    float **query; /* by worker: the active columns' cells of the query at hand */
};

struct found {
    float distance[K_MAX];
    uint32_t row[K_MAX], k;
};

static void keep_nearest(struct found *f, float distance, uint32_t row) {
    uint32_t last = f->k - 1, low = 0, high = last;
    if (distance > f->distance[last] || (distance == f->distance[last] && row > f->row[last])) return;
    while (low < high) { /* the first that is farther, or as far with a higher row */
        uint32_t middle = low + (high - low) / 2;
        if (f->distance[middle] > distance || (f->distance[middle] == distance && f->row[middle] > row))
            high = middle;
        else
            low = middle + 1;
    }
    memmove(f->distance + low + 1, f->distance + low, (last - low) * sizeof *f->distance);
    memmove(f->row + low + 1, f->row + low, (last - low) * sizeof *f->row);
    f->distance[low] = distance;
    f->row[low] = row;
}

/* Byte distances above this belong to rows farther than the k-th found; float sums round, hence the margin. */
static uint32_t byte_limit(const struct search *s, const struct found *f) {
    double limit = (double)f->distance[f->k - 1] * s->index->levels * (1 + 1e-5) + 1e-3;
    return limit >= BYTE_MAX ? BYTE_MAX : (uint32_t)limit;
}

static void bound_blocks(const struct search *s, uint32_t q, uint8_t *bounds) {
    const struct mm_nearest_index *index = s->index;
    uint32_t n = index->block_count;
    memset(bounds, 0, n);
    for (uint32_t i = 0; i < s->active_count; i++) {
        uint32_t c = s->active[i];
        uint8_t byte = s->bytes[(size_t)c * s->queries->row_count + q];
        if (s->queries->is_level[c])
            add_bytes(index->lacks + ((size_t)c * MM_BYTE_BUCKETS + byte % MM_BYTE_BUCKETS) * n, n, bounds);
        else
            add_box_bytes(index->low + (size_t)c * n, index->high + (size_t)c * n, byte, n, bounds);
    }
}

static void order_blocks(const uint8_t *bounds, uint32_t n, uint32_t *blocks) {
    uint32_t start[BYTE_MAX + 2] = {0};
    for (uint32_t b = 0; b < n; b++) start[bounds[b] + 1]++;
    for (uint32_t k = 1; k <= BYTE_MAX; k++) start[k] += start[k - 1];
    for (uint32_t b = 0; b < n; b++) blocks[start[bounds[b]]++] = b;
}

static void search_in_full(const struct search *s, uint32_t q, uint32_t block, uint32_t count, struct found *f) {
    uint32_t columns = s->queries->column_count;
    float sum[MM_BLOCK];
    memset(sum, 0, sizeof sum);
    for (uint32_t i = 0; i < s->active_count; i++) {
        uint32_t c = s->active[i];
        const float *cells = s->index->cells + ((size_t)block * columns + c) * MM_BLOCK;
        if (s->queries->is_level[c])
            add_level(cells, s->queries->columns[c][q], MM_BLOCK, sum);
        else
            add_number(cells, s->queries->columns[c][q], MM_BLOCK, sum);
    }
    for (uint32_t i = 0; i < count; i++)
        if (sum[i] <= f->distance[f->k - 1]) keep_nearest(f, sum[i], s->index->rows[block * MM_BLOCK + i]);
}

static void search_block(const struct search *s, uint32_t q, const float *query, uint32_t block, struct found *f) {
    enum { STRIP = 64 };
    const struct mm_nearest_index *index = s->index;
    uint32_t columns = s->queries->column_count, first = block * MM_BLOCK;
    uint32_t count = index->base->row_count - first < MM_BLOCK ? index->base->row_count - first : MM_BLOCK, limit = byte_limit(s, f);
    if (limit >= BYTE_MAX) {
        search_in_full(s, q, block, count, f);
        return;
    }
    uint8_t sum[MM_BLOCK];
    memset(sum, 0, sizeof sum);
    for (uint32_t i = 0; i < s->active_count; i++) {
        uint32_t c = s->active[i];
        const uint8_t *bytes = index->bytes + ((size_t)block * columns + c) * MM_BLOCK;
        uint8_t byte = s->bytes[(size_t)c * s->queries->row_count + q];
        if (s->queries->is_level[c])
            add_level_bytes(bytes, byte, (uint8_t)index->levels, MM_BLOCK, sum);
        else
            add_number_bytes(bytes, byte, MM_BLOCK, sum);
    }
    const float *cells = index->cells + (size_t)block * columns * MM_BLOCK;
    for (uint32_t strip = 0; strip < count; strip += STRIP) {
        if (least(sum + strip, STRIP) > limit) continue;
        for (uint32_t i = strip; i < strip + STRIP && i < count; i++) {
            if (sum[i] > limit) continue;
            keep_nearest(f, full_distance(query, s->queries->is_level, s->active, s->active_count, cells + i, f->distance[f->k - 1]),
                         index->rows[first + i]);
            limit = byte_limit(s, f);
        }
    }
}

static mint_status search_some(void *payload, size_t task, size_t worker, mint_error *err) {
    (void)err;
    struct search *s = payload;
    uint32_t first = (uint32_t)task * QUERIES_A_TASK, end = first + QUERIES_A_TASK, blocks = s->index->block_count;
    if (end > s->queries->row_count) end = s->queries->row_count;
    for (uint32_t i = first; i < end; i++) {
        uint32_t q = s->order[i];
        struct found f = {.k = s->k};
        for (uint32_t k = 0; k < s->k; k++) f.distance[k] = INFINITY, f.row[k] = UINT32_MAX;
        for (uint32_t k = 0; k < s->active_count; k++) s->query[worker][k] = s->queries->columns[s->active[k]][q];
        bound_blocks(s, q, s->bounds[worker]);
        order_blocks(s->bounds[worker], blocks, s->blocks[worker]);
        for (uint32_t b = 0; b < blocks; b++) {
            uint32_t block = s->blocks[worker][b];
            if (s->bounds[worker][block] > byte_limit(s, &f)) break;
            search_block(s, q, s->query[worker], block, &f);
        }
        if (s->distances) memcpy(s->distances + (size_t)q * s->k, f.distance, s->k * sizeof *f.distance);
        if (s->nearest) memcpy(s->nearest + (size_t)q * s->k, f.row, s->k * sizeof *f.row);
    }
    return MINT_OK;
}

/* The largest k-th distance of a few queries: how far byte distances must reach. */
static double typical_distance(const struct mm_points *queries, const struct mm_points *base, uint32_t k) {
    double largest = 0;
    for (uint32_t i = 0; i < SAMPLE && i < queries->row_count; i++) {
        uint32_t q = (uint32_t)((uint64_t)i * queries->row_count / SAMPLE);
        struct found f = {.k = k};
        float sum[MM_BLOCK];
        if (queries->row_count < SAMPLE) q = i;
        for (uint32_t j = 0; j < k; j++) f.distance[j] = INFINITY;
        for (uint32_t start = 0; start < base->row_count; start += MM_BLOCK) {
            uint32_t count = base->row_count - start < MM_BLOCK ? base->row_count - start : MM_BLOCK;
            full_distances(queries, q, base->columns, start, count, sum);
            for (uint32_t r = 0; r < count; r++)
                if (sum[r] < f.distance[k - 1]) keep_nearest(&f, sum[r], start + r);
        }
        if ((double)f.distance[k - 1] > largest) largest = (double)f.distance[k - 1];
    }
    return largest;
}

mint_status mm_nearest_open(struct mm_nearest_index **index, const struct mm_points *queries, const struct mm_points *base, uint32_t k,
                            struct mm_arena *arena, mint_error *err) {
    if (k < 1 || k > K_MAX || k > base->row_count)
        MM_RETURN_ERROR(err, MINT_E_ARG, "%u neighbours of %u rows, at most %d", k, base->row_count, K_MAX);
    MM_ALLOC_OR_RETURN(*index, arena, 1, err);
    return mm_nearest_index_make(*index, base, typical_distance(queries, base, k), arena, err);
}

static mint_status search_all(struct mint_context *ctx, struct search *s, struct mm_arena *scratch, mint_error *err) {
    MM_RETURN_IF_ERROR(mm_nearest_index_queries(s->index, s->queries, &s->bytes, &s->order, scratch, err));
    MM_ALLOC_OR_RETURN(s->bounds, scratch, ctx->threads, err);
    MM_ALLOC_OR_RETURN(s->blocks, scratch, ctx->threads, err);
    MM_ALLOC_OR_RETURN(s->query, scratch, ctx->threads, err);
    for (uint32_t w = 0; w < ctx->threads; w++) {
        MM_ALLOC_OR_RETURN(s->bounds[w], scratch, s->index->block_count, err);
        MM_ALLOC_OR_RETURN(s->blocks[w], scratch, s->index->block_count, err);
        MM_ALLOC_OR_RETURN(s->query[w], scratch, s->active_count, err);
    }
    return mm_parallel_for(ctx, (s->queries->row_count + QUERIES_A_TASK - 1) / QUERIES_A_TASK, search_some, s, err);
}

mint_status mm_nearest_on(struct mint_context *ctx, const struct mm_nearest_index *index, const struct mm_points *queries,
                          const uint32_t *active, uint32_t active_count, uint32_t k, uint32_t *neighbours, float *distances,
                          mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    struct search s = {queries, index, active, active_count, .distances = distances, .nearest = neighbours, .k = k};
    mint_status status = search_all(ctx, &s, &scratch, err);
    mm_arena_release(&scratch);
    return status;
}

static mint_status open_and_search(struct mint_context *ctx, const struct mm_points *queries, const struct mm_points *base, uint32_t k,
                                   uint32_t *neighbours, float *distances, struct mm_arena *scratch, mint_error *err) {
    struct mm_nearest_index *index = NULL;
    uint32_t *active;
    MM_RETURN_IF_ERROR(mm_nearest_open(&index, queries, base, k, scratch, err));
    MM_ALLOC_OR_RETURN(active, scratch, base->column_count, err);
    for (uint32_t c = 0; c < base->column_count; c++) active[c] = c;
    return mm_nearest_on(ctx, index, queries, active, base->column_count, k, neighbours, distances, err);
}

mint_status mm_nearest_k(struct mint_context *ctx, const struct mm_points *queries, const struct mm_points *base, uint32_t k,
                         uint32_t *neighbours, float *distances, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, &ctx->memory);
    mint_status status = open_and_search(ctx, queries, base, k, neighbours, distances, &scratch, err);
    mm_arena_release(&scratch);
    return status;
}

mint_status mm_nearest(struct mint_context *ctx, const struct mm_points *queries, const struct mm_points *base, float *distances,
                       uint32_t *nearest, mint_error *err) {
    return mm_nearest_k(ctx, queries, base, 1, nearest, distances, err);
}

/* ---- rows inside radii ---- */

struct counting {
    const struct mm_points *queries, *base;
    const float *radius;
    uint32_t *counts;
};

static mint_status count_some(void *payload, size_t task, size_t worker, mint_error *err) {
    (void)worker, (void)err;
    struct counting *s = payload;
    uint32_t first = (uint32_t)task * QUERIES_A_TASK, end = first + QUERIES_A_TASK;
    if (end > s->queries->row_count) end = s->queries->row_count;
    for (uint32_t q = first; q < end; q++) {
        float sum[MM_BLOCK];
        s->counts[q] = 0;
        for (uint32_t start = 0; start < s->base->row_count; start += MM_BLOCK) {
            uint32_t count = s->base->row_count - start < MM_BLOCK ? s->base->row_count - start : MM_BLOCK;
            full_distances(s->queries, q, s->base->columns, start, count, sum);
            for (uint32_t i = 0; i < count; i++) s->counts[q] += sum[i] <= s->radius[start + i];
        }
    }
    return MINT_OK;
}

mint_status mm_nearest_inside(struct mint_context *ctx, const struct mm_points *queries, const struct mm_points *base, const float *radius,
                              uint32_t *counts, mint_error *err) {
    struct counting s = {queries, base, radius, counts};
    return mm_parallel_for(ctx, (queries->row_count + QUERIES_A_TASK - 1) / QUERIES_A_TASK, count_some, &s, err);
}
