/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/lineage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/holdout_lock.h"

/* ---- what is remembered of tables with certain columns ---- */

struct minted_row {
    struct mm_row_hash hash;
    uint32_t mint;
};
struct memory_of {
    char columns[65];
    struct mm_mint *mints;
    struct mm_dataset *datasets;
    struct minted_row *rows; /* of all mints, sorted by hash */
    uint64_t row_count;
    uint32_t mint_count, dataset_count;
};

static int compare_minted(const void *a, const void *b) {
    const struct minted_row *x = a, *y = b;
    int order = memcmp(&x->hash, &y->hash, sizeof x->hash);
    return order ? order : (x->mint < y->mint) - (x->mint > y->mint); /* the oldest mint, which is listed last, comes first */
}

static mint_status recall(struct memory_of *memory, struct mm_ledger *ledger, struct mm_arena *scratch, const struct mint_table *table,
                          mint_error *err) {
    *memory = (struct memory_of){.row_count = 0};
    MM_RETURN_IF_ERROR(mm_lock_columns(memory->columns, scratch, table, err));
    MM_RETURN_IF_ERROR(mm_ledger_mints(ledger, scratch, memory->columns, &memory->mints, &memory->mint_count, err));
    MM_RETURN_IF_ERROR(mm_ledger_datasets(ledger, scratch, memory->columns, true, &memory->datasets, &memory->dataset_count, err));
    uint64_t count = 0;
    for (uint32_t m = 0; m < memory->mint_count; m++) count += memory->mints[m].hash_count;
    MM_ALLOC_OR_RETURN(memory->rows, scratch, count, err);
    for (uint32_t m = 0; m < memory->mint_count; m++)
        for (uint64_t i = 0; i < memory->mints[m].hash_count; i++)
            memory->rows[memory->row_count++] = (struct minted_row){memory->mints[m].hashes[i], m};
    qsort(memory->rows, memory->row_count, sizeof *memory->rows, compare_minted);
    return MINT_OK;
}

/* The oldest mint with this row, or NULL. */
static const struct mm_mint *mint_of(const struct memory_of *memory, const struct mm_row_hash *hash) {
    uint64_t low = 0, high = memory->row_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (memcmp(&memory->rows[middle].hash, hash, sizeof *hash) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < memory->row_count && !memcmp(&memory->rows[low].hash, hash, sizeof *hash);
    return found ? &memory->mints[memory->rows[low].mint] : NULL;
}

/* Recorded before `mint` (NULL: ever) drew it: then it is no row of that mint. */
static bool is_recorded(const struct memory_of *memory, const struct mm_row_hash *hash, const struct mm_mint *mint) {
    for (uint32_t i = 0; i < memory->dataset_count; i++) {
        if (mint && memory->datasets[i].id > mint->datasets_before) continue;
        if (mm_lock_holds(memory->datasets[i].trained, memory->datasets[i].trained_count, hash) ||
            mm_lock_holds(memory->datasets[i].locked, memory->datasets[i].locked_count, hash))
            return true;
    }
    return false;
}

/* Each remembered row stands for as many as its mint drew for each that is remembered. */
static double weight_of(const struct mm_mint *mint) { return mint ? (double)mint->rows / (double)mint->hash_count : 0; }

/* ---- counting ---- */

struct counted {
    double rows, minted, variance; /* rows not recorded as real; of them, minted */
    double real, by_chance;        /* recorded real rows; of them, equal to a minted one */
    uint32_t generation;
};

static void count_rows(struct counted *c, struct memory_of *memory, const struct mm_row_hash *rows, uint64_t count) {
    for (uint64_t r = 0; r < count; r++) {
        const struct mm_mint *mint = mint_of(memory, &rows[r]);
        double weight = weight_of(mint);
        if (is_recorded(memory, &rows[r], mint)) {
            c->real++, c->by_chance += weight;
            continue;
        }
        c->rows++, c->minted += weight, c->variance += weight * fmax(0, weight - 1);
        if (mint) memory->mints[mint - memory->mints].matched += weight;
    }
    for (uint32_t m = 0; m < memory->mint_count; m++) /* a few rows that meet by chance make no generation */
        if (memory->mints[m].matched > 0.01 * (double)count && memory->mints[m].lineage.generation > c->generation)
            c->generation = memory->mints[m].lineage.generation;
}

/* Rows equal to minted ones, less what chance gives as many real rows. */
static double beyond_chance(const struct counted *c) {
    double chance = c->real > 0 ? c->by_chance / c->real * c->rows : 0;
    return fmin(c->rows, fmax(0, c->minted - chance));
}

/* ---- recording ---- */

static mint_status hash_head(struct mm_row_hash **out, struct mm_arena *scratch, const struct mint_table *table, uint64_t most,
                             const unsigned char *key, uint64_t *count, mint_error *err) {
    struct mint_table head = *table;
    if (head.row_count > most) head.row_count = most;
    *count = head.row_count;
    return mm_lock_hash_rows(out, scratch, &head, key, err);
}

mint_status mm_lineage_record_sample(struct mm_ledger *ledger, const struct mint_table *head, const char *model, uint64_t first,
                                     uint64_t rows, uint64_t seed, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, ledger->memory);
    struct mm_mint mint = {.rows = rows};
    char columns[65];
    mint_status status = mm_lock_columns(columns, &scratch, head, err);
    if (status == MINT_OK) status = hash_head(&mint.hashes, &scratch, head, MM_MINT_SKETCH_ROWS, ledger->key, &mint.hash_count, err);
    if (status == MINT_OK) status = mm_ledger_add_mint(ledger, columns, model, first, seed, &mint, err);
    mm_arena_release(&scratch);
    return status;
}

