/* SPDX-License-Identifier: Apache-2.0 */
/* One page: the bundled program of web/, and the report as JSON inside it. Nothing is computed here. */
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "report/report.h"
#include "report/report_bundle.h"

/* "</script>" inside JSON would end the element it lies in; in JSON a slash may be written with a backslash. */
static void add_embedded(struct mm_text *page, const char *json) {
    for (const char *c = json; *c;) {
        size_t plain = strcspn(c, "<");
        mm_text_add_bytes(page, c, plain);
        c += plain;
        if (*c == '<') {
            mm_text_add(page, "\\u003c");
            c++;
        }
    }
}

static mint_status write_page(const mint_report *report, struct mm_arena *scratch, const char *path, mint_error *err) {
    char *json;
    struct mm_text page;
    MM_RETURN_IF_ERROR(mm_json_text(&json, scratch, report->root, err));
    mm_text_init(&page, scratch);
    mm_text_add(&page, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                       "content=\"width=device-width, initial-scale=1\">"
                       "<meta name=\"generator\" content=\"mintmark\"><title>Mintmark report</title><style>");
    mm_text_add_bytes(&page, mm_report_style, mm_report_style_length);
    mm_text_add(&page, "</style></head><body><main id=\"report\"><noscript>This page draws report.json; open that file to read it without "
                       "scripts.</noscript></main>"
                       "<script type=\"application/json\" id=\"data\">");
    add_embedded(&page, json);
    mm_text_add(&page, "</script><script>");
    mm_text_add_bytes(&page, mm_report_script, mm_report_script_length);
    mm_text_add(&page, "</script></body></html>\n");
    MM_RETURN_IF_ERROR(mm_text_status(&page, err));
    return mm_file_write(path, page.data, page.length, err);
}

mint_status mint_report_html(const mint_report *report, const char *path, mint_error *err) {
    if (!report || !path) MM_RETURN_ERROR(err, MINT_E_ARG, "a page needs a report and a path");
    struct mm_arena scratch;
    mm_arena_init(&scratch, &report->ctx->memory);
    mint_status status = write_page(report, &scratch, path, err);
    mm_arena_release(&scratch);
    return status;
}
