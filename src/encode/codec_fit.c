/* SPDX-License-Identifier: Apache-2.0 */
/* Learning a column's codes: atoms for values that carry mass, quantile bins for the rest, and value protection, which
 * keeps what only a few subjects have (rare levels, extreme values, numbers of their own) from being replayed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/codec.h"
#include "stats/elementary.h"
#include "stats/ranking.h"

/* Distinct values in order, with counts. */
struct spectrum {
    double *values;
    uint64_t *counts;
    uint64_t distinct, total;
    const double *sorted;
};

/* Floats, if that is what they are, as floats: bounds must not lie below what is drawn. Of those written in a few digits nobody can tell.
 */
static void find_precision(struct mm_codec *codec, const struct mm_field *field, double *values, uint64_t count) {
    enum { FEW = 12 };
    bool in_all_digits = field->type == MM_FLOAT && (field->form.decimals < 0 || field->form.decimals > FEW);
    codec->single = in_all_digits && mm_is_single(values, count);
    for (uint64_t i = 0; codec->single && i < count; i++) values[i] = (double)(float)values[i];
}

static mint_status make_spectrum(struct spectrum *s, struct mm_codec *codec, struct mm_arena *scratch, const struct mm_column *column,
                                 uint64_t row_count, mint_error *err) {
    double *sorted;
    MM_ALLOC_OR_RETURN(sorted, scratch, row_count, err);
    *s = (struct spectrum){.sorted = sorted};
    for (uint64_t r = 0; r < row_count; r++)
        if (!mm_column_missing(column, r)) sorted[s->total++] = mm_column_number(column, r) + 0.0;
    find_precision(codec, &column->field, sorted, s->total);
    qsort(sorted, s->total, sizeof *sorted, mm_compare_doubles);
    MM_ALLOC_OR_RETURN(s->values, scratch, s->total, err);
    MM_ALLOC_OR_RETURN(s->counts, scratch, s->total, err);
    for (uint64_t i = 0; i < s->total; i++) {
        if (i == 0 || sorted[i] != sorted[i - 1]) s->values[s->distinct++] = sorted[i];
        s->counts[s->distinct - 1]++;
    }
    return MINT_OK;
}

/* The widest grid from `origin`, in units of 1 / scale, on which all values lie. */
static double greatest_common_step(const struct spectrum *s, double origin, double scale) {
    uint64_t step = 0;
    for (uint64_t i = 0; i < s->distinct && step != 1; i++)
        step = mm_common_divisor((uint64_t)fabs(nearbyint((s->values[i] - origin) * scale)), step);
    return step ? (double)step : 1;
}

static void find_grid(struct mm_codec *codec, const struct mm_field *field, const struct spectrum *s) {
    codec->origin = s->distinct && field->type != MM_FLOAT ? s->values[0] : 0;
    if (field->type != MM_FLOAT)
        codec->step = greatest_common_step(s, codec->origin, 1);
    else if (field->form.decimals >= 0) {
        double scale = pow(10, field->form.decimals),
               largest = s->distinct ? fmax(fabs(s->values[0]), fabs(s->values[s->distinct - 1])) : 0;
        /* Prices in steps of five cents are no prices in cents. */
        bool fits = largest * scale < 9e15;
        codec->step = (fits ? greatest_common_step(s, 0, scale) : 1) / scale;
    } else
        codec->step = 0;
}

/* Digits after the point that a value needs, off by its last bits; 15: no fewer. */
static int digits_of(double value, bool single) {
    double scaled = value = fabs(value), bits = single ? 1e-7 : 1e-9;
    for (int digits = 0; digits < 15; digits++, scaled = value * pow(10, digits))
        if (scaled < 9e15 && fabs(scaled - nearbyint(scaled)) <= fmin(1e-3, bits * fmax(1, scaled))) return digits;
    return 15;
}

/* Where most values end after a few digits and some after many (amounts in cents, a few of them computed), grids between the two hold
 * nothing: the second grid is the one of the few digits, and the finest, if there is none, one of nine more. */
