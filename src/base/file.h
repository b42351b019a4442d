/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_BASE_FILE_H
#define MM_BASE_FILE_H
#include "base/memory.h"

bool mm_file_exists(const char *path);
/* Whole file into the arena, NUL-terminated; refused above bytes_max. */
mint_status mm_file_read(struct mm_arena *arena, const char *path, size_t bytes_max, char **bytes, size_t *count, mint_error *err);
/* Written under a temporary name in the same folder, synced, then renamed: never half a file under `path`. */
mint_status mm_file_write(const char *path, const void *bytes, size_t count, mint_error *err);
/* "path.PID.part": the temporary name that mm_file_commit renames; for writers that are not ours. */
mint_status mm_file_temporary_name(struct mm_arena *arena, const char *path, char **name, mint_error *err);
mint_status mm_file_commit(const char *temporary, const char *path, mint_error *err);
mint_status mm_folder_make(const char *path, mint_error *err);
/* Removes a folder of plain files and folders; a path that is not there is fine. */
mint_status mm_folder_remove(const char *path, mint_error *err);
char *mm_path_join(struct mm_arena *arena, const char *folder, const char *name);
/* Last part of the path, without folders. Borrowed. */
const char *mm_path_name(const char *path);
/* Lower-case hexadecimal SHA-256 of a file's bytes (65 bytes with the NUL). */
mint_status mm_file_sha256(const char *path, char hex[65], mint_error *err);

#endif
