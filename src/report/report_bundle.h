/* SPDX-License-Identifier: Apache-2.0 */
/* The report page's program and style, embedded at build from web/ by tools/embed.py. */
#ifndef MM_REPORT_REPORT_BUNDLE_H
#define MM_REPORT_REPORT_BUNDLE_H
#include <stddef.h>

extern const char mm_report_script[], mm_report_style[];
extern const size_t mm_report_script_length, mm_report_style_length;

#endif
