/* SPDX-License-Identifier: Apache-2.0 */
/* A column as ordered codes 0..code_count-1. The first codes are marks (missing and the like) that occur in the data; the
 * others are values. A number's code is one value (an atom) or an interval whose values are interpolated between
 * quantiles; a level's code is one text. Beside the code a column has a finer level, used where it predicts others. */
#ifndef MM_ENCODE_CODEC_H
#define MM_ENCODE_CODEC_H
#include "rng/philox.h"
#include "table/table.h"

enum { MM_CODES_MAX = 65535, MM_FINE_MAX = 4096, MM_KNOTS = 16, MM_GRAINS = 8 };

struct mm_codec {
    enum mm_type type;
    uint32_t code_count, mark_count;
    uint8_t mark_of_code[MM_MARKS_MAX];
    /* numbers: arrays over value codes (code - mark_count) */
    double *low, *high;
    uint32_t *knot_first; /* value codes + 1; a code without knots is an atom */
    double *knots;
    double step; /* values lie on multiples of it from `origin`; 0: no grid */
    double origin;
    /* People round and instruments end their digits: how coarsely the values of a code are written. Grids: the step, then powers of ten
     * that are multiples of it (.005, .01, .1, ...; or .000000001, then .01, .1, ... where a few of many cents were computed).
     * [value code][MM_GRAINS] running shares of the values that lie on a grid and on no coarser one; NULL: as chance has it. */
    double *grain_share;
    bool single;            /* values are a float's, written in all their digits */
    uint32_t grain_ratio;   /* steps in the first coarser grid; 0: no power of ten is a multiple of the step */
    uint32_t fine_count;    /* marks included */
    double *fine_upper;     /* over value levels: highest value of each */
    uint32_t *fine_of_code; /* first fine level of a value code */
    /* texts */
    struct mm_dictionary levels;
    int32_t *level_of_code; /* over value codes */
    double *level_share;    /* over value codes: running share of the kept cells */
    /* what value protection did */
    uint32_t protected_levels;
    uint64_t protected_cells;
};

struct mm_codec_options {
    uint32_t bins;    /* codes a number column is cut into, about */
    uint32_t protect; /* a category or extreme value of fewer subjects is not replayed; 0: off */
    uint64_t seed;
    uint64_t item;              /* separates the columns' random numbers */
    const double *level_scores; /* texts: order of the levels of the column's dictionary; NULL: by frequency */
};

/* Learns the codes of one column. All of it lands in the arena. */
mint_status mm_codec_fit(struct mm_codec *codec, struct mm_arena *arena, const struct mm_column *column, uint64_t row_count,
                         const struct mm_codec_options *options, mint_error *err);
/* Codes and fine levels (either may be NULL) of a column of the same type. What training never had gets the nearest number's
 * code, or a level drawn from the fitted frequencies keyed by row: `unseen` (by row; may be NULL) tells those. */
mint_status mm_codec_encode(const struct mm_codec *codec, struct mm_arena *scratch, const struct mm_column *column, uint64_t row_count,
                            uint16_t *codes, uint16_t *fine, bool *unseen, mint_error *err);
/* The value at position u in [0, 1) of a number's code, as coarse as position `grain` in [0, 1) says; an atom's value for any. */
double mm_codec_value(const struct mm_codec *codec, uint32_t code, double u, double grain);
/* Are all of them what a float can be, as far as 12 digits tell? */
bool mm_is_single(const double *values, uint64_t count);
/* The coarsest grid a value lies on, 0 .. MM_GRAINS - 1; needs a grain_ratio. */
uint32_t mm_codec_grain(const struct mm_codec *codec, double value);
/* How many steps one of grid `grain` is, and how many of those one of the next coarser grid is. */
double mm_codec_grain_steps(const struct mm_codec *codec, uint32_t grain);
static inline uint32_t mm_codec_grain_next(const struct mm_codec *codec, uint32_t grain) { return grain ? 10 : codec->grain_ratio; }
/* The grain_ratio of a step. */
uint32_t mm_codec_find_grain_ratio(double step, double origin);
static inline bool mm_codec_is_mark(const struct mm_codec *codec, uint32_t code) { return code < codec->mark_count; }
static inline bool mm_codec_is_atom(const struct mm_codec *codec, uint32_t code) {
    return !codec->low || code < codec->mark_count ||
           codec->knot_first[code - codec->mark_count] == codec->knot_first[code - codec->mark_count + 1];
}
/* The code of a number that may be new: of the nearest value. */
uint32_t mm_codec_find(const struct mm_codec *codec, double value);
/* Whether the value is one of those that the code draws: one of few rows became what comes next, and is not. */
bool mm_codec_holds(const struct mm_codec *codec, uint32_t code, double value);
/* Fine level of a drawn value. */
uint16_t mm_codec_fine(const struct mm_codec *codec, uint32_t code, double value);
static inline uint32_t mm_codec_fine_count(const struct mm_codec *codec) { return codec->low ? codec->fine_count : codec->code_count; }
/* log of the probability of the value's grid cell inside its code (0 for atoms, marks and texts); without a grid, of the
 * density per unit. */
double mm_codec_log_within(const struct mm_codec *codec, uint32_t code, double value);

#endif
