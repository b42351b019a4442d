/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the bytes of a CSV file (RFC 4180) before DuckDB reads it, for errors a person can act on. */
#include "io/csv_check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "table/table.h"

struct scan {
    const char *path;
    const char *at, *end;
    char delimiter;
    uint64_t line; /* of `at`, from 1 */
};

/* Moves past one field and tells where its raw bytes lie; false at an unterminated quote. */
static bool skip_field(struct scan *scan, const char **from, const char **to) {
    *from = scan->at;
    if (scan->at < scan->end && *scan->at == '"') {
        for (scan->at++;; scan->at++) {
            const char *quote = memchr(scan->at, '"', (size_t)(scan->end - scan->at));
            if (!quote) return false;
            for (const char *c = scan->at; c < quote; c++) scan->line += *c == '\n';
            scan->at = quote + 1;
            if (scan->at == scan->end || *scan->at != '"') break;
        }
    }
    while (scan->at < scan->end && *scan->at != scan->delimiter && *scan->at != '\n' && *scan->at != '\r') scan->at++;
    *to = scan->at;
    return true;
}

/* True when the record goes on after a delimiter; else moves past the line end. */
static bool more_fields(struct scan *scan) {
    if (scan->at < scan->end && *scan->at == scan->delimiter) {
        scan->at++;
        return true;
    }
    if (scan->at < scan->end && *scan->at == '\r') scan->at++;
    if (scan->at < scan->end && *scan->at == '\n') scan->at++;
    scan->line++;
    return false;
}

static char choose_delimiter(const char *bytes, const char *end) {
    static const char candidates[] = ",;\t|";
    unsigned counts[4] = {0};
    bool quoted = false;
    for (const char *c = bytes; c < end && (quoted || (*c != '\n' && *c != '\r')); c++) {
        const char *found;
        if (*c == '"')
            quoted = !quoted;
        else if (!quoted && *c && (found = strchr(candidates, *c)))
            counts[found - candidates]++;
    }
    unsigned best = 0;
    for (unsigned i = 1; i < 4; i++)
        if (counts[i] > counts[best]) best = i;
    return candidates[best];
}

static mint_status copy_name(char **name, struct mm_arena *arena, const char *from, const char *to, mint_error *err) {
    MM_ALLOC_OR_RETURN(*name, arena, (size_t)(to - from) + 1, err);
    char *out = *name;
    if (from < to && *from == '"' && to[-1] == '"' && to - from >= 2) {
        for (from++, to--; from < to; from++) {
            *out++ = *from;
            if (*from == '"' && from + 1 < to && from[1] == '"') from++;
        }
    } else {
        memcpy(out, from, (size_t)(to - from));
    }
    return MINT_OK;
}

static mint_status read_header(struct mm_csv_shape *shape, struct mm_arena *arena, struct scan *scan, mint_error *err) {
    uint32_t capacity = 64;
    MM_ALLOC_OR_RETURN(shape->names, arena, capacity, err);
    do {
        const char *from, *to;
        if (!skip_field(scan, &from, &to))
            MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' header column %u: a quote opens and never closes", scan->path,
                            shape->column_count + 1);
        if (shape->column_count == MM_COLUMNS_MAX)
            MM_RETURN_ERROR(err, MINT_E_LIMIT, "'%s' has more than %d columns; choose fewer with sql:", scan->path, MM_COLUMNS_MAX);
        if (shape->column_count == capacity) {
            capacity *= 2;
            char **names = mm_arena_resize(arena, shape->names, capacity * sizeof *names);
            if (!names) return mm_error_no_memory(err, arena->memory, capacity, sizeof *names);
            shape->names = names;
        }
        char **name = &shape->names[shape->column_count];
        MM_RETURN_IF_ERROR(copy_name(name, arena, from, to, err));
        if (!**name)
            MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' header column %u has no name; name it, or leave the column out with sql:", scan->path,
                            shape->column_count + 1);
        shape->column_count++;
    } while (more_fields(scan));
    return MINT_OK;
}

/* As DuckDB compares names. */
static void fold_case(char *folded, const char *name) {
    for (; *name; name++) *folded++ = (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
    *folded = '\0';
}

static mint_status check_names(const struct mm_csv_shape *shape, struct mm_arena *arena, const char *path, mint_error *err) {
    struct mm_interner interner;
    MM_RETURN_IF_ERROR(mm_interner_init(&interner, arena, err));
    for (uint32_t i = 0; i < shape->column_count; i++) {
        int32_t code;
        char *folded;
        size_t length = strlen(shape->names[i]);
        MM_ALLOC_OR_RETURN(folded, arena, length + 1, err);
        fold_case(folded, shape->names[i]);
        MM_RETURN_IF_ERROR(mm_interner_add(&interner, folded, length, &code, err));
        if ((uint32_t)code == i) continue;
        const char *first = shape->names[code], *second = shape->names[i];
        if (!strcmp(first, second))
            MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' header columns %d and %u have the same name '%s'; rename one", path, code + 1, i + 1,
                            second);
        MM_RETURN_ERROR(err, MINT_E_FORMAT,
                        "'%s' header columns %d and %u, '%s' and '%s', differ in case alone, and SQL takes them for one; "
                        "rename one",
                        path, code + 1, i + 1, first, second);
    }
    return MINT_OK;
}

