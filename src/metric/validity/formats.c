/* SPDX-License-Identifier: Apache-2.0 */
/* How texts are written: the form of a cell is its text with every digit, small and capital letter replaced by its class ("AB-12" is
 * "AA-99"). A form that no train row shows is an error of the generator unless holdout rows bring new ones as often. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "metric/contrast.h"
#include "metric/metric_list.h"
#include "stats/interval.h"

enum { FORM_MAX = 64 };

static size_t form_of(const char *text, char form[FORM_MAX]) {
    size_t length = 0;
    for (; text[length] && length < FORM_MAX - 1; length++) {
        unsigned char c = (unsigned char)text[length];
        form[length] = (char)(c >= 128 || islower(c) ? 'a' : isupper(c) ? 'A' : isdigit(c) ? '9' : c);
    }
    form[length] = 0;
    return length;
}

/* Of one column: cells of each side whose form no train row has. */
static mint_status count_strange(const struct mm_frame *frame, const struct mm_frame_column *column, double strange[MM_SIDES],
                                 struct mm_arena *scratch, mint_error *err) {
    bool *in_train, *known;
    int32_t *form_of_level, forms;
    struct mm_interner interner;
    MM_RETURN_IF_ERROR(mm_interner_init(&interner, scratch, err));
    MM_ALLOC_OR_RETURN(in_train, scratch, column->level_count, err);
    MM_ALLOC_OR_RETURN(known, scratch, column->level_count, err);
    MM_ALLOC_OR_RETURN(form_of_level, scratch, column->level_count, err);
    for (uint32_t r = 0; r < frame->row_count[MM_TRAIN]; r++) in_train[(uint32_t)column->values[MM_TRAIN][r]] = true;
    for (uint32_t k = 0; k < column->level_count; k++) {
        char form[FORM_MAX];
        size_t length = form_of(column->level_names[k], form);
        MM_RETURN_IF_ERROR(mm_interner_add(&interner, form, length, &form_of_level[k], err));
        known[form_of_level[k]] = known[form_of_level[k]] || in_train[k];
    }
    forms = (int32_t)interner.dictionary.count;
    for (int side = 0; side < MM_SIDES && forms; side++) {
        strange[side] = 0;
        for (uint32_t r = 0; r < frame->row_count[side]; r++) strange[side] += !known[form_of_level[(uint32_t)column->values[side][r]]];
    }
    return MINT_OK;
}

static mint_status compute(const struct mm_metric_job *job, const struct mm_metric *self, mint_error *err) {
    const struct mm_frame *frame = job->frame;
    const char *worst = NULL;
    double most = -1, shown[MM_SIDES] = {0};
    for (uint32_t c = 0; c < frame->column_count; c++) {
        const struct mm_frame_column *column = &frame->columns[c];
        double strange[MM_SIDES] = {0};
        if (!column->is_level || column->type == MM_BOOLEAN) continue;
        MM_RETURN_IF_ERROR(count_strange(frame, column, strange, job->scratch, err));
        double excess = strange[MM_SYNTHETIC] / frame->row_count[MM_SYNTHETIC] - strange[MM_HOLDOUT] / frame->row_count[MM_HOLDOUT];
        if (worst && excess <= most) continue;
        worst = column->name, most = excess;
        memcpy(shown, strange, sizeof shown);
    }
    if (!worst) return mm_figure_none(job, self, self->id, false, err, "there is no column of texts");
    struct mm_figure *f = NULL;
    MM_RETURN_IF_ERROR(mm_share_figure(job, self, self->id, shown[MM_SYNTHETIC], frame->row_count[MM_SYNTHETIC], shown[MM_HOLDOUT],
                                       frame->row_count[MM_HOLDOUT], &f, err));
    if (frame->row_count[MM_FLOOR]) f->floor = 100 * shown[MM_FLOOR] / frame->row_count[MM_FLOOR];
    f->columns[0] = worst;
    return MINT_OK;
}

const struct mm_metric mm_metric_formats = {
    .id = "validity.formats",
    .figures = "validity.formats",
    .range = "0 to 100",
    .cost = "rows x columns of texts",
    .without_value = "no column of texts",
    .axis = "validity",
    .summary = "the column of texts with most cells in a form that no train row shows, beyond the rate of holdout rows",
    .formula =
        "max over columns of texts of the share of cells whose form (digits, capitals and small letters by class, the first 63 bytes) "
        "is none of train's, x100",
    .unit = "%",
    .direction = MM_LOWER,
    .compute = compute,
};