static void skip_empty_grids(struct mm_codec *codec, const struct spectrum *s) {
    enum { DIGITS = 16, SKIPPED_MAX = 9, FINEST = 9 }; /* what has more digits was computed */
    double rows[DIGITS] = {0};
    int coarse = -1;
    if (codec->type != MM_FLOAT || s->total < 1) return;
    for (uint64_t i = 0; i < s->distinct; i++) rows[digits_of(s->values[i], codec->single)] += (double)s->counts[i] / (double)s->total;
    double largest = fmax(fabs(s->values[0]), fabs(s->values[s->distinct - 1]));
    int finest = codec->step > 0 ? (int)nearbyint(-log10(codec->step)) : FINEST + SKIPPED_MAX;
    if (codec->step > 0 && fabs(codec->step * pow(10, finest) - 1) > 1e-9) return; /* no power of ten */
    while (finest > 0 && !(largest * pow(10, finest) < 9e15)) finest--;            /* no more than a double has */
    for (int d = 0; d < finest && d < FINEST; d++)
        if (rows[d] >= 0.01) coarse = d;
    double within = 0;
    for (int d = 0; d <= coarse; d++) within += rows[d];
    if (coarse < 0 || within < 0.05 || finest - coarse < 2) return;
    if (finest > coarse + SKIPPED_MAX) finest = coarse + SKIPPED_MAX;
    codec->step = pow(10, -finest);
    codec->grain_ratio = (uint32_t)nearbyint(pow(10, finest - coarse));
}

enum { ROWS_PER_KNOT = 8 };

struct bins {
    struct mm_codec *codec;
    struct mm_arena *arena;
    uint32_t count, capacity;
    uint32_t knot_count, knot_capacity;
};

static mint_status add_code(struct bins *bins, double low, double high, const double *knots, uint32_t knot_count, mint_error *err) {
    struct mm_codec *codec = bins->codec;
    if (bins->count == bins->capacity) MM_RETURN_ERROR(err, MINT_E_LIMIT, "more than %u codes", bins->capacity);
    codec->low[bins->count] = low;
    codec->high[bins->count] = high;
    if (bins->knot_count + knot_count > bins->knot_capacity) {
        uint32_t capacity = (bins->knot_capacity + knot_count) * 2;
        double *grown = mm_arena_resize(bins->arena, codec->knots, capacity * sizeof *grown);
        if (!grown) return mm_error_no_memory(err, bins->arena->memory, capacity, sizeof *grown);
        codec->knots = grown;
        bins->knot_capacity = capacity;
    }
    if (knot_count) memcpy(codec->knots + bins->knot_count, knots, knot_count * sizeof *knots);
    bins->knot_count += knot_count;
    codec->knot_first[++bins->count] = bins->knot_count;
    return MINT_OK;
}

/* Distinct values [from, to) as one interval: knots are its empirical quantiles, one for each ROWS_PER_KNOT rows. */
static mint_status add_interval(struct bins *bins, const struct spectrum *s, uint64_t from, uint64_t to, uint64_t first_row, uint64_t rows,
                                mint_error *err) {
    if (to - from == 1) return add_code(bins, s->values[from], s->values[from], NULL, 0, err);
    double knots[MM_KNOTS + 1];
    /* Fewer rows a knot would draw the training values themselves back. */
    uint64_t segments = rows / ROWS_PER_KNOT < MM_KNOTS ? rows / ROWS_PER_KNOT : MM_KNOTS;
    if (segments < 1) segments = 1;
    for (uint64_t i = 0; i <= segments; i++) {
        double position = (double)i / (double)segments * (double)(rows - 1);
        uint64_t at = (uint64_t)position;
        double a = s->sorted[first_row + at], b = s->sorted[first_row + (at + 1 < rows ? at + 1 : at)];
        knots[i] = a + (b - a) * (position - (double)at);
    }
    /* Rounding to the grid gives the end values half a cell; widen so that they keep a whole one. */
    if (bins->codec->step > 0) {
        knots[0] -= bins->codec->step / 2;
        knots[segments] += bins->codec->step / 2;
    }
    return add_code(bins, s->values[from], s->values[to - 1], knots, (uint32_t)segments + 1, err);
}

