/* SPDX-License-Identifier: Apache-2.0 */
/* Everything. Each noun has a header of its own. */
#ifndef MINTMARK_MINTMARK_H
#define MINTMARK_MINTMARK_H
#include "mintmark/canary.h"
#include "mintmark/collapse.h"
#include "mintmark/context.h"
#include "mintmark/ledger.h"
#include "mintmark/model.h"
#include "mintmark/report.h"
#include "mintmark/run.h"
#include "mintmark/status.h"
#include "mintmark/table.h"
#include "mintmark/version.h"
#endif
