/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "generator/boost/boost_model.h"

/* By column; one without a mean names no feature. */
enum { MEAN_WORDS = sizeof(struct boost_mean) / 4 };

static mint_status save_means(const struct boost_model *model, struct mm_model_writer *writer, mint_error *err) {
    uint32_t count = 0;
    for (uint32_t c = 0; c < model->column_count; c++) count += model->means[c].feature != 0;
    if (!mm_json_put(writer->manifest, "means", json_integer(count))) return mm_error_json(err);
    return count ? mm_writer_array(writer, "boost.means", model->means, model->column_count * (uint64_t)MEAN_WORDS, 4, err) : MINT_OK;
}

mint_status boost_save(const void *state, struct mm_model_writer *writer, mint_error *err) {
    const struct boost_model *model = state;
    for (uint32_t c = 0; c < model->column_count; c++) MM_RETURN_IF_ERROR(mm_writer_codec(writer, c, &model->codecs[c], err));
    MM_RETURN_IF_ERROR(mm_writer_array(writer, "boost.order", model->order, model->column_count, 4, err));
    MM_RETURN_IF_ERROR(mm_writer_array(writer, "boost.node_first", model->node_first, model->column_count + 1u, 4, err));
    /* Structs of 4-byte members without padding travel as words. */
    _Static_assert(sizeof(struct boost_node) == 28 && sizeof(struct boost_mean) == 16 && sizeof(struct mm_tree) == 12 &&
                       sizeof(struct mm_split) == 16 && sizeof(struct mm_order) == 8,
                   "layout of the file");
    MM_RETURN_IF_ERROR(mm_writer_array(writer, "boost.nodes", model->nodes, model->node_count * (uint64_t)7, 4, err));
    MM_RETURN_IF_ERROR(mm_writer_array(writer, "boost.trees", model->forest.trees, model->forest.tree_count * (uint64_t)3, 4, err));
    MM_RETURN_IF_ERROR(mm_writer_array(writer, "boost.splits", model->forest.splits, model->forest.split_count * (uint64_t)4, 4, err));
    MM_RETURN_IF_ERROR(mm_writer_array(writer, "boost.leaves", model->forest.leaves, model->forest.leaf_count, 4, err));
    MM_RETURN_IF_ERROR(save_means(model, writer, err));
    MM_RETURN_IF_ERROR(boost_save_relations(model, writer, err));
    const char *draws = model->draws == BOOST_DRAWS_SYSTEMATIC ? "systematic" : "independent";
    bool good = mm_json_put(writer->manifest, "draws", json_string(draws)) &&
                mm_json_put(writer->manifest, "block_rows", json_integer(model->block_rows));
    return good ? MINT_OK : mm_error_json(err);
}

/* Every column once, after those that decide it. */
static bool order_is_sound(const struct boost_model *model, bool *seen) {
    for (uint32_t place = 0; place < model->column_count; place++) {
        uint32_t column = model->order[place];
        if (column >= model->column_count || seen[column]) return false;
        for (uint32_t k = 0; k < model->relations[column].what.source_count; k++)
            if (!seen[model->relations[column].what.sources[k]]) return false;
        seen[column] = true;
    }
    return true;
}

/* Each node's range is its children's ranges put together, and children come after their parent: walking always ends, and
 * every code it reaches exists. */
static bool nodes_are_sound(const struct boost_model *model, uint32_t place) {
    uint32_t first = model->node_first[place], end = model->node_first[place + 1], codes = model->codecs[model->order[place]].code_count;
    if (first == end) return codes == 1 || model->relations[model->order[place]].what.kind != MM_RELATION_NONE;
    if (end - first != codes - 1) return false;
    if (model->nodes[first].low != 0 || model->nodes[first].high != codes) return false;
    for (uint32_t i = first; i < end; i++) {
        const struct boost_node *node = &model->nodes[i];
        const int32_t children[2] = {node->left, node->right};
        const uint32_t bounds[3] = {node->low, node->middle, node->high};
        if (!(bounds[0] < bounds[1] && bounds[1] < bounds[2])) return false;
        if (!isfinite(node->bias)) return false;
        for (int side = 0; side < 2; side++) {
            if (children[side] < 0) {
                if ((uint32_t)~children[side] != bounds[side] || bounds[side + 1] - bounds[side] != 1) return false;
            } else {
                if ((uint32_t)children[side] <= i || (uint32_t)children[side] >= end) return false;
                const struct boost_node *child = &model->nodes[children[side]];
                if (child->low != bounds[side] || child->high != bounds[side + 1]) return false;
            }
        }
    }
    return true;
}

/* Splits look only at features of columns before theirs, or at `mean` unless that is 0; whatever tests apply, a leaf of the tree stays
 * possible. */
static bool trees_are_sound(const struct boost_model *model, uint32_t place, uint32_t first, uint32_t count, uint32_t mean) {
    const struct mm_forest *forest = &model->forest;
    if (first > forest->tree_count || count > forest->tree_count - first) return false;
    for (uint32_t t = first; t < first + count; t++) {
        const struct mm_tree *tree = &forest->trees[t];
        if (tree->leaf_count < 1 || tree->leaf_count > MM_BOOST_LEAVES_MAX) return false;
        if (tree->first_leaf > forest->leaf_count || tree->leaf_count > forest->leaf_count - tree->first_leaf) return false;
        if (tree->first_split > forest->split_count || tree->leaf_count - 1 > forest->split_count - tree->first_split) return false;
        uint64_t last_leaf = (uint64_t)1 << (tree->leaf_count - 1);
        for (uint32_t k = tree->first_split; k < tree->first_split + tree->leaf_count - 1; k++) {
            const struct mm_split *split = &forest->splits[k];
            bool known = split->feature < model->feature_first[place] || (mean && split->feature == mean);
            if (!known || !(split->mask & last_leaf)) return false;
        }
        /* The trees of a node lie in a row: score_node reads their splits as one range. */
        if (t > first && tree->first_split != tree[-1].first_split + tree[-1].leaf_count - 1) return false;
    }
    return true;
}

