/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MM_METRIC_METRIC_LIST_H
#define MM_METRIC_METRIC_LIST_H
#include "metric/metric.h"

extern const struct mm_metric mm_metric_column_shapes, mm_metric_pair_trends, mm_metric_classifier_two_sample, mm_metric_log_likelihood,
    mm_metric_train_synthetic_test_real, mm_metric_label_agreement, mm_metric_nearest_record, mm_metric_exact_copies,
    mm_metric_worst_column, mm_metric_worst_pair, mm_metric_worst_triple, mm_metric_missingness, mm_metric_levels, mm_metric_tails,
    mm_metric_duplicates, mm_metric_number_forms, mm_metric_impossible_rows, mm_metric_identifiers, mm_metric_near_copies,
    mm_metric_holdout_overlap, mm_metric_group_rates, mm_metric_unlikely_rows, mm_metric_neighbour_balls, mm_metric_column_distances,
    mm_metric_propensity, mm_metric_max_mean_discrepancy, mm_metric_task_scores, mm_metric_combinations, mm_metric_entropy,
    mm_metric_membership, mm_metric_reidentification, mm_metric_attribute_disclosure, mm_metric_sdmetrics_compatible, mm_metric_support,
    mm_metric_nearest_ratio, mm_metric_vulnerable_records, mm_metric_rank_agreement, mm_metric_importance_agreement, mm_metric_worst_group,
    mm_metric_equalised_odds, mm_metric_pair_associations, mm_metric_formats, mm_metric_probes, mm_metric_spread, mm_metric_copied_outliers,
    mm_metric_mostlyai_compatible, mm_metric_sdmetrics_rows_compatible, mm_metric_declared_constraints, mm_metric_lineage,
    mm_metric_columns, mm_metric_copies_but_one, mm_metric_invented_values, mm_metric_k_marginal;

#endif