/* Generalised Pareto fit to excesses by probability-weighted moments (Hosking and Wallis 1987). */
static void fit_pareto(const double *excess, uint64_t count, double *shape, double *scale) {
    double mean = 0, weighted = 0;
    for (uint64_t i = 0; i < count; i++) { /* excesses ascend */
        mean += excess[i];
        weighted += excess[i] * (double)(count - 1 - i) / (double)(count > 1 ? count - 1 : 1);
    }
    mean /= (double)count;
    weighted /= (double)count;
    double denominator = mean - 2 * weighted;
    double xi = denominator > 1e-12 * mean ? 2 - mean / denominator : 0;
    if (xi > 0.5) xi = 0.5;
    if (xi < -0.5) xi = -0.5;
    *shape = xi;
    *scale = mean * (1 - xi);
}

/* The outermost `rows` values of one side, drawn from a tail fitted to the outermost twentieth, so that no extreme value of
 * a few subjects comes back as it was. sign +1: upper tail. */
static mint_status add_tail(struct bins *bins, struct mm_arena *scratch, const struct spectrum *s, uint64_t rows, uint32_t protect,
                            int sign, mint_error *err) {
    uint64_t reach = s->total / 20 > rows * 4 ? s->total / 20 : rows * 4;
    if (reach > 400) reach = 400;
    if (reach > s->total / 2) reach = s->total / 2 > rows ? s->total / 2 : rows;
    double *excess;
    MM_ALLOC_OR_RETURN(excess, scratch, reach, err);
    double threshold = sign > 0 ? s->sorted[s->total - reach] : s->sorted[reach - 1];
    for (uint64_t i = 0; i < reach; i++)
        excess[i] = sign > 0 ? s->sorted[s->total - reach + i] - threshold : threshold - s->sorted[reach - 1 - i];
    double shape, scale;
    fit_pareto(excess, reach, &shape, &scale);
    /* The protected rows keep their place: they begin where the outermost unprotected value ends. Of fewer than are needed the innermost
     * value is one to protect, too. */
    uint64_t outer = rows < protect ? rows + 1 : rows;
    double inner = sign > 0 ? s->sorted[s->total - outer] : s->sorted[outer - 1];
    double knots[MM_KNOTS + 1];
    for (uint32_t i = 0; i <= MM_KNOTS; i++) {
        double share = (double)rows / (double)reach * (1 - (double)i / (MM_KNOTS + 0.8));
        double base = (double)rows / (double)reach;
        double from = fabs(shape) < 1e-6 ? -log(base) : (pow(base, -shape) - 1) / shape;
        double to = fabs(shape) < 1e-6 ? -log(share) : (pow(share, -shape) - 1) / shape;
        knots[sign > 0 ? i : MM_KNOTS - i] = inner + sign * scale * (to - from);
    }
    double low = knots[0], high = knots[MM_KNOTS];
    bool whole = bins->codec->step > 0;
    if (whole) {
        low = bins->codec->origin + ceil((low - bins->codec->origin) / bins->codec->step - 1e-9) * bins->codec->step;
        high = bins->codec->origin + floor((high - bins->codec->origin) / bins->codec->step + 1e-9) * bins->codec->step;
    }
    /* A quantity that is never negative stays so. */
    if (sign < 0 && low < 0 && s->values[0] >= 0) low = 0;
    if (high < low) high = low;
    bins->codec->protected_cells += rows;
    return add_code(bins, low, high, knots, MM_KNOTS + 1, err);
}

/* How coarsely values are written, code by code, drawn towards the column's own shares; left out where digits fall as chance has
 * them: one point of a grid in ten, or in grain_ratio, lies on the next coarser one. */
