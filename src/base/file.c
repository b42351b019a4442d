/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"

bool mm_file_exists(const char *path) {
    struct stat facts;
    return lstat(path, &facts) == 0;
}

mint_status mm_file_read(struct mm_arena *arena, const char *path, size_t bytes_max, char **bytes, size_t *count, mint_error *err) {
    FILE *file = fopen(path, "rb");
    if (!file) MM_RETURN_ERROR(err, MINT_E_IO, "cannot open '%s': %s", path, strerror(errno));
    mint_status status = MINT_OK;
    struct stat facts;
    char *data = NULL;
    size_t size = 0;
    if (fstat(fileno(file), &facts) != 0 || !S_ISREG(facts.st_mode)) {
        status = mm_error_set(err, MINT_E_IO, "cannot read '%s': not a plain file", path);
    } else if ((uint64_t)facts.st_size > bytes_max) {
        status = mm_error_set(err, MINT_E_LIMIT, "'%s' has %lld bytes, more than the %zu allowed here", path, (long long)facts.st_size,
                              bytes_max);
    } else {
        size = (size_t)facts.st_size;
        data = mm_arena_alloc(arena, size + 1, 1);
        if (!data)
            status = mm_error_no_memory(err, arena->memory, size, 1);
        else if (fread(data, 1, size, file) != size)
            status = mm_error_set(err, MINT_E_IO, "cannot read '%s' to its end", path);
    }
    fclose(file);
    *bytes = data;
    *count = size;
    return status;
}

mint_status mm_file_temporary_name(struct mm_arena *arena, const char *path, char **name, mint_error *err) {
    size_t bytes = strlen(path) + 32;
    MM_ALLOC_OR_RETURN(*name, arena, bytes, err);
    snprintf(*name, bytes, "%s.%ld.part", path, (long)getpid());
    return MINT_OK;
}

mint_status mm_file_commit(const char *temporary, const char *path, mint_error *err) {
    int handle = open(temporary, O_RDONLY | O_CLOEXEC);
    if (handle >= 0) {
        fsync(handle);
        close(handle);
    }
    if (rename(temporary, path) == 0) return MINT_OK;
    int cause = errno;
    unlink(temporary);
    MM_RETURN_ERROR(err, MINT_E_IO, "cannot write '%s': %s", path, strerror(cause));
}

mint_status mm_file_write(const char *path, const void *bytes, size_t count, mint_error *err) {
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.%ld.part", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary)
        MM_RETURN_ERROR(err, MINT_E_IO, "cannot write '%.200s': the name is too long", path);
    FILE *file = fopen(temporary, "wb");
    if (!file) MM_RETURN_ERROR(err, MINT_E_IO, "cannot write '%s': %s", path, strerror(errno));
    bool good = fwrite(bytes, 1, count, file) == count && fflush(file) == 0;
    int cause = errno;
    if (fclose(file) != 0 && good) {
        good = false;
        cause = errno;
    }
    if (good) return mm_file_commit(temporary, path, err);
    unlink(temporary);
    MM_RETURN_ERROR(err, MINT_E_IO, "cannot write '%s': %s", path, strerror(cause));
}

mint_status mm_folder_make(const char *path, mint_error *err) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return MINT_OK;
    MM_RETURN_ERROR(err, MINT_E_IO, "cannot make folder '%s': %s", path, strerror(errno));
}

mint_status mm_folder_remove(const char *path, mint_error *err) {
    DIR *folder = opendir(path);
    if (!folder) {
        if (errno == ENOENT || unlink(path) == 0) return MINT_OK;
        MM_RETURN_ERROR(err, MINT_E_IO, "cannot remove '%s': %s", path, strerror(errno));
    }
    mint_status status = MINT_OK;
    for (struct dirent *entry; status == MINT_OK && (entry = readdir(folder));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        char inside[4096];
        int length = snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        struct stat facts;
        if (length < 0 || (size_t)length >= sizeof inside || lstat(inside, &facts) != 0)
            status = mm_error_set(err, MINT_E_IO, "cannot remove '%s/%s'", path, entry->d_name);
        else if (S_ISDIR(facts.st_mode))
            status = mm_folder_remove(inside, err);
        else if (unlink(inside) != 0)
            status = mm_error_set(err, MINT_E_IO, "cannot remove '%s': %s", inside, strerror(errno));
    }
    closedir(folder);
    if (status == MINT_OK && rmdir(path) != 0) status = mm_error_set(err, MINT_E_IO, "cannot remove '%s': %s", path, strerror(errno));
    return status;
}

char *mm_path_join(struct mm_arena *arena, const char *folder, const char *name) {
    size_t bytes = strlen(folder) + strlen(name) + 2;
    char *path = mm_arena_alloc(arena, bytes, 1);
    if (path) snprintf(path, bytes, "%s/%s", folder, name);
    return path;
}

const char *mm_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

mint_status mm_file_sha256(const char *path, char hex[65], mint_error *err) {
    FILE *file = fopen(path, "rb");
    if (!file) MM_RETURN_ERROR(err, MINT_E_IO, "cannot open '%s': %s", path, strerror(errno));
    struct mm_sha256 digest;
    mm_sha256_init(&digest);
    unsigned char chunk[65536];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) mm_sha256_add(&digest, chunk, got);
    bool good = !ferror(file);
    fclose(file);
    mm_sha256_hex(&digest, hex);
    if (!good) MM_RETURN_ERROR(err, MINT_E_IO, "cannot read '%s'", path);
    return MINT_OK;
}