static bool forests_are_sound(const struct boost_model *model, uint32_t place) {
    const struct boost_mean *mean = &model->means[model->order[place]];
    if (mean->feature && !(isfinite(mean->bias) && trees_are_sound(model, place, mean->first_tree, mean->tree_count, 0))) return false;
    for (uint32_t i = model->node_first[place]; i < model->node_first[place + 1]; i++)
        if (!trees_are_sound(model, place, model->nodes[i].first_tree, model->nodes[i].tree_count, mean->feature)) return false;
    return true;
}

/* Their features follow all others, in the order of the places. */
static mint_status load_means(struct boost_model *model, struct mm_model_reader *reader, mint_error *err) {
    json_int_t count = json_integer_value(json_object_get(reader->manifest, "means"));
    void *data;
    if (!count) return MINT_OK;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, "boost.means", 4, model->column_count * (uint64_t)MEAN_WORDS, &data, NULL, err));
    const struct boost_mean *means = data;
    for (uint32_t place = 0; place < model->column_count; place++) {
        uint32_t column = model->order[place], wanted = means[column].feature;
        if (!wanted) continue;
        if (!model->codecs[column].low || !model->feature_first[place] || wanted != model->feature_count)
            return mm_reader_broken(reader, "a mean is of no column that could have one", err);
        model->means[column] = means[column];
        boost_add_mean_feature(model, column);
    }
    return MINT_OK;
}

mint_status boost_load(void **state, struct mm_model_reader *reader, const struct mint_table *shape, mint_error *err) {
    struct boost_model *model;
    MM_ALLOC_OR_RETURN(model, reader->arena, 1, err);
    model->column_count = shape->column_count;
    MM_ALLOC_OR_RETURN(model->codecs, reader->arena, model->column_count, err);
    for (uint32_t c = 0; c < model->column_count; c++) {
        model->codecs[c].type = shape->columns[c].field.type;
        MM_RETURN_IF_ERROR(mm_reader_codec(reader, c, &model->codecs[c], err));
        for (uint32_t m = 0; m < model->codecs[c].mark_count; m++)
            if (model->codecs[c].mark_of_code[m] < 1 || model->codecs[c].mark_of_code[m] > shape->columns[c].field.mark_count)
                return mm_reader_broken(reader, "a column has a mark that it does not name", err);
    }
    MM_RETURN_IF_ERROR(boost_load_relations(model, reader, err));
    void *data;
    uint64_t words;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, "boost.order", 4, model->column_count, &data, NULL, err));
    model->order = data;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, "boost.node_first", 4, model->column_count + 1u, &data, NULL, err));
    model->node_first = data;
    MM_RETURN_IF_ERROR(mm_reader_array(reader, "boost.nodes", 4, UINT64_MAX, &data, &words, err));
    model->nodes = data;
    model->node_count = (uint32_t)(words / 7);
    MM_RETURN_IF_ERROR(mm_reader_array(reader, "boost.trees", 4, UINT64_MAX, &data, &words, err));
    model->forest.trees = data;
    model->forest.tree_count = (uint32_t)(words / 3);
    MM_RETURN_IF_ERROR(mm_reader_array(reader, "boost.splits", 4, UINT64_MAX, &data, &words, err));
    model->forest.splits = data;
    model->forest.split_count = (uint32_t)(words / 4);
    MM_RETURN_IF_ERROR(mm_reader_array(reader, "boost.leaves", 4, UINT64_MAX, &data, &words, err));
    model->forest.leaves = data;
    model->forest.leaf_count = (uint32_t)words;
    for (uint32_t i = 0; i < model->forest.leaf_count; i++)
        if (!isfinite(model->forest.leaves[i])) return mm_reader_broken(reader, "a leaf is not a number", err);
    const char *draws = json_string_value(json_object_get(reader->manifest, "draws"));
    model->draws = draws && draws[0] == 'i' ? BOOST_DRAWS_INDEPENDENT : BOOST_DRAWS_SYSTEMATIC;
    json_int_t block_rows = json_integer_value(json_object_get(reader->manifest, "block_rows"));
    if (block_rows < 0 || block_rows > BOOST_BLOCK) return mm_reader_broken(reader, "its blocks are too large", err);
    model->block_rows = block_rows ? (uint32_t)block_rows : BOOST_BLOCK; /* files of before blocks had a size */
    bool *seen;
    MM_ALLOC_OR_RETURN(seen, reader->arena, model->column_count, err);
    bool good = order_is_sound(model, seen) && model->node_first[0] == 0 && model->node_first[model->column_count] == model->node_count;
    for (uint32_t place = 0; good && place < model->column_count; place++)
        good = model->node_first[place] <= model->node_first[place + 1] && model->node_first[place + 1] <= model->node_count;
    if (!good) return mm_reader_broken(reader, "its columns are out of order", err);
    MM_RETURN_IF_ERROR(boost_list_features(model, reader->arena, err));
    MM_RETURN_IF_ERROR(load_means(model, reader, err));
    MM_RETURN_IF_ERROR(boost_load_pairs(model, reader, err));
    MM_RETURN_IF_ERROR(boost_list_sources(model, reader->arena, err));
    for (uint32_t place = 0; good && place < model->column_count; place++)
        good = nodes_are_sound(model, place) && forests_are_sound(model, place);
    if (!good) return mm_reader_broken(reader, "its trees do not fit together", err);
    *state = model;
    return MINT_OK;
}