static mint_status fit_grains(struct mm_codec *codec, struct mm_arena *arena, const struct spectrum *s, mint_error *err) {
    uint32_t values = codec->code_count - codec->mark_count, v = 0;
    if (!codec->grain_ratio) codec->grain_ratio = mm_codec_find_grain_ratio(codec->step, codec->origin);
    if (!codec->grain_ratio) return MINT_OK;
    double *shares, all[MM_GRAINS] = {0}, rows = 0, difference = 0;
    MM_ALLOC_OR_RETURN(shares, arena, (size_t)values * MM_GRAINS, err);
    for (uint64_t i = 0; i < s->distinct; i++) {
        while (v + 1 < values && s->values[i] > codec->high[v]) v++;
        if (codec->knot_first[v] == codec->knot_first[v + 1]) continue;
        uint32_t grain = mm_codec_grain(codec, s->values[i]);
        shares[(size_t)v * MM_GRAINS + grain] += (double)s->counts[i];
        all[grain] += (double)s->counts[i], rows += (double)s->counts[i];
    }
    for (uint32_t k = 0; k < MM_GRAINS && rows > 0; k++) {
        double coarser = k + 1 < MM_GRAINS ? 1.0 / mm_codec_grain_next(codec, k) : 0;
        difference += fabs(all[k] / rows - (1 - coarser) / mm_codec_grain_steps(codec, k)) / 2;
    }
    if (difference < 0.05) return MINT_OK;
    for (v = 0; v < values; v++) {
        double *own = shares + (size_t)v * MM_GRAINS, total = 0, running = 0;
        for (int k = 0; k < MM_GRAINS; k++) total += own[k];
        for (int k = 0; k < MM_GRAINS; k++) {
            running += (own[k] + 10 * all[k] / rows) / (total + 10);
            own[k] = running;
        }
    }
    codec->grain_share = shares;
    return MINT_OK;
}

/* Rows at one end whose values fewer than `protect` subjects reach; 0 when the end is a value that enough share. A value that enough share
 * is never among them. */
static uint64_t exposed_rows(const struct spectrum *s, uint32_t protect, int sign) {
    uint64_t rows = 0, i = 0;
    for (; i < s->distinct && rows < protect; i++) {
        uint64_t count = s->counts[sign > 0 ? s->distinct - 1 - i : i];
        if (count >= protect) return rows;
        rows += count;
    }
    return i == s->distinct ? 0 : rows;
}

/* The points of the grid from the first value to the last, for each value that there is. */
static double points_a_value(const struct mm_codec *codec, const struct spectrum *s) {
    double grid = codec->grain_ratio ? codec->step * codec->grain_ratio : codec->step;
    return grid > 0 ? (s->values[s->distinct - 1] - s->values[0]) / grid / (double)s->distinct : INFINITY;
}
enum { POINTS_A_VALUE = 4 };

/* Where few points of a grid are values (amounts, readings, dates among few rows) a value tells who has it, and one of fewer rows than are
 * protected is none to replay. Where most are (ages, counts, years) whoever draws near it draws it. */
static uint64_t rows_of_an_atom(const struct mm_codec *codec, const struct spectrum *s, uint32_t protect) {
    return s->distinct > 1 && points_a_value(codec, s) > POINTS_A_VALUE ? protect : 0;
}

/* A few hundred values that rows keep coming back to, and hardly any of the grid between them (readings of a meter that counts in .067):
 * what lies between never occurs. */
static bool is_lattice(const struct mm_codec *codec, const struct spectrum *s, uint32_t bins) {
    enum { MORE_CODES = 4, ROWS_A_VALUE = 8 };
    if (s->distinct > (uint64_t)MORE_CODES * bins || s->total < ROWS_A_VALUE * s->distinct) return false;
    return points_a_value(codec, s) > POINTS_A_VALUE;
}

