/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS event(id INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS dataset(id INTEGER PRIMARY KEY, time TEXT NOT NULL, columns TEXT NOT NULL, duplicate_rate REAL NOT NULL,"
    " locked BLOB NOT NULL, trained BLOB NOT NULL, holdout BLOB NOT NULL, holdout_rows BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS fit(model TEXT PRIMARY KEY, time TEXT NOT NULL, rows INTEGER NOT NULL, minted REAL NOT NULL,"
    " error REAL NOT NULL, generation INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS mint(id INTEGER PRIMARY KEY, time TEXT NOT NULL, columns TEXT NOT NULL, model TEXT NOT NULL,"
    " first INTEGER NOT NULL, rows INTEGER NOT NULL, seed INTEGER NOT NULL, hashes BLOB NOT NULL, datasets_before INTEGER NOT NULL,"
    " UNIQUE(columns, model, first, rows, seed));"
    "PRAGMA user_version = 1;";

static mint_status failed(struct mm_ledger *ledger, const char *what, mint_error *err) {
    MM_RETURN_ERROR(err, MINT_E_IO, "cannot %s the ledger: %s", what,
                    ledger->database ? sqlite3_errmsg(ledger->database) : "out of memory");
}

static mint_status read_key(struct mm_ledger *ledger, const char *path, mint_error *err) {
    int handle = open(path, O_RDONLY | O_CLOEXEC);
    if (handle < 0) MM_RETURN_ERROR(err, MINT_E_IO, "cannot open '%s': %s", path, strerror(errno));
    ssize_t got = read(handle, ledger->key, sizeof ledger->key);
    close(handle);
    if (got != (ssize_t)sizeof ledger->key)
        MM_RETURN_ERROR(err, MINT_E_VERIFY, "'%s' is damaged: without it the locked holdouts cannot be recognised", path);
    return MINT_OK;
}

static mint_status make_key(struct mm_ledger *ledger, const char *path, mint_error *err) {
    MM_RETURN_IF_ERROR(mm_key_make(ledger->key, err));
    int handle = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (handle < 0 && errno == EEXIST) return read_key(ledger, path, err); /* another process was first */
    if (handle < 0) MM_RETURN_ERROR(err, MINT_E_IO, "cannot write '%s': %s", path, strerror(errno));
    ssize_t put = write(handle, ledger->key, sizeof ledger->key);
    if (close(handle) != 0 || put != (ssize_t)sizeof ledger->key) {
        unlink(path);
        MM_RETURN_ERROR(err, MINT_E_IO, "cannot write '%s': the disk may be full", path);
    }
    return MINT_OK;
}

static mint_status open_in(struct mm_ledger *ledger, struct mm_arena *scratch, const char *folder, mint_error *err) {
    char *key = mm_path_join(scratch, folder, "key"), *file = mm_path_join(scratch, folder, "ledger.db");
    if (!key || !file) return mm_error_no_memory(err, ledger->memory, 1, 1);
    MM_RETURN_IF_ERROR(mm_folder_make(folder, err));
    if (mm_file_exists(key))
        MM_RETURN_IF_ERROR(read_key(ledger, key, err));
    else if (mm_file_exists(file))
        MM_RETURN_ERROR(err, MINT_E_VERIFY, "'%s' is missing beside its ledger: without it the locked holdouts cannot be recognised", key);
    else
        MM_RETURN_IF_ERROR(make_key(ledger, key, err));
    if (sqlite3_open(file, &ledger->database) != SQLITE_OK) return failed(ledger, "open", err);
    sqlite3_busy_timeout(ledger->database, 10000);
    if (sqlite3_exec(ledger->database, schema, NULL, NULL, NULL) != SQLITE_OK) return failed(ledger, "open", err);
    return MINT_OK;
}

mint_status mm_ledger_open(struct mm_ledger *ledger, struct mm_memory *memory, const char *folder, mint_error *err) {
    *ledger = (struct mm_ledger){.memory = memory};
    struct mm_arena scratch;
    mm_arena_init(&scratch, memory);
    mint_status status = open_in(ledger, &scratch, folder, err);
    mm_arena_release(&scratch);
    if (status != MINT_OK) mm_ledger_close(ledger);
    return status;
}

bool mm_ledger_exists(const char *folder) {
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/ledger.db", folder);
    return length > 0 && (size_t)length < sizeof path && mm_file_exists(path);
}

void mm_ledger_close(struct mm_ledger *ledger) {
    sqlite3_close(ledger->database);
    ledger->database = NULL;
}

static void now(char text[32]) {
    time_t seconds = time(NULL);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

mint_status mm_ledger_note(struct mm_ledger *ledger, const char *kind, json_t *detail, mint_error *err) {
    if (!detail) return mm_error_json(err);
    struct mm_arena scratch;
    mm_arena_init(&scratch, ledger->memory);
    char *text, time_text[32];
    now(time_text);
    sqlite3_stmt *statement = NULL;
    mint_status status = mm_json_text(&text, &scratch, detail, err);
    if (status == MINT_OK &&
        (sqlite3_prepare_v2(ledger->database, "INSERT INTO event(time, kind, detail) VALUES(?, ?, ?)", -1, &statement, NULL) != SQLITE_OK ||
         sqlite3_bind_text(statement, 1, time_text, -1, SQLITE_TRANSIENT) != SQLITE_OK ||
         sqlite3_bind_text(statement, 2, kind, -1, SQLITE_TRANSIENT) != SQLITE_OK ||
         sqlite3_bind_text(statement, 3, text, -1, SQLITE_TRANSIENT) != SQLITE_OK || sqlite3_step(statement) != SQLITE_DONE))
        status = failed(ledger, "write", err);
    sqlite3_finalize(statement);
    mm_arena_release(&scratch);
    json_decref(detail);
    return status;
}

mint_status mm_ledger_events(struct mm_ledger *ledger, json_t **out, mint_error *err) {
    json_t *list = json_array();
    if (!list) return mm_error_json(err);
    sqlite3_stmt *statement = NULL;
    mint_status status = MINT_OK;
    if (sqlite3_prepare_v2(ledger->database, "SELECT time, kind, detail FROM event ORDER BY id", -1, &statement, NULL) != SQLITE_OK)
        status = failed(ledger, "read", err);
    while (status == MINT_OK && sqlite3_step(statement) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(statement, 2);
        json_t *parsed = NULL;
        status = mm_json_parse(&parsed, detail, strlen(detail), "ledger", err);
        if (status != MINT_OK) break;
        json_t *event = json_pack("{s:s, s:s, s:o}", "time", sqlite3_column_text(statement, 0), "kind", sqlite3_column_text(statement, 1),
                                  "detail", parsed);
        if (json_array_append_new(list, event) != 0) status = mm_error_json(err);
    }
    sqlite3_finalize(statement);
    if (status != MINT_OK)
        json_decref(list);
    else
        *out = list;
    return status;
}

static bool bind_blob(sqlite3_stmt *statement, int place, const void *bytes, uint64_t count) {
    return sqlite3_bind_blob64(statement, place, count ? bytes : "", count, SQLITE_STATIC) == SQLITE_OK; /* never NULL */
}

mint_status mm_ledger_add_dataset(struct mm_ledger *ledger, const char *columns, const struct mm_dataset *d, mint_error *err) {
    static const char sql[] =
        "INSERT INTO dataset(time, columns, duplicate_rate, locked, trained, holdout, holdout_rows) VALUES(?, ?, ?, ?, ?, ?, ?)";
    char time_text[32];
    now(time_text);
    sqlite3_stmt *statement = NULL;
    enum { HASH = sizeof(struct mm_row_hash) };
    bool good =
        sqlite3_prepare_v2(ledger->database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_bind_text(statement, 1, time_text, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
        sqlite3_bind_text(statement, 2, columns, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
        sqlite3_bind_double(statement, 3, d->duplicate_rate) == SQLITE_OK && bind_blob(statement, 4, d->locked, d->locked_count * HASH) &&
        bind_blob(statement, 5, d->trained, d->trained_count * HASH) && bind_blob(statement, 6, d->holdout, d->holdout_count * HASH) &&
        bind_blob(statement, 7, d->holdout_rows, d->holdout_count * sizeof(uint64_t)) && sqlite3_step(statement) == SQLITE_DONE;
    mint_status status = good ? MINT_OK : failed(ledger, "write", err);
    sqlite3_finalize(statement);
    return status;
}

mint_status mm_ledger_supersede(struct mm_ledger *ledger, const char *columns, mint_error *err) {
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(ledger->database, "UPDATE dataset SET columns = 'superseded ' || columns WHERE columns = ?", -1,
                                   &statement, NULL) == SQLITE_OK &&
                sqlite3_bind_text(statement, 1, columns, -1, SQLITE_TRANSIENT) == SQLITE_OK && sqlite3_step(statement) == SQLITE_DONE;
    mint_status status = good ? MINT_OK : failed(ledger, "write", err);
    sqlite3_finalize(statement);
    return status;
}

/* A blob column copied into the arena; its size must be a multiple of `size`. */
static mint_status take_blob(struct mm_ledger *ledger, struct mm_arena *arena, sqlite3_stmt *statement, int column, size_t size, void **out,
                             uint64_t *count, mint_error *err) {
    size_t bytes = (size_t)sqlite3_column_bytes(statement, column);
    char *copy = mm_arena_alloc(arena, bytes + 1, 1);
    if (!copy) return mm_error_no_memory(err, ledger->memory, bytes, 1);
    if (bytes) memcpy(copy, sqlite3_column_blob(statement, column), bytes);
    if (bytes % size) MM_RETURN_ERROR(err, MINT_E_VERIFY, "the ledger is damaged: a list of row hashes is cut off");
    *out = copy;
    *count = bytes / size;
    return MINT_OK;
}

static mint_status take_dataset(struct mm_ledger *ledger, struct mm_arena *arena, sqlite3_stmt *statement, struct mm_dataset *d,
                                mint_error *err) {
    void *blob = NULL;
    uint64_t rows = 0;
    d->id = sqlite3_column_int64(statement, 0);
    d->duplicate_rate = sqlite3_column_double(statement, 1);
    MM_RETURN_IF_ERROR(take_blob(ledger, arena, statement, 2, sizeof *d->locked, &blob, &d->locked_count, err));
    d->locked = blob;
    MM_RETURN_IF_ERROR(take_blob(ledger, arena, statement, 3, sizeof *d->trained, &blob, &d->trained_count, err));
    d->trained = blob;
    MM_RETURN_IF_ERROR(take_blob(ledger, arena, statement, 4, sizeof *d->holdout, &blob, &d->holdout_count, err));
    d->holdout = blob;
    MM_RETURN_IF_ERROR(take_blob(ledger, arena, statement, 5, sizeof *d->holdout_rows, &blob, &rows, err));
    d->holdout_rows = blob;
    if (rows != d->holdout_count)
        MM_RETURN_ERROR(err, MINT_E_VERIFY, "the ledger is damaged: its lists of holdout rows do not fit together");
    return MINT_OK;
}

mint_status mm_ledger_datasets(struct mm_ledger *ledger, struct mm_arena *arena, const char *columns, bool all, struct mm_dataset **out,
                               uint32_t *count, mint_error *err) {
    sqlite3_stmt *statement = NULL;
    struct mm_dataset *list = NULL;
    *count = 0;
    mint_status status = MINT_OK;
    if (sqlite3_prepare_v2(ledger->database,
                           "SELECT id, duplicate_rate, locked, trained, holdout, holdout_rows FROM dataset WHERE columns = ?1"
                           " OR (?2 AND columns = 'superseded ' || ?1) ORDER BY id DESC",
                           -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_bind_text(statement, 1, columns, -1, SQLITE_TRANSIENT) != SQLITE_OK || sqlite3_bind_int(statement, 2, all) != SQLITE_OK)
        status = failed(ledger, "read", err);
    while (status == MINT_OK && sqlite3_step(statement) == SQLITE_ROW) {
        struct mm_dataset *grown = mm_arena_resize(arena, list, (*count + 1) * sizeof *grown);
        if (!grown) {
            status = mm_error_no_memory(err, ledger->memory, *count + 1, sizeof *grown);
            break;
        }
        list = grown;
        list[*count] = (struct mm_dataset){0};
        status = take_dataset(ledger, arena, statement, &list[(*count)++], err);
    }
    sqlite3_finalize(statement);
    *out = list;
    return status;
}

mint_status mm_ledger_add_fit(struct mm_ledger *ledger, const char *model, const struct mm_lineage *lineage, mint_error *err) {
    char time_text[32];
    now(time_text);
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(ledger->database,
                                   "INSERT OR REPLACE INTO fit(model, time, rows, minted, error, generation) VALUES(?, ?, ?, ?, ?, ?)", -1,
                                   &statement, NULL) == SQLITE_OK &&
                sqlite3_bind_text(statement, 1, model, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
                sqlite3_bind_text(statement, 2, time_text, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
                sqlite3_bind_int64(statement, 3, (int64_t)lineage->rows) == SQLITE_OK &&
                sqlite3_bind_double(statement, 4, lineage->share) == SQLITE_OK &&
                sqlite3_bind_double(statement, 5, lineage->error) == SQLITE_OK &&
                sqlite3_bind_int64(statement, 6, lineage->generation) == SQLITE_OK && sqlite3_step(statement) == SQLITE_DONE;
    mint_status status = good ? MINT_OK : failed(ledger, "write", err);
    sqlite3_finalize(statement);
    return status;
}

mint_status mm_ledger_add_mint(struct mm_ledger *ledger, const char *columns, const char *model, uint64_t first, uint64_t seed,
                               const struct mm_mint *mint, mint_error *err) {
    static const char sql[] = "INSERT OR IGNORE INTO mint(time, columns, model, first, rows, seed, hashes, datasets_before)"
                              " VALUES(?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(id), 0) FROM dataset))";
    char time_text[32];
    now(time_text);
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(ledger->database, sql, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_bind_text(statement, 1, time_text, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
                sqlite3_bind_text(statement, 2, columns, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
                sqlite3_bind_text(statement, 3, model, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
                sqlite3_bind_int64(statement, 4, (int64_t)first) == SQLITE_OK &&
                sqlite3_bind_int64(statement, 5, (int64_t)mint->rows) == SQLITE_OK &&
                sqlite3_bind_int64(statement, 6, (int64_t)seed) == SQLITE_OK &&
                bind_blob(statement, 7, mint->hashes, mint->hash_count * sizeof *mint->hashes) && sqlite3_step(statement) == SQLITE_DONE;
    mint_status status = good ? MINT_OK : failed(ledger, "write", err);
    sqlite3_finalize(statement);
    return status;
}

static mint_status take_mint(struct mm_ledger *ledger, struct mm_arena *arena, sqlite3_stmt *statement, struct mm_mint *m,
                             mint_error *err) {
    void *blob = NULL;
    *m = (struct mm_mint){.rows = (uint64_t)sqlite3_column_int64(statement, 0), .datasets_before = sqlite3_column_int64(statement, 6)};
    MM_RETURN_IF_ERROR(take_blob(ledger, arena, statement, 1, sizeof *m->hashes, &blob, &m->hash_count, err));
    m->hashes = blob;
    if (sqlite3_column_type(statement, 2) != SQLITE_NULL)
        m->lineage = (struct mm_lineage){true, (uint64_t)sqlite3_column_int64(statement, 2), sqlite3_column_double(statement, 3),
                                         sqlite3_column_double(statement, 4), (uint32_t)sqlite3_column_int(statement, 5)};
    return MINT_OK;
}

mint_status mm_ledger_mints(struct mm_ledger *ledger, struct mm_arena *arena, const char *columns, struct mm_mint **out, uint32_t *count,
                            mint_error *err) {
    static const char sql[] = "SELECT mint.rows, hashes, fit.rows, minted, error, generation, datasets_before FROM mint LEFT JOIN fit"
                              " ON fit.model = mint.model WHERE columns = ? ORDER BY id DESC LIMIT ?";
    sqlite3_stmt *statement = NULL;
    *count = 0;
    MM_ALLOC_OR_RETURN(*out, arena, MM_MINTS_MAX, err);
    mint_status status = MINT_OK;
    if (sqlite3_prepare_v2(ledger->database, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_bind_text(statement, 1, columns, -1, SQLITE_TRANSIENT) != SQLITE_OK ||
        sqlite3_bind_int(statement, 2, MM_MINTS_MAX) != SQLITE_OK)
        status = failed(ledger, "read", err);
    while (status == MINT_OK && sqlite3_step(statement) == SQLITE_ROW)
        status = take_mint(ledger, arena, statement, &(*out)[(*count)++], err);
    sqlite3_finalize(statement);
    return status;
}
