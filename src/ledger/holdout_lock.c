/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/holdout_lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "stats/interval.h"

/* ---- hashing ---- */

struct named {
    const char *name;
    uint32_t index;
};

static int compare_named(const void *a, const void *b) { return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name); }

static mint_status sort_columns(struct named **out, struct mm_arena *scratch, const struct mint_table *table, mint_error *err) {
    MM_ALLOC_OR_RETURN(*out, scratch, table->column_count, err);
    for (uint32_t c = 0; c < table->column_count; c++) (*out)[c] = (struct named){table->columns[c].field.name, c};
    qsort(*out, table->column_count, sizeof **out, compare_named);
    return MINT_OK;
}

mint_status mm_lock_columns(char hex[65], struct mm_arena *scratch, const struct mint_table *table, mint_error *err) {
    struct named *columns = NULL;
    MM_RETURN_IF_ERROR(sort_columns(&columns, scratch, table, err));
    struct mm_sha256 digest;
    mm_sha256_init(&digest);
    for (uint32_t c = 0; c < table->column_count; c++) mm_sha256_add(&digest, columns[c].name, strlen(columns[c].name) + 1);
    mm_sha256_hex(&digest, hex);
    return MINT_OK;
}

/* The cell's value in one spelling, whatever it was written as. */
static size_t canonical_cell(const struct mm_column *column, uint64_t row, char *out, size_t size) {
    static const struct mm_form day = {.pattern = "%Y-%m-%d"}, moment = {.pattern = "%Y-%m-%d %H:%M:%S.%6f"},
                                hour = {.pattern = "%H:%M:%S.%6f"};
    if (mm_column_missing(column, row)) return (size_t)snprintf(out, size, "\x01");
    if (column->field.type == MM_DATE) return mm_form_temporal(&day, true, column->integers[row], out, size);
    if (column->field.type == MM_TIMESTAMP) return mm_form_temporal(&moment, false, column->integers[row], out, size);
    if (column->field.type == MM_TIME) return mm_form_temporal(&hour, false, column->integers[row], out, size);
    char text[MM_CELL_MAX];
    const char *cell = text;
    double number;
    if (column->field.type == MM_BOOLEAN) return (size_t)snprintf(out, size, column->integers[row] ? "true" : "false");
    if (column->field.type == MM_FLOAT) return (size_t)snprintf(out, size, "%.17g", column->numbers[row] + 0.0);
    if (column->field.type == MM_INTEGER) return (size_t)snprintf(out, size, "%.17g", (double)column->integers[row]);
    if (column->codes)
        cell = mm_dictionary_text(&column->dictionary, (uint32_t)column->codes[row]);
    else
        mm_column_cell(column, row, text, sizeof text);
    if (mm_parse_float(cell, &number)) return (size_t)snprintf(out, size, "%.17g", number + 0.0);
    /* A typed file keeps a boolean's value and not its words; a part with one of the two words is read as a text. */
    for (unsigned k = 0;; k++) {
        const char *const *words = mm_boolean_words(k);
        if (!words) break;
        for (int value = 0; value < 2; value++)
            if (!strcmp(cell, words[value])) return (size_t)snprintf(out, size, value ? "true" : "false");
    }
    return (size_t)snprintf(out, size, "%s", cell);
}

struct hashing {
    const struct mint_table *table;
    const struct named *columns;
    const unsigned char *key;
    struct mm_row_hash *out;
};
enum { ROWS_A_TASK = 4096 };

static mint_status hash_rows(void *payload, size_t task, size_t worker, mint_error *err) {
    (void)worker;
    struct hashing *h = payload;
    struct mm_arena scratch;
    mm_arena_init(&scratch, &h->table->ctx->memory);
    struct mm_text row;
    mm_text_init(&row, &scratch);
    uint64_t end = (task + 1) * (uint64_t)ROWS_A_TASK < h->table->row_count ? (task + 1) * (uint64_t)ROWS_A_TASK : h->table->row_count;
    for (uint64_t r = task * (uint64_t)ROWS_A_TASK; r < end; r++) {
        row.length = 0;
        for (uint32_t c = 0; c < h->table->column_count; c++) {
            char cell[MM_CELL_MAX];
            const struct mm_column *column = &h->table->columns[h->columns[c].index];
            size_t length = canonical_cell(column, r, cell, sizeof cell);
            if (length < sizeof cell)
                mm_text_add_bytes(&row, cell, length + 1);
            else { /* longer than any number: the text itself */
                uint32_t code = (uint32_t)column->codes[r];
                mm_text_add_bytes(&row, mm_dictionary_text(&column->dictionary, code), mm_dictionary_length(&column->dictionary, code) + 1);
            }
        }
        if (row.failed) break;
        mm_keyed_hash(h->out[r].bytes, h->key, row.data, row.length);
    }
    mint_status status = mm_text_status(&row, err);
    mm_arena_release(&scratch);
    return status;
}

