/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding and decoding; fitting lies in codec_fit.c. */
#include "encode/codec.h"

#include <math.h>
#include <string.h>

/* First index whose upper bound is not below the value; the last one for values beyond all. */
static uint32_t search(const double *upper, uint32_t count, double value) {
    uint32_t low = 0, high = count - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (upper[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The nearest point of the grid, as the double that the decimal text reads as: 0.1 * 3 is not 0.3. */
static double snap(double value, double origin, double step) {
    value = origin + nearbyint((value - origin) / step) * step;
    double scale = 1 / step;
    if (step >= 1) return value;
    if (fabs(scale - nearbyint(scale)) <= 1e-9 * scale)
        scale = nearbyint(scale);
    else if (fabs(value) < 1e5)
        scale = 1e9;
    return nearbyint(value * scale) / scale;
}

enum { SKIPPED_RATIO = 1000 }; /* the grids between the first two hold nothing */

/* As the codec compares them: a float that was written in 15 digits is the float. */
static double exact(const struct mm_codec *codec, double value) { return codec->single ? (double)(float)value : value; }

bool mm_is_single(const double *values, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        if (fabs((double)(float)values[i] - values[i]) > 1e-11 * fabs(values[i])) return false;
    return true;
}

uint32_t mm_codec_find_grain_ratio(double step, double origin) {
    if (!(step > 0) || fabs(remainder(origin, step)) > 1e-9 * step) return 0;
    double power = pow(10, floor(log10(step) + 1e-9) + 1);
    for (int tries = 0; tries < 4; tries++, power *= 10)
        if (fabs(remainder(power, step)) < 1e-9 * power) return (uint32_t)nearbyint(power / step);
    return 0;
}

double mm_codec_grain_steps(const struct mm_codec *codec, uint32_t grain) {
    double steps = 1;
    for (uint32_t k = 0; k < grain; k++) steps *= mm_codec_grain_next(codec, k);
    return steps;
}

uint32_t mm_codec_grain(const struct mm_codec *codec, double value) {
    double units = fabs(value) / codec->step;
    if (!(units < 9e15) || units < 0.5) return 0;
    uint64_t whole = (uint64_t)nearbyint(units);
    uint32_t grain = 0;
    if (codec->grain_ratio >= SKIPPED_RATIO) { /* the computed ones of few digits may be off by their last bits */
        uint64_t rest = whole % codec->grain_ratio, slack = codec->grain_ratio / (codec->single ? 50 : 1000);
        if (rest <= slack) whole -= rest;
        if (codec->grain_ratio - rest <= slack) whole += codec->grain_ratio - rest;
    }
    for (; grain + 1 < MM_GRAINS && whole % mm_codec_grain_next(codec, grain) == 0; grain++) whole /= mm_codec_grain_next(codec, grain);
    return grain;
}

/* The value moved to a point of the grid that `position` picks and of none coarser, or of the next finer grid that has such a
 * point inside the code. */
static double coarsen(const struct mm_codec *codec, uint32_t v, double value, double position) {
    const double *share = codec->grain_share + (size_t)v * MM_GRAINS;
    uint32_t k = 0;
    while (k + 1 < MM_GRAINS && position >= share[k]) k++;
    for (;; k--) {
        double width = codec->step * mm_codec_grain_steps(codec, k), units = nearbyint(value / width);
        bool coarser = k + 1 < MM_GRAINS && fmod(units, mm_codec_grain_next(codec, k)) == 0;
        double side = coarser ? (value >= units * width ? 1 : -1) : 0;
        if (!k && codec->grain_ratio >= SKIPPED_RATIO)
            side = floor(side * (0.1 + 0.4 * position) * codec->grain_ratio); /* 16.45000000001 */
        for (int tries = 0; tries < (coarser ? 2 : 1); tries++, side = -side) {
            double moved = exact(codec, snap((units + side) * width, 0, codec->step));
            if (moved >= codec->low[v] && moved <= codec->high[v]) return moved;
        }
        if (!k) return snap(value, 0, codec->step);
    }
}

double mm_codec_value(const struct mm_codec *codec, uint32_t code, double u, double grain) {
    uint32_t v = code - codec->mark_count;
    uint32_t first = codec->knot_first[v], segments = codec->knot_first[v + 1] - first;
    if (!segments) return codec->low[v];
    segments--;
    double position = u * segments;
    uint32_t at = (uint32_t)position;
    if (at >= segments) at = segments - 1;
    const double *knot = codec->knots + first + at;
    double value = knot[0] + (knot[1] - knot[0]) * (position - at);
    if (codec->step > 0) value = codec->grain_share ? coarsen(codec, v, value, grain) : snap(value, codec->origin, codec->step);
    if (value < codec->low[v]) value = codec->low[v];
    if (value > codec->high[v]) value = codec->high[v];
    return exact(codec, value) + 0.0; /* no negative zero */
}

uint32_t mm_codec_find(const struct mm_codec *codec, double value) {
    return codec->mark_count + search(codec->high, codec->code_count - codec->mark_count, exact(codec, value));
}

bool mm_codec_holds(const struct mm_codec *codec, uint32_t code, double value) {
    if (!codec->low) return true;
    uint32_t v = code - codec->mark_count;
    return exact(codec, value) >= codec->low[v] && exact(codec, value) <= codec->high[v];
}

uint16_t mm_codec_fine(const struct mm_codec *codec, uint32_t code, double value) {
    if (!codec->low || code < codec->mark_count) return (uint16_t)code;
    uint32_t v = code - codec->mark_count, values = codec->code_count - codec->mark_count;
    uint32_t first = codec->fine_of_code[v];
    uint32_t end = v + 1 < values ? codec->fine_of_code[v + 1] : codec->fine_count - codec->mark_count;
    if (end <= first) end = first + 1;
    return (uint16_t)(codec->mark_count + first + search(codec->fine_upper + first, end - first, exact(codec, value)));
}

static uint32_t mark_code(const struct mm_codec *codec, uint8_t mark) {
    for (uint32_t i = 0; i < codec->mark_count; i++)
        if (codec->mark_of_code[i] == mark) return i;
    return UINT32_MAX;
}

/* A code for a cell that training never had, spread over the value codes and fixed by row. */
static uint32_t stand_in(const struct mm_codec *codec, uint64_t row) {
    struct mm_rng rng = mm_rng_at(0, MM_STREAM_PROTECTION, row, 1);
    uint32_t values = codec->code_count - codec->mark_count;
    if (!values) return 0;
    if (!codec->low) return codec->mark_count + search(codec->level_share, values, mm_rng_uniform(&rng));
    return codec->mark_count + (uint32_t)mm_rng_below(&rng, values);
}

static mint_status level_codes(int32_t **out, const struct mm_codec *codec, struct mm_arena *scratch,
                               const struct mm_dictionary *dictionary, mint_error *err) {
    struct mm_interner interner;
    MM_RETURN_IF_ERROR(mm_interner_init(&interner, scratch, err));
    int32_t *code_of_known, *codes;
    MM_ALLOC_OR_RETURN(code_of_known, scratch, codec->levels.count, err);
    for (uint32_t i = 0; i < codec->levels.count; i++) {
        int32_t known;
        MM_RETURN_IF_ERROR(
            mm_interner_add(&interner, mm_dictionary_text(&codec->levels, i), mm_dictionary_length(&codec->levels, i), &known, err));
        code_of_known[i] = -1;
    }
    for (uint32_t v = 0; v < codec->code_count - codec->mark_count; v++)
        code_of_known[codec->level_of_code[v]] = (int32_t)(v + codec->mark_count);
    MM_ALLOC_OR_RETURN(codes, scratch, dictionary->count, err);
    for (uint32_t i = 0; i < dictionary->count; i++) {
        int32_t known;
        MM_RETURN_IF_ERROR(mm_interner_add(&interner, mm_dictionary_text(dictionary, i), mm_dictionary_length(dictionary, i), &known, err));
        codes[i] = known < (int32_t)codec->levels.count ? code_of_known[known] : -1;
    }
    *out = codes;
    return MINT_OK;
}

mint_status mm_codec_encode(const struct mm_codec *codec, struct mm_arena *scratch, const struct mm_column *column, uint64_t row_count,
                            uint16_t *codes, uint16_t *fine, bool *unseen, mint_error *err) {
    int32_t *code_of_level = NULL;
    if (column->codes) MM_RETURN_IF_ERROR(level_codes(&code_of_level, codec, scratch, &column->dictionary, err));
    uint32_t values = codec->code_count - codec->mark_count;
    for (uint64_t r = 0; r < row_count; r++) {
        uint32_t code = UINT32_MAX;
        double value = 0;
        if (mm_column_missing(column, r)) {
            code = mark_code(codec, column->marks[r]);
        } else if (column->codes) {
            code = (uint32_t)code_of_level[column->codes[r]];
        } else if (!codec->low) { /* booleans are levels 0 and 1 of two words */
            for (uint32_t v = 0; v < values; v++)
                if (codec->level_of_code[v] == (int32_t)column->integers[r]) code = v + codec->mark_count;
        } else if (values) {
            value = mm_column_number(column, r);
            code = mm_codec_find(codec, value);
        }
        if (unseen) unseen[r] = code == UINT32_MAX;
        if (code == UINT32_MAX) {
            code = stand_in(codec, r);
            if (codec->low && code >= codec->mark_count) value = codec->low[code - codec->mark_count];
        }
        if (codes) codes[r] = (uint16_t)code;
        if (fine) fine[r] = mm_codec_fine(codec, code, value);
    }
    return MINT_OK;
}

double mm_codec_log_within(const struct mm_codec *codec, uint32_t code, double value) {
    if (mm_codec_is_atom(codec, code)) return 0;
    uint32_t v = code - codec->mark_count;
    uint32_t first = codec->knot_first[v], segments = codec->knot_first[v + 1] - first - 1;
    const double *knots = codec->knots + first;
    value = exact(codec, value);
    double step = codec->step, grain_log = 0;
    if (codec->grain_share) {
        const double *share = codec->grain_share + (size_t)v * MM_GRAINS;
        uint32_t grain = mm_codec_grain(codec, value);
        grain_log = log(fmax(1e-4, grain ? share[grain] - share[grain - 1] : share[0]));
        double next = mm_codec_grain_next(codec, grain);
        if (grain + 1 < MM_GRAINS) grain_log += log(next / (next - 1)); /* the others of the grid's points are on a coarser one */
        step *= mm_codec_grain_steps(codec, grain);
    }
    /* Mass of the cell [value - step/2, value + step/2] under the piecewise uniform density; per unit without a grid. */
    double width = step > 0 ? step : (knots[segments] - knots[0]) * 1e-6;
    double from = value - width / 2, to = value + width / 2, mass = 0;
    for (uint32_t s = 0; s < segments; s++) {
        double a = knots[s], b = knots[s + 1];
        if (b <= a)
            mass += a >= from && a < to ? 1.0 / segments : 0;
        else if (b > from && a < to)
            mass += ((b < to ? b : to) - (a > from ? a : from)) / (b - a) / segments;
    }
    if (mass < 1e-12) mass = 1e-12;
    return fmin(0, grain_log + log(mass)) - (step > 0 ? 0 : log(width));
}
