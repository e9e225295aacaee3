// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"fmt"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// parseCounts checks the aggregations of a request and returns their aliases. There is nothing to
// compute but the number of documents.
func parseCounts(requests []*pb.StructuredAggregationQuery_Aggregation) ([]string, error) {
	if len(requests) == 0 {
		return nil, invalid("Aggregations can not be empty.")
	}
	var aliases []string
	unnamed := 0
	for _, r := range requests {
		alias := r.GetAlias()
		if isReserved(alias) {
			return nil, invalid("The property.name %q is reserved.", alias)
		}
		switch op := r.GetOperator().(type) {
		case *pb.StructuredAggregationQuery_Aggregation_Count_:
			if op.Count.GetUpTo() != nil {
				return nil, unimplemented("up_to")
			}
		case nil:
			return nil, invalid("Operator field in Aggregation is not set.")
		default:
			return nil, unimplemented(fmt.Sprintf("the aggregation %T", op))
		}
		if alias == "" {
			unnamed++
			alias = fmt.Sprintf("field_%d", unnamed)
		}
		if slices.Contains(aliases, alias) {
			return nil, invalid("Aggregation aliases contain duplicate alias: %s.", alias)
		}
		aliases = append(aliases, alias)
	}
	return aliases, nil
}