static mint_status fit_numbers(struct mm_codec *codec, struct mm_arena *arena, struct mm_arena *scratch, const struct mm_column *column,
                               uint64_t row_count, const struct mm_codec_options *options, mint_error *err) {
    struct spectrum s;
    MM_RETURN_IF_ERROR(make_spectrum(&s, codec, scratch, column, row_count, err));
    find_grid(codec, &column->field, &s);
    skip_empty_grids(codec, &s);
    uint32_t capacity = s.distinct < options->bins * 4u + 8 ? (uint32_t)s.distinct + 8 : options->bins * 4 + 8;
    struct bins bins = {.codec = codec, .arena = arena, .capacity = capacity};
    MM_ALLOC_OR_RETURN(codec->low, arena, capacity, err);
    MM_ALLOC_OR_RETURN(codec->high, arena, capacity, err);
    MM_ALLOC_OR_RETURN(codec->knot_first, arena, capacity + 1u, err);
    uint64_t low_rows = 0, high_rows = 0, low_end = 0, high_start = s.distinct;
    if (options->protect && s.distinct > 2) {
        low_rows = exposed_rows(&s, options->protect, -1);
        high_rows = exposed_rows(&s, options->protect, 1);
        uint64_t rows = 0;
        while (rows < low_rows) rows += s.counts[low_end++];
        for (rows = 0; rows < high_rows;) rows += s.counts[--high_start];
        if (low_end >= high_start) low_rows = high_rows = 0, low_end = 0, high_start = s.distinct;
    }
    if (low_rows) MM_RETURN_IF_ERROR(add_tail(&bins, scratch, &s, low_rows, options->protect, -1, err));
    uint64_t least = rows_of_an_atom(codec, &s, options->protect), light_rows = 0, atoms = 0;
    bool all_atoms = s.distinct <= options->bins || is_lattice(codec, &s, options->bins);
    double heavy = fmax((double)s.total / options->bins, (double)least);
    for (uint64_t i = low_end; i < high_start; i++) {
        if ((double)s.counts[i] >= heavy)
            atoms++;
        else
            light_rows += s.counts[i];
    }
    uint64_t bin_budget = options->bins > atoms + 1 ? options->bins - atoms : 1;
    double target = fmax((double)light_rows / (double)bin_budget, least ? ROWS_PER_KNOT : 0);
    uint64_t from = low_end, rows = 0, first_row = low_rows;
    for (uint64_t i = low_end; i < high_start; i++) {
        bool atom = (all_atoms && s.counts[i] >= least) || (double)s.counts[i] >= heavy;
        if (rows && (atom || (double)rows >= target)) {
            if (rows >= least) /* fewer become what comes next */
                MM_RETURN_IF_ERROR(add_interval(&bins, &s, from, i, first_row, rows, err));
            else
                codec->protected_cells += rows;
            first_row += rows;
            from = i;
            rows = 0;
        }
        if (atom) {
            MM_RETURN_IF_ERROR(add_code(&bins, s.values[i], s.values[i], NULL, 0, err));
            first_row += s.counts[i];
            from = i + 1;
        } else
            rows += s.counts[i];
    }
    if (rows && (rows >= least || !high_rows))
        MM_RETURN_IF_ERROR(add_interval(&bins, &s, from, high_start, first_row, rows, err));
    else
        codec->protected_cells += rows;
    if (high_rows) MM_RETURN_IF_ERROR(add_tail(&bins, scratch, &s, high_rows, options->protect, 1, err));
    codec->code_count = codec->mark_count + bins.count;
    return fit_grains(codec, arena, &s, err);
}

/* Fine levels: every code boundary, and inside the intervals up to MM_FINE_MAX quantiles in all. */
static mint_status fit_fine(struct mm_codec *codec, struct mm_arena *arena, mint_error *err) {
    uint32_t values = codec->code_count - codec->mark_count, intervals = 0;
    for (uint32_t v = 0; v < values; v++) intervals += codec->knot_first[v + 1] > codec->knot_first[v];
    uint32_t room = MM_FINE_MAX - codec->mark_count > values ? MM_FINE_MAX - codec->mark_count - values : 0;
    uint32_t cuts = intervals ? room / intervals : 0;
    if (cuts > MM_KNOTS - 1) cuts = MM_KNOTS - 1;
    MM_ALLOC_OR_RETURN(codec->fine_upper, arena, values + (size_t)intervals * cuts, err);
    MM_ALLOC_OR_RETURN(codec->fine_of_code, arena, values, err);
    uint32_t count = 0;
    for (uint32_t v = 0; v < values; v++) {
        codec->fine_of_code[v] = count;
        bool interval = codec->knot_first[v + 1] > codec->knot_first[v];
        for (uint32_t i = 1; interval && i <= cuts; i++) {
            double upper = mm_codec_value(codec, v + codec->mark_count, (double)i / (cuts + 1), 0);
            double before = count > codec->fine_of_code[v] ? codec->fine_upper[count - 1] : codec->low[v] - 1;
            if (upper > before && upper < codec->high[v]) codec->fine_upper[count++] = upper;
        }
        codec->fine_upper[count++] = codec->high[v];
    }
    codec->fine_count = codec->mark_count + count;
    return MINT_OK;
}

struct level {
    double score;
    uint64_t count;
    int32_t index;
};

