/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of an evaluation on common ground: the same columns, levels numbered alike, numbers as floats. */
#ifndef MM_METRIC_FRAME_H
#define MM_METRIC_FRAME_H
#include "learn/nearest.h"
#include "learn/xgboost.h"
#include "table/lineage.h"
#include "table/table.h"

enum mm_side { MM_TRAIN, MM_SYNTHETIC, MM_HOLDOUT, MM_FLOOR, MM_SIDES };
enum { MM_FRAME_ROWS_MAX = 1000000 };
#define MM_LEVEL_MISSING "(missing)"

struct mm_frame_column {
    const char *name;
    enum mm_type type;
    bool is_level; /* categories and booleans; a missing cell is a level of its own */
    uint32_t level_count;
    const char **level_names; /* NULL for numbers */
    double origin, range;     /* numbers: lowest train value, which is taken off, and the train range (at least tiny) */
    double deviation;         /* numbers: standard deviation among train rows */
    float *values[MM_SIDES];  /* number - origin, NaN for missing; or the level */
};

struct mm_frame {
    struct mint_context *ctx;
    struct mm_arena *arena;
    uint32_t column_count;
    struct mm_frame_column *columns;
    uint32_t row_count[MM_SIDES];  /* at most MM_FRAME_ROWS_MAX each; 0: the side is not there */
    uint64_t table_rows[MM_SIDES]; /* before any cut */
    bool subsampled[MM_SIDES];
    uint64_t *row_of[MM_SIDES]; /* frame row -> table row: a fixed random order, so that any run of rows is a random sample */
    uint32_t *entity;           /* holdout row -> number of its entity; NULL: each row its own */
    uint32_t entity_count;
    double rows_an_entity; /* as a row sees it: sum of squared sizes over the sum of sizes; 1 without entities */
    const struct mint_table *tables[MM_SIDES];
    int64_t target;            /* frame column, or -1 */
    char *target_lacks;        /* why the target that was named is not there; NULL */
    char *lacks;               /* why there is no column at all, and no metric has a value; NULL */
    bool is_of_floor;          /* see mm_frame_of_floor */
    bool drifts;               /* split by time: the parts differ, and the references must show by how much */
    struct mm_lineage lineage; /* of the synthetic rows */
    uint64_t seed;
    uint32_t left_out_count;
    const char **left_out; /* names of columns that no metric sees */
};

struct mm_frame_inputs {
    const struct mint_table *tables[MM_SIDES];
    const char *target, *entity;
    bool drifts;
    struct mm_lineage lineage;
    uint64_t seed;
};

/* Columns that the three tables share and that can be judged. A target that only the train table has, and tables that share nothing,
 * leave the frame with a reason. Errors: a target that the train table lacks or that is an id. */
mint_status mm_frame_build(struct mm_frame *frame, struct mint_context *ctx, struct mm_arena *arena, const struct mm_frame_inputs *inputs,
                           mint_error *err);
/* The same ground with the floor's rows, at most `most` of them, as the synthetic ones. Borrows from `frame`; columns in the arena. */
mint_status mm_frame_of_floor(struct mm_frame *out, const struct mm_frame *frame, uint32_t most, struct mm_arena *arena, mint_error *err);
/* Whether columns of these types can be compared cell by cell. */
bool mm_frame_comparable(enum mm_type a, enum mm_type b);
/* The level of a column's missing cells; UINT32_MAX when no side has any, or for a number. */
uint32_t mm_frame_missing_level(const struct mm_frame_column *column);
/* Rows that each of two sides has, at most `most`. */
uint32_t mm_frame_common_rows(const struct mm_frame *frame, enum mm_side a, enum mm_side b, uint32_t most);
/* Rows a side that all of train, synthetic and holdout have, at most `most`. */
uint32_t mm_frame_equal_rows(const struct mm_frame *frame, uint32_t most);
/* `count` rows of a side: its `repeat`-th run of so many (wrapping around). */
mint_status mm_frame_cut(const struct mm_frame *frame, enum mm_side side, uint32_t count, uint32_t repeat, struct mm_arena *scratch,
                         uint32_t **rows, mint_error *err);
/* Row-major matrix of the given rows without column `without` (-1: all), appended at `out`. */
void mm_frame_fill(const struct mm_frame *frame, enum mm_side side, const uint32_t *rows, uint32_t count, int64_t without, float *out);
/* Points for nearest neighbours: numbers over the train range, or (`by_deviation`) over four train deviations, which heavy tails
 * do not squeeze. */
mint_status mm_frame_points(const struct mm_frame *frame, enum mm_side side, const uint32_t *rows, uint32_t count, int64_t without,
                            bool by_deviation, struct mm_arena *scratch, struct mm_points *points, mint_error *err);
/* The points of a cut. */
mint_status mm_frame_cut_points(const struct mm_frame *frame, enum mm_side side, uint32_t count, uint32_t repeat, bool by_deviation,
                                struct mm_arena *scratch, struct mm_points *points, mint_error *err);
/* How often each holdout row is drawn in resample number b: whole entities are drawn. weights[holdout rows]. */
mint_status mm_frame_resample(const struct mm_frame *frame, uint32_t b, struct mm_arena *scratch, uint16_t *weights, mint_error *err);

#endif
