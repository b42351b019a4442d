/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, in `.mintmark/` beside the data: an SQLite file and a secret key. Holds keyed hashes of real rows, so it is
 * not for sharing. Only ledger.c knows SQLite. */
#ifndef MM_LEDGER_LEDGER_H
#define MM_LEDGER_LEDGER_H
#include "base/digest.h"
#include "base/json.h"
#include "table/lineage.h"
#include "table/table.h"

struct mm_row_hash {
    unsigned char bytes[MM_KEYED_HASH_BYTES];
};

struct mm_ledger {
    struct sqlite3 *database;
    struct mm_memory *memory;
    unsigned char key[MM_KEY_BYTES];
};

/* Opens `folder`/ledger.db, made with a new key unless it is there. */
mint_status mm_ledger_open(struct mm_ledger *ledger, struct mm_memory *memory, const char *folder, mint_error *err);
bool mm_ledger_exists(const char *folder);
void mm_ledger_close(struct mm_ledger *ledger);
/* Appends one event; takes `detail`, and NULL for one that memory was lacking for. */
mint_status mm_ledger_note(struct mm_ledger *ledger, const char *kind, json_t *detail, mint_error *err);
/* All events, oldest first: [{"time", "kind", "detail"}]. The caller owns *out. */
mint_status mm_ledger_events(struct mm_ledger *ledger, json_t **out, mint_error *err);

/* One data set's split. Arrays are sorted where said; rows are numbers in the file it was made from. */
struct mm_dataset {
    int64_t id;
    double duplicate_rate;       /* share of holdout rows that equal a train row */
    struct mm_row_hash *locked;  /* sorted: holdout rows that are not also in train */
    struct mm_row_hash *trained; /* sorted */
    struct mm_row_hash *holdout; /* by holdout row, in file order, */
    uint64_t *holdout_rows;      /* and its row number */
    uint64_t locked_count, trained_count, holdout_count;
};
mint_status mm_ledger_add_dataset(struct mm_ledger *ledger, const char *columns, const struct mm_dataset *dataset, mint_error *err);
/* Gives up the locks on data with these columns: what --new-holdout asks for. The caller notes it. */
mint_status mm_ledger_supersede(struct mm_ledger *ledger, const char *columns, mint_error *err);
/* Data sets with these columns, newest first, into the arena; `all`: those whose locks were given up, too. */
mint_status mm_ledger_datasets(struct mm_ledger *ledger, struct mm_arena *arena, const char *columns, bool all, struct mm_dataset **out,
                               uint32_t *count, mint_error *err);

/* Rows that a model drew: hashes of the first of them, and how the model was fitted. */
struct mm_mint {
    uint64_t rows;
    struct mm_row_hash *hashes;
    uint64_t hash_count;
    int64_t datasets_before;   /* the last of the data sets that were recorded before these rows were drawn */
    struct mm_lineage lineage; /* unknown when the fit was not recorded */
    double matched;            /* for whoever counts */
};
enum { MM_MINTS_MAX = 64 }; /* of the same columns; older ones are not looked at */
/* `model` is the digest of its file. Rows drawn before keep their first record. */
mint_status mm_ledger_add_mint(struct mm_ledger *ledger, const char *columns, const char *model, uint64_t first, uint64_t seed,
                               const struct mm_mint *mint, mint_error *err);
/* Mints with these columns, newest first, into the arena. */
mint_status mm_ledger_mints(struct mm_ledger *ledger, struct mm_arena *arena, const char *columns, struct mm_mint **out, uint32_t *count,
                            mint_error *err);
mint_status mm_ledger_add_fit(struct mm_ledger *ledger, const char *model, const struct mm_lineage *lineage, mint_error *err);

#endif
