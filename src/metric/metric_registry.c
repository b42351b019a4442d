/* SPDX-License-Identifier: Apache-2.0 */
#include "metric/metric_list.h"

const struct mm_metric *const mm_metrics[] = {
    &mm_metric_column_shapes,
    &mm_metric_pair_trends,
    &mm_metric_classifier_two_sample,
    &mm_metric_log_likelihood,
    &mm_metric_train_synthetic_test_real,
    &mm_metric_label_agreement,
    &mm_metric_nearest_record,
    &mm_metric_exact_copies,
    NULL,
};
