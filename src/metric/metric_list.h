/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_METRIC_METRIC_LIST_H
#define MM_METRIC_METRIC_LIST_H
#include "metric/metric.h"

extern const struct mm_metric mm_metric_column_shapes, mm_metric_pair_trends, mm_metric_classifier_two_sample, mm_metric_log_likelihood,
    mm_metric_train_synthetic_test_real, mm_metric_label_agreement, mm_metric_nearest_record, mm_metric_exact_copies;

#endif
