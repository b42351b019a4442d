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
    uint64_t *hashes, *row_forms;
    uint64_t count;
    uint64_t forms; /* bit set of those seen */
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

/* Keys of the first `count` rows of a side's random order. */
static mint_status read_keys(struct keys *keys, const struct mm_frame *frame, enum mm_side side, const char *name, uint32_t count,
                             struct mm_arena *scratch, mint_error *err) {
    const struct mint_table *table = frame->tables[side];
    int64_t place = mm_table_find(table, name);
    *keys = (struct keys){0};
    if (place < 0) return MINT_OK;
    const struct mm_column *column = &table->columns[place];
    MM_ALLOC_OR_RETURN(keys->hashes, scratch, count, err);
    MM_ALLOC_OR_RETURN(keys->row_forms, scratch, count, err);
    for (uint32_t r = 0; r < count; r++) {
        char text[MM_CELL_MAX];
        if (mm_column_missing(column, frame->row_of[side][r])) continue;
        size_t length = mm_column_cell(column, frame->row_of[side][r], text, sizeof text);
        keys->row_forms[keys->count] = form_of(text);
        keys->forms |= keys->row_forms[keys->count];
        keys->hashes[keys->count++] = mm_hash_bytes(text, length < sizeof text ? length : sizeof text - 1);
    }
    qsort(keys->hashes, keys->count, sizeof *keys->hashes, compare_hashes);
    return MINT_OK;
}

/* Keys that repeat one before them or stand among the known ones, or, if they are more, those of a form that no known one has. */
static double count_faulty(const struct keys *keys, const struct keys *known) {
    double faulty = 0, odd = 0;
    for (uint64_t i = 0; i < keys->count; i++) {
        bool repeats = i && keys->hashes[i] == keys->hashes[i - 1];
        faulty += repeats || bsearch(&keys->hashes[i], known->hashes, known->count, sizeof *known->hashes, compare_hashes);
        odd += !(known->forms & keys->row_forms[i]);
    }
    return faulty > odd ? faulty : odd;
}

struct fault {
    const char *name;
    double count, rows, real_count, real_rows;
};

static double excess_of(const struct fault *fault) { return fault->count / fault->rows - fault->real_count / fault->real_rows; }

/* Real keys may return: a school has a row a year. What the holdout's keys do is no fault, and as more rows repeat more keys, both sides
 * are cut to the same number then. */
static mint_status judge_column(struct fault *fault, const struct mm_metric_job *job, const char *name, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    uint32_t common = mm_frame_common_rows(frame, MM_SYNTHETIC, MM_HOLDOUT, UINT32_MAX), rows = frame->row_count[MM_SYNTHETIC];
    struct keys train, holdout, own;
    MM_RETURN_IF_ERROR(read_keys(&train, frame, MM_TRAIN, name, frame->row_count[MM_TRAIN], job->scratch, err));
    MM_RETURN_IF_ERROR(read_keys(&holdout, frame, MM_HOLDOUT, name, common, job->scratch, err));
    double real = count_faulty(&holdout, &train);
    MM_RETURN_IF_ERROR(read_keys(&own, frame, MM_SYNTHETIC, name, real > 0 ? common : rows, job->scratch, err));
    *fault = (struct fault){name, count_faulty(&own, &train), (double)own.count, real, (double)holdout.count};
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mint_table *train = job->frame->tables[MM_TRAIN];
    struct fault worst = {0};
    for (uint32_t c = 0; c < train->column_count; c++) {
        struct fault fault;
        if (train->columns[c].field.type != MM_ID) continue;
        MM_RETURN_IF_ERROR(judge_column(&fault, job, train->columns[c].field.name, err));
        if (fault.rows > 0 && fault.real_rows > 0 && (!worst.name || excess_of(&fault) > excess_of(&worst))) worst = fault;
    }
    if (!worst.name) return mm_figure_none(job, self, self->id, false, err, "there is no identifier column on all sides");
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_share_figure(job, self, self->id, worst.count, worst.rows, worst.real_count, worst.real_rows, &f, err));
    f->columns[0] = worst.name;
    return MINT_OK;
}

const struct mm_metric mm_metric_identifiers = {
    .id = "validity.identifiers",
    .figures = "validity.identifiers",
    .range = "0 to 100",
    .cost = "all rows x identifier columns",
    .without_value = "no identifier column on all sides",
    .axis = "validity",
    .summary = "identifiers that repeat, that are real ones, or that are not written like one",
    .formula =
        "max over identifier columns of the share of keys that repeat another or stand among the train keys, or of those whose kinds "
        "of characters no train key has, x100; reference: the same of holdout keys (if there are any, both sides cut to the same n)",
    .unit = "%",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