static mint_status record_fit(struct mm_lineage *out, struct mm_ledger *ledger, struct mm_arena *scratch, const struct mint_table *train,
                              const char *model, mint_error *err) {
    struct memory_of memory;
    struct mm_row_hash *rows = NULL;
    struct mm_dataset real = {0};
    struct counted c = {0};
    MM_RETURN_IF_ERROR(recall(&memory, ledger, scratch, train, err));
    MM_RETURN_IF_ERROR(mm_lock_hash_rows(&rows, scratch, train, ledger->key, err));
    count_rows(&c, &memory, rows, train->row_count);
    *out = (struct mm_lineage){.known = true,
                               .rows = train->row_count,
                               .share = beyond_chance(&c) / (double)train->row_count,
                               .error = sqrt(c.variance) / (double)train->row_count,
                               .generation = c.generation + 1};
    MM_RETURN_IF_ERROR(mm_ledger_add_fit(ledger, model, out, err));
    MM_ALLOC_OR_RETURN(real.trained, scratch, train->row_count, err);
    for (uint64_t r = 0; r < train->row_count; r++)
        if (!is_recorded(&memory, &rows[r], NULL)) real.trained[real.trained_count++] = rows[r];
    if (!real.trained_count) return MINT_OK;
    mm_lock_sort(real.trained, real.trained_count);
    return mm_ledger_add_dataset(ledger, memory.columns, &real, err);
}

mint_status mm_lineage_record_fit(struct mm_lineage *out, struct mm_ledger *ledger, const struct mint_table *train, const char *model,
                                  mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, ledger->memory);
    mint_status status = record_fit(out, ledger, &scratch, train, model, err);
    mm_arena_release(&scratch);
    return status;
}

void mm_lineage_notice(struct mint_context *ctx, const struct mm_lineage *lineage, const char *source) {
    if (lineage->share < 0.05) return;
    mm_notice(ctx,
              "about %.0f %% of the rows of '%s' were made by mintmark: this is generation %u, and what is rare is lost a little more in "
              "each",
              100 * lineage->share, source, lineage->generation);
}

/* ---- asking ---- */

static mint_status lineage_of(struct mm_lineage *out, struct mm_ledger *ledger, struct mm_arena *scratch, const struct mint_table *table,
                              mint_error *err) {
    struct memory_of memory;
    struct mm_row_hash *rows = NULL;
    MM_RETURN_IF_ERROR(recall(&memory, ledger, scratch, table, err));
    if (!memory.row_count) return MINT_OK;
    MM_RETURN_IF_ERROR(mm_lock_hash_rows(&rows, scratch, table, ledger->key, err));
    for (uint64_t r = 0; r < table->row_count; r++) {
        const struct mm_mint *mint = mint_of(&memory, &rows[r]);
        if (mint) memory.mints[mint - memory.mints].matched += weight_of(mint);
    }
    uint32_t best = 0;
    for (uint32_t m = 1; m < memory.mint_count; m++)
        if (memory.mints[m].matched > memory.mints[best].matched) best = m;
    if (2 * memory.mints[best].matched > (double)table->row_count) *out = memory.mints[best].lineage;
    return MINT_OK;
}

mint_status mm_lineage_of(struct mm_lineage *out, struct mm_ledger *ledger, const struct mint_table *synthetic, mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, ledger->memory);
    *out = (struct mm_lineage){.known = false};
    mint_status status = lineage_of(out, ledger, &scratch, synthetic, err);
    mm_arena_release(&scratch);
    return status;
}

static mint_status check_holdout(struct mm_ledger *ledger, struct mm_arena *scratch, const struct mint_table *table,
                                 const struct mint_table *real, mint_error *err) {
    struct memory_of memory;
    struct mm_row_hash *rows = NULL;
    struct counted c = {0};
    MM_RETURN_IF_ERROR(recall(&memory, ledger, scratch, table, err));
    if (!memory.row_count) return MINT_OK;
    MM_RETURN_IF_ERROR(mm_lock_hash_rows(&rows, scratch, table, ledger->key, err));
    count_rows(&c, &memory, rows, table->row_count);
    if (real) {
        MM_RETURN_IF_ERROR(mm_lock_hash_rows(&rows, scratch, real, ledger->key, err));
        c.real += (double)real->row_count;
        for (uint64_t r = 0; r < real->row_count; r++) c.by_chance += weight_of(mint_of(&memory, &rows[r]));
    }
    double minted = beyond_chance(&c), all = (double)table->row_count;
    if (minted - 1.96 * sqrt(c.variance) <= fmax(0.01 * all, 1)) return MINT_OK;
    MM_RETURN_ERROR(err, MINT_E_VERIFY,
                    "'%s' holds about %.0f rows that mintmark made (%.1f %%); a holdout must be real, or every figure flatters. Leave "
                    "them out, or give real rows alone with --holdout FILE",
                    table->source, minted, 100 * minted / all);
}

mint_status mm_lineage_check_holdout(struct mm_ledger *ledger, const struct mint_table *table, const struct mint_table *real,
                                     mint_error *err) {
    struct mm_arena scratch;
    mm_arena_init(&scratch, ledger->memory);
    mint_status status = check_holdout(ledger, &scratch, table, real, err);
    mm_arena_release(&scratch);
    return status;
}