static mint_status check_rows(struct mm_csv_shape *shape, struct scan *scan, mint_error *err) {
    while (scan->at < scan->end) {
        uint64_t line = scan->line;
        if (shape->column_count > 1 && (*scan->at == '\n' || *scan->at == '\r')) { /* DuckDB skips blank lines, too */
            more_fields(scan);
            continue;
        }
        uint32_t fields = 0;
        do {
            const char *from, *to;
            if (!skip_field(scan, &from, &to))
                MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' row %llu (line %llu) column %u: a quote opens and never closes", scan->path,
                                (unsigned long long)shape->row_count + 1, (unsigned long long)line, fields + 1);
            fields++;
        } while (more_fields(scan));
        if (fields != shape->column_count)
            MM_RETURN_ERROR(
                err, MINT_E_FORMAT,
                "'%s' row %llu (line %llu) has %u fields where the header has %u; mend the line, or quote a field that holds '%s'",
                scan->path, (unsigned long long)shape->row_count + 1, (unsigned long long)line, fields, shape->column_count,
                scan->delimiter == '\t' ? "a tab" : (char[]){scan->delimiter, 0});
        shape->row_count++;
    }
    return MINT_OK;
}

/* Where the bytes stop being text: NUL or invalid UTF-8, by row and column. */
static mint_status not_text(const char *bytes, size_t count, size_t bad, const char *path, mint_error *err) {
    struct scan scan = {.path = path, .at = bytes, .end = bytes + count, .delimiter = choose_delimiter(bytes, bytes + count), .line = 1};
    uint64_t row = 0;
    uint32_t column = 0;
    for (const char *from, *to; scan.at < scan.end;) {
        column++;
        if (!skip_field(&scan, &from, &to) || to >= bytes + bad) break;
        if (!more_fields(&scan)) {
            row++;
            column = 0;
        }
    }
    if (bytes[bad] == 0)
        MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' row %llu column %u holds a NUL byte; remove it (UTF-16 must be converted to UTF-8)", path,
                        (unsigned long long)row, column);
    MM_RETURN_ERROR(err, MINT_E_FORMAT,
                    "'%s' row %llu column %u is not UTF-8 (byte 0x%02x); convert the file, for example with iconv -f latin1 -t utf8", path,
                    (unsigned long long)row, column, (unsigned char)bytes[bad]);
}

mint_status mm_csv_check_bytes(struct mm_csv_shape *shape, struct mm_arena *arena, const char *bytes, size_t count, const char *path,
                               mint_error *err) {
    *shape = (struct mm_csv_shape){0};
    if (count >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3)) bytes += 3, count -= 3;
    if (!count) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' is empty; it needs a header and at least one row", path);
    size_t valid = mm_utf8_valid_prefix(bytes, count);
    if (valid < count) return not_text(bytes, count, valid, path, err);
    struct scan scan = {.path = path, .at = bytes, .end = bytes + count, .delimiter = choose_delimiter(bytes, bytes + count), .line = 1};
    shape->delimiter = scan.delimiter;
    MM_RETURN_IF_ERROR(read_header(shape, arena, &scan, err));
    MM_RETURN_IF_ERROR(check_names(shape, arena, path, err));
    MM_RETURN_IF_ERROR(check_rows(shape, &scan, err));
    if (!shape->row_count) MM_RETURN_ERROR(err, MINT_E_FORMAT, "'%s' has a header and no rows", path);
    return MINT_OK;
}

mint_status mm_csv_check(struct mm_csv_shape *shape, struct mm_arena *arena, const char *path, mint_error *err) {
    int handle = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (handle < 0) MM_RETURN_ERROR(err, MINT_E_IO, "cannot open '%s': %s", path, strerror(errno));
    if (fstat(handle, &facts) != 0 || S_ISDIR(facts.st_mode)) {
        close(handle);
        MM_RETURN_ERROR(err, MINT_E_IO, "cannot read '%s': it is a folder; name a file or a glob such as '%s/*.csv'", path, path);
    }
    size_t count = (size_t)facts.st_size;
    char *bytes = count ? mmap(NULL, count, PROT_READ, MAP_PRIVATE, handle, 0) : NULL;
    close(handle);
    if (bytes == MAP_FAILED) MM_RETURN_ERROR(err, MINT_E_IO, "cannot read '%s': %s", path, strerror(errno));
    mint_status status = mm_csv_check_bytes(shape, arena, bytes, count, path, err);
    if (bytes) munmap(bytes, count);
    return status;
}
