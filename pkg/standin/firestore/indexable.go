// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// checkIndexable refuses queries that no index can serve, which the service does
// not answer by other means.
func checkIndexable(asked []*pb.StructuredQuery_Order, filters filterParser, figures []fieldPath) error {
	byName := func(o *pb.StructuredQuery_Order) bool { return o.GetField().GetFieldPath() == nameField }

	// Names fall only in indexes that have fields in front of them.
	if len(asked) == 1 && byName(asked[0]) && asked[0].GetDirection() == pb.StructuredQuery_DESCENDING &&
		!filters.onFields {
		return status.Error(codes.FailedPrecondition, "Firestore does not support descending key scans")
	}
	// A filter by name has an index end with the name. Figures would follow it.
	if !filters.nameEquality && !slices.ContainsFunc(filters.inequalities, fieldPath.isName) {
		return nil
	}
	for _, figure := range figures {
		covered := func(path fieldPath) bool { return path.compare(figure) == 0 }
		if slices.ContainsFunc(filters.inequalities, covered) ||
			slices.ContainsFunc(asked, func(o *pb.StructuredQuery_Order) bool { return o.GetField().GetFieldPath() == figure.String() }) {
			continue
		}
		return invalid("This query requires an index that has fields [%s] after __name__ and Firestore does not currently support "+
			"such an index. Please try the query again with additional ordering on those fields.", figure)
	}
	return nil
}
