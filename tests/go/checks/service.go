package checks

import (
	"context"

	"google.golang.org/grpc"

	"micro.test/interop/gen/debug"
)

// AwaitCancelled waits until the service has counted one call of path as given up by its caller.
func AwaitCancelled(ctx context.Context, connection grpc.ClientConnInterface, path string) {
	service := debug.NewDebugClient(connection)
	for cancelled(Must(service.Stats(ctx, &debug.StatsRequest{})), path) != 1 {
	}
}

func cancelled(stats *debug.StatsResponse, path string) uint64 {
	for _, endpoint := range stats.GetEndpoints() {
		if endpoint.GetPath() == path {
			return endpoint.GetTraffic().GetErrorsByCode()["CANCELLED"]
		}
	}
	panic("the service has no " + path)
}

// AwaitRecord waits until the service has logged a call that belongs to trace.
func AwaitRecord(ctx context.Context, connection grpc.ClientConnInterface, trace string) {
	following, cancel := context.WithCancel(ctx)
	defer cancel()
	request := &debug.LogRequest{Target: "micro::server", Follow: true}
	records := Must(debug.NewDebugClient(connection).Log(following, request))
	for Must(records.Recv()).GetRecord().GetTraceId() != trace {
	}
}