mint_status mm_lock_hash_rows(struct mm_row_hash **out, struct mm_arena *arena, const struct mint_table *table,
                              const unsigned char key[MM_KEY_BYTES], mint_error *err) {
    struct named *columns = NULL;
    MM_RETURN_IF_ERROR(sort_columns(&columns, arena, table, err));
    MM_ALLOC_OR_RETURN(*out, arena, table->row_count, err);
    struct hashing hashing = {table, columns, key, *out};
    return mm_parallel_for(table->ctx, (size_t)((table->row_count + ROWS_A_TASK - 1) / ROWS_A_TASK), hash_rows, &hashing, err);
}

/* ---- sets of hashes ---- */

static int compare_hashes(const void *a, const void *b) { return memcmp(a, b, sizeof(struct mm_row_hash)); }

void mm_lock_sort(struct mm_row_hash *hashes, uint64_t count) {
    if (count) qsort(hashes, count, sizeof *hashes, compare_hashes);
}

bool mm_lock_holds(const struct mm_row_hash *sorted, uint64_t count, const struct mm_row_hash *hash) {
    return count && bsearch(hash, sorted, count, sizeof *sorted, compare_hashes) != NULL;
}

/* What is trained and held out is known: sorts it, and locks the held-out rows that are not also trained. */
static mint_status record(struct mm_ledger *ledger, struct mm_arena *scratch, const char *columns, struct mm_dataset *d, mint_error *err) {
    MM_ALLOC_OR_RETURN(d->locked, scratch, d->holdout_count, err);
    mm_lock_sort(d->trained, d->trained_count);
    for (uint64_t i = 0; i < d->holdout_count; i++)
        if (!mm_lock_holds(d->trained, d->trained_count, &d->holdout[i])) d->locked[d->locked_count++] = d->holdout[i];
    mm_lock_sort(d->locked, d->locked_count);
    d->duplicate_rate = d->holdout_count ? (double)(d->holdout_count - d->locked_count) / (double)d->holdout_count : 0;
    return mm_ledger_add_dataset(ledger, columns, d, err);
}

static mint_status record_split(struct mm_ledger *ledger, struct mm_arena *scratch, const struct mint_table *table, const uint64_t *holdout,
                                uint64_t holdout_count, mint_error *err) {
    struct mm_row_hash *all = NULL;
    struct mm_dataset d = {.holdout_count = holdout_count};
    char columns[65];
    MM_RETURN_IF_ERROR(mm_lock_columns(columns, scratch, table, err));
    MM_RETURN_IF_ERROR(mm_lock_hash_rows(&all, scratch, table, ledger->key, err));
    MM_ALLOC_OR_RETURN(d.trained, scratch, table->row_count, err);
    MM_ALLOC_OR_RETURN(d.holdout, scratch, holdout_count, err);
    MM_ALLOC_OR_RETURN(d.holdout_rows, scratch, holdout_count, err);
    uint64_t next = 0;
    for (uint64_t r = 0; r < table->row_count; r++) {
        if (next < holdout_count && holdout[next] == r) {
            d.holdout[next] = all[r];
            d.holdout_rows[next++] = r;
        } else
            d.trained[d.trained_count++] = all[r];
    }
    return record(ledger, scratch, columns, &d, err);
}

mint_status mm_lock_record(struct mm_ledger *ledger, const struct mint_table *table, const uint64_t *holdout, uint64_t holdout_count,
                           mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, ledger->memory);
    mint_status status = record_split(ledger, &scratch, table, holdout, holdout_count, err);
    mm_arena_release(&scratch);
    return status;
}

static mint_status record_parts(struct mm_ledger *ledger, struct mm_arena *scratch, const struct mint_table *train,
                                const struct mint_table *holdout, uint64_t *shared, mint_error *err) {
    struct mm_dataset d = {.trained_count = train->row_count, .holdout_count = holdout->row_count};
    char columns[65], other[65];
    MM_RETURN_IF_ERROR(mm_lock_columns(columns, scratch, train, err));
    MM_RETURN_IF_ERROR(mm_lock_columns(other, scratch, holdout, err));
    if (strcmp(columns, other) != 0)
        MM_RETURN_ERROR(err, MINT_E_ARG, "'%s' and '%s' have different columns", train->source, holdout->source);
    MM_RETURN_IF_ERROR(mm_lock_hash_rows(&d.trained, scratch, train, ledger->key, err));
    MM_RETURN_IF_ERROR(mm_lock_hash_rows(&d.holdout, scratch, holdout, ledger->key, err));
    MM_ALLOC_OR_RETURN(d.holdout_rows, scratch, d.holdout_count, err);
    for (uint64_t i = 0; i < d.holdout_count; i++) d.holdout_rows[i] = UINT64_MAX; /* in no row of the train file */
    MM_RETURN_IF_ERROR(record(ledger, scratch, columns, &d, err));
    *shared = d.holdout_count - d.locked_count;
    return MINT_OK;
}

