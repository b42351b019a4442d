/* SPDX-License-Identifier: Apache-2.0 */
/* Identifier columns: a synthetic key must be unique, must not be a real person's, and must be written like one. An identifier
 * modelled as a number is none of these. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "metric/contrast.h"
#include "metric/metric_list.h"

struct keys {
    uint64_t *hashes;
    uint64_t count;
    uint64_t forms; /* bit set of lengths and character classes seen */
};

static int compare_hashes(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* One of 64 classes by which kinds of characters there are: upper, lower, digit, point, other, and a leading sign. */
static uint64_t form_of(const char *text) {
    unsigned form = 0;
    for (const char *c = text; *c; c++)
        form |= isdigit((unsigned char)*c)   ? 1u
                : isupper((unsigned char)*c) ? 2u
                : islower((unsigned char)*c) ? 4u
                : *c == '.'                  ? 8u
                : *c == '-'                  ? 16u
                                             : 32u;
    return (uint64_t)1 << form;
}

static mint_status read_keys(struct keys *keys, const struct mint_table *table, const char *name, const struct keys *known, double *odd,
                             struct mm_arena *scratch, mint_error *err) {
    int64_t place = mm_table_find(table, name);
    *keys = (struct keys){0};
    *odd = 0;
    if (place < 0) return MINT_OK;
    const struct mm_column *column = &table->columns[place];
    MM_ALLOC_OR_RETURN(keys->hashes, scratch, table->row_count, err);
    for (uint64_t r = 0; r < table->row_count; r++) {
        char text[MM_CELL_MAX];
        if (mm_column_missing(column, r)) continue;
        size_t length = mm_column_cell(column, r, text, sizeof text);
        uint64_t form = form_of(text);
        keys->hashes[keys->count++] = mm_hash_bytes(text, length < sizeof text ? length : sizeof text - 1);
        keys->forms |= form;
        if (known && !(known->forms & form)) (*odd)++;
    }
    qsort(keys->hashes, keys->count, sizeof *keys->hashes, compare_hashes);
    return MINT_OK;
}

/* Keys that repeat one before them, or stand among the real ones. */
static double count_faulty(const struct keys *keys, const struct keys *real) {
    double count = 0;
    for (uint64_t i = 0; i < keys->count; i++) {
        bool repeats = i && keys->hashes[i] == keys->hashes[i - 1];
        bool replayed = real && bsearch(&keys->hashes[i], real->hashes, real->count, sizeof *real->hashes, compare_hashes);
        count += repeats || replayed;
    }
    return count;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mint_table *train = job->frame->tables[MM_TRAIN], *synthetic = job->frame->tables[MM_SYNTHETIC];
    double worst = -1, worst_count = 0, worst_rows = 1, worst_real = 0;
    const char *name = NULL;
    for (uint32_t c = 0; c < train->column_count; c++) {
        struct keys real, own;
        double odd, ignored;
        if (train->columns[c].field.type != MM_ID) continue;
        MM_RETURN_IF_ERROR(read_keys(&real, train, train->columns[c].field.name, NULL, &ignored, job->scratch, err));
        MM_RETURN_IF_ERROR(read_keys(&own, synthetic, train->columns[c].field.name, &real, &odd, job->scratch, err));
        if (!own.count || !real.count) continue;
        double faulty = count_faulty(&own, &real), repeats = count_faulty(&real, NULL);
        if (odd > faulty) faulty = odd;
        double excess = faulty / (double)own.count - repeats / (double)real.count;
        if (excess <= worst) continue;
        worst = excess, worst_count = faulty, worst_rows = (double)own.count, worst_real = repeats / (double)real.count;
        name = train->columns[c].field.name;
    }
    if (!name) return mm_figure_none(job, self, self->id, false, err, "there is no identifier column on both sides");
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_share_figure(job, self, self->id, worst_count, worst_rows, worst_real * (double)train->row_count,
                                       (double)train->row_count, &f, err));
    f->columns[0] = name;
    f->subsampled = false;
    return MINT_OK;
}

const struct mm_metric mm_metric_identifiers = {
    .id = "validity.identifiers",
    .figures = "validity.identifiers",
    .range = "0 to 100",
    .cost = "all rows x identifier columns",
    .without_value = "no identifier column on both sides",
    .axis = "validity",
    .summary = "identifiers that repeat, that are real ones, or that are not written like one",
    .formula =
        "max over identifier columns of the share of keys that repeat another or stand among the train keys, or of those whose kinds "
        "of characters no train key has, x100; reference: repeats among train keys",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
