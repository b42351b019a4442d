/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/metric_list.h"

const struct mm_metric *const mm_metrics[] = {
    &mm_metric_column_shapes,
    &mm_metric_worst_column,
    &mm_metric_pair_trends,
    &mm_metric_worst_pair,
    &mm_metric_worst_triple,
    &mm_metric_missingness,
    &mm_metric_classifier_two_sample,
    &mm_metric_log_likelihood,
    &mm_metric_train_synthetic_test_real,
    &mm_metric_label_agreement,
    &mm_metric_number_forms,
    &mm_metric_impossible_rows,
    &mm_metric_unlikely_rows,
    &mm_metric_identifiers,
    &mm_metric_levels,
    &mm_metric_tails,
    &mm_metric_duplicates,
    &mm_metric_group_rates,
    &mm_metric_nearest_record,
    &mm_metric_near_copies,
    &mm_metric_exact_copies,
    &mm_metric_holdout_overlap,
    NULL,
};