mint_status mm_lock_record_parts(struct mm_ledger *ledger, const struct mint_table *train, const struct mint_table *holdout,
                                 uint64_t *shared, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, ledger->memory);
    mint_status status = record_parts(ledger, &scratch, train, holdout, shared, err);
    mm_arena_release(&scratch);
    return status;
}

/* The same rows again, in the same order: the very rows. Else every row that was held out and not trained on. */
static mint_status held_out_before(const struct mm_dataset *d, struct mm_arena *arena, const struct mm_row_hash *rows, uint64_t row_count,
                                   uint64_t **out, uint64_t *count, mint_error *err) {
    MM_ALLOC_OR_RETURN(*out, arena, row_count, err);
    *count = 0;
    bool same_order = true;
    for (uint64_t i = 0; same_order && i < d->holdout_count; i++)
        same_order = d->holdout_rows[i] < row_count && !compare_hashes(&rows[d->holdout_rows[i]], &d->holdout[i]);
    if (same_order && row_count >= d->holdout_count + d->trained_count) {
        memcpy(*out, d->holdout_rows, d->holdout_count * sizeof **out);
        *count = d->holdout_count;
        return MINT_OK;
    }
    for (uint64_t r = 0; r < row_count; r++)
        if (mm_lock_holds(d->locked, d->locked_count, &rows[r])) (*out)[(*count)++] = r;
    return MINT_OK;
}

mint_status mm_lock_reuse(struct mm_ledger *ledger, struct mm_arena *arena, const struct mint_table *table, uint64_t **holdout,
                          uint64_t *count, mint_error *err) {
    char columns[65];
    struct mm_dataset *sets = NULL;
    struct mm_row_hash *rows = NULL;
    uint32_t set_count;
    *count = 0;
    MM_RETURN_IF_ERROR(mm_lock_columns(columns, arena, table, err));
    MM_RETURN_IF_ERROR(mm_ledger_datasets(ledger, arena, columns, false, &sets, &set_count, err));
    if (!set_count) return MINT_OK;
    MM_RETURN_IF_ERROR(mm_lock_hash_rows(&rows, arena, table, ledger->key, err));
    for (uint32_t i = 0; i < set_count; i++) {
        uint64_t locked = 0, known = 0;
        for (uint64_t r = 0; r < table->row_count; r++) {
            bool is_locked = mm_lock_holds(sets[i].locked, sets[i].locked_count, &rows[r]);
            locked += is_locked;
            known += is_locked || mm_lock_holds(sets[i].trained, sets[i].trained_count, &rows[r]);
        }
        /* The same data, perhaps grown or cut: most of its rows are known, and enough of the holdout is there. */
        if (2 * known >= table->row_count && 2 * locked >= sets[i].locked_count && locked)
            return held_out_before(&sets[i], arena, rows, table->row_count, holdout, count, err);
    }
    return MINT_OK;
}

static mint_status check(struct mm_ledger *ledger, struct mm_arena *scratch, const struct mint_table *table, mint_error *err) {
    char columns[65];
    struct mm_dataset *sets = NULL;
    struct mm_row_hash *rows = NULL;
    uint32_t set_count;
    MM_RETURN_IF_ERROR(mm_lock_columns(columns, scratch, table, err));
    MM_RETURN_IF_ERROR(mm_ledger_datasets(ledger, scratch, columns, false, &sets, &set_count, err));
    if (!set_count) return MINT_OK;
    MM_RETURN_IF_ERROR(mm_lock_hash_rows(&rows, scratch, table, ledger->key, err));
    for (uint32_t i = 0; i < set_count; i++) {
        uint64_t locked = 0, strange = 0;
        for (uint64_t r = 0; r < table->row_count; r++) {
            if (mm_lock_holds(sets[i].trained, sets[i].trained_count, &rows[r])) continue;
            strange++;
            locked += mm_lock_holds(sets[i].locked, sets[i].locked_count, &rows[r]);
        }
        if (locked && mm_binomial_upper_tail(locked, strange, sets[i].duplicate_rate) < 0.001)
            MM_RETURN_ERROR(err, MINT_E_VERIFY,
                            "'%s' holds %llu rows of a locked holdout; a model fitted to them could not be judged any more. Fit on the "
                            "train part (train.csv of the run), or split anew with "
                            "--new-holdout",
                            table->source, (unsigned long long)locked);
    }
    return MINT_OK;
}

mint_status mm_lock_check(struct mm_ledger *ledger, const struct mint_table *table, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, ledger->memory);
    mint_status status = check(ledger, &scratch, table, err);
    mm_arena_release(&scratch);
    return status;
}
