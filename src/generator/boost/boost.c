/* SPDX-License-Identifier: Apache-2.0 */
/* The flagship: an explicit joint density over mixed columns. See boost_model.h for the model. */
#include "generator/boost/boost.h"

#include "generator/boost/boost_model.h"

static const char *const draws[] = {"systematic", "independent", NULL};
static const char *const leaves[] = {"auto", "8", "16", "64", NULL};
static const char *const firsts[] = {"auto", "target-first", "target-last", "given", NULL}; /* as enum boost_order */
#define AT(member) offsetof(struct boost_config, member)

static const struct mm_param params[] = {
    {"bins", MM_PARAM_INTEGER, AT(bins), 4, 1024, 256, NULL, "codes a number column is cut into"},
    {"protect", MM_PARAM_INTEGER, AT(protect), 0, 1000, 5, NULL,
     "categories, extremes and numbers of fewer subjects' own are not replayed; 0: off"},
    {"rounds", MM_PARAM_INTEGER, AT(rounds), 0, 2000, 150, NULL, "most trees a node"},
    {"patience", MM_PARAM_INTEGER, AT(patience), 1, 100, 10, NULL, "trees without held-out gain before a node stops"},
    {"rate", MM_PARAM_REAL, AT(rate), 0.001, 1, 0.2, NULL, "shrinkage of each tree"},
    {"leaves", MM_PARAM_CHOICE, AT(leaves), 0, 0, 0, leaves, "leaves a tree; auto: chosen for each column by held-out loss"},
    {"feature_share", MM_PARAM_REAL, AT(feature_share), 0.05, 1, 0.7, NULL, "share of the features a tree may use"},
    {"hessian_min", MM_PARAM_INTEGER, AT(hessian_min), 0, 1000, 1, NULL, "least weight of a leaf"},
    {"ridge", MM_PARAM_REAL, AT(ridge), 0, 1000, 6, NULL, "shrinkage of leaf values towards zero"},
    {"check_share", MM_PARAM_REAL, AT(check_share), 0.02, 0.5, 0.25, NULL,
     "rows held out for early stopping; with refit they are fitted in the end"},
    {"refit", MM_PARAM_BOOLEAN, AT(refit), 0, 1, 1, NULL, "fit each node again on all rows with the trees found"},
    {"rules", MM_PARAM_BOOLEAN, AT(rules), 0, 1, 1, NULL,
     "keep pairs of values apart that never meet though chance would bring them together"},
    {"relations", MM_PARAM_BOOLEAN, AT(relations), 0, 1, 1, NULL,
     "derive columns that others decide (city -> state, total = net + tax, price x quantity x (1 - discount), weight / height squared, "
     "logarithms, the month of a date), and keep "
     "orders (a <= b), that "
     "hold in every row"},
    {"stacking", MM_PARAM_BOOLEAN, AT(stacking), 0, 1, 1, NULL,
     "where the other columns tell much of a number, a regression on them is one more feature of its trees"},
    {"order", MM_PARAM_CHOICE, AT(first), 0, 0, 0, firsts,
     "order in which columns are drawn; a target drawn first keeps its rates in every group, drawn last its labels fit their rows; auto: "
     "last where it is a rare event or the other columns explain nearly half of it, of a number seven tenths; unless given, other events "
     "of one row in twenty or fewer come before the other columns"},
    {"draws", MM_PARAM_CHOICE, AT(draws), 0, 0, 0, draws, "systematic draws sit nearer the model than independent ones"},
    {"calibrate", MM_PARAM_BOOLEAN, AT(calibrate), 0, 1, 1, NULL,
     "move each node so that a pilot sample has the real rows' shares: what is rare does not dwindle, column upon column"},
    {"rows_max", MM_PARAM_INTEGER, AT(rows_max), 1000, 1e9, 300000, NULL, "rows that the nodes of one depth learn from together"},
    {"features_max", MM_PARAM_INTEGER, AT(features_max), 1, MM_BOOST_FEATURES_MAX, 64, NULL,
     "features a column may depend on; the most informative are taken"},
    {0},
};

const struct mm_generator_type mm_generator_boost = {
    .name = "boost",
    .summary = "joint density of boosted trees over ordered codes; the flagship",
    .params = params,
    .config_size = sizeof(struct boost_config),
    .holds_real_values = true,
    .fit = boost_fit,
    .sample = boost_sample,
    .score = boost_score,
    .save = boost_save,
    .load = boost_load,
    .forecast = boost_forecast,
};