static int compare_levels(const void *a, const void *b) {
    const struct level *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static int compare_counts(const void *a, const void *b) {
    const struct level *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static mint_status count_levels(struct level **out, uint32_t *level_count, struct mm_arena *scratch, const struct mm_column *column,
                                uint64_t row_count, mint_error *err) {
    *level_count = column->codes ? column->dictionary.count : 2;
    struct level *levels;
    MM_ALLOC_OR_RETURN(levels, scratch, *level_count, err);
    for (uint32_t i = 0; i < *level_count; i++) levels[i].index = (int32_t)i;
    for (uint64_t r = 0; r < row_count; r++)
        if (!mm_column_missing(column, r)) levels[column->codes ? column->codes[r] : (int32_t)(column->integers[r] != 0)].count++;
    *out = levels;
    return MINT_OK;
}

static mint_status keep_texts(struct mm_codec *codec, struct mm_arena *arena, const struct mm_column *column, const struct level *levels,
                              uint32_t kept, mint_error *err) {
    MM_ALLOC_OR_RETURN(codec->level_of_code, arena, kept, err);
    if (!column->codes) { /* booleans: the level is the value */
        for (uint32_t v = 0; v < kept; v++) codec->level_of_code[v] = levels[v].index;
        return MINT_OK;
    }
    struct mm_interner interner;
    MM_RETURN_IF_ERROR(mm_interner_init(&interner, arena, err));
    for (uint32_t v = 0; v < kept; v++) {
        uint32_t index = (uint32_t)levels[v].index;
        MM_RETURN_IF_ERROR(mm_interner_add(&interner, mm_dictionary_text(&column->dictionary, index),
                                           mm_dictionary_length(&column->dictionary, index), &codec->level_of_code[v], err));
    }
    mm_arena_free(arena, interner.slots);
    codec->levels = interner.dictionary;
    return MINT_OK;
}

static mint_status fit_levels(struct mm_codec *codec, struct mm_arena *arena, struct mm_arena *scratch, const struct mm_column *column,
                              uint64_t row_count, const struct mm_codec_options *options, mint_error *err) {
    struct level *levels = NULL;
    uint32_t level_count;
    MM_RETURN_IF_ERROR(count_levels(&levels, &level_count, scratch, column, row_count, err));
    qsort(levels, level_count, sizeof *levels, compare_counts);
    uint32_t kept = 0;
    uint64_t lost = 0;
    for (uint32_t i = 0; i < level_count; i++) {
        if (!levels[i].count) continue;
        if (levels[i].count >= options->protect && kept < MM_CODES_MAX - MM_MARKS_MAX)
            levels[kept++] = levels[i];
        else {
            codec->protected_levels++;
            lost += levels[i].count;
        }
    }
    codec->protected_cells = lost;
    for (uint32_t i = 0; i < kept; i++) {
        if (!column->codes)
            levels[i].score = levels[i].index;
        else
            levels[i].score = options->level_scores ? options->level_scores[levels[i].index] : (double)i;
    }
    qsort(levels, kept, sizeof *levels, compare_levels);
    codec->code_count = codec->mark_count + kept;
    uint64_t total = 0, running = 0;
    for (uint32_t i = 0; i < kept; i++) total += levels[i].count;
    MM_ALLOC_OR_RETURN(codec->level_share, arena, kept, err);
    for (uint32_t i = 0; i < kept; i++) codec->level_share[i] = (double)(running += levels[i].count) / (double)total;
    return keep_texts(codec, arena, column, levels, kept, err);
}

mint_status mm_codec_fit(struct mm_codec *codec, struct mm_arena *arena, const struct mm_column *column, uint64_t row_count,
                         const struct mm_codec_options *options, mint_error *err) {
    *codec = (struct mm_codec){.type = column->field.type};
    bool occurs[MM_MARKS_MAX + 1] = {false};
    for (uint64_t r = 0; column->marks && r < row_count; r++) occurs[column->marks[r]] = true;
    for (uint32_t m = 1; m <= column->field.mark_count; m++)
        if (occurs[m]) codec->mark_of_code[codec->mark_count++] = (uint8_t)m;
    struct mm_arena scratch;
    mm_arena_init(&scratch, arena->memory);
    mint_status status;
    if (mm_type_is_numeric(column->field.type)) {
        status = fit_numbers(codec, arena, &scratch, column, row_count, options, err);
        if (status == MINT_OK) status = fit_fine(codec, arena, err);
    } else
        status = fit_levels(codec, arena, &scratch, column, row_count, options, err);
    mm_arena_release(&scratch);
    return status;
}
