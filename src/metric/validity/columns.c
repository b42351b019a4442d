/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of the real rows that the synthetic file lacks, or that do not hold what the real ones hold: one text among a column's numbers
 * and nobody can compute with it. No other figure can look at such a column, so without this one it would go unjudged. */
#include <stdio.h>
#include <string.h>

#include "metric/metric_list.h"

enum { SAID_MAX = 300 };
static const double FEW_CELLS = 0.01; /* more are no slip */
enum { SHARED_FROM_ROWS = 5 };        /* as generators protect values by default */

static bool is_read(const struct mm_field *field, const char *text) {
    int64_t whole;
    double number;
    if (field->type == MM_INTEGER || field->type == MM_FLOAT) return mm_read_float(&field->form, text, &number);
    return mm_parse_temporal(field->form.pattern, text, field->type == MM_DATE, &whole);
}

/* Share of the synthetic cells that are none of the real column's type; the first of them in words. */
static double strange_cells(char *said, size_t size, const struct mm_field *real, const struct mm_column *found, uint64_t rows) {
    double strange = 0;
    if (!mm_type_is_numeric(real->type) || !found->codes) return 1;
    for (uint64_t r = 0; r < rows; r++) {
        char text[MM_CELL_MAX];
        if (mm_column_missing(found, r)) continue;
        mm_column_cell(found, r, text, sizeof text);
        if (is_read(real, text)) continue;
        if (strange++ == 0) snprintf(said, size, " (row %llu holds '%.60s')", (unsigned long long)r + 1, text);
    }
    return strange / (double)rows;
}

static const struct mm_column *column_of(const struct mint_table *table, const char *name) {
    int64_t place = mm_table_find(table, name);
    return place >= 0 ? &table->columns[place] : NULL;
}

/* False where the synthetic column is as good as not there; `said` says what is wrong with it. */
static bool is_a_slip(char said[SAID_MAX], const struct mm_field *real, const struct mm_column *found, uint64_t rows) {
    if (!found) return snprintf(said, SAID_MAX, "'%.80s' is missing", real->name), false;
    size_t length = (size_t)snprintf(said, SAID_MAX, "'%.80s' is %s where real rows have %s", real->name, mm_type_name(found->field.type),
                                     mm_type_name(real->type));
    return strange_cells(said + length, SAID_MAX - length, real, found, rows) <= FEW_CELLS;
}

/* Texts that few rows share are as good as identifiers: whoever protects them writes new ones. */
static mint_status is_renamed(bool *out, const struct mm_column *real, uint64_t rows, const struct mm_column *found,
                              struct mm_arena *scratch, mint_error *err) {
    uint32_t *rows_of_text, shared = 0;
    *out = false;
    if (!found || !real->codes || mm_type_is_modelled(found->field.type)) return MINT_OK;
    MM_ALLOC_OR_RETURN(rows_of_text, scratch, real->dictionary.count, err);
    for (uint64_t r = 0; r < rows; r++)
        if (!mm_column_missing(real, r) && ++rows_of_text[real->codes[r]] == SHARED_FROM_ROWS) shared++;
    *out = shared == 0;
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mint_table *const *tables = job->frame->tables;
    double faults = 0, slips = 0;
    char fault[SAID_MAX] = "", slip[SAID_MAX] = "", said[SAID_MAX];
    for (uint32_t c = 0; c < tables[MM_TRAIN]->column_count; c++) {
        const struct mm_field *real = &tables[MM_TRAIN]->columns[c].field;
        const struct mm_column *held = column_of(tables[MM_HOLDOUT], real->name), *found = column_of(tables[MM_SYNTHETIC], real->name);
        if (!held || !mm_frame_comparable(real->type, held->field.type)) continue;
        if (found && mm_frame_comparable(real->type, found->field.type)) continue;
        bool renamed;
        MM_RETURN_IF_ERROR(is_renamed(&renamed, &tables[MM_TRAIN]->columns[c], tables[MM_TRAIN]->row_count, found, job->scratch, err));
        if (renamed) continue;
        bool is_slip = is_a_slip(said, real, found, tables[MM_SYNTHETIC]->row_count);
        if ((is_slip ? slips++ : faults++) == 0) memcpy(is_slip ? slip : fault, said, SAID_MAX);
    }
    if (faults == 0 && slips > 0)
        return mm_figure_none(job, self, self->id, true, err, "%s, so that the column is not judged; mend or leave out those cells", slip);
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_figure_add(&f, job, self, self->id, err));
    f->value = f->low = f->high = f->excess = f->excess_low = f->excess_high = faults;
    f->reference = 0;
    return faults > 0 ? mm_figure_detail(f, job, err, "%s", fault) : MINT_OK;
}

const struct mm_metric mm_metric_columns = {
    .id = "validity.columns",
    .figures = "validity.columns",
    .range = "0 up",
    .cost = "none",
    .without_value = "one cell in a hundred at most of such a column is none of its type",
    .axis = "validity",
    .summary = "columns of the real rows that the synthetic file lacks or has in another type; texts and identifiers are not counted",
    .formula =
        "number of columns that train and holdout share, texts, identifiers and categories aside of which no text has five train rows, and "
        "that the synthetic file lacks or holds in another kind of type (numbers, dates and times; categories)",
    .unit = "columns",
    .direction = MM_LOWER,
    .in_policy = true,
    .compute = compute,
};
