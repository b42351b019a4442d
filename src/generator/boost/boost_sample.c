/* SPDX-License-Identifier: Apache-2.0 */
/* Sampling: all columns of every block that a range of rows touches. */
#include <math.h>

#include "generator/boost/boost_block.h"

struct sampling {
    const struct boost_model *model;
    const struct mm_sample_job *job;
    uint64_t first_block;
    struct boost_block *blocks; /* by worker */
};

static void write_cells(const struct boost_model *model, uint32_t column, const struct boost_block *b, const struct mm_sample_job *job,
                        uint64_t block_start) {
    const struct mm_codec *codec = &model->codecs[column];
    struct mm_column *out = &job->out->columns[column];
    uint64_t from = block_start > job->first_row ? block_start : job->first_row;
    uint64_t end = job->first_row + job->out->row_count;
    if (end > block_start + b->size) end = block_start + b->size;
    for (uint64_t row = from; row < end; row++) {
        uint64_t to = row - job->first_row;
        uint32_t code = b->codes[row - block_start];
        if (mm_codec_is_mark(codec, code)) {
            out->marks[to] = codec->mark_of_code[code];
            continue;
        }
        if (out->numbers)
            out->numbers[to] = b->values[row - block_start];
        else if (codec->low)
            out->integers[to] = (int64_t)nearbyint(b->values[row - block_start]);
        else if (out->codes)
            out->codes[to] = codec->level_of_code[code - codec->mark_count];
        else
            out->integers[to] = codec->level_of_code[code - codec->mark_count];
    }
}

static mint_status sample_block(void *payload, size_t index, size_t worker, mint_error *err) {
    (void)err;
    struct sampling *s = payload;
    const struct boost_model *model = s->model;
    struct boost_block *b = &s->blocks[worker];
    b->size = model->block_rows;
    uint64_t number = s->first_block + index;
    for (uint32_t place = 0; place < model->column_count; place++) {
        uint32_t column = model->order[place];
        boost_draw_column(model, place, b, s->job->seed, number);
        boost_pass_on(model, place, b);
        write_cells(model, column, b, s->job, number * b->size);
    }
    mm_progress_add(s->job->ctx, b->size);
    return MINT_OK;
}

mint_status boost_sample(const void *state, const struct mm_sample_job *job, mint_error *err) {
    const struct boost_model *model = state;
    struct mm_arena scratch;
    mm_arena_init(&scratch, &job->ctx->memory);
    struct sampling s = {.model = model, .job = job, .first_block = job->first_row / model->block_rows};
    size_t count = (size_t)((job->first_row + job->out->row_count + model->block_rows - 1) / model->block_rows - s.first_block);
    mint_status status = boost_blocks_new(&s.blocks, &scratch, model, job->ctx->threads < count ? job->ctx->threads : count, err);
    for (uint32_t c = 0; status == MINT_OK && c < model->column_count; c++) {
        if (model->codecs[c].mark_count) status = mm_column_marks(job->out, &job->out->columns[c], err);
        if (job->out->columns[c].codes) job->out->columns[c].dictionary = model->codecs[c].levels;
    }
    mm_progress_begin(job->ctx, "sample", count * (uint64_t)model->block_rows);
    if (status == MINT_OK) status = mm_parallel_for(job->ctx, count, sample_block, &s, err);
    mm_arena_release(&scratch);
    return status;
}
